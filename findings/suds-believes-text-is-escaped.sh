#!/usr/bin/env bash
# suds-community 1.2.0: a text in which somebody writes about markup
#
# Expected: whatever string is given as an xs:string, the service reads the same string
# Seen:     an ampersand that begins one of the five names &amp; &lt; &gt; &quot; &apos; is taken for one that is escaped
#           already and goes out as it is: who writes &lt;b&gt; is read as <b>, and two texts become one. Any other, such
#           as &eacute; or &#38;, is escaped. What comes in is read right, so an echo is not what was sent either
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet suds-community==1.2.0 || exit 2
cat >chat.wsdl <<'WSDL'
<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t">
<x:element name="say"><x:complexType><x:sequence><x:element name="text" type="x:string"/></x:sequence></x:complexType></x:element>
<x:element name="sayResponse"><x:complexType><x:sequence><x:element name="text" type="x:string"/></x:sequence></x:complexType></x:element>
</x:schema></types>
<message name="i"><part name="p" element="t:say"/></message><message name="o"><part name="p" element="t:sayResponse"/></message>
<portType name="P"><operation name="say"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="say"><s:operation soapAction=""/><input><s:body use="literal"/></input><output><s:body use="literal"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://127.0.0.1/"/></port></service></definitions>
WSDL
cat >try.py <<'PYTHON'
import io
import pathlib
import sys
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

from suds.client import Client
from suds.transport import Reply, Transport

class Echo(Transport):
    """A service that says what it has read; it reads and writes with Python's own XML."""

    def open(self, request):
        return io.BytesIO(pathlib.Path("chat.wsdl").read_bytes())

    def send(self, request):
        [text] = [each.text for each in ElementTree.fromstring(request.message).iter() if each.tag.endswith("text")]
        self.read = text
        answer = f"""<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><t:sayResponse xmlns:t="urn:t">
            <text>{escape(text)}</text></t:sayResponse></E:Body></E:Envelope>"""
        return Reply(200, {}, answer.encode())

service = Echo()
client = Client("http://service.example/chat.wsdl", transport=service, cache=None)
wanted = {
    "<b>": "<b>",
    "a & b": "a & b",
    "&eacute;": "&eacute;",
    "&#38;": "&#38;",
    "&lt;b&gt;": "<b>",
    "write &amp; for an ampersand": "write & for an ampersand",
    "&amp;lt;": "&lt;",
}
seen = {}
for sent in wanted:
    echo = str(client.service.say(sent))
    seen[sent] = service.read
    print(f"sent {sent!r}, the service read {service.read!r}, its echo is {echo!r}")
    assert echo == service.read
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
