#!/usr/bin/env bash
# generateDS 2.44.3 of PyPI: what a service says about when messages may be sent is read by the classes that it generates
#
# Expected: an hour with its time zone is read as such and written as it was; so are a day and a moment
# Seen:     the zone of an xs:time and of an xs:date is read, put on, and dropped again with the rest of the moment that it was
#           put on: 09:00:00+02:00 is 09:00 of nobody knows where, and is written so. The zone of an xs:dateTime stays, and
#           one in 87 of those with six digits becomes a microsecond less, so who asks for what is later gets that one again. A
#           rate of INF is written as inf, which XML Schema does not know
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet generateDS==2.44.3 lxml==5.3.0 || exit 2
cat >chat.xsd <<'XSD'
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="window" type="window"/>
  <xs:complexType name="window"><xs:sequence>
    <xs:element name="opens" type="xs:time"/><xs:element name="day" type="xs:date"/>
    <xs:element name="changed" type="xs:dateTime"/><xs:element name="rate" type="xs:double"/>
  </xs:sequence></xs:complexType>
</xs:schema>
XSD
venv/bin/generateDS -f -o chat.py chat.xsd >/dev/null 2>&1
cat >try.py <<'PYTHON'
import io
import sys

from lxml import etree

import chat

given = {"opens": "09:00:00+02:00", "day": "2026-12-01+02:00", "changed": "2026-12-01T10:00:00.524272+02:00", "rate": "INF"}
document = "<window>" + "".join(f"<{name}>{text}</{name}>" for name, text in given.items()) + "</window>"
window = chat.parseString(document, silence=True)
written = io.StringIO()
window.export(written, 0)
root = etree.fromstring(written.getvalue())
seen = {each.tag: each.text for each in root}
for name, text in given.items():
    print(f"{name} {text} is read as {getattr(window, name)!r} and written as {seen[name]}")
schema = etree.XMLSchema(file="chat.xsd")
print(f"by the schema what was read is valid: {schema.validate(etree.fromstring(document))}, what is written: {schema.validate(root)}")
moments = range(0, 1_000_000, 7)
parse = chat.GeneratedsSuper.gds_parse_datetime
less = sum(parse(f"2026-12-01T10:00:00.{each:06d}Z").microsecond == each - 1 for each in moments)
print(f"of {len(moments)} moments {less} are read as a microsecond less")
wanted = {"opens": "09:00:00", "day": "2026-12-01", "changed": "2026-12-01T10:00:00.524271+02:00", "rate": "inf"}
sys.exit(0 if seen == wanted and len(moments) // less == 87 else 1)
PYTHON
venv/bin/python try.py
