#!/usr/bin/env bash
# requests-oauthlib 2.0.0 (oauthlib 4.0.1): the answer to a refresh leaves out `expires_in`
#
# Expected: the new token is used, and not refreshed before the service refuses it: `expires_in` is RECOMMENDED, not REQUIRED
#           (RFC 6749 section 5.1), and a token that never had one is used like that
# Seen:     the new token is judged by the end of the old one. It is fetched, handed to `token_updater`, and TokenExpiredError
#           is raised; so does each call that follows, each with one more token fetched, and none of them is ever made. A
#           session that begins with the very token that was handed out works
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet requests-oauthlib==2.0.0 oauthlib==4.0.1 requests==2.34.2 || exit 2
cat >try.py <<'PYTHON'
import json
import sys
import time

import requests
from requests_oauthlib import OAuth2Session
from requests_oauthlib.oauth2_session import TokenExpiredError

class Service(requests.adapters.BaseAdapter):
    """Issues a new token for each refresh, and takes any."""

    def __init__(self, **lifetime):
        super().__init__()
        self.lifetime, self.issued, self.calls = lifetime, 0, 0

    def send(self, request, **options):
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 200, request, request.url
        token = {"access_token": "new", "token_type": "Bearer", "refresh_token": "refresh", **self.lifetime}
        if request.url.endswith("/token"):
            self.issued += 1
        else:
            self.calls += 1
        answer._content = json.dumps(token).encode()
        return answer

    def close(self):
        pass

def three_calls(service, token):
    kept = []
    with OAuth2Session(
        "chat", token=token, auto_refresh_url="https://service.example/token", token_updater=kept.append
    ) as session:
        session.mount("https://", service)
        raised = []
        for _ in range(3):
            try:
                session.get("https://service.example/messages")
            except TokenExpiredError:
                raised.append("TokenExpiredError")
    return service.issued, service.calls, raised, kept

expired = {"access_token": "old", "token_type": "Bearer", "refresh_token": "refresh", "expires_at": time.time() - 5}
with_end = three_calls(Service(expires_in=3600), expired)
without = three_calls(Service(), expired)
again = three_calls(Service(), without[3][-1])
for name, (issued, calls, raised, _) in {
    "with expires_in": with_end,
    "without": without,
    "a new session with the token of the last": again,
}.items():
    print(f"{name}: {issued} tokens fetched, {calls} of 3 calls made, raised {raised}")
wanted = [(1, 3, []), (3, 0, ["TokenExpiredError"] * 3), (0, 3, [])]
sys.exit(0 if [result[:3] for result in (with_end, without, again)] == wanted else 1)
PYTHON
venv/bin/python try.py
