#!/usr/bin/env bash
# aiohttp-sse-client2 0.3.0 (and aiohttp-sse-client 0.2.1, of which it is made; aiohttp 3.14.5), sseclient-py 1.9.0: a stream of
# events ends in the middle of one, as it does when the service or what stands before it is stopped in an orderly way
#
# Expected: the half is discarded, and the whole event comes when the client has connected again and said in Last-Event-ID what
#           it has (WHATWG HTML 9.2.6: an incomplete event is not dispatched). So it is with httpx-sse 0.4.3
# Seen:     aiohttp-sse-client2 connects again by itself, rightly asks for the event that was cut, and hands it out with the half
#           in front of it: "pay 100 / pay 100 / to nobody" in place of "pay 100 / to nobody". sseclient-py, which does not
#           connect again, hands out the half as if it were an event. Neither says that anything was cut
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet sseclient-py==1.9.0 aiohttp-sse-client2==0.3.0 aiohttp-sse-client==0.2.1 aiohttp==3.14.5 httpx-sse==0.4.3 httpx==0.28.1 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import datetime
import http.server
import sys
import threading

import httpx
import httpx_sse
import sseclient
from aiohttp_sse_client import client as aiohttp_sse_client
from aiohttp_sse_client2 import client as aiohttp_sse_client2

FIRST = b"id: 1\ndata: hello\n\n"
SECOND = b"id: 2\ndata: pay 100\ndata: to nobody\n\n"

class Service(http.server.BaseHTTPRequestHandler):
    """Stops in the middle of the second event; who has the first gets the second whole."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(SECOND if self.headers["Last-Event-ID"] == "1" else FIRST + SECOND[: SECOND.index(b"data: to")])

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}/"

def first_part(read):
    with httpx.stream("GET", address) as response:
        return [event.data for event in read(response)]

async def both_parts(library):
    async with library.EventSource(address, reconnection_time=datetime.timedelta(milliseconds=10)) as source:
        return [(await source.__anext__()).data for _ in range(2)]

seen = {
    "httpx-sse": first_part(lambda response: httpx_sse.EventSource(response).iter_sse()),
    "sseclient-py": first_part(lambda response: sseclient.SSEClient(response.iter_bytes()).events()),
    "aiohttp-sse-client2": asyncio.run(both_parts(aiohttp_sse_client2)),
    "aiohttp-sse-client": asyncio.run(both_parts(aiohttp_sse_client)),
}
for library, events in seen.items():
    print(f"{library}: {events}")
glued = ["hello", "pay 100\npay 100\nto nobody"]
sys.exit(0 if list(seen.values()) == [["hello"], ["hello", "pay 100"], glued, glued] else 1)
PYTHON
venv/bin/python try.py
