#!/usr/bin/env bash
# soap 1.13.0 and strong-soap 5.0.10 (npm): a service answers a text, an xsd:string, that is an XML document or has one in it
#
# Expected: the text, however it is spelt: `&lt;a/>` and `<![CDATA[<a/>]]>` are the same text in XML (XML 1.0, 2.7)
# Seen:     as CDATA, a document that begins with its declaration (<?xml ...?>) is read as an object, though the description
#           says string: what the service wrote, such as what was signed, cannot be had, and which element came after
#           which is lost. With words before it, strong-soap gives them and "[object Object]", and soap drops the words. Where
#           the words are in the CDATA, strong-soap raises over the answer to a call that was carried out
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund soap@1.13.0 strong-soap@5.0.10 >/dev/null 2>&1 || exit 2
cat >chat.wsdl <<'WSDL'
<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t" elementFormDefault="qualified">
<x:element name="read"><x:complexType><x:sequence/></x:complexType></x:element>
<x:element name="readResponse"><x:complexType><x:sequence><x:element name="text" type="x:string"/></x:sequence></x:complexType>
</x:element></x:schema></types>
<message name="i"><part name="p" element="t:read"/></message><message name="o"><part name="p" element="t:readResponse"/></message>
<portType name="P"><operation name="read"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="read"><s:operation soapAction=""/><input><s:body use="literal"/></input><output><s:body use="literal"/></output>
</operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://service.example/"/></port></service></definitions>
WSDL
cat >try.js <<'NODE'
const libraries = { soap: require("soap"), "strong-soap": require("strong-soap").soap };
const order = '<?xml version="1.0"?><order><to>34600</to><text>hello</text><to>34601</to></order>';
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

let written;
const service = require("http").createServer((request, response) => {
  const body = `<readResponse xmlns="urn:t"><text>${written}</text></readResponse>`;
  const envelope = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${body}</e:Body></e:Envelope>`;
  request.resume().on("end", () => response.writeHead(200, { "content-type": "text/xml" }).end(envelope));
});
service.listen(0, "127.0.0.1", async () => {
  const seen = [];
  for (const [name, library] of Object.entries(libraries)) {
    const client = await new Promise((done) => library.createClient("chat.wsdl", {}, (error, made) => done(made)));
    client.setEndpoint(`http://127.0.0.1:${service.address().port}/`);
    const read = () => new Promise((done) => client.read({}, (error, result) => done(error ? `raises ${error.message.split("\n")[0]}` : result.text)));
    const spellings = [escaped(order), `<![CDATA[${order}]]>`, `sent: <![CDATA[${order}]]>`];
    for (written of name === "soap" ? spellings : [...spellings, `<![CDATA[sent: ${order}]]>`]) {
      const text = await read();
      console.log(`${name}: ${written.slice(0, 28)}... is read as ${JSON.stringify(text)}`);
      seen.push(text);
    }
  }
  service.close();
  const taken = { order: { to: ["34600", "34601"], text: "hello" } };
  const raised = "raises Text data outside of root node.";
  const wanted = [order, taken, taken, order, taken, "sent:[object Object]", raised];
  process.exitCode = JSON.stringify(seen) === JSON.stringify(wanted) ? 0 : 1;
});
NODE
node try.js
