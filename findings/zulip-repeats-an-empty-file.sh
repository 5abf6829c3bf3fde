#!/usr/bin/env bash
# zulip 0.9.1 of PyPI: a file whose upload is answered by 502
#
# Expected: an error, or the same file again: the client repeats requests by itself and without a word
# Seen:     it is sent again from where the first try had read to, which is its end: the result is a success, and the file
#           that the service was given with it is empty
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet zulip==0.9.1 || exit 2
cat >try.py <<'PYTHON'
import email
import http.server
import io
import json
import sys
import threading

import zulip

given = []

class Service(http.server.BaseHTTPRequestHandler):
    """Takes every file, and says 502 to the first."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.answer(200, zulip_version="10.0", zulip_feature_level=300)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = email.message_from_bytes(f"Content-Type: {self.headers['Content-Type']}\n\n".encode() + body)
        [file] = [part for part in form.get_payload() if part.get_filename()]
        given.append((file.get_filename(), file.get_payload()))
        self.answer(502 if len(given) == 1 else 200, url=f"/user_uploads/{len(given)}")

    def answer(self, status, **result):
        body = json.dumps({"result": "success" if status == 200 else "error", "msg": "", **result}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = zulip.Client(email="ann@example.com", api_key="any", site=f"http://127.0.0.1:{server.server_port}")
file = io.BytesIO(b"an invoice")
file.name = "invoice.txt"
result = client.upload_file(file)
print(f"the service was given {given}")
print(f"the caller is told {result}")
wanted = [("invoice.txt", "an invoice"), ("invoice.txt", "")]
sys.exit(0 if given == wanted and result["result"] == "success" else 1)
PYTHON
venv/bin/python try.py
