#!/usr/bin/env bash
# zeep 4.3.3: an attribute that must be there, declared without a type, which is not given
#
# Expected: an error before anything is sent, as for an attribute of the type xsd:string, and for one of xsd:anySimpleType, which
#           is what a declaration without a type means (XML Schema part 1, 3.2.2)
# Seen:     the request is sent with the text None in the attribute: version="None", without an error or a warning
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
<x:element name="order"><x:complexType><x:sequence><x:element name="article" type="x:string"/></x:sequence>
<x:attribute name="customer" use="required"{type}/></x:complexType></x:element>
<x:element name="ordered"><x:complexType/></x:element>
</x:schema></types>
<message name="i"><part name="p" element="t:order"/></message><message name="o"><part name="p" element="t:ordered"/></message>
<portType name="P"><operation name="order"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="order"><s:operation soapAction=""/><input><s:body use="literal"/></input>
<output><s:body use="literal"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://service.example/"/></port></service></definitions>"""

class Service(zeep.Transport):
    sent = None

    def post(self, address, message, headers):
        Service.sent = message
        answer = requests.Response()
        answer.status_code, answer.headers["Content-Type"] = 200, "text/xml"
        answer._content = (
            b'<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body>'
            b'<t:ordered xmlns:t="urn:t"/></E:Body></E:Envelope>'
        )
        return answer

seen = []
for type_ in (' type="x:string"', ' type="x:anySimpleType"', ""):
    Service.sent = None
    client = zeep.Client(io.BytesIO(WSDL.replace("{type}", type_).encode()), transport=Service())
    try:
        client.service.order(article="a chair")
    except zeep.exceptions.ValidationError as error:
        told = f"refused: {error}"
    else:
        told = "sent with customer=" + Service.sent.decode().split("customer=")[1].split(">")[0]
    seen.append(told.split(":")[0])
    print(f"<attribute name='customer' use='required'{type_}>: {told}")
sys.exit(0 if seen == ["refused", "refused", 'sent with customer="None"'] else 1)
PYTHON
venv/bin/python try.py 2>/dev/null
