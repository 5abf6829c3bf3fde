#!/usr/bin/env bash
# undici 7.30.2 with its RetryAgent, Express 5.3.0 with express.static: a download is cut, and the file replaced before the retry
#
# Expected: the new file from its beginning, or an error: parts may be put together only if they have the same strong validator
#           (RFC 9110 section 15.3.7.3). The second answer has another ETag and another Last-Modified than the first
# Seen:     the retry asks for the rest, without If-Range and without looking at what the answer says of its version, because
#           Express' ETags are weak and Last-Modified is not read. The beginning of the old file and the end of the new one come
#           as one body, with 200
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund undici@7.30.2 express@5.3.0 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const fs = require("fs");
const express = require("express");
const { Agent, RetryAgent, request } = require("undici");

const SIZE = 1_000_000;
const write = (letter, year) => {
  fs.writeFileSync("public/messages", letter.repeat(SIZE));
  fs.utimesSync("public/messages", new Date(year, 0), new Date(year, 0));
};
fs.mkdirSync("public");
write("a", 2024);

const seen = [];
const service = express();
service.use((asked, answer, next) => {
  answer.on("close", () => seen.push([answer.statusCode, answer.get("ETag"), answer.get("Last-Modified")]));
  console.log("asked for", asked.get("Range") ?? "all", "if", asked.get("If-Range") ?? asked.get("If-Match") ?? "whatever");
  if (seen.length === 0) {
    const send = answer.write;
    answer.write = (piece) => {
      answer.write = () => false; // no more than this piece arrives
      setTimeout(() => {
        write("b", 2025);
        asked.socket.destroy();
      }, 200);
      return send.call(answer, piece);
    };
  }
  next();
});
service.use(express.static("public"));
const listener = service.listen(0, "127.0.0.1", async () => {
  const dispatcher = new RetryAgent(new Agent(), { minTimeout: 10 });
  const answer = await request(`http://127.0.0.1:${listener.address().port}/messages`, { dispatcher });
  const body = await answer.body.text();
  const counts = ["a", "b"].map((letter) => body.split(letter).length - 1);
  seen.forEach((each) => console.log("answered", each.join(", ")));
  console.log(`the caller is given ${answer.statusCode} and ${body.length} bytes: ${counts[0]} old ones, then ${counts[1]} new ones`);
  const [first, second] = seen;
  const good = first[0] === 200 && second[0] === 206 && first[1] !== second[1] && first[2] !== second[2];
  const joined = answer.statusCode === 200 && body.length === SIZE && counts[0] > 0 && counts[1] > 0;
  process.exit(good && joined ? 0 : 1);
});
NODE
node try.js
