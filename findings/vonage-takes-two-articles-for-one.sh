#!/usr/bin/env bash
# @vonage/conversations 1.17.1 (npm): a message of the type "custom" carries an order into a chat, and is read again
#
# Expected: what stands in `custom`, whose names are its author's own by the library's types (Record<string, ...>), is read as it
#           was sent; the custom data of a conversation are left as they are
# Seen:     it arrives at the service as given, and is read with its names in camel case: of SKU-7 and "sku 7" one is left, as
#           sku7, with the number of the other; nothing is raised. Of an event of one's own (custom:order) the outer names are
#           changed on the way out as well
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @vonage/conversations@1.17.1 @vonage/auth@1.18.1 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const { generateKeyPairSync } = require("crypto");
const { Auth } = require("@vonage/auth");
const { Conversations } = require("@vonage/conversations");

let kept;
const service = require("http").createServer((request, response) => {
  let text = "";
  request.on("data", (piece) => (text += piece)).on("end", () => {
    if (request.method === "POST") kept = JSON.parse(text);
    const answer = { id: 1, ...kept, _embedded: { from_user: { id: "USR-1" }, from_member: { id: "MEM-1" } }, _links: {} };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
});
service.listen(0, "127.0.0.1", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const auth = new Auth({ applicationId: "any", privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) });
  const client = new Conversations(auth, { apiHost: `http://127.0.0.1:${service.address().port}` });
  const custom = { "SKU-7": 3, "sku 7": 4 };
  const seen = [];
  for (const [type, body] of [["message", { messageType: "custom", custom }], ["custom:order", { "Ann Lee": custom }]]) {
    await client.createEvent("CON-1", { type, from: "MEM-1", body });
    const read = (await client.getEvent("CON-1", 1)).body;
    seen.push(JSON.stringify(kept.body), JSON.stringify(read));
    console.log(`${type}: given ${JSON.stringify(body)}\n  the service has ${seen.at(-2)}\n  read ${seen.at(-1)}`);
  }
  service.close();
  const wanted = [
    '{"message_type":"custom","custom":{"SKU-7":3,"sku 7":4}}', '{"messageType":"custom","custom":{"sku7":4}}',
    '{"ann_lee":{"SKU-7":3,"sku 7":4}}', '{"annLee":{"sku7":4}}',
  ];
  process.exitCode = seen.join("\n") === wanted.join("\n") ? 0 : 1;
});
NODE
node try.js
