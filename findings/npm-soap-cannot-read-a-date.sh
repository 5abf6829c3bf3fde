#!/usr/bin/env bash
# soap 1.13.0 (npm): an xsd:date with a time zone, as Java's services write one
#
# Expected: the day, as for 2024-05-01 and 2024-05-01Z: a date may have any zone (XML Schema part 2, 3.2.9)
# Seen:     with +02:00 or -05:00 an Invalid Date, without an error: it is no text any more, becomes null in JSON, and what the
#           service wrote cannot be had
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund soap@1.13.0 >/dev/null 2>&1 || exit 2
cat >chat.wsdl <<'WSDL'
<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t" elementFormDefault="qualified">
<x:element name="ask"><x:complexType/></x:element>
<x:element name="days"><x:complexType><x:sequence>
<x:element name="day" type="x:date" maxOccurs="unbounded"/></x:sequence></x:complexType></x:element></x:schema></types>
<message name="i"><part name="p" element="t:ask"/></message><message name="o"><part name="p" element="t:days"/></message>
<portType name="P"><operation name="ask"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="ask"><s:operation soapAction=""/><input><s:body use="literal"/></input>
<output><s:body use="literal"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://service.example/"/></port></service></definitions>
WSDL
cat >try.js <<'NODE'
const soap = require("soap");

const written = ["2024-05-01", "2024-05-01Z", "2024-05-01+02:00", "2024-05-01-05:00"];
const body = `<days xmlns="urn:t">${written.map((day) => `<day>${day}</day>`).join("")}</days>`;
const answer = `<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body>${body}</E:Body></E:Envelope>`;
const service = require("http").createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, { "content-type": "text/xml" }).end(answer));
});
service.listen(0, "127.0.0.1", async () => {
  const client = await soap.createClientAsync("chat.wsdl", {}, `http://127.0.0.1:${service.address().port}/`);
  const [{ day: days }] = await client.askAsync({});
  service.close();
  days.forEach((day, number) => console.log(`${written[number]} is read as ${String(day)}, in JSON ${JSON.stringify(day)}`));
  const good = '"2024-05-01T00:00:00.000Z"';
  process.exitCode = days.map((day) => JSON.stringify(day)).join() === [good, good, null, null].map(String).join() ? 0 : 1;
});
NODE
node try.js
