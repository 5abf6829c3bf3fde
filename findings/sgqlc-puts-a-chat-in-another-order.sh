#!/usr/bin/env bash
# sgqlc 18 (a GraphQL client): messages whose DateTime has a fraction of a second, or an offset west of Greenwich that is no
# whole hour, as Newfoundland's and the Marquesas'
#
# Expected: the moments that were written, by ISO 8601 (documentation of sgqlc.types.datetime): .5 is half a second and -03:30
#           three and a half hours behind UTC. So Python's own reads them, and sgqlc writes them so itself
# Seen:     the fraction is taken for a number of microseconds: .5 is 5 of them and .123 is 123, so what was sent at .5 comes before
#           what was sent at .123, and who asks for what came after the last one gets it again. The half hour of a negative offset
#           is added where it has to be taken off: -03:30 is read as -02:30, an hour off. Nothing is raised. Six figures are right
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet sgqlc==18 || exit 2
cat >try.py <<'PYTHON'
import datetime
import sys

from sgqlc.operation import Operation
from sgqlc.types import Field, String, Type, list_of
from sgqlc.types.datetime import DateTime

class Message(Type):
    text = String
    sent_at = DateTime

class Query(Type):
    messages = Field(list_of(Message))

WRITTEN = {
    "first": "2026-11-30T09:00:00.123Z",
    "second": "2026-11-30T09:00:00.5Z",
    "third": "2026-11-30T09:00:00.500000Z",
    "Newfoundland": "2026-11-30T09:00:00-03:30",
    "the Marquesas": "2026-11-30T09:00:00-09:30",
    "India": "2026-11-30T09:00:00+05:30",
    "São Paulo": "2026-11-30T09:00:00-03:00",
}
WANTED = {"first": -122.877, "second": -499.995, "Newfoundland": -3_600_000, "the Marquesas": -3_600_000}  # milliseconds off

operation = Operation(Query)
operation.messages()
answer = {"data": {"messages": [{"text": text, "sentAt": moment} for text, moment in WRITTEN.items()]}}
seen = {}
for message in (operation + answer).messages:
    written = WRITTEN[message.text]
    right = datetime.datetime.strptime(written, f"%Y-%m-%dT%H:%M:%S{'.%f' if '.' in written else ''}%z")
    off = (message.sent_at - right) / datetime.timedelta(milliseconds=1)
    print(f"{message.text}: {written} is read as {message.sent_at.isoformat()}, {off:g} ms off")
    if off:
        seen[message.text] = off
chat = sorted((operation + answer).messages[:3], key=lambda message: message.sent_at)
print("by time:", *(message.text for message in chat))
sys.exit(0 if seen == WANTED and [message.text for message in chat] == ["second", "first", "third"] else 1)
PYTHON
venv/bin/python try.py
