#!/usr/bin/env bash
# taskiq 0.13.0: a task has labels, such as a timeout, and one of its schedules has others, since the nightly run takes longer
#
# Expected: when the schedule is due, its own labels hold, as those of a single call do (`kicker().with_labels`): the documentation
#           has them added to the task's
# Seen:     what both name is taken from the task: the schedule's timeout of five seconds is not used, and the nightly run is cut
#           off after a fifth of one. A priority, or how often to retry, goes the same way. A label that only the schedule
#           has arrives, so it looks as if they all did; and the dictionary that the schedule was given is rewritten
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet taskiq==0.13.0 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import logging
import sys

from taskiq import Context, InMemoryBroker, TaskiqDepends, TaskiqScheduler
from taskiq.schedule_sources import LabelScheduleSource

logging.disable(logging.CRITICAL)
broker = InMemoryBroker(await_inplace=True)
NIGHTLY = {"timeout": 5, "reason": "nightly"}
told = []

@broker.task(timeout=0.2, schedule=[{"cron": "0 3 * * *", "labels": NIGHTLY}])
async def report(context: Context = TaskiqDepends()):
    labels = {name: context.message.labels.get(name) for name in ("timeout", "reason")}
    try:
        await asyncio.sleep(0.8)
        told.append((labels, "done"))
    except asyncio.CancelledError:
        told.append((labels, "cut off"))
        raise

async def main():
    source = LabelScheduleSource(broker)
    scheduler = TaskiqScheduler(broker, [source])
    await scheduler.startup()
    await source.startup()
    await report.kicker().with_labels(timeout=5, reason="by hand").kiq()
    for schedule in await source.get_schedules():
        await scheduler.on_ready(source, schedule)
    await scheduler.shutdown()

asyncio.run(main())
for labels, end in told:
    print(f"{labels['reason']}: timeout {labels['timeout']}, {end}")
print(f"what the schedule was given is now {NIGHTLY}")
wanted = [({"timeout": 5, "reason": "by hand"}, "done"), ({"timeout": 0.2, "reason": "nightly"}, "cut off")]
sys.exit(0 if told == wanted and NIGHTLY["timeout"] == 0.2 else 1)
PYTHON
venv/bin/python try.py
