#!/usr/bin/env bash
# mountebank 2.9.1 (npm): a double of a JSON service, told by `deepEquals`, with `caseSensitive`, which body it is to take
#
# Expected: {"to": 600000001, "flash": true, "tag": null} is taken, and nothing that differs in a type: the documentation says
#           what is done about upper case and about the order of arrays, nothing about types
# Seen:     both sides are made texts before they are compared: "600000001", "true" and "null" in quotation marks are taken
#           as well, so the double vouches for a client that the service refuses, or whose message is named "null". A real
#           difference is noticed, and so is a missing name
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund mountebank@2.9.1 >/dev/null 2>&1 || exit 2
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
double=$(port) control=$(port)
cat >double.json <<JSON
{"imposters": [{"port": $double, "protocol": "http", "defaultResponse": {"statusCode": 422}, "stubs": [{
  "predicates": [{"deepEquals": {"body": {"to": 600000001, "flash": true, "tag": null}}, "caseSensitive": true}],
  "responses": [{"is": {"statusCode": 200}}]}]}]}
JSON
node_modules/.bin/mb start --configfile double.json --port "$control" --host 127.0.0.1 --nologfile --loglevel error >/dev/null &
cat >try.py <<PYTHON
import sys
import time
import urllib.error
import urllib.request

def ask(body):
    try:
        return urllib.request.urlopen("http://127.0.0.1:$double/", body.encode(), timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code

for _ in range(100):
    try:
        ask("{}")
        break
    except OSError:
        time.sleep(0.2)
WANTED = {
    '{"to": 600000001, "flash": true, "tag": null}': 200,
    '{"to": "600000001", "flash": true, "tag": null}': 200,
    '{"to": 600000001, "flash": "true", "tag": null}': 200,
    '{"to": 600000001, "flash": true, "tag": "null"}': 200,
    '{"to": 600000001, "flash": false, "tag": null}': 422,
    '{"to": 600000001, "flash": true}': 422,
}
seen = {body: ask(body) for body in WANTED}
for body, status in seen.items():
    print(f"{body}: {status}")
sys.exit(0 if seen == WANTED else 1)
PYTHON
python3 try.py
