#!/usr/bin/env bash
# kombu 5.7.0, the transport `filesystem`: one producer, one consumer, messages put in one by one
#
# Expected: first in, first out, as with the transport `memory`
# Seen:     they come out in the order of their file's names: milliseconds, then a random identifier, so those of one
#           millisecond are shuffled. Not tried, but to be read from the names: the milliseconds are those of a clock that
#           begins anew with the machine and have no zeros in front, so what is left from before is put in wrongly too
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet kombu==5.7.0 || exit 2
cat >try.py <<'PYTHON'
import os
import sys

import kombu

os.mkdir("messages")
os.mkdir("control")
options = {"data_folder_in": "messages", "data_folder_out": "messages", "control_folder": "control"}
orders = {}
for transport, settings in {"memory://": {}, "filesystem://": options}.items():
    with kombu.Connection(transport, transport_options=settings) as connection:
        queue = connection.SimpleQueue("chat")
        for number in range(500):
            queue.put(number)
        if settings:
            print("the names of the first two files:", *sorted(os.listdir("messages"))[:2])
        order = []
        for _ in range(500):
            message = queue.get(timeout=10)
            order.append(message.payload)
            message.ack()
        orders[transport] = order
        overtaken = sum(later < earlier for earlier, later in zip(order, order[1:]))
        print(f"{transport} 500 messages, {overtaken} come before one that was put in earlier; first: {order[:12]}")
complete = sorted(orders["filesystem://"]) == orders["memory://"] == list(range(500))
sys.exit(0 if complete and orders["filesystem://"] != orders["memory://"] else 1)
PYTHON
venv/bin/python try.py
