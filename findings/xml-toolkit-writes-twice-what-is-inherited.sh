#!/usr/bin/env bash
# xml-toolkit 1.0.59 (npm): a picture is sent where the description has a message, of which it is an extension, with xsi:type
#
# Expected: the elements of a message once, and then those of a picture (XML Schema part 1, 3.4.2: an extension's content is
#           that of its base, followed by its own)
# Seen:     those of a message once more behind them, so of two recipients whoever reads the message has four, and an order
#           is in it twice; a plain message has them once. Nothing is raised, though the schema, which it has read, says no
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund xml-toolkit@1.0.59 >/dev/null 2>&1 || exit 2
cat >chat.xsd <<'XSD'
<xs:schema targetNamespace="urn:t" xmlns="urn:t" xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
  <xs:complexType name="message"><xs:sequence><xs:element name="to" type="xs:string" maxOccurs="unbounded"/></xs:sequence></xs:complexType>
  <xs:complexType name="picture"><xs:complexContent><xs:extension base="message">
    <xs:sequence><xs:element name="file" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
  <xs:element name="send"><xs:complexType>
    <xs:sequence><xs:element name="message" type="message"/></xs:sequence></xs:complexType></xs:element>
</xs:schema>
XSD
cat >try.js <<'NODE'
const { XMLSchemata, XMLReader, XMLNode } = require("xml-toolkit");

// Its own reader hands out each message as a plain object.
const read = (xml) => {
  const options = { filterElements: "message", map: XMLNode.toObject({ getName: (name) => name.replace(/.*:/, "") }) };
  return new XMLReader(options).process(xml).findFirst();
};
const schemas = new XMLSchemata("chat.xsd");
const message = { to: ["34600", "34601"] };
const picture = { ...message, file: "a.png", [Symbol.for("type")]: "picture" };
(async () => {
  const seen = [];
  for (const given of [message, picture]) {
    const xml = schemas.createMarshaller("send", "urn:t").stringify({ message: given });
    const { to } = await read(xml);
    console.log(`given the recipients ${given.to}, it writes ${xml}\n  which its own reader reads as for ${to}`);
    seen.push(to.join());
  }
  process.exitCode = seen.join("|") === "34600,34601|34600,34601,34600,34601" ? 0 : 1;
})();
NODE
node try.js
