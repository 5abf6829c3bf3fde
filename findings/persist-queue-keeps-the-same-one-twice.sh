#!/usr/bin/env bash
# persist-queue 1.1.0, UniqueQ and UniqueAckQ ("unique items only"): the same message is put in a second time
#
# Expected: it is left out; the keys of a dictionary are put in order before they are compared, so that it is
# Seen:     what is compared are the bytes that pickle writes, and they tell whether two fields hold one text or two equal ones: a
#           message whose two fields were filled from one variable and the same message as JSON brought it are both kept, and
#           sent twice. So are two whose inner dictionaries are written in another order. a == b is True for both; with the
#           outer keys in another order the second is left out
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet persist-queue==1.1.0 || exit 2
cat >try.py <<'PYTHON'
import json
import sys
import tempfile

from persistqueue import UniqueAckQ, UniqueQ

number = input()
pairs = {
    "keys in another order": ({"to": "600123456", "text": "hello"}, {"text": "hello", "to": "600123456"}),
    "from a variable, from JSON": ({"from": number, "to": number}, json.loads('{"from": "600123456", "to": "600123456"}')),
    "inner keys in another order": ({"message": {"to": "1", "text": "a"}}, {"message": {"text": "a", "to": "1"}}),
}
counts = []
for kind in (UniqueQ, UniqueAckQ):
    for case, (first, second) in pairs.items():
        queue = kind(tempfile.mkdtemp(dir="."))
        queue.put(first)
        queue.put(second)
        taken = [queue.get() for _ in range(queue.qsize())]
        counts.append(len(taken))
        same = first == second and all(one == first for one in taken)
        print(f"{kind.__name__}, {case}: equal {same}, {len(taken)} taken out: {taken}")
        assert same
sys.exit(0 if counts == [1, 2, 2, 1, 2, 2] else 1)
PYTHON
echo 600123456 | venv/bin/python try.py
