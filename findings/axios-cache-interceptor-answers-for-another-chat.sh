#!/usr/bin/env bash
# axios-cache-interceptor 1.12.3 (axios 1.21.1, object-code 2.0.0; npm): GETs whose parameters are two small numbers
#
# Expected: each is asked for: the key of the cache is a hash, which "will only be the same if url, method and data are the same".
#           That 32 bits meet by chance once there are 100,000 keys is known to its project
# Seen:     it is not chance: a number goes into the hash as it is, and what was hashed before it only times 33, so a step in one
#           parameter is made up for by a few in the other. Of 60,000 messages (20 chats of 3,000) only 34,386 have a key of
#           their own, and with the numbers as texts 48,905: message 1 of chat 4 is answered with message 2055 of chat 2, and
#           page 415 of 20 with page 1637 of 10. Two requests are enough, and nothing is raised
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund axios-cache-interceptor@1.12.3 axios@1.21.1 object-code@2.0.0 >/dev/null 2>&1 || exit 2
cat >try.mjs <<'NODE'
import http from "node:http";
import Axios from "axios";
import { setupCache } from "axios-cache-interceptor";

const service = http.createServer((request, response) => {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(`answer to ${request.url}`));
});
await new Promise((done) => service.listen(0, "127.0.0.1", done));
const axios = setupCache(Axios.create({ baseURL: `http://127.0.0.1:${service.address().port}` }));

const seen = [];
for (const params of [{ chat: 2, id: 2055 }, { chat: 4, id: 1 }, { limit: 10, offset: 16370 }, { limit: 20, offset: 8300 }]) {
  const { data, cached } = await axios.get("/messages", { params });
  console.log(`asked for ${new URLSearchParams(params)}: ${data}${cached ? ", from the cache" : ""}`);
  seen.push(data.split("?")[1], cached);
}
service.close().closeAllConnections();

const count = (convert) => {
  const keys = new Set();
  for (let chat = 1; chat <= 20; chat++)
    for (let id = 1; id <= 3000; id++)
      keys.add(axios.generateKey({ url: "/messages", method: "get", params: { chat: convert(chat), id: convert(id) } }));
  return keys.size;
};
seen.push(count(Number), count(String));
console.log(`keys of 60000 messages: ${seen.at(-2)}; with the same numbers as texts: ${seen.at(-1)}`);
const [chat, page] = ["chat=2&id=2055", "limit=10&offset=16370"];
const wanted = [chat, false, chat, true, page, false, page, true, 34386, 48905];
process.exit(seen.join() === wanted.join() ? 0 : 1);
NODE
node try.mjs
