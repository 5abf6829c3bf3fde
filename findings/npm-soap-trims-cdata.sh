#!/usr/bin/env bash
# soap 1.13.0 of npm: texts with blanks at their ends
#
# Expected: an xs:string keeps its blanks (its whiteSpace facet is preserve), inside CDATA and as character references at the latest
# Seen:     all of them are trimmed: [two blanks]hello, a CDATA section with blanks, &#x20;hello; a lone line feed becomes nothing
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund soap@1.13.0 >/dev/null || exit 2
cat >try.js <<'NODE'
const soap = require("soap");
const wsdl = `<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t">
<x:element name="say"><x:complexType><x:sequence><x:element name="text" type="x:string"/></x:sequence></x:complexType></x:element>
<x:element name="sayResponse"><x:complexType><x:sequence><x:element name="text" type="x:string"/></x:sequence></x:complexType></x:element>
</x:schema></types>
<message name="i"><part name="p" element="t:say"/></message><message name="o"><part name="p" element="t:sayResponse"/></message>
<portType name="P"><operation name="say"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="say"><s:operation soapAction=""/><input><s:body use="literal"/></input><output><s:body use="literal"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://127.0.0.1/"/></port></service></definitions>`;
const wanted = { "  hello": "hello", "<![CDATA[  hello  ]]>": "hello", "&#x20;hello": "hello", "\n": "" };
let got;
const server = require("http").createServer((request, response) => response.writeHead(404).end());
server.listen(0, "127.0.0.1", async () => {
  soap.listen(server, "/say", { S: { P: { say: (given) => ({ text: (got = given.text) }) } } }, wsdl);
  let same = true;
  for (const [sent, seen] of Object.entries(wanted)) {
    const body = `<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><t:say xmlns:t="urn:t"><text>${sent}</text></t:say></E:Body></E:Envelope>`;
    const headers = { "Content-Type": "text/xml", SOAPAction: '""' };
    await (await fetch(`http://127.0.0.1:${server.address().port}/say`, { method: "POST", headers, body })).text();
    console.log(`sent ${JSON.stringify(sent)}, the operation got ${JSON.stringify(got)}`);
    same = same && got === seen;
  }
  process.exit(same ? 0 : 1);
});
NODE
node try.js
