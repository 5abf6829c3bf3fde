#!/usr/bin/env bash
# zulip 0.9.1 of PyPI: a message and a file, whose first answer is 502 or never comes
#
# Expected: an error, as for an answer that is late, or at most one more try: the API has no key by which the server could
#           tell a repetition; and if a file is sent again, it is the same file
# Seen:     a message is sent again up to ten times, a second apart, without a word: eleven in all where each was carried
#           out. A file that was sent before 502 is sent again from where the first try had read to, which is its end: the
#           result is a success, and what is stored is empty
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet zulip==0.9.1 || exit 2
cat >try.py <<'PYTHON'
import collections
import email
import http.server
import io
import json
import sys
import threading
import urllib.parse

import zulip

class Service(http.server.BaseHTTPRequestHandler):
    """Carries out what it reads; the first answers to what is named in `fates` are another matter."""

    protocol_version = "HTTP/1.1"
    fates, done = collections.defaultdict(list), collections.defaultdict(list)

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.answer(200, zulip_version="10.0", zulip_feature_level=300)

    def do_POST(self):
        what, body = self.path.rpartition("/")[2], self.rfile.read(int(self.headers["Content-Length"]))
        if what == "messages":
            self.done[what].append(urllib.parse.parse_qs(body.decode())["content"][0])
        else:
            form = email.message_from_bytes(f"Content-Type: {self.headers['Content-Type']}\n\n".encode() + body)
            [file] = [part for part in form.get_payload() if part.get_filename()]
            self.done[what].append(file.get_payload())
        fate = self.fates[what].pop(0) if self.fates[what] else 200
        if fate == "lost":
            self.close_connection = True
        else:
            self.answer(fate, id=len(self.done[what]))

    def answer(self, status, **result):
        body = json.dumps({"result": "success" if status == 200 else "error", "msg": "", **result}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = zulip.Client(email="ann@example.com", api_key="any", site=f"http://127.0.0.1:{server.server_port}")
Service.fates["messages"] = ["lost", 502] * 5
Service.fates["user_uploads"] = [502]
message = client.send_message({"type": "private", "to": ["bob@example.com"], "content": "hello"})
file = io.BytesIO(b"what the picture shows")
file.name = "picture.txt"
upload = client.upload_file(file)
print(f"send_message returns {message}; the service has carried out {len(Service.done['messages'])} messages")
print(f"upload_file returns {upload}; the service was given {Service.done['user_uploads']}")
same = set(Service.done["messages"]) == {"hello"} and len(Service.done["messages"]) == 11
same &= Service.done["user_uploads"] == ["what the picture shows", ""]
sys.exit(0 if same and message["result"] == upload["result"] == "success" else 1)
PYTHON
venv/bin/python try.py
