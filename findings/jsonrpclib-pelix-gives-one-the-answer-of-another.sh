#!/usr/bin/env bash
# jsonrpclib-pelix 1.2.0: calls that are sent together (MultiCall), to a service that is done with the last one first
#
# Expected: `ann, bob = multicall()` has the answer to each call under its name: every call is sent with an id of its own, and
#           the answers to a batch may come in any order, to be told by their ids (JSON-RPC 2.0, section 6)
# Seen:     they are taken in the order in which they come, and their ids are not looked at: ann is given the balance of carl.
#           Nothing is raised. pjrpc 2.2.0, asked the same by the same service, has each answer where it belongs
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet jsonrpclib-pelix==1.2.0 pjrpc==2.2.0 httpx==0.28.1 || exit 2
cat >try.py <<'PYTHON'
import http.server
import json
import sys
import threading

import jsonrpclib
from pjrpc.client.backend.httpx import Client

BALANCES = {"ann": 10, "bob": 20, "carl": 30}

class Service(http.server.BaseHTTPRequestHandler):
    """Answers what came last first."""

    def do_POST(self):
        calls = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ids = [call["id"] for call in calls]
        assert len(set(ids)) == len(calls)
        results = {call["id"]: BALANCES[call["params"][0]] for call in calls}
        answers = [{"jsonrpc": "2.0", "id": each, "result": results[each]} for each in reversed(ids)]
        body = json.dumps(answers).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"

multicall = jsonrpclib.MultiCall(jsonrpclib.ServerProxy(address))
for name in BALANCES:
    multicall.balance(name)
pelix = dict(zip(BALANCES, multicall()))

client = Client(address)
with client.batch() as batch:
    for name in BALANCES:
        batch("balance", name)
pjrpc = dict(zip(BALANCES, batch.get_results()))

print(f"the service has   {BALANCES}\njsonrpclib-pelix: {pelix}\npjrpc:            {pjrpc}")
sys.exit(0 if pelix == {"ann": 30, "bob": 20, "carl": 10} and pjrpc == BALANCES else 1)
PYTHON
venv/bin/python try.py
