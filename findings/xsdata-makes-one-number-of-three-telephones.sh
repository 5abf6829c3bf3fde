#!/usr/bin/env bash
# xsdata 26.10: a recipient is a telephone number, as a text of 9 to 15 digits with or without a plus, or the number of a group,
# at most 99999; classes are made of the description and read a document
#
# Expected: +34600123456, 0034600123456 and 34600123456 are three texts: the members of an xs:union are tried in their order, and
#           the text comes first (XML Schema part 2, 2.5.1.3). So it is with xmlschema 4.3.2
# Seen:     all three are the number 34600123456, which is none that a group may have, and are written as that: the plus and the
#           zeros are gone. The class says `str | int`, in the description's order; the reader sorts numbers to the front, and
#           does not ask whether they fit. In JSON, too, "0034600123456" in quotation marks is read as a number
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet 'xsdata[cli]==26.10' ruff==0.17.6 xmlschema==4.3.2 || exit 2
cat >chat.xsd <<'XSD'
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="Telephone">
    <xs:restriction base="xs:string"><xs:pattern value="\+?[0-9]{9,15}"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Group">
    <xs:restriction base="xs:unsignedInt"><xs:maxInclusive value="99999"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Recipient"><xs:union memberTypes="Telephone Group"/></xs:simpleType>
  <xs:element name="message"><xs:complexType><xs:sequence>
    <xs:element name="to" type="Recipient" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
XSD
PATH=$folder/venv/bin:$PATH xsdata generate chat.xsd --package chat >generated.txt 2>&1 || { cat generated.txt; exit 2; }
cat >try.py <<'PYTHON'
import re
import sys

import xmlschema
from xsdata.formats.dataclass.parsers import JsonParser, XmlParser
from xsdata.formats.dataclass.serializers import JsonSerializer, XmlSerializer

from chat import Message

recipients = ["+34600123456", "0034600123456", "34600123456", 77]
document = "<message>" + "".join(f"<to>{each}</to>" for each in recipients) + "</message>"
other = xmlschema.XMLSchema("chat.xsd").to_dict(document)["to"]
read = XmlParser().from_string(document, Message)
written = re.findall("<to>(.*?)</to>", XmlSerializer().render(read))
through_json = JsonParser().from_string(JsonSerializer().render(Message(to=recipients)), Message)
print("declared:        ", Message.__annotations__["to"])
print("xmlschema reads: ", other)
print("xsdata reads:    ", read.to)
print("xsdata writes:   ", written)
print("and through JSON:", through_json.to)
number = 34600123456
wanted = [number, number, number, 77]
sys.exit(0 if other == recipients and read.to == through_json.to == wanted and written == [str(each) for each in wanted] else 1)
PYTHON
venv/bin/python try.py
