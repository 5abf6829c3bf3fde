#!/usr/bin/env bash
# persist-queue 1.1.0 (PyPI), UniqueAckQ: an item is put in, taken, acknowledged, and put in again, as a reminder is the next day
#
# Expected: it comes again: what is unique is what waits, and nothing of it waits any more. So it is with UniqueQ of the same
#           library (README, Unique Queue), and after `nack` it comes as well
# Seen:     it never does. What was acknowledged, or given up by `ack_failed`, stays in the table, and the rule that no two rows
#           are equal holds for it too: `put` raises nothing and returns None, as it does where the item really waits, and the
#           queue is empty. `clear_acked_data()` changes nothing, since it keeps the last thousand, unless that number is given
#           as 0; and what was given up stays even then, unless that is asked for, too
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet persist-queue==1.1.0 || exit 2
cat >try.py <<'PYTHON'
import sys

import persistqueue
from persistqueue.serializers import json

ITEM = "remind Ann"

def taken(queue):
    try:
        return queue.get(block=False)
    except persistqueue.Empty:
        return None

def played(name, kind, *between):
    queue = kind(name.replace(" ", "-"), serializer=json)
    first = queue.put(ITEM)
    item = taken(queue)
    for step in between:
        step(queue, item)
    again = queue.put(ITEM)
    came = taken(queue) is not None
    print(f"{name}: put first returns {first}, then {again}; the second time it {'comes' if came else 'never comes'}")
    return again is not None, came

def ack(queue, item):
    queue.ack(item)

def ack_failed(queue, item):
    queue.ack_failed(item)

def nack(queue, item):
    queue.nack(item)

def clear(queue, item):
    queue.clear_acked_data()

def clear_all(queue, item):
    queue.clear_acked_data(keep_latest=0)

Ack = persistqueue.UniqueAckQ
seen = {
    "UniqueQ": played("UniqueQ", persistqueue.UniqueQ),
    "ack": played("UniqueAckQ after ack", Ack, ack),
    "ack and clear": played("UniqueAckQ after ack and clear_acked_data", Ack, ack, clear),
    "ack and clear all": played("UniqueAckQ after ack and clear_acked_data of all", Ack, ack, clear_all),
    "ack_failed": played("UniqueAckQ after ack_failed", Ack, ack_failed),
    "ack_failed and clear all": played("UniqueAckQ after ack_failed and clear_acked_data of all", Ack, ack_failed, clear_all),
    "nack": played("UniqueAckQ after nack", Ack, nack),
}
wanted = {
    "UniqueQ": (True, True),
    "ack": (False, False),
    "ack and clear": (False, False),
    "ack and clear all": (True, True),
    "ack_failed": (False, False),
    "ack_failed and clear all": (False, False),
    "nack": (False, True),
}
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
