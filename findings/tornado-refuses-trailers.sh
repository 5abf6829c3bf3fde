#!/usr/bin/env bash
# Tornado 6.6.1, client and server: a message in chunks that has a trailer field, or an extension on a chunk
#
# Expected: it is read: a recipient MUST ignore chunk extensions that it does not know, and may discard trailer fields
#           (RFC 9112, 7.1.1 and 7.1.2). A service that signs or sums up what it streams sends such fields
# Seen:     to the client that answer is "Connection closed", status 599, though it has come whole with 200: a send that was
#           carried out looks like one whose answer was lost, and is sent again by whoever tries again. To the server it is a
#           bad request, 400. httpx 0.28.1 reads the same answers, and uvicorn 0.54.0 the same requests
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet tornado==6.6.1 httpx==0.28.1 uvicorn==0.54.0 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import logging
import sys

import httpx
import tornado.httpclient
import tornado.web
import uvicorn

logging.disable(logging.CRITICAL)
BODIES = {
    "plain": b"5\r\nhello\r\n0\r\n\r\n",
    "extension": b"5;part=1\r\nhello\r\n0\r\n\r\n",
    "trailer": b"5\r\nhello\r\n0\r\nServer-Timing: total\r\n\r\n",
}

async def answer(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    body = BODIES[head.split()[1].decode().strip("/")]
    writer.write(b"HTTP/1.1 200 OK\r\nTrailer: Server-Timing\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    await writer.drain()
    writer.close()

async def ask(port, body):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + body)
    status = (await asyncio.wait_for(reader.read(), 10)).split()[1].decode()
    writer.close()
    return status

class Length(tornado.web.RequestHandler):
    def post(self):
        self.write(str(len(self.request.body)))

async def length(scope, receive, send):
    message = await receive()
    while message.get("more_body"):
        message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"read"})

async def main():
    service = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{service.sockets[0].getsockname()[1]}/"
    server = tornado.web.Application([("/", Length)]).listen(0, "127.0.0.1")
    port = next(iter(server._sockets.values())).getsockname()[1]
    other = uvicorn.Server(uvicorn.Config(length, port=0, lifespan="off", http="h11", log_level="critical"))
    serving = asyncio.create_task(other.serve())
    while not other.started:
        await asyncio.sleep(0.05)
    other_port = other.servers[0].sockets[0].getsockname()[1]
    seen = {}
    for kind, body in BODIES.items():
        try:
            read = await tornado.httpclient.AsyncHTTPClient().fetch(address + kind)
            told = (read.code, read.body)
        except tornado.httpclient.HTTPError as error:
            told = (error.code, error.message)
        async with httpx.AsyncClient() as client:
            theirs = await client.get(address + kind)
        seen[kind] = (told[0], await ask(port, body))
        print(f"{kind}: the client says {told[0]} {told[1]}, httpx {theirs.status_code} {theirs.content};"
              f" the server says {seen[kind][1]}, uvicorn {await ask(other_port, body)}")
    other.should_exit = True
    await serving
    return seen

seen = asyncio.run(main())
sys.exit(0 if seen == {"plain": (200, "200"), "extension": (599, "400"), "trailer": (599, "400")} else 1)
PYTHON
venv/bin/python try.py
