#!/usr/bin/env bash
# requests-cache 1.3.3: requests that are told apart by the order of a JSON array, or by a parameter that is there and empty
#
# Expected: each is sent: what is evened out is only what does not modify the answer, says the documentation, and the elements
#           of an array have an order (RFC 8259 section 1)
# Seen:     a JSON document that is an array is sorted before it is compared, so ["b", "a"] is answered with what was said to
#           ["a", "b"]; arrays within an object are not. An empty parameter is dropped: messages without a label are asked for
#           with `label=`, and what comes is the answer about all messages
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet requests-cache==1.3.3 requests==2.34.2 || exit 2
cat >try.py <<'PYTHON'
import http.server
import json
import sys
import threading
from urllib.parse import parse_qs, urlsplit

import requests_cache

MESSAGES = {"first": "urgent", "second": ""}

class Service(http.server.BaseHTTPRequestHandler):
    """Puts words into capitals, one after the other; lists messages, those of one label if one is named."""

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        words = document["words"] if isinstance(document, dict) else document
        self.answer([word.upper() for word in words])

    def do_GET(self):
        wanted = parse_qs(urlsplit(self.path).query, keep_blank_values=True).get("label")
        self.answer([name for name, label in MESSAGES.items() if wanted is None or wanted == [label]])

    def answer(self, result):
        body = json.dumps(result).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
session = requests_cache.CachedSession(backend="memory", allowable_methods=("GET", "POST"))
seen = []

def say(question, answer):
    seen.append((answer.json(), answer.from_cache))
    print(f"{question}: {answer.json()}, {'from the cache' if answer.from_cache else 'sent'}")

for document in (["a", "b"], ["b", "a"], {"words": ["a", "b"]}, {"words": ["b", "a"]}):
    say(f"POST {json.dumps(document)}", session.post(f"{url}/capitals", json=document))
for query in ("", "?label=", "?label=urgent"):
    say(f"GET /messages{query}", session.get(f"{url}/messages{query}"))
wanted = [(["A", "B"], False), (["A", "B"], True), (["A", "B"], False), (["B", "A"], False)]
wanted += [(["first", "second"], False), (["first", "second"], True), (["first"], False)]
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
