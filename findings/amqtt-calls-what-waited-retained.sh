#!/usr/bin/env bash
# amqtt 0.12.1 (PyPI), a broker of MQTT; paho-mqtt 2.2.0 as the client: three messages for a client that keeps its session
# (clean_session=False, subscribed with QoS 1) are published while it is away; beside it the broker aedes 1.2.0 (npm)
#
# Expected: they come when the client is back, as messages of a subscription that it has, without the RETAIN flag (MQTT 3.1.1,
#           MQTT-3.3.1-9). The flag says that a message is the last known state, kept for new subscriptions. And what is published
#           with QoS 0 is delivered with QoS 0 (4.3: the lower one of publication and subscription). So it is with aedes
# Seen:     they come with the flag, though they were published without it: a program that passes over what is retained, as one
#           does that answers messages and not what was said before it came, drops all that it kept its session for. What is
#           published with QoS 0 is delivered with QoS 1. While the client is there the same messages come without the flag
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet amqtt==0.12.1 paho-mqtt==2.2.0 || exit 2
npm install --silent --no-audit --no-fund aedes@1.2.0 >/dev/null 2>&1 || exit 2
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
amqtt=$(port) aedes=$(port)
cat >broker.py <<PYTHON
import asyncio
from amqtt.broker import Broker

async def serve():
    # Sessions of clients without a name do not outlive their connections here, so each must have one.
    await Broker({
        "listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:$amqtt"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": False}},
    }).start()
    await asyncio.Event().wait()

asyncio.run(serve())
PYTHON
cat >broker.mjs <<NODE
import net from "node:net";
import { Aedes } from "aedes";
net.createServer((await Aedes.createBroker()).handle).listen($aedes, "127.0.0.1");
NODE
venv/bin/python broker.py >/dev/null 2>&1 &
node broker.mjs &
cat >try.py <<'PYTHON'
import sys
import threading
import time

from paho.mqtt.client import CallbackAPIVersion, Client

class Phone:
    def __init__(self, port, name):
        self.got, self.subscribed = [], threading.Event()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        self.client.username_pw_set(name, "any")
        connected, self.gone = threading.Event(), threading.Event()
        self.client.on_connect = lambda *_: connected.set()
        self.client.on_disconnect = lambda *_: self.gone.set()
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = lambda _client, _data, message: self.got.append(message)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert connected.wait(10)

    def subscribe(self):
        self.client.subscribe("chat/ann", 1)
        assert self.subscribed.wait(10)

    def publish(self, *messages):
        for text, qos in messages:
            self.client.publish("chat/ann", text, qos, retain=False).wait_for_publish(10)

    def wait_for(self, number):
        end = time.monotonic() + 10
        while len(self.got) < number and time.monotonic() < end:
            time.sleep(0.05)
        return sorted((message.payload.decode(), message.qos, "retained" if message.retain else "") for message in self.got)

    def leave(self):
        self.client.disconnect()
        self.gone.wait(10)
        self.client.loop_stop()
        time.sleep(1)

def seen_with(port):
    sender, phone = Phone(port, "sender"), Phone(port, "phone")
    phone.subscribe()
    sender.publish(("there", 1))
    there = phone.wait_for(1)
    phone.leave()
    sender.publish(("away 1", 1), ("away 2", 1), ("away 3", 1))
    phone = Phone(port, "phone")
    away = phone.wait_for(3)
    phone.got.clear()
    sender.publish(("there again", 0))
    again = phone.wait_for(1)
    phone.leave()
    sender.leave()
    return there, away, again

seen = {name: seen_with(int(port)) for name, port in zip(("amqtt", "aedes"), sys.argv[1:])}
for name, (there, away, again) in seen.items():
    print(f"{name}: there {there}\n  away {away}\n  there again, published with QoS 0 {again}")

def wanted(word, qos):
    return [("there", 1, "")], [(f"away {number}", 1, word) for number in (1, 2, 3)], [("there again", qos, "")]

sys.exit(0 if seen == {"amqtt": wanted("retained", 1), "aedes": wanted("", 0)} else 1)
PYTHON
for each in "$amqtt" "$aedes"; do for _ in $(seq 100); do (: <"/dev/tcp/127.0.0.1/$each") 2>/dev/null && break || sleep 0.1; done; done
timeout 60 venv/bin/python try.py "$amqtt" "$aedes"
