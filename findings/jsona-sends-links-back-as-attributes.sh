#!/usr/bin/env bash
# jsona 1.14.0 (npm): a message is read from a JSON:API service, its text is changed, and it is sent back; beside it devour-client
# 3.2.0 (npm) does the same
#
# Expected: the attributes are those that were read: `links` and `meta` of a resource stand beside its attributes, not among them
#           (JSON:API 1.1, Resource Objects), and jsona reads them from there. So it is with devour-client
# Seen:     what is sent has no links and no meta, and two attributes more, called so: the service is asked to store its own
#           addresses and notes as fields of the message. An attribute that is itself called `meta` is lost on the way: it is
#           read as the resource's meta, and that is sent in its place. Nothing is raised
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund jsona@1.14.0 devour-client@3.2.0 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const { Jsona } = require("jsona");
const devour = require("devour-client");

const resource = (attributes) => ({
  type: "messages",
  id: "7",
  attributes,
  links: { self: "https://chat.example/messages/7" },
  meta: { revision: 4 },
});
const plain = resource({ text: "hello", unread: true });
const named = resource({ text: "hello", unread: true, meta: "from the phone" });

const byJsona = (data) => {
  const jsona = new Jsona();
  const message = jsona.deserialize({ data });
  message.text = "hello again";
  return jsona.serialize({ stuff: message }).data;
};
const byDevour = (data) => {
  const client = new (devour.default ?? devour)({ apiUrl: "https://chat.example" });
  client.define("message", { text: "", unread: false });
  const message = client.deserialize.resource.call(client, data, []);
  message.text = "hello again";
  return client.serialize.resource.call(client, "message", message);
};

const seen = { devour: byDevour(plain), jsona: byJsona(plain), "jsona, an attribute called meta": byJsona(named) };
for (const [name, { attributes, links, meta }] of Object.entries(seen)) {
  console.log(`${name}: attributes ${JSON.stringify(attributes)}; beside them ${JSON.stringify({ links, meta })}`);
}
const { links, meta } = plain;
const text = { text: "hello again", unread: true };
const wanted = [
  { attributes: text, links, meta },
  { attributes: { ...text, links, meta } },
  { attributes: { ...text, meta, links } },
];
const sorted = (value) =>
  value && typeof value === "object" ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value;
const kept = Object.values(seen).map(({ attributes, links, meta }) => sorted({ attributes, links, meta }));
process.exit(JSON.stringify(kept) === JSON.stringify(wanted.map(sorted)) ? 0 : 1);
NODE
node try.js
