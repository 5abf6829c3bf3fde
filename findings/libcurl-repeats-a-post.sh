#!/usr/bin/env bash
# libcurl 8.23.0, as PycURL 7.49.0 of PyPI brings it: a POST on a kept connection whose answer is lost
#
# Expected: an error, and the POST was sent once: it is not idempotent, no retry was asked for, and the request was
#           written in full, so nobody can know that it was not carried out (RFC 9110, 9.2.2)
# Seen:     the error, but with one idle connection the service has read the POST twice, and six times where six
#           connections were idle; on a connection of its own once. The curl command and PHP's extension rest on
#           the same library
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet pycurl==7.49.0 || exit 2
cat >try.py <<'PYTHON'
import socket
import sys
import threading

import pycurl

read = []
together = threading.Barrier(1)

def serve(connection):
    with connection, connection.makefile("rb") as stream:
        while line := stream.readline():
            length = 0
            while (header := stream.readline()) != b"\r\n":
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            read.append(stream.read(length).decode())
            if b"/lost" in line:
                return  # the POST has arrived in full and its answer never comes
            together.wait(10)  # so that no connection is idle before all are in use
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

def accept():
    while True:
        threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()

def post(path, body):
    request = pycurl.Curl()
    request.setopt(pycurl.URL, f"http://127.0.0.1:{listener.getsockname()[1]}/{path}")
    request.setopt(pycurl.POSTFIELDS, body)
    request.setopt(pycurl.WRITEFUNCTION, lambda piece: None)
    request.setopt(pycurl.TIMEOUT, 20)
    return request

def perform(multi, *requests):
    for request in requests:
        multi.add_handle(request)
    while multi.perform()[1]:
        multi.select(1)
    failed = multi.info_read()[2]
    for request in requests:
        multi.remove_handle(request)
    return [reason for _, _, reason in failed]

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=accept, daemon=True).start()
print(pycurl.version.split()[1])
times = {}
for idle in (0, 1, 6):
    multi = pycurl.CurlMulti()
    together = threading.Barrier(max(idle, 1))
    perform(multi, *(post("kept", "text=before") for _ in range(idle)))
    reasons = perform(multi, post("lost", f"text=with+{idle}"))
    times[idle] = read.count(f"text=with+{idle}")
    print(f"{idle} idle connections: sent {times[idle]} times, then {reasons}")
sys.exit(0 if times == {0: 1, 1: 2, 6: 6} else 1)
PYTHON
venv/bin/python try.py
