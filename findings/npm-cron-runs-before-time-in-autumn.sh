#!/usr/bin/env bash
# cron 4.4.0 of npm, which @nestjs/schedule 12.0.2 runs its jobs with: a daily job, in the night in which summer time ends
#
# Expected: once, at its time: it is not in the hour that comes twice, but in the one after that
# Seen:     twice: an hour too early, when the doubled hour begins for the second time, and at its time. In Madrid, where three
#           o'clock becomes two, the job of 3:00 is run at 2:00 and at 3:00; in New York that of 2:00 at 1:00 and at 2:00. Jobs
#           within the hour that does come twice are run once. cron-parser 5.10.6 has each of them once
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund cron@4.4.0 cron-parser@5.10.6 @sinonjs/fake-timers@15.0.0 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const { CronJob } = require("cron");
const { CronExpressionParser } = require("cron-parser");
const timers = require("@sinonjs/fake-timers");

const NIGHTS = [
  ["Europe/Madrid", "0 3 * * *", "2027-10-30T20:00:00Z", "01:00 02:00", "02:00"],
  ["Europe/Madrid", "0 2 * * *", "2027-10-30T20:00:00Z", "00:00", "00:00"],
  ["Europe/London", "30 2 * * *", "2027-10-30T20:00:00Z", "01:30 02:30", "02:30"],
  ["America/New_York", "0 2 * * *", "2027-11-07T00:00:00Z", "06:00 07:00", "07:00"],
  ["Europe/Madrid", "0 3 * * *", "2027-10-29T20:00:00Z", "01:00", "01:00"], // the night before
];
let same = true;
for (const [timeZone, cronTime, evening, wanted, other] of NIGHTS) {
  const end = new Date(Date.parse(evening) + 12 * 3600e3);
  const expression = CronExpressionParser.parse(cronTime, { currentDate: evening, endDate: end, tz: timeZone });
  const due = [];
  while (expression.hasNext()) due.push(expression.next().toDate().toISOString().slice(11, 16));
  const clock = timers.install({ now: Date.parse(evening) });
  const runs = [];
  const onTick = () => runs.push(new Date().toISOString().slice(11, 16));
  const job = CronJob.from({ cronTime, timeZone, onTick, start: true });
  clock.tick("12:00:00");
  job.stop();
  clock.uninstall();
  console.log(`${timeZone}, ${cronTime}, night of ${evening.slice(0, 10)}: run at ${runs.join(" and ")} UTC, by cron-parser ${due} UTC`);
  same &&= runs.join(" ") === wanted && due.join(" ") === other;
}
process.exit(same ? 0 : 1);
NODE
TZ=UTC node try.js
