#!/usr/bin/env bash
# aiosmpplib 0.7.4 (PyPI), smpp 0.5.1 (npm) as the message centre: a message is scheduled from west of Greenwich
#
# Expected: a moment is written so that the message centre reads the same one, in whatever time zone it was given: noon in New
#           York in July is four hours behind UTC, sixteen quarters of an hour, so 270701120000016- (SMPP 3.4, 7.1.1)
# Seen:     east of Greenwich it is. West of it the quarters are counted from the other end of the day: New York in July is
#           80-, twenty hours behind. The standard ends at 48; who reads it all the same sends the message sixteen hours
#           late, and one from São Paulo eighteen. `validity_period` is written in the same way, so a message that should
#           have lapsed by then is sent
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet aiosmpplib==0.7.4 tzdata==2025.2 || exit 2
npm install --silent --no-audit --no-fund smpp@0.5.1 >/dev/null 2>&1 || exit 2
cat >centre.js <<'NODE'
const smpp = require("smpp");
const server = smpp.createServer((session) => {
  session.on("bind_transceiver", (pdu) => session.send(pdu.response()));
  session.on("submit_sm", (pdu) => {
    console.log(pdu.schedule_delivery_time.toISOString());
    session.send(pdu.response({ message_id: `${pdu.sequence_number}` }));
  });
});
server.listen(0, "127.0.0.1", () => require("fs").writeFileSync("port", `${server.address().port}`));
NODE
cat >try.py <<'PYTHON'
import asyncio
import datetime
import logging
import pathlib
import sys
import zoneinfo

from aiosmpplib import ESME, PhoneNumber, SubmitSm

ZONES = ("UTC", "Europe/Madrid", "Asia/Kolkata", "America/Sao_Paulo", "America/New_York")
NOONS = [datetime.datetime(2027, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo(zone)) for zone in ZONES]

async def main():
    client = ESME(smsc_host="127.0.0.1", smsc_port=int(pathlib.Path("port").read_text()), system_id="a", password="b",
                  log_level=logging.CRITICAL)
    for noon in NOONS:
        await client.broker.enqueue(SubmitSm(short_message="hello", source=PhoneNumber("34600000001"), log_id=noon.tzinfo.key,
                                             destination=PhoneNumber("34600000002"), schedule_delivery_time=noon))
    working = asyncio.create_task(client.start())
    for _ in range(200):
        await asyncio.sleep(0.1)
        if len(read := pathlib.Path("read").read_text().split()) == len(NOONS):
            break
    await client.stop()
    working.cancel()
    return [datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")) for moment in read]

hours = []
for noon, read in zip(NOONS, asyncio.run(main()), strict=True):
    hours.append((read - noon).total_seconds() / 3600)
    written = SubmitSm.datetime_to_smpp_time(noon)
    print(f"noon in {noon.tzinfo.key}: {noon.astimezone(datetime.timezone.utc):%d %H:%M} UTC, written as {written}, "
          f"read as {read:%d %H:%M} UTC, {hours[-1]:g} hours late")
sys.exit(0 if hours == [0, 0, 0, 18, 16] else 1)
PYTHON
node centre.js >read &
until [ -s port ]; do sleep 0.1; done
venv/bin/python try.py
