#!/usr/bin/env bash
# streaQ 7.2.0 with Redis 7.0.15 (Debian 12): a task is to run after another one (`after`), and that one has ended by then
#
# Expected: the dependent task fails with its dependency (documentation, Task dependency graph), and runs when that has succeeded,
#           however long ago
# Seen:     whether the dependency is through is judged by whether a result of it is kept. One that failed a moment before the
#           dependent task was enqueued has one, so the message is sent though the charge was refused; had the charge failed
#           a moment later it would not be. One that succeeded, and whose result is past its `ttl` (five minutes, if none is
#           given), has none: what depends on it is "scheduled" for ever, since nothing is left that would begin it
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq redis-server=5:7.0.15-1~deb12u7 redis-tools=5:7.0.15-1~deb12u7 libjemalloc2 liblzf1 >/dev/null 2>&1 || { echo "cannot be downloaded: redis-server=5:7.0.15-1~deb12u7 redis-tools=5:7.0.15-1~deb12u7 libjemalloc2 liblzf1"; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
python3 -m venv venv && venv/bin/pip install --quiet streaq==7.2.0 || exit 2
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
LD_LIBRARY_PATH=$folder/root/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu) \
  root/usr/bin/redis-server --port "$port" --bind 127.0.0.1 --save '' >/dev/null &
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cat >try.py <<'PYTHON'
import logging
import sys

import anyio
from streaq import Worker

logging.disable(logging.CRITICAL)
worker = Worker(redis_url=f"redis://127.0.0.1:{sys.argv[1]}")
sent = []

@worker.task(ttl=2)
async def charge(accepted):
    if not accepted:
        raise ValueError("the card was refused")

@worker.task
async def send(text):
    sent.append(text)

async def end_of(task):
    try:
        return "done" if (await task.result(5)).success else "failed"
    except TimeoutError:
        return (await task.status()).value

async def main():
    async with anyio.create_task_group() as group:
        await group.start(worker.run_async)
        seen = []
        for case, accepted, delay, wait in (("fails later", False, 1, 0), ("has failed", False, None, 0.5),
                                            ("has succeeded", True, None, 0.5), ("has succeeded long ago", True, None, 4)):
            charged = await charge.enqueue(accepted).start(delay=delay)
            await anyio.sleep(wait)
            seen.append(await end_of(await send.enqueue(case).start(after=charged.id)))
            print(f"the charge {case}: the message after it is {'sent' if case in sent else 'not sent'}, {seen[-1]}")
        group.cancel_scope.cancel()
    return seen

seen = anyio.run(main)
wanted = ["failed", "done", "done", "scheduled"]
sys.exit(0 if seen == wanted and sent == ["has failed", "has succeeded"] else 1)
PYTHON
for _ in $(seq 50); do (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break || sleep 0.1; done
venv/bin/python try.py "$port"
