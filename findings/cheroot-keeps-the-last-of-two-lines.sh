#!/usr/bin/env bash
# cheroot 11.1.2, CherryPy's server: a request in which a header that is a list stands on two lines
#
# Expected: WSGI's variable has both, with a comma between them (RFC 3875 section 4.1.18: the server MUST rewrite them as one
#           value of the same meaning; RFC 9110 section 5.3)
# Seen:     the last line only, without a word, unless the header is one of some that cheroot knows to be lists, such as Accept:
#           Prefer (RFC 7240), tracestate (W3C's Trace Context) and whatever is newer or one's own lose what was on the lines
#           before. waitress 3.0.2 and gunicorn 27.0.1 hand the same application both
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet cheroot==11.1.2 waitress==3.0.2 gunicorn==27.0.1 || exit 2
cat >service.py <<'PYTHON'
import sys

NAMES = ("HTTP_ACCEPT", "HTTP_PREFER", "HTTP_TRACESTATE")

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ["\n".join(environ.get(name, "") for name in NAMES).encode()]

if __name__ == "__main__":
    if sys.argv[1] == "cheroot":
        import cheroot.wsgi
        cheroot.wsgi.Server(("127.0.0.1", int(sys.argv[2])), application).start()
    import waitress
    waitress.serve(application, host="127.0.0.1", port=int(sys.argv[2]), _quiet=True)
PYTHON
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
first=$(port) second=$(port) third=$(port)
venv/bin/python service.py cheroot "$first" &
venv/bin/python service.py waitress "$second" &
venv/bin/gunicorn --bind "127.0.0.1:$third" --log-level critical service:application &
cat >try.py <<PYTHON
import socket
import sys
import time

REQUEST = (
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: text/html\r\nAccept: text/plain\r\n"
    "Prefer: respond-async\r\nPrefer: wait=10\r\ntracestate: a=1\r\ntracestate: b=2\r\n\r\n"
)

def ask(port):
    for _ in range(100):
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            break
        except OSError:
            time.sleep(0.2)
    connection.sendall(REQUEST.encode())
    answer = b""
    while more := connection.recv(65536):
        answer += more
    lines = [line for line in answer.partition(b"\r\n\r\n")[2].decode().splitlines() if "=" in line or "/" in line]
    return [line.replace(", ", ",") for line in lines]

BOTH = ["text/html,text/plain", "respond-async,wait=10", "a=1,b=2"]
LAST = ["text/html,text/plain", "wait=10", "b=2"]
seen = {name: ask(port) for name, port in (("cheroot", $first), ("waitress", $second), ("gunicorn", $third))}
for name, lines in seen.items():
    print(f"{name}: {lines}")
sys.exit(0 if seen == {"cheroot": LAST, "waitress": BOTH, "gunicorn": BOTH} else 1)
PYTHON
venv/bin/python try.py
