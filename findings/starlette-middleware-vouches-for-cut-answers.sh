#!/usr/bin/env bash
# Starlette 1.10.0 (under uvicorn 0.54.0 and Hypercorn 0.18.0): an answer that is streamed fails after its first half
#
# Expected: the connection is closed without the last chunk, so that the client learns that the answer is not whole (RFC 9112
#           section 8), with a middleware that hands everything on as without
# Seen:     so it is without; with any middleware of the kind BaseHTTPMiddleware (FastAPI's `@app.middleware("http")` is
#           one) the last chunk is written before the error is raised again: the answer is half, and whole by every sign
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet starlette==1.10.0 uvicorn==0.54.0 hypercorn==0.18.0 || exit 2
cat >service.py <<'PYTHON'
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import StreamingResponse
from starlette.routing import Route

async def messages(request):
    async def rows():
        yield b'{"id": 1}\n'
        raise OSError("the database is away for a moment")

    return StreamingResponse(rows(), media_type="application/x-ndjson")

async def hand_on(request, call_next):
    return await call_next(request)

routes = [Route("/", messages)]
bare = Starlette(routes=routes)
wrapped = Starlette(routes=routes, middleware=[Middleware(BaseHTTPMiddleware, dispatch=hand_on)])
PYTHON
cat >ask.py <<'PYTHON'
import http.client
import sys
import time

seen = []
for name, port in zip(sys.argv[1::2], sys.argv[2::2]):
    for _ in range(150):
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
        try:
            connection.request("GET", "/")
            break
        except ConnectionRefusedError:
            time.sleep(0.2)
    answer = connection.getresponse()
    try:
        seen.append((answer.status, "whole", answer.read()))
    except http.client.IncompleteRead as error:
        seen.append((answer.status, "cut", error.partial))
    print(f"{name}:", *seen[-1])
half = b'{"id": 1}\n'
sys.exit(0 if seen == [(200, "cut", half), (200, "whole", half)] * 2 else 1)
PYTHON
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
first=$(port) second=$(port) third=$(port) fourth=$(port)
venv/bin/uvicorn --port "$first" service:bare >/dev/null 2>&1 &
venv/bin/uvicorn --port "$second" service:wrapped >/dev/null 2>&1 &
venv/bin/hypercorn --bind "127.0.0.1:$third" service:bare >/dev/null 2>&1 &
venv/bin/hypercorn --bind "127.0.0.1:$fourth" service:wrapped >/dev/null 2>&1 &
venv/bin/python ask.py "uvicorn" "$first" "uvicorn, with the middleware" "$second" \
  "Hypercorn" "$third" "Hypercorn, with the middleware" "$fourth"
