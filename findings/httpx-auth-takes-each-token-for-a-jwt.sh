#!/usr/bin/env bash
# httpx-auth 0.23.1 (httpx 0.28.1) and requests_auth 8.0.0 (requests 2.34.2; PyPI): a client asks for a token by `client_credentials`,
# and the answer leaves out `expires_in`
#
# Expected: the token is used: `expires_in` is RECOMMENDED, not REQUIRED, and what a token looks like is nobody's business but the
#           server's (RFC 6749, 5.1 and 1.4). So it is with Authlib 1.9.10
# Seen:     where the answer does not say how long the token lives, it is taken apart as a JSON Web Token, to find it there. One that is
#           none is fetched, and the call ends with Python's own "not enough values to unpack", which names neither the token nor
#           what is missing; the next call fetches another, and ends in the same way. With `expires_in` the same token is used, and
#           so is a JSON Web Token without it
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet httpx-auth==0.23.1 httpx==0.28.1 requests_auth==8.0.0 requests==2.34.2 \
  Authlib==1.9.10 || exit 2
cat >try.py <<'PYTHON'
import base64
import http.server
import json
import sys
import threading
import time

import httpx
import httpx_auth
import requests
import requests_auth
from authlib.integrations.requests_client import OAuth2Session

def part(claims):
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

WEB_TOKEN = f"{part({'alg': 'none'})}.{part({'exp': int(time.time()) + 3600})}."
ANSWERS = {
    "a token with expires_in": {"access_token": "6f1c", "token_type": "Bearer", "expires_in": 3600},
    "a JSON Web Token without": {"access_token": WEB_TOKEN, "token_type": "Bearer"},
    "a token without": {"access_token": "6f1c", "token_type": "Bearer"},
}

class Service(http.server.BaseHTTPRequestHandler):
    """Gives the token that the script is at, and takes any."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        fetched.append("token")
        self.answer(token)

    def do_GET(self):
        self.answer({"shown": self.headers["Authorization"]})

    def answer(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"

def with_httpx_auth(name):
    auth = httpx_auth.OAuth2ClientCredentials(f"{address}/token/{name[-1]}", client_id=name, client_secret="any")
    return lambda: httpx.get(f"{address}/messages", auth=auth).json()

def with_requests_auth(name):
    auth = requests_auth.OAuth2ClientCredentials(f"{address}/token/{name[-1]}", client_id=name, client_secret="any")
    return lambda: requests.get(f"{address}/messages", auth=auth, timeout=10).json()

def with_authlib(name):
    session = OAuth2Session(name, "any", grant_type="client_credentials", token_endpoint=f"{address}/token/{name[-1]}")
    session.fetch_token()
    return lambda: session.get(f"{address}/messages").json()

seen = []
for prepare in (with_httpx_auth, with_requests_auth, with_authlib):
    for number, (told, token) in enumerate(ANSWERS.items()):
        fetched, ends = [], []
        call = prepare(f"client {number}")
        for _ in range(2):
            try:
                ends.append("made" if call()["shown"] == f"Bearer {token['access_token']}" else "made with another token")
            except Exception as error:
                ends.append(f"{type(error).__name__}: {error}")
        seen.append((*[end.split(":")[0] for end in ends], len(fetched)))
        print(f"{prepare.__name__.removeprefix('with_')}, {told}: two calls, {' and '.join(dict.fromkeys(ends))}; {len(fetched)} tokens fetched")
used, raised = ("made", "made", 1), ("ValueError", "ValueError", 2)
sys.exit(0 if seen == [used, used, raised, used, used, raised, used, used, used] else 1)
PYTHON
venv/bin/python try.py
