#!/usr/bin/env bash
# httpx-retries 0.6.0 (httpx 0.28.1): an answer of 200 that `validate_response` refuses, each time that it comes
#
# Expected: the error of the callback, once nothing is left to try, as with the errors of httpx: it is "called with each response
#           that would otherwise be returned as a good one"
# Seen:     the answer of the last try is returned without having been shown to it: 200, and nothing is raised. With total=2 the
#           callback refuses two answers and the program gets the third, which is the same; with total=0 it is never called.
#           The code has a line that raises the error then, and never comes to it. Nor is the answer to a POST shown to it. Where
#           the connection is lost each time, the error is raised
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet httpx-retries==0.6.0 httpx==0.28.1 || exit 2
cat >try.py <<'PYTHON'
import sys

import httpx
from httpx_retries import Retry, RetryTransport

def call(total, method, answer):
    counts = {"sent": 0, "looked at": 0}

    def service(request):
        counts["sent"] += 1
        return answer(request)

    def validate(response):
        counts["looked at"] += 1
        response.read()
        if response.json()["status"] != "accepted":
            raise httpx.RemoteProtocolError("not accepted")

    retry = Retry(total=total, validate_response=validate)
    client = httpx.Client(transport=RetryTransport(transport=httpx.MockTransport(service), retry=retry))
    try:
        response = client.request(method, "http://service.invalid/messages/1")
        end = f"{response.status_code} {response.json()['status']}"
    except httpx.HTTPError as error:
        end = type(error).__name__
    return end, counts["sent"], counts["looked at"]

def busy(request):
    return httpx.Response(200, json={"status": "busy"})

def lost(request):
    raise httpx.ReadError("lost")

seen = {
    "GET, total=2": call(2, "GET", busy),
    "GET, total=0": call(0, "GET", busy),
    "POST, total=2": call(2, "POST", busy),
    "GET, total=2, lost each time": call(2, "GET", lost),
}
for case, (end, sent, looked_at) in seen.items():
    print(f"{case}: sent {sent} times, looked at {looked_at} times, ends with {end}")
wanted = [("200 busy", 3, 2), ("200 busy", 1, 0), ("200 busy", 1, 0), ("ReadError", 3, 0)]
sys.exit(0 if list(seen.values()) == wanted else 1)
PYTHON
venv/bin/python try.py
