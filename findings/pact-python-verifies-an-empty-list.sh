#!/usr/bin/env bash
# pact-python 4.2.0 (PyPI): a consumer expects a list, by `each_like`, and the provider has nothing in it
#
# Expected: verification fails: the minimum is 1 at least (documentation of `each_like`, parameter `min`), since an empty list
#           would pass without anything in it having been compared. So it was with `EachLike` of pact-python 2, and so it is with
#           pact-js
# Seen:     it succeeds. The minimum of 1 is written into the contract only if it is given: `each_like(..., min=1)` is not the
#           same as `each_like(...)`. A provider that has renamed each field of a row is verified as long as it has no rows
#           when it is asked
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet pact-python==4.2.0 || exit 2
cat >try.py <<'PYTHON'
import http.server
import json
import logging
import pathlib
import sys
import threading

from pact import Pact, Verifier, match

logging.disable(logging.CRITICAL)
ROW = {"number": match.string("600000001"), "parts": match.integer(1)}
CONTRACTS = {"each_like(row)": match.each_like(ROW), "each_like(row, min=1)": match.each_like(ROW, min=1)}
ANSWERS = {"a row": [{"number": "600000002", "parts": 2}], "a row with other names": [{"to": "600000002", "n": 2}], "no row": []}
rows = []

class Provider(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        body = json.dumps({"messages": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
seen = []
for number, (name, rule) in enumerate(CONTRACTS.items()):
    folder = pathlib.Path(str(number))
    folder.mkdir()
    pact = Pact("reports", "gateway").with_specification("V4")
    pact.upon_receiving("what was sent").with_request("GET", "/sent").will_respond_with(200).with_body({"messages": rule})
    pact.write_file(folder)
    for told, rows in ANSWERS.items():
        verifier = Verifier("gateway", host="127.0.0.1").add_transport(url=f"http://127.0.0.1:{server.server_port}")
        try:
            verifier.add_source(folder).verify()
            seen.append(True)
        except RuntimeError:
            seen.append(False)
        print(f"{name}, the provider has {told}: {'verified' if seen[-1] else 'refused'}", file=sys.stderr)
sys.exit(0 if seen == [True, False, True, True, False, False] else 1)
PYTHON
venv/bin/python try.py 2>&1 >/dev/null | grep each_like
