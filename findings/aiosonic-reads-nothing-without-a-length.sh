#!/usr/bin/env bash
# aiosonic 1.3.3: an answer that ends with its connection, without Content-Length and without chunks
#
# Expected: its body, as every HTTP/1.0 service and `php -S` write it (RFC 9112 section 6.3, the last rule)
# Seen:     200, and an empty body, without an error: a service without lengths looks like one that has nothing to say. With
#           Content-Length or in chunks the same body is read
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet aiosonic==1.3.3 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import sys

import aiosonic

BODY = b'{"id": 7}'
ANSWERS = {
    "with a length": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + BODY,
    "without a length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY,
    "without a length, HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n" + BODY + b"\r\n0\r\n\r\n",
}
waiting = list(ANSWERS.values())

async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(waiting.pop(0))
    await writer.drain()
    writer.close()

async def main():
    service = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{service.sockets[0].getsockname()[1]}/"
    seen = []
    for kind in ANSWERS:
        async with aiosonic.HTTPClient() as client:
            read = await client.get(address)
            seen.append((read.status_code, await read.content()))
            print(f"{kind}: {seen[-1]}")
    return seen

seen = asyncio.run(main())
sys.exit(0 if seen == [(200, BODY), (200, b""), (200, b""), (200, BODY)] else 1)
PYTHON
venv/bin/python try.py
