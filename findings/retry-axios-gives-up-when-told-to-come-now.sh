#!/usr/bin/env bash
# retry-axios 4.0.3 (npm, with axios 1.21.1): a service answers 503 once, and says when to come again in Retry-After
#
# Expected: the GET is tried again at that moment, and at once where the moment is now: 0 is a number of seconds as any other, and a
#           date is often past when it is read, since it counts whole seconds (RFC 9110, 10.2.3). So does axios-retry 4.5.0
# Seen:     with 0, or with a date that has just passed, it gives up without a second try: the program gets the 503 of a service that
#           would have answered. Without Retry-After, and with 1, it is tried again and succeeds. To be asked to come back at once
#           is thus worse than to be asked to wait
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund retry-axios@4.0.3 axios@1.21.1 axios-retry@4.5.0 >/dev/null 2>&1 || exit 2
cat >try.mjs <<'NODE'
import http from "node:http";
import axios from "axios";
import axiosRetry from "axios-retry";
import * as rax from "retry-axios";

const now = () => new Date(Math.floor(Date.now() / 1000) * 1000).toUTCString(); // the second that has begun already
let asked = 0, when;
const service = http.createServer((request, response) => {
  asked += 1;
  if (asked > 1) return response.end("content");
  response.writeHead(503, when === undefined ? {} : { "retry-after": when }).end();
});
await new Promise((ready) => service.listen(0, "127.0.0.1", ready));
const baseURL = `http://127.0.0.1:${service.address().port}/`;
const clients = {
  "retry-axios": () => {
    const client = axios.create({ baseURL });
    rax.attach(client);
    return client.get("/", { raxConfig: { retry: 2 } });
  },
  "axios-retry": () => {
    const client = axios.create({ baseURL });
    axiosRetry(client, { retries: 2 });
    return client.get("/");
  },
};
const seen = [];
for (const [name, get] of Object.entries(clients)) {
  for (const [said, told] of [["nothing", () => undefined], ["1", () => "1"], ["0", () => "0"], ["the date of now", now]]) {
    [asked, when] = [0, told()];
    const status = await get().then((answer) => answer.status, (error) => error.response.status);
    console.log(`${name}, told to come back in ${said}: asked ${asked} times, ends with ${status}`);
    seen.push(`${asked} ${status}`);
  }
}
service.close().closeAllConnections();
const wanted = ["2 200", "2 200", "1 503", "1 503", "2 200", "2 200", "2 200", "2 200"];
process.exitCode = seen.join() === wanted.join() ? 0 : 1;
NODE
node try.mjs
