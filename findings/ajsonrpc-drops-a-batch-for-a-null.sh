#!/usr/bin/env bash
# ajsonrpc 1.2.0: one of the methods in a batch returns nothing
#
# Expected: "result": null for it, and the answers of the others beside it (JSON-RPC 2.0: `result` is required on success, and
#           its value is the method's); a method that fails has an answer of its own, as it has here if it raises
# Seen:     when all of them have been carried out, ValueError comes out of the manager itself: no call of the batch is
#           answered, neither the one that returned nothing nor those that returned an id. json-rpc 1.15.0
#           answers with null
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet ajsonrpc==1.2.0 json-rpc==1.15.0 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import json
import sys

from ajsonrpc.dispatcher import Dispatcher
from ajsonrpc.manager import AsyncJSONRPCResponseManager
from jsonrpc import JSONRPCResponseManager

done = []

def send(text):
    done.append(text)
    return f"id of {text}"

def refuse(text):
    raise OSError(text)

def mark_read(text):
    done.append(text)

methods = Dispatcher()
for method in (send, refuse, mark_read):
    methods.add_function(method)
manager = AsyncJSONRPCResponseManager(methods)

def ask(*names):
    calls = [{"jsonrpc": "2.0", "method": name, "params": [f"{name} {n}"], "id": n} for n, name in enumerate(names)]
    done.clear()
    try:
        answers = json.loads(asyncio.run(manager.get_payload_for_payload(json.dumps(calls))))
        told = [each.get("result", each.get("error", {}).get("message")) for each in answers]
    except ValueError as error:
        told = f"ValueError: {error}"
    print(f"{names}: carried out {done}, told {told}")
    return told, list(done)

seen = [ask("send", "send"), ask("send", "refuse"), ask("send", "mark_read", "send")]
older = {"send": send, "mark_read": mark_read}
call = {"jsonrpc": "2.0", "method": "mark_read", "params": ["a"], "id": 1}
by_json_rpc = JSONRPCResponseManager.handle(json.dumps([call]), older).json
print("json-rpc answers", by_json_rpc)
wanted = [
    (["id of send 0", "id of send 1"], ["send 0", "send 1"]),
    (["id of send 0", "Server error"], ["send 0"]),
    ("ValueError: Either result or error should exist", ["send 0", "mark_read 1", "send 2"]),
]
sys.exit(0 if seen == wanted and json.loads(by_json_rpc)[0]["result"] is None else 1)
PYTHON
venv/bin/python try.py
