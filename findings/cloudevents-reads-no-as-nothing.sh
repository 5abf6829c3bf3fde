#!/usr/bin/env bash
# cloudevents 10.0.0 (npm, the SDK of CloudEvents for JavaScript): an event whose data is the JSON value false, 0 or "", such as the
# answer to a question, how many messages wait, or a note that was emptied; in structured mode (application/cloudevents+json)
#
# Expected: the data that were sent: any JSON value may stand in the member "data" (CloudEvents, JSON format, 3.1), and the
#           library writes each of them there
# Seen:     written they are, and read they are not: `data` is undefined, as in an event without any, and nothing is raised: no is
#           no answer, and none is not a number. In binary mode the same events arrive, and so does true in structured mode. The
#           SDK for Python, 2.2.0, reads what was written as it is
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund cloudevents@10.0.0 >/dev/null 2>&1 || exit 2
python3 -m venv venv && venv/bin/pip install --quiet cloudevents==2.2.0 || exit 2
cat >try.mjs <<'NODE'
import { CloudEvent, HTTP } from "cloudevents";

const told = (data) => (data === undefined ? "undefined" : JSON.stringify(data));
const seen = {};
for (const data of [true, "hello", [], false, 0, ""]) {
  const event = new CloudEvent({ id: "1", type: "answer", source: "/poll", datacontenttype: "application/json", data });
  const written = HTTP.structured(event);
  const row = { body: written.body, structured: told(HTTP.toEvent(written).data) };
  // In binary mode a number and a truth value are taken only where they count as false.
  if (!data) row.binary = told(HTTP.toEvent(HTTP.binary(event)).data);
  seen[JSON.stringify(data)] = row;
}
console.log(JSON.stringify(seen));
NODE
cat >try.py <<'PYTHON'
import json
import subprocess
import sys

from cloudevents.core.bindings.http import HTTPMessage, from_structured_event

seen = json.loads(subprocess.run(["node", "try.mjs"], capture_output=True, text=True, check=True).stdout)
same = True
for data, row in seen.items():
    message = HTTPMessage(headers={"content-type": "application/cloudevents+json"}, body=row["body"].encode())
    python = json.dumps(from_structured_event(message).get_data())
    written = json.dumps(json.loads(row["body"])["data"])
    binary = f"; in binary mode {row['binary']}" if "binary" in row else ""
    print(f"{data} is written as {written}, read as {row['structured']}, by Python as {python}{binary}")
    lost = data in ("false", "0", '""')
    same = same and written == python == data and row["structured"] == ("undefined" if lost else data)
    same = same and row.get("binary", data) == data
sys.exit(0 if same and len(seen) == 6 else 1)
PYTHON
venv/bin/python try.py
