#!/usr/bin/env bash
# requests-cache 1.3.3: an upload that goes on where it was broken off: the file has been read up to there, or `seek` was called
#
# Expected: what is sent is the rest of the file, as with requests 2.34.2 itself, whose place the session takes
# Seen:     the rest's length, and the file's beginning: each request is looked at for its key, POST and PUT as well though
#           they are not cached, and the file is then set to its beginning, not to where it was. The result is a success
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet requests-cache==1.3.3 requests==2.34.2 || exit 2
cat >try.py <<'PYTHON'
import http.server
import io
import socket
import sys
import threading

import requests
import requests_cache

given = []

class Service(http.server.BaseHTTPRequestHandler):
    """Takes as many bytes as the request says that it has."""

    def log_message(self, *arguments):
        pass

    def do_PUT(self):
        given.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.connection.shutdown(socket.SHUT_WR)
        self.rfile.read()

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
results = []
for session in (requests.Session(), requests_cache.CachedSession(backend="memory")):
    file = io.BytesIO(b"has arrived, is to come")
    file.seek(len(b"has arrived, "))
    answer = session.put(f"http://127.0.0.1:{server.server_port}/file", data=file, headers={"Content-Range": "bytes 13-22/23"})
    results.append(answer.status_code)
    print(f"{type(session).__name__}: {answer.status_code}, the service was given {given[-1]!r}")
sys.exit(0 if given == ["is to come", "has arrive"] and results == [200, 200] else 1)
PYTHON
venv/bin/python try.py
