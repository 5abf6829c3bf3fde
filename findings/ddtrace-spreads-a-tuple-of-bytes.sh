#!/usr/bin/env bash
# ddtrace 4.16.0: a program that joins bytes, run with IAST (DD_IAST_ENABLED), which follows what came from outside
#
# Expected: what the program computes is the same as without; that is what an instrument is for
# Seen:     a tuple that bytes are joined from is spread over the arguments of `join`: two parts are a TypeError, and so
#           is one. The same parts in a list are joined, and so is a tuple of texts; without IAST all are
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet ddtrace==4.16.0 || exit 2
cat >composed.py <<'PYTHON'
def composed(head, body):
    ways = {
        "tuple of bytes": lambda: b"".join((head, body)),
        "tuple of one": lambda: b"".join((head,)),
        "list of bytes": lambda: b"".join([head, body]),
        "tuple of texts": lambda: "".join((head.decode(), body.decode())),
    }
    found = {}
    for name, join in ways.items():
        try:
            found[name] = join() and "joined"
        except TypeError as error:
            found[name] = str(error)
    return found
PYTHON
cat >try.py <<'PYTHON'
import os
import sys

os.environ.update(DD_TRACE_ENABLED="false", DD_INSTRUMENTATION_TELEMETRY_ENABLED="false")
os.environ.update(DD_REMOTE_CONFIGURATION_ENABLED="false", DD_IAST_ENABLED=sys.argv[1])
import ddtrace.auto

from composed import composed

found = composed(b"POST / HTTP/1.1\r\n\r\n", b"{}")
for name, what in found.items():
    print(f"IAST {sys.argv[1]}, {name}: {what}")
broken = [name for name, what in found.items() if what != "joined"]
sys.exit(0 if broken == (["tuple of bytes", "tuple of one"] if sys.argv[1] == "true" else []) else 1)
PYTHON
venv/bin/python -W ignore try.py false
venv/bin/python -W ignore try.py true
