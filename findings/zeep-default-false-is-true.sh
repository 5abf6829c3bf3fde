#!/usr/bin/env bash
# zeep 4.3.3: the description gives an attribute a default, and the answer leaves the attribute out
#
# Expected: the default, as a value of the attribute's type: False for an xsd:boolean with default="false", which is what zeep
#           makes of unread="false" written out
# Seen:     the text of the default, whatever the type: 'false', which counts as true where it is asked for, and '7' where a
#           number is due. So the same message is read or unread depending on whether the service writes the default out
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet zeep==4.3.3 requests==2.34.2 || exit 2
cat >chat.wsdl <<'WSDL'
<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t">
<x:element name="ask"><x:complexType/></x:element>
<x:element name="message"><x:complexType><x:sequence><x:element name="text" type="x:string"/></x:sequence>
<x:attribute name="unread" type="x:boolean" default="false"/><x:attribute name="priority" type="x:int" default="7"/>
</x:complexType></x:element>
</x:schema></types>
<message name="i"><part name="p" element="t:ask"/></message><message name="o"><part name="p" element="t:message"/></message>
<portType name="P"><operation name="ask"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="ask"><s:operation soapAction=""/><input><s:body use="literal"/></input>
<output><s:body use="literal"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://service.example/"/></port></service></definitions>
WSDL
cat >try.py <<'PYTHON'
import sys

import requests
import zeep

ANSWER = """<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body>
  <t:message xmlns:t="urn:t"{attributes}><text>hello</text></t:message></E:Body></E:Envelope>"""

class Service(zeep.Transport):
    def post(self, address, message, headers):
        answer = requests.Response()
        answer.status_code, answer.headers["Content-Type"] = 200, "text/xml"
        answer._content = ANSWER.format(attributes=attributes).encode()
        return answer

client = zeep.Client("chat.wsdl", transport=Service())
seen = []
for attributes in (' unread="false" priority="7"', ""):
    message = client.service.ask()
    seen.append((message.unread, message.priority))
    told = "unread" if message.unread else "read"
    print(f"<message{attributes}>: unread is {message.unread!r}, priority {message.priority!r}; the message counts as {told}")
sys.exit(0 if seen == [(False, 7), ("false", "7")] else 1)
PYTHON
venv/bin/python try.py 2>/dev/null
