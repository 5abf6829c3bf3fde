#!/usr/bin/env bash
# BlackSheep 2.6.4 (uvicorn 0.54.0 in front of it, httpx 0.28.1 as the client): a text in a query, bound to a handler's argument
#
# Expected: the text that was sent: what stands behind the ? is percent-decoded once (RFC 3986 section 2.4: "must not percent-encode
#           or decode the same string more than once"). So it is in `request.query`, and in a form
# Seen:     what is bound as str is decoded once more, by FromQuery[str], by list[str] and by an argument's name alone: a link in a
#           message comes without its %20, "100%25" is "100%", and "a%2Bb" is "a+b". What the handler reads from
#           `request.query` in the same request is right. Nothing is raised; texts without a % are the same either way
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet blacksheep==2.6.4 uvicorn==0.54.0 httpx==0.28.1 || exit 2
cat >try.py <<'PYTHON'
import socket
import sys
import threading

import httpx
import uvicorn
from blacksheep import Application, FromQuery, Request, json

application = Application()

@application.router.get("/messages")
async def messages(request: Request, text: FromQuery[str], to: FromQuery[list[str]], note: str):
    return json([request.query["text"][0], text.value, to.value[0], note])

TEXTS = {
    "good morning": "good morning",
    "a+b & 50%": "a+b & 50%",
    "https://example.com/?q=caf%C3%A9%20solo": "https://example.com/?q=café solo",
    "100%25": "100%",
    "a%2Bb": "a+b",
}
listening = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(application, log_level="error"))
serving = threading.Thread(target=server.run, args=([listening],))
serving.start()
url = f"http://127.0.0.1:{listening.getsockname()[1]}/messages"
same = True
for text, wanted in TEXTS.items():
    raw, *bound = httpx.get(url, params={"text": text, "to": text, "note": text}).json()
    print(f"{text}: request.query has {raw}; FromQuery[str], FromQuery[list[str]] and str have {', '.join(bound)}")
    same = same and raw == text and bound == [wanted] * 3
server.should_exit = True
serving.join()
sys.exit(0 if same else 1)
PYTHON
venv/bin/python try.py
