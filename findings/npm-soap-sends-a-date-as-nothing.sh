#!/usr/bin/env bash
# soap 1.13.0 (npm): a Date is given for an xsd:dateTime, the very one that it made of what the service wrote
#
# Expected: 2024-05-01T10:00:00.000Z, or an error
# Seen:     an empty element, without a word: a Date is taken for a record, and it has no fields. What is read can therefore
#           not be sent back, and a service that takes an empty element for "now" or "never" does so. As a text it is sent
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund soap@1.13.0 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const fs = require("fs");
const http = require("http");
const soap = require("soap");

let given = "";
const service = http.createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => (body += piece)).on("end", () => {
    given = /:at>(.*)<.*:at>/.exec(body)?.[1] ?? body;
    response.end(`<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><d:plan xmlns:d="urn:d"
      ><d:at>2024-05-01T12:00:00+02:00</d:at></d:plan></Body></Envelope>`);
  });
});
service.listen(0, "127.0.0.1", async () => {
  const address = `http://127.0.0.1:${service.address().port}/`;
  fs.writeFileSync("service.wsdl", `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:d="urn:d"
    targetNamespace="urn:d"><types><xsd:schema targetNamespace="urn:d" elementFormDefault="qualified"
    ><xsd:element name="plan"><xsd:complexType><xsd:sequence><xsd:element name="at" type="xsd:dateTime"/></xsd:sequence
    ></xsd:complexType></xsd:element></xsd:schema></types><message name="m"><part name="p" element="d:plan"/></message
    ><portType name="t"><operation name="plan"><input message="d:m"/><output message="d:m"/></operation></portType
    ><binding name="b" type="d:t"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/><operation name="at"
    ><soap:operation soapAction=""/><input><soap:body use="literal"/></input><output><soap:body use="literal"/></output
    ></operation></binding><service name="s"><port name="p" binding="d:b"><soap:address location="${address}"/></port
    ></service></definitions>`);
  const client = await soap.createClientAsync("service.wsdl");
  const [{ at: read }] = await client.planAsync({ at: "2024-05-01T10:00:00Z" });
  const asText = given;
  await client.planAsync({ at: read });
  console.log(`read: ${read.constructor.name} ${read.toISOString()}; sent back: "${given}"; sent as a text: "${asText}"`);
  process.exit(read.toISOString() === "2024-05-01T10:00:00.000Z" && given === "" && asText === "2024-05-01T10:00:00Z" ? 0 : 1);
});
NODE
node try.js
