#!/usr/bin/env bash
# @stomp/stompjs 7.5.0 (npm): a header with backslashes in it, such as the path of a file, goes through a broker and comes back;
# stompit 1.0.0 (npm) reads the same frame
#
# Expected: the header that was sent. In STOMP 1.2 a backslash is written as two, a colon as \c, a new line as \n; the frame is
#           read from left to right, so of `\\n` the two backslashes are one, and the n is an n. So it is with stompit
# Seen:     what it writes is right. When it reads, it looks for \r, \n and \c in the whole text, one after the other, and for
#           the two backslashes last: the second of them and the letter behind it are taken for one of these. C:\new\readme.txt
#           comes back with a new line and a carriage return in it, and \\server\chat with a colon. C:\documents comes back as it
#           was, as does each path none of whose names begins with c, n or r. Nothing is raised
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @stomp/stompjs@7.5.0 stompit@1.0.0 ws@8.23.0 >/dev/null 2>&1 || exit 2
cat >try.mjs <<'NODE'
import { once } from "node:events";
import { Client } from "@stomp/stompjs";
import IncomingFrameStream from "stompit/lib/IncomingFrameStream.js";
import WebSocket, { WebSocketServer } from "ws";

const PATHS = ["C:\\documents\\list.txt", "C:\\new\\readme.txt", "\\\\server\\chat"];

// The least that is a broker: what is sent is delivered to the one who subscribed, with its header as it came.
const frames = [];
const broker = new WebSocketServer({ port: 0, host: "127.0.0.1" });
broker.on("connection", (connection) => connection.on("message", (data) => {
  const frame = data.toString();
  if (frame.startsWith("CONNECT")) connection.send("CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0");
  if (!frame.startsWith("SEND")) return;
  const file = frame.split("\n").find((line) => line.startsWith("file:"));
  frames.push(`MESSAGE\nsubscription:one\nmessage-id:1\ndestination:/queue/files\n${file}\n\nsee there\0`);
  connection.send(frames.at(-1));
}));
await once(broker, "listening");

const seen = [];
const client = new Client({ webSocketFactory: () => new WebSocket(`ws://127.0.0.1:${broker.address().port}`), reconnectDelay: 0 });
await new Promise((done) => {
  client.onConnect = () => {
    client.subscribe("/queue/files", (message) => seen.push(message.headers.file) === PATHS.length && done(), { id: "one" });
    for (const file of PATHS) client.publish({ destination: "/queue/files", body: "see there", headers: { file } });
  };
  client.activate();
});
await client.deactivate({ force: true });
broker.close();

const byAnother = [];
for (const frame of frames) {
  const reader = new IncomingFrameStream();
  reader.setVersion("1.2");
  reader.write(frame);
  byAnother.push((await once(reader, "data"))[0].headers.file);
}
PATHS.forEach((path, at) => {
  console.log(`sent ${JSON.stringify(path)}: on the way ${frames[at].split("\n").find((line) => line.startsWith("file:"))}`);
  console.log(`  stompjs reads ${JSON.stringify(seen[at])}, stompit ${JSON.stringify(byAnother[at])}`);
});
const wanted = [PATHS[0], "C:\\\new\\\readme.txt", "\\\\server\\:hat"];
process.exit(JSON.stringify([seen, byAnother]) === JSON.stringify([wanted, PATHS]) ? 0 : 1);
NODE
timeout 30 node try.mjs
