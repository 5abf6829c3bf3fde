#!/usr/bin/env bash
# zeep 4.3.3: what it does when an answer has an array of the SOAP encoding and the description did not mention any
#
# Expected: the answer is read with what is known, or refused
# Seen:     after the call was made, zeep asks its transport for http://schemas.xmlsoap.org/soap/encoding/
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet zeep==4.3.3 requests==2.34.2 || exit 2
cat >chat.wsdl <<'WSDL'
<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t"/></types>
<message name="i"/><message name="o"><part name="r" type="x:anyType"/></message>
<portType name="P"><operation name="list"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="list"><s:operation soapAction=""/><input><s:body use="literal" namespace="urn:t"/></input>
<output><s:body use="literal" namespace="urn:t"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://127.0.0.1/"/></port></service></definitions>
WSDL
cat >try.py <<'PYTHON'
import sys
import requests
import zeep

ANSWER = b"""<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"
  xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="http://www.w3.org/2001/XMLSchema"
  xmlns:e="http://schemas.xmlsoap.org/soap/encoding/"><E:Body><t:listResponse xmlns:t="urn:t">
  <r i:type="e:Array" e:arrayType="x:string[1]"><item i:type="x:string">a</item></r>
</t:listResponse></E:Body></E:Envelope>"""
done = []

class Watched(zeep.Transport):
    def load(self, url):
        done.append(url)
        if url.startswith("http"):
            raise OSError("this script stays off the network")
        return super().load(url)

    def post(self, address, message, headers):
        done.append("the call")
        answer = requests.Response()
        answer.status_code, answer._content, answer.headers["Content-Type"] = 200, ANSWER, "text/xml"
        return answer

try:
    zeep.Client("chat.wsdl", transport=Watched()).service.list()
except OSError as error:
    done.append(str(error))
print("\n".join(done[1:]))
sys.exit(0 if done[1:3] == ["the call", "http://schemas.xmlsoap.org/soap/encoding/"] else 1)
PYTHON
venv/bin/python try.py
