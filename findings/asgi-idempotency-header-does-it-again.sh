#!/usr/bin/env bash
# asgi-idempotency-header 0.2.0 (FastAPI 0.165.0, httpx 0.28.1): a POST is sent three times with one Idempotency-Key, to services
# whose answers are JSON and do not call themselves application/json to the letter
#
# Expected: it is done once, and the first answer is given three times: the README promises that at its beginning for endpoints
#           whose answers are JSON
# Seen:     so it is with `application/json` alone. With `; charset=utf-8` behind it, or as application/vnd.api+json (JSON:API) or
#           application/hal+json, nothing is kept: the message is sent three times, each time with an answer of its own, and
#           neither the client nor the service is told. Where an answer is kept, it is given again without its Location
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet asgi-idempotency-header==0.2.0 fastapi==0.165.0 redis==4.6.0 httpx==0.28.1 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import json
import sys

import httpx
from idempotency_header_middleware import IdempotencyHeaderMiddleware
from idempotency_header_middleware.backends import MemoryBackend
from fastapi.responses import Response

def application(type_, sent):
    async def send_message(scope, receive, send):
        sent.append("message")
        answer = Response(json.dumps({"id": len(sent)}), 201, {"location": f"/messages/{len(sent)}"}, type_)
        await answer(scope, receive, send)

    return IdempotencyHeaderMiddleware(send_message, backend=MemoryBackend())

CASES = {
    "application/json": 1,
    "application/json; charset=utf-8": 3,
    "application/vnd.api+json": 3,
    "application/hal+json": 3,
}

async def main():
    same = True
    for type_, wanted in CASES.items():
        sent = []
        transport = httpx.ASGITransport(application(type_, sent))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            answers = [await client.post("/messages", headers={"Idempotency-Key": "ann-1"}) for _ in range(3)]
        told = ", ".join(f"{answer.json()} at {answer.headers.get('location', 'no location')}" for answer in answers)
        print(f"{type_}: done {len(sent)} times; {told}")
        same = same and len(sent) == wanted
        same = same and all(("location" in answer.headers) == (wanted == 3) for answer in answers[1:])
    return same

sys.exit(0 if asyncio.run(main()) else 1)
PYTHON
venv/bin/python try.py
