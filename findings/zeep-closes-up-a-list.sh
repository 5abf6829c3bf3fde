#!/usr/bin/env bash
# zeep 4.3.3: a list whose elements may be nil, and one of them is
#
# Expected: the place is kept: what zeep reads as ["hello", None, "bye"] it writes with xsi:nil="true" in the middle, as the
#           description allows (nillable="true") and as zeep does for an element that must be there
# Seen:     reading keeps the place, writing does not: None is left out, because the element may also be missing (minOccurs="0"),
#           and what comes after it moves up. Texts and the numbers they are for, in two lists, no longer belong together,
#           and a record that is read and sent back is another one. zeep.xsd.Nil in its place is written
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet zeep==4.3.3 lxml==6.1.3 || exit 2
cat >service.wsdl <<'WSDL'
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
             xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:bulk" targetNamespace="urn:bulk">
  <types><xsd:schema targetNamespace="urn:bulk" elementFormDefault="qualified">
    <xsd:complexType name="Bulk"><xsd:sequence>
      <xsd:element name="number" type="xsd:string" maxOccurs="unbounded"/>
      <xsd:element name="text" type="xsd:string" minOccurs="0" maxOccurs="unbounded" nillable="true"/>
    </xsd:sequence></xsd:complexType>
    <xsd:element name="send" type="t:Bulk"/><xsd:element name="sent" type="t:Bulk"/>
  </xsd:schema></types>
  <message name="in"><part name="body" element="t:send"/></message>
  <message name="out"><part name="body" element="t:sent"/></message>
  <portType name="Port"><operation name="send"><input message="t:in"/><output message="t:out"/></operation></portType>
  <binding name="Binding" type="t:Port">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="send"><soap:operation soapAction="send"/>
      <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>
  </binding>
  <service name="Service"><port name="Port" binding="t:Binding"><soap:address location="http://service.test/"/></port></service>
</definitions>
WSDL
cat >try.py <<'PYTHON'
import re
import sys

import zeep
from lxml import etree

client = zeep.Client("service.wsdl")
document = etree.fromstring("""<sent xmlns="urn:bulk" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <number>600000001</number><number>600000002</number><number>600000003</number>
  <text>hello</text><text xsi:nil="true"/><text>bye</text></sent>""")
read = client.get_element("{urn:bulk}sent").parse(document, client.wsdl.types)
print(f"read:    {list(zip(read.number, read.text))}")

def written(texts):
    envelope = client.create_message(client.service, "send", number=read.number, text=texts)
    found = re.findall(rb"<ns0:text(?: [^>]*nil=\"true\"[^>]*)?(?:/>|>([^<]*)</ns0:text>)", etree.tostring(envelope))
    return [text.decode() or None for text in found]

closed, kept = written(read.text), written([zeep.xsd.Nil if text is None else text for text in read.text])
print(f"written: {list(zip(read.number, closed))}")
print(f"written with zeep.xsd.Nil: {list(zip(read.number, kept))}")
sys.exit(0 if read.text == ["hello", None, "bye"] == kept and closed == ["hello", "bye"] else 1)
PYTHON
venv/bin/python try.py
