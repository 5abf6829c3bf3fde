#!/usr/bin/env bash
# better-queue 3.8.12 (npm): while a task is being sent, a newer one of the same id is pushed; the older fails and is tried again
#
# Expected: the newer one is sent, last or alone: a task takes the place of an older one with its id (README, Task ID), and so it
#           does where the older one does not fail
# Seen:     the older one is put over the newer one, as if it were the one that came last: the newer is never sent, the older is,
#           and both pushes end with success and the older one's result. With a `merge` that adds up, the two are handed to it the
#           wrong way round. If the retry waits until the newer one is gone (`retryDelay`), both are sent, the older one last
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund better-queue@3.8.12 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const Queue = require("better-queue");

const OLD = { id: "ann", text: "meet at nine" };
const NEW = { id: "ann", text: "meet at ten" };

const played = (failures, options) =>
  new Promise((resolve) => {
    const seen = { sent: [], ends: {}, merged: [] };
    let tries = 0;
    const send = (task, done) => {
      tries += 1;
      const failed = tries <= failures;
      const end = () => {
        if (!failed) seen.sent.push(task.text);
        done(failed ? "busy" : null, failed ? undefined : task.text);
      };
      if (tries > 1) return end();
      queue.push(NEW, (error, result) => (seen.ends.new = error ?? result)).on("queued", end);
    };
    const merge = (former, later, done) => {
      seen.merged.push(`${former.text}, then ${later.text}`);
      done(null, later);
    };
    const queue = new Queue(send, { maxRetries: 3, merge, ...options });
    const ended = () => {
      if (queue.length > 0 || Object.keys(seen.ends).length < 2) return;
      resolve(seen);
    };
    queue.on("task_finish", () => setImmediate(ended));
    queue.push(OLD, (error, result) => (seen.ends.old = error ?? result));
  });

(async () => {
  const seen = {
    "the old one does not fail": await played(0, {}),
    "the old one fails once": await played(1, {}),
    "and is tried again after a while": await played(1, { retryDelay: 300 }),
  };
  for (const [name, { sent, ends, merged }] of Object.entries(seen)) {
    console.log(`${name}: sent ${JSON.stringify(sent)}; old ends with "${ends.old}", new with "${ends.new}"; merged ${JSON.stringify(merged)}`);
  }
  const [nine, ten] = [OLD.text, NEW.text];
  const wanted = [
    { sent: [nine, ten], ends: { old: nine, new: ten }, merged: [] },
    { sent: [nine], ends: { old: nine, new: nine }, merged: [`${ten}, then ${nine}`] },
    { sent: [ten, nine], ends: { old: nine, new: ten }, merged: [] },
  ];
  const sorted = ({ sent, ends, merged }) => JSON.stringify([sent, ends.old, ends.new, merged]);
  process.exit(JSON.stringify(Object.values(seen).map(sorted)) === JSON.stringify(wanted.map(sorted)) ? 0 : 1);
})();
NODE
node try.js
