#!/usr/bin/env bash
# Authlib 1.9.10, OAuth2Session with grant_type="client_credentials": a token that was asked for with `audience` or `resource`
# is renewed
#
# Expected: the token is renewed as it was asked for
# Seen:     the session keeps the scope, but of what else `fetch_token` was given, nothing: when the token has expired, the next
#           call asks by itself for one without `audience` and `resource`, and sends whatever it is given. A server takes a
#           default for what is missing, so calls go out, an hour after the program began, with a token for another API
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet Authlib==1.9.10 requests==2.34.2 || exit 2
cat >try.py <<'PYTHON'
import json
import sys
from urllib.parse import parse_qs

import requests
from authlib.integrations.requests_client import OAuth2Session

asked, shown = [], []

class Service(requests.adapters.BaseAdapter):
    """Names each token after its audience, and gives it a second to live."""

    def send(self, request, **options):
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 200, request, request.url
        if request.url.endswith("/token"):
            form = {name: value for name, [value] in parse_qs(request.body).items()}
            asked.append(form)
            token = {"access_token": form.get("audience", "default"), "token_type": "Bearer", "expires_in": 1}
            answer._content = json.dumps(token).encode()
        else:
            shown.append(request.headers["Authorization"])
        return answer

    def close(self):
        pass

session = OAuth2Session(
    "chat", "any", scope="send", grant_type="client_credentials", token_endpoint="https://service.example/token"
)
session.mount("https://", Service())
target = {"audience": "chat-api", "resource": "https://chat.example"}
session.fetch_token(**target)
session.get("https://chat.example/")  # the token is in its last second: it is renewed first
for form, when in zip(asked, ("fetch_token", "the call")):
    print(f"{when} asks for", form)
print("the call is made with", shown)
first = {"grant_type": "client_credentials", "scope": "send"}
sys.exit(0 if asked == [{**first, **target}, first] and shown == ["Bearer default"] else 1)
PYTHON
venv/bin/python try.py
