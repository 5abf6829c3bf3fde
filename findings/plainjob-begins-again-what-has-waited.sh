#!/usr/bin/env bash
# plainjob 0.0.14 (npm), with libsql 0.5.29, which has the interface of better-sqlite3 and need not be compiled: two workers, each
# with a queue of its own on one file, as the documentation of plainjob shows for several processes
#
# Expected: a job is put back when a worker has had it for longer than `timeout`, since it may have died (README, Features)
# Seen:     the time is not counted from when the job was begun, which is not written down, but from when it might have been: a
#           job that has waited for longer than `timeout` (half an hour by itself), because there was much to do or no worker
#           was running, is put back while it is in hand, and done by the other worker at the same time. After a night without
#           a worker that holds for all of them. A job that has not waited is done once. And `await worker.stop()`, of which
#           the documentation says that it finishes what is in hand, returns before it is finished: process.exit() comes next
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund plainjob@0.0.14 libsql@0.5.29 >/dev/null 2>&1 || exit 2
cat >try.mjs <<'NODE'
import Database from "libsql";
import { better, defineQueue, defineWorker } from "plainjob";

const logger = { debug() {}, info() {}, warn() {}, error: console.error };
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const begun = {};
const done = {};
const open = () =>
  defineQueue({ connection: better(new Database("jobs.db")), timeout: 3000, maintenanceInterval: 100, logger });
const work = (queue) =>
  defineWorker(
    "send",
    async (job) => {
      const { to } = JSON.parse(job.data);
      begun[to] = (begun[to] ?? 0) + 1;
      await sleep(500);
      done[to] = (done[to] ?? 0) + 1;
    },
    { queue, logger, pollIntervall: 20 },
  );

const queues = [open(), open()];
const workers = queues.map(work);
queues[0].add("send", { to: "waited" });
await sleep(3500);
workers.forEach((worker) => worker.start());
await sleep(2000);
queues[0].add("send", { to: "fresh" });
await sleep(2000);
queues[0].add("send", { to: "last" });
while (!begun.last) await sleep(10);
for (const worker of workers) await worker.stop();
const atStop = done.last ?? 0;

console.log(`begun: waited ${begun.waited} times, fresh ${begun.fresh} times, each of which takes 0.5 s of the 3 s allowed`);
console.log(`finished when stop() returned: ${atStop} of the ${begun.last} in hand`);
process.exit(begun.waited > 1 && begun.fresh === 1 && atStop === 0 ? 0 : 1);
NODE
node try.mjs
