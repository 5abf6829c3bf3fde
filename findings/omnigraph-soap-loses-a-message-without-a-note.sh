#!/usr/bin/env bash
# @omnigraph/soap 0.96.0 (npm, what GraphQL Mesh reads a SOAP service with): an inbox, whose messages may have a note and tags
#
# Expected: what the description says may be missing (minOccurs="0") may be null or an empty list in GraphQL, and what it says
#           is always there (minOccurs="1") never is
# Seen:     the other way round: what may be missing is declared as never null, and what is always there as perhaps null. So
#           of a message without a note nothing is left, its text neither: null stands in its place, beside an error. An
#           inbox without messages has one, which is null, without an error, and so do the tags that a message has not
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
packages=(@omnigraph/soap@0.96.0 @graphql-mesh/utils@0.96.6 @graphql-mesh/types@0.96.6 graphql@16.15.0)
npm install --silent --no-audit --no-fund "${packages[@]}" >/dev/null 2>&1 || exit 2
cat >try.mjs <<'NODE'
import http from "node:http";
import { SOAPLoader, createExecutorFromSchemaAST } from "@omnigraph/soap";
import { parse } from "graphql";

const described = (address) => `<definitions name="Chat" targetNamespace="http://chat.example/" xmlns:t="http://chat.example/"
  xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="http://chat.example/" elementFormDefault="qualified">
<x:complexType name="message"><x:sequence><x:element name="text" type="x:string" minOccurs="1"/>
<x:element name="note" type="x:string" minOccurs="0"/>
<x:element name="tag" type="x:string" minOccurs="0" maxOccurs="unbounded"/></x:sequence></x:complexType>
<x:element name="getInbox"><x:complexType><x:sequence><x:element name="of" type="x:string"/></x:sequence></x:complexType></x:element>
<x:element name="inbox"><x:complexType><x:sequence>
<x:element name="message" type="t:message" minOccurs="0" maxOccurs="unbounded"/></x:sequence></x:complexType></x:element>
</x:schema></types>
<message name="i"><part name="p" element="t:getInbox"/></message><message name="o"><part name="p" element="t:inbox"/></message>
<portType name="P"><operation name="getInbox"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="getInbox"><s:operation soapAction=""/><input><s:body use="literal"/></input><output><s:body use="literal"/></output>
</operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="${address}"/></port></service></definitions>`;

let inbox;
const service = http.createServer((request, response) => {
  request.resume().on("end", () => {
    const body = `<inbox xmlns="http://chat.example/">${inbox}</inbox>`;
    const envelope = `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>${body}</e:Body></e:Envelope>`;
    response.end(request.method === "GET" ? described(`http://${request.headers.host}/`) : envelope);
  });
});
await new Promise((done) => service.listen(0, "127.0.0.1", done));
const loader = new SOAPLoader({ subgraphName: "chat", fetch, logger: console });
await loader.fetchWSDL(`http://127.0.0.1:${service.address().port}/`);
const schema = loader.buildSchema();
const execute = createExecutorFromSchemaAST(schema, fetch);
const fields = schema.getType("Chat_message").getFields();
const types = ["text", "note", "tag"].map((name) => `${name}: ${fields[name].type}`).join(", ");
console.log(`a message is declared as { ${types} }`);
const read = async (content, asked) => {
  inbox = content;
  const { data, errors } = await execute({ document: parse(`{ Chat_S_P_getInbox(getInbox: { of: "Ann" }) { message { ${asked} } } }`) });
  const seen = `${JSON.stringify(data.Chat_S_P_getInbox)}${errors ? `, ${errors[0].message}` : ""}`;
  console.log(`${content || "(no message)"}: asked for ${asked}, it is ${seen}`);
  return seen;
};
const seen = [
  await read("", "text"),
  await read("<message><text>hello</text><note>new</note><tag>a</tag></message>", "text note tag"),
  await read("<message><text>hello</text></message>", "text note"),
  await read("<message><text>hello</text></message>", "text tag"),
];
service.close();
const wanted = [
  '{"message":[null]}',
  '{"message":[{"text":"hello","note":"new","tag":["a"]}]}',
  '{"message":[null]}, Cannot return null for non-nullable field Chat_message.note.',
  '{"message":[{"text":"hello","tag":[null]}]}',
];
const same = seen.join("\n") === wanted.join("\n") && types === "text: String, note: String!, tag: [String]!";
process.exitCode = same ? 0 : 1;
NODE
node try.mjs
