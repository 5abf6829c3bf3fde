#!/usr/bin/env bash
# cloudevents 10.0.0 (npm), the project's own SDK: an event whose data is false, 0 or an empty text, in the structured mode
#
# Expected: the data that was sent, as it comes in a batch of events, and as cloudevents 2.2.0 of PyPI reads the same request:
#           any value of JSON may be data (CloudEvents' JSON format, section 3.1)
# Seen:     `undefined`, as if the event had no data: it is parsed only if it counts as true, and dropped otherwise. It is
#           written right, and only lost by the reader. "wants messages: false" becomes an event that says nothing, 0 left of
#           a credit as well, and whoever passes the event on passes on one without data
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund cloudevents@10.0.0 >/dev/null 2>&1 || exit 2
python3 -m venv venv && venv/bin/pip install --quiet cloudevents==2.2.0 || exit 2
cat >try.js <<'NODE'
const { CloudEvent, HTTP } = require("cloudevents");

const show = (event) => ("data" in event && event.data !== undefined ? JSON.stringify(event.data) : "nothing");
const seen = [];
for (const data of [true, false, 7, 0, ""]) {
  const { headers, body } = HTTP.structured(new CloudEvent({ id: "1", type: "chat.consent", source: "/chat", data }));
  const batch = { headers: { "content-type": "application/cloudevents-batch+json" }, body: `[${body}]` };
  const [alone, [among]] = [HTTP.toEvent({ headers, body }), HTTP.toEvent(batch)];
  const onward = JSON.parse(HTTP.structured(alone).body);
  seen.push([JSON.stringify(data), show(JSON.parse(body)), show(alone), show(among), show(onward)].join(" "));
  console.log("data, written, read, read in a batch, passed on:", seen.at(-1));
}
const no = HTTP.structured(new CloudEvent({ type: "chat.consent", source: "/chat", data: false }));
require("fs").writeFileSync("event.json", no.body);
const lost = ["false false nothing false nothing", "0 0 nothing 0 nothing", '"" "" nothing "" nothing'];
const wanted = ["true true true true true", lost[0], "7 7 7 7 7", lost[1], lost[2]];
process.exit(seen.join() === wanted.join() ? 0 : 1);
NODE
cat >try.py <<'PYTHON'
import pathlib
import sys

from cloudevents.v1.http import from_http

event = from_http({"content-type": "application/cloudevents+json"}, pathlib.Path("event.json").read_bytes())
print("Python reads:", event.data)
sys.exit(0 if event.data is False else 1)
PYTHON
node try.js && venv/bin/python try.py
