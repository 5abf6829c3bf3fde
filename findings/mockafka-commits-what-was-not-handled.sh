#!/usr/bin/env bash
# mockafka-py 0.2.3, the double of confluent-kafka's consumer and producer: three messages are polled, the first is committed
#
# Expected: `commit(message)` commits that message's offset + 1, as confluent-kafka says of its own: who begins anew in the same
#           group is given the second and the third; and a consumer of another group is given all three
# Seen:     all that was polled is committed, whichever message is named: there is nothing left for who begins anew. What one
#           group has committed is gone for every other group too. A test that a worker which dies in the middle loses
#           nothing, or that a second service hears of each message as well, is a test of neither
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet mockafka-py==0.2.3 || exit 2
cat >try.py <<'PYTHON'
import sys

from mockafka import FakeAdminClientImpl, FakeConsumer, FakeProducer
from mockafka.admin_client import NewTopic

def topic(name):
    FakeAdminClientImpl().create_topics([NewTopic(name, num_partitions=1)])
    producer = FakeProducer({"bootstrap.servers": "localhost:9092"})
    for text in ("one", "two", "three"):
        producer.produce(topic=name, value=text, partition=0)
    producer.flush()
    return name

def consumer(group, name):
    settings = {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    begun = FakeConsumer({"bootstrap.servers": "localhost:9092", **settings})
    begun.subscribe([name])
    return begun

def left(group, name):
    begun, read = consumer(group, name), []
    while message := begun.poll(1):
        read.append(message.value().decode())
    begun.close()
    return read

def worker(name, committed):
    """Polls three messages, commits one of them or none, and ends."""
    begun = consumer("workers", name)
    polled = [begun.poll(1) for _ in range(3)]
    assert [message.value() for message in polled] == [b"one", b"two", b"three"]
    if committed is not None:
        begun.commit(polled[committed])
    begun.close()
    return name

seen = {
    "none is committed, the same group": left("workers", worker(topic("a"), None)),
    "the first is committed, the same group": left("workers", worker(topic("b"), 0)),
    "the first is committed, another group": left("statistics", worker(topic("c"), 0)),
}
for case, read in seen.items():
    print(f"{case} is given {read}")
sys.exit(0 if list(seen.values()) == [["one", "two", "three"], [], []] else 1)
PYTHON
venv/bin/python try.py
