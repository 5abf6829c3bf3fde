#!/usr/bin/env bash
# kombu 5.7.0, the transport `sqlalchemy` (SQLAlchemy 2.1.9): a consumer is killed with a message that it has not acknowledged
#
# Expected: it comes again: what was not acknowledged is still in the table, which outlives the consumer, and a consumer that
#           closes its connection without acknowledging gives it back
# Seen:     given back it is by the closing alone. The table notes only that a message was handed out, and acknowledging
#           writes nothing: the message of a killed consumer is not delivered again, and its row looks just like those that
#           were acknowledged
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet kombu==5.7.0 SQLAlchemy==2.1.9 || exit 2
cat >consume.py <<'PYTHON'
import os
import signal
import sys

import kombu

with kombu.Connection("sqlalchemy+sqlite:///queue.db") as connection:
    queue = connection.SimpleQueue("chat")
    message = queue.get(timeout=10)
    print(message.payload, flush=True)
    if sys.argv[1] == "acknowledge":
        message.ack()
    elif sys.argv[1] == "be killed":
        os.kill(os.getpid(), signal.SIGKILL)
PYTHON
cat >try.py <<'PYTHON'
import queue
import sqlite3
import subprocess
import sys

import kombu

def consume(how):
    ended = subprocess.run([sys.executable, "consume.py", how], capture_output=True, text=True, timeout=60)
    print(f"a consumer that will {how} is given {ended.stdout.strip()!r}")
    return ended.stdout.strip()

with kombu.Connection("sqlalchemy+sqlite:///queue.db") as connection:
    chat = connection.SimpleQueue("chat")
    for text in ("first", "second", "third"):
        chat.put(text)
given = [consume(how) for how in ("acknowledge", "close its connection", "be killed")]
rest = []
with kombu.Connection("sqlalchemy+sqlite:///queue.db") as connection:
    chat = connection.SimpleQueue("chat")
    try:
        while True:
            message = chat.get(timeout=5)
            rest.append(message.payload)
            message.ack()
    except queue.Empty:
        print("afterwards there comes", rest)
rows = sqlite3.connect("queue.db").execute("SELECT visible, version FROM kombu_message").fetchall()
print("rows (visible, version):", rows)
sys.exit(0 if given == ["first", "second", "third"] and rest == ["second"] and len(set(rows)) == 1 else 1)
PYTHON
venv/bin/python try.py
