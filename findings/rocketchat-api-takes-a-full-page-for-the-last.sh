#!/usr/bin/env bash
# rocketchat-API 3.7.1 of PyPI: a list that it fetches page by page, with pages of 200
#
# Expected: all 350 entries, as with the pages of 50 that it asks for by itself: it promises to go on until there are no more,
#           and each answer says `total`
# Seen:     the first 100 and then the end, without an error. Rocket.Chat hands out at most 100 at once unless it is set up
#           otherwise (API_Upper_Count_Limit) and says so in `count`; the library takes a page shorter than what it asked for
#           for the last one, and reads neither `count` nor `total`. Who asks for larger pages gets less: members, files and
#           messages beyond the first hundred are not there
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet rocketchat-API==3.7.1 || exit 2
cat >try.py <<'PYTHON'
import http.server
import json
import sys
import threading
import urllib.parse

from rocketchat_API.rocketchat import RocketChat

EVERYBODY = [{"_id": f"{number}"} for number in range(350)]

class Service(http.server.BaseHTTPRequestHandler):
    """The server's way to hand out pages: the count asked for, fifty by default, a hundred at most."""

    def do_GET(self):
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        offset, count = int(asked.get("offset", 0)), min(int(asked.get("count", 50)), 100)
        page = EVERYBODY[offset : offset + count]
        told = {"members": page, "count": len(page), "offset": offset, "total": len(EVERYBODY), "success": True}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told):
        pass

service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=service.serve_forever, daemon=True).start()
client = RocketChat(auth_token="any", user_id="any", server_url=f"http://127.0.0.1:{service.server_port}")
seen = {}
for pages in (None, 100, 101, 200):
    asked = {} if pages is None else {"count": pages}
    seen[pages] = len(list(client.channels_members(room_id="general", **asked)))
    print(f"pages of {pages or 'its own size'}: {seen[pages]} of {len(EVERYBODY)} members")
sys.exit(0 if seen == {None: 350, 100: 350, 101: 100, 200: 100} else 1)
PYTHON
venv/bin/python try.py
