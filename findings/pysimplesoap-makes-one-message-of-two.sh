#!/usr/bin/env bash
# PySimpleSOAP 1.16.2 (PyPI): a list of messages, each of which has a text and may have a note, is sent in document/literal
#
# Expected: as many elements as there are messages, each with what it has
# Seen:     a message of which only one field is given is put into the element of the one that comes after it: of two messages
#           without a note one element is written, with both texts, and of one without and one with a note as well, so the
#           note is the first one's too. Where each has both fields there are two elements. The list may be the very one that the
#           library has just read from the service, in which each message stood by itself. Nothing is raised
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet PySimpleSOAP==1.16.2 || exit 2
cat >chat.wsdl <<'WSDL'
<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t" elementFormDefault="qualified">
<x:complexType name="message"><x:sequence><x:element name="text" type="x:string"/>
<x:element name="note" type="x:string" minOccurs="0"/></x:sequence></x:complexType>
<x:element name="deliver"><x:complexType><x:sequence>
<x:element name="message" type="t:message" maxOccurs="unbounded"/></x:sequence></x:complexType></x:element>
<x:element name="sent"><x:complexType><x:sequence>
<x:element name="message" type="t:message" minOccurs="0" maxOccurs="unbounded"/></x:sequence></x:complexType></x:element>
</x:schema></types>
<message name="i"><part name="p" element="t:deliver"/></message><message name="o"><part name="p" element="t:sent"/></message>
<portType name="P"><operation name="deliver"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="deliver"><s:operation soapAction=""/><input><s:body use="literal"/></input>
<output><s:body use="literal"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://service.example/"/></port></service></definitions>
WSDL
cat >try.py <<'PYTHON'
import pathlib
import sys
import warnings
import xml.etree.ElementTree as ElementTree

warnings.simplefilter("ignore")
from pysimplesoap.client import SoapClient

ANSWER = '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><sent xmlns="urn:t">{}</sent></E:Body></E:Envelope>'
TWO_TEXTS = [{"text": "hello"}, {"text": "bye"}]
ONE_NOTE = [{"text": "hello"}, {"text": "bye", "note": "late"}]
TWO_NOTES = [{"text": "hello", "note": "soon"}, {"text": "bye", "note": "late"}]

class Client(SoapClient):
    """Notes what is sent, and answers with the messages that the script is at."""

    def send(self, method, xml):
        body = ElementTree.fromstring(xml).find(".//{urn:t}deliver")
        self.written = [[field.text for field in message] for message in body]
        rows = ("".join(f"<{name}>{value}</{name}>" for name, value in message.items()) for message in messages)
        return ANSWER.format("".join(f"<message>{row}</message>" for row in rows)).encode()

client = Client(wsdl=pathlib.Path("chat.wsdl").absolute().as_uri(), cache=None)
seen = []
for messages in (TWO_NOTES, TWO_TEXTS, ONE_NOTE):
    read = client.deliver(message=messages)["message"]
    given = client.written
    client.deliver(message=read)
    seen.append((read == messages, given, client.written == given))
    print(f"given {messages}\n  {len(given)} written: {given}; read from the service {'as they are' if seen[-1][0] else read}, and sent back:"
          f" {len(client.written)} written")
wanted = [
    (True, [["hello", "soon"], ["bye", "late"]], True),
    (True, [["hello", "bye"]], True),
    (True, [["hello", "bye", "late"]], True),
]
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
