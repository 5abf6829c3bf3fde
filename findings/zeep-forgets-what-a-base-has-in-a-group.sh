#!/usr/bin/env bash
# zeep 4.3.3: a type that extends another one, all of which is a reference to a group (xs:group) of two elements
#
# Expected: it has the elements of the group and its own (XML Schema part 1, 3.4.2), as where the same reference stands in an
#           xs:sequence: a request without them is refused before it is sent, and an answer is read
# Seen:     it has its own only: a request without the others, which must be there, is sent without an error or a
#           warning, one with them cannot be made, and an answer with them is refused
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet zeep==4.3.3 requests==2.34.2 || exit 2
cat >try.py <<'PYTHON'
import io
import sys

import requests
import zeep

WSDL = """<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t">
<x:group name="Who"><x:sequence><x:element name="account" type="x:string"/><x:element name="to" type="x:string"/></x:sequence></x:group>
<x:complexType name="Letter">{base}</x:complexType>
<x:complexType name="Message"><x:complexContent><x:extension base="t:Letter">
<x:sequence><x:element name="text" type="x:string"/></x:sequence></x:extension></x:complexContent></x:complexType>
<x:element name="send" type="t:Message"/><x:element name="sent" type="t:Message"/>
</x:schema></types>
<message name="i"><part name="p" element="t:send"/></message><message name="o"><part name="p" element="t:sent"/></message>
<portType name="P"><operation name="send"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="send"><s:operation soapAction=""/><input><s:body use="literal"/></input>
<output><s:body use="literal"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://service.example/"/></port></service></definitions>"""

class Service(zeep.Transport):
    sent = None

    def post(self, address, message, headers):
        Service.sent = message.decode()
        answer = requests.Response()
        answer.status_code, answer.headers["Content-Type"] = 200, "text/xml"
        answer._content = (
            b'<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><t:sent xmlns:t="urn:t">'
            b"<account>7</account><to>Ann</to><text>hello</text></t:sent></E:Body></E:Envelope>"
        )
        return answer

def call(client, **values):
    Service.sent = None
    try:
        read = client.service.send(**values)
    except (zeep.exceptions.Error, TypeError) as error:
        told = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    else:
        told = "read " + ", ".join(f"{name}={read[name]}" for name in read)
    written = Service.sent is not None and [each for each in ("account", "to", "text") if f"<{each}>" in Service.sent]
    print(f"  given {', '.join(values)}: sent {written or 'nothing'}, and {told}")
    return written, told.split(":")[0].split(" ")[0]

seen = {}
for label, base in (("a row of the group", '<x:sequence><x:group ref="t:Who"/></x:sequence>'), ("the group", '<x:group ref="t:Who"/>')):
    print(f"the base is {label}")
    client = zeep.Client(io.BytesIO(WSDL.replace("{base}", base).encode()), transport=Service())
    seen[label] = [call(client, text="hello"), call(client, account="7", to="Ann", text="hello")]
sys.exit(
    0
    if seen["a row of the group"] == [(False, "ValidationError"), (["account", "to", "text"], "read")]
    and seen["the group"] == [(["text"], "XMLParseError"), (False, "TypeError")]
    else 1
)
PYTHON
venv/bin/python try.py 2>/dev/null
