#!/usr/bin/env bash
# amqtt 0.12.1 (PyPI), the broker, with paho-mqtt 2.1.0 as its clients: a client connects while others are subscribed to topics that
# have a retained message
#
# Expected: a retained message is delivered for a subscription of one's own that matches its topic, once (MQTT 3.1.1, 3.3.1.3 and
#           3.8.4; amqtt promises the "full set" of it)
# Seen:     whoever connects is given, before it has subscribed to anything, the retained messages of all that others are
#           subscribed to, once for each of their topic filters, and then those that it asks for itself. A client of another
#           topic acts on what was not meant for it, and what is meant for it comes three times. While nobody else is
#           subscribed, as in a test, all is well
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet amqtt==0.12.1 paho-mqtt==2.1.0 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import logging
import socket
import sys
import threading
import time

import paho.mqtt.client as mqtt
from amqtt.broker import Broker

logging.disable(logging.CRITICAL)
with socket.socket() as any_port:
    any_port.bind(("127.0.0.1", 0))
    PORT = any_port.getsockname()[1]
started = threading.Event()

async def serve():
    broker = Broker({"listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{PORT}"}},
                     "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {}}})
    await broker.start()
    started.set()
    await asyncio.sleep(3600)

def connected(name, *filters):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name)
    client.got = []
    client.on_message = lambda _, __, message: client.got.append((message.topic, message.payload.decode()))
    client.connect("127.0.0.1", PORT)
    client.loop_start()
    for each in filters:
        client.subscribe(each, 1)
    time.sleep(1)
    return client

threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
started.wait(10)
sender = connected("sender")
sender.publish("doors/front", "open", 1, retain=True).wait_for_publish(5)
seen = [connected("first", "doors/#").got]
print(f"the first client, subscribed to doors/#, has {seen[0]}")
seen.append(connected("second", "lamps/#").got)
print(f"the second, subscribed to lamps/# only, has {seen[1]}")
connected("third", "doors/front")
seen.append(connected("fourth", "doors/#").got)
print(f"the fourth, subscribed to doors/# as the first is, has {seen[2]}")
message = ("doors/front", "open")
sys.exit(0 if seen == [[message], [message], [message] * 3] else 1)
PYTHON
venv/bin/python try.py
