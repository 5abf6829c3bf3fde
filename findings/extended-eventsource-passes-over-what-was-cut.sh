#!/usr/bin/env bash
# extended-eventsource 2.1.0 and @microsoft/fetch-event-source 2.0.1 (npm): the connection of a stream of events is lost in the
# middle of one, and the service resumes behind the event that the client names in Last-Event-ID
#
# Expected: the event that was cut is asked for again: it was not handed out, so it does not count (WHATWG HTML 9.2.6: the last
#           event ID is set when an event is dispatched). extended-eventsource calls itself fully compliant with that
# Seen:     both note the `id` of the event as soon as they have read that line, and name it when they connect again: the
#           service goes on with the next one, and the message that was cut is never seen, without an error. eventsource 5.1.5
#           and launchdarkly-eventsource 2.2.0 get all three. Whoever writes the id last is safe; most write it first
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund extended-eventsource@2.1.0 @microsoft/fetch-event-source@2.0.1 eventsource@5.1.5 launchdarkly-eventsource@2.2.0 >/dev/null 2>&1 || exit 2
cat >try.mjs <<'NODE'
import http from "node:http";
import { fetchEventSource } from "@microsoft/fetch-event-source";
import { EventSource } from "eventsource";
import { EventSource as Extended } from "extended-eventsource";
import { EventSource as LaunchDarkly } from "launchdarkly-eventsource";

Object.assign(globalThis, { window: globalThis, document: new EventTarget() }); // fetch-event-source is made for browsers
const event = (id) => `id: ${id}\ndata: message ${id}\n\n`;

async function resume(client, begin) {
  const named = [], read = [];
  const service = http.createServer((request, response) => {
    const last = request.headers["last-event-id"];
    named.push(last ?? "nothing");
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (named.length > 1) return void response.write([1, 2, 3].filter((id) => id > (last ?? 0)).map(event).join(""));
    response.write(`retry: 50\n${event(1)}${event(2).slice(0, -5)}`, () => setTimeout(() => response.destroy(), 100));
  });
  await new Promise((done) => service.listen(0, "127.0.0.1", done));
  await new Promise((done) => {
    const stop = begin(`http://127.0.0.1:${service.address().port}`, ({ data }) => {
      read.push(data.at(-1));
      if (data === "message 3") done();
    });
    setTimeout(done, 20000).unref();
    service.on("close", stop ?? (() => {}));
  });
  service.close().closeAllConnections();
  console.log(`${client}: names ${named.at(-1)} in Last-Event-ID, has read the messages ${read}`);
  return `${named.at(-1)}:${read}`;
}

const classic = (Class, options) => (url, onmessage) => {
  const source = Object.assign(new Class(url, options), { onmessage, onerror() {} });
  return () => source.close();
};
const fetched = (url, onmessage) => {
  const stop = new AbortController();
  const onerror = () => 50;
  fetchEventSource(url, { onmessage, onerror, openWhenHidden: true, signal: stop.signal });
  return () => stop.abort();
};
const seen = [
  await resume("extended-eventsource", classic(Extended, { retry: 50, disableLogger: true })),
  await resume("@microsoft/fetch-event-source", fetched),
  await resume("eventsource", classic(EventSource)),
  await resume("launchdarkly-eventsource", classic(LaunchDarkly, { initialRetryDelayMillis: 50 })),
];
process.exit(seen.join(" ") === "2:1,3 2:1,3 1:1,2,3 1:1,2,3" ? 0 : 1);
NODE
node try.mjs
