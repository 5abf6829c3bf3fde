#!/usr/bin/env bash
# arq 0.28.0 with Redis 7.0.15 (Debian 12): the worker is restarted, in an orderly way, while it has a job in hand
#
# Expected: the job stays in the queue until it succeeds or fails, as the documentation says of a worker that shuts down; it
#           counts `max_tries`, the number of times to retry a job, when a try has come to an end
# Seen:     each restart is a try. The job that met as many restarts as `max_tries` is not begun by the next worker: it is
#           taken out of the queue as failed, though it has never failed. One that takes a while is lost by a few deployments
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq redis-server=5:7.0.15-1~deb12u7 redis-tools=5:7.0.15-1~deb12u7 libjemalloc2 liblzf1 >/dev/null 2>&1 || { echo "cannot be downloaded: redis-server=5:7.0.15-1~deb12u7 redis-tools=5:7.0.15-1~deb12u7 libjemalloc2 liblzf1"; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv && venv/bin/pip install --quiet arq==0.28.0 || exit 2
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
LD_LIBRARY_PATH=$folder/root/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu) \
  root/usr/bin/redis-server --port "$port" --bind 127.0.0.1 --save '' >/dev/null &
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cat >jobs.py <<PYTHON
import asyncio

from arq.connections import RedisSettings

async def report(context):
    print("begins, try", context["job_try"], flush=True)
    await asyncio.sleep(2)
    print("is done", flush=True)

class Worker:
    functions = [report]
    redis_settings = RedisSettings(port=$port)
    max_tries = 3
PYTHON
cat >try.py <<'PYTHON'
import asyncio
import signal
import subprocess
import sys

import arq
from jobs import Worker

COMMAND = [sys.executable, "-m", "arq", "jobs.Worker", "--burst"]

def run(restarted):
    worker = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    told = []
    for line in worker.stdout:
        told.append(line.strip())
        if restarted:
            worker.send_signal(signal.SIGTERM)
    worker.wait(30)
    return told

async def all_of_it(restarts):
    queue = await arq.create_pool(Worker.redis_settings)
    job = await queue.enqueue_job("report")
    told = [run(restarted=True) for _ in range(restarts)] + [run(restarted=False)]
    try:
        await job.result(timeout=5)
        end = "done"
    except arq.worker.JobExecutionFailed as error:
        end = str(error)
    await queue.aclose()
    print(f"{restarts} restarts: the workers print {told}; the job ends with: {end}")
    return told[-1], end

seen = [asyncio.run(all_of_it(restarts)) for restarts in (2, 3)]
sys.exit(0 if seen == [(["begins, try 3", "is done"], "done"), ([], "max 3 retries exceeded")] else 1)
PYTHON
for _ in $(seq 50); do (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break || sleep 0.1; done
venv/bin/python try.py
