#!/usr/bin/env bash
# jsonpath-ng 1.16.0: `update` with a function that makes the new value of each place that a path finds, here a telephone number
# with the country in front of it
#
# Expected: what the function returns stands in each place, as it does since 1.6.1 where the path ends in a field or an index
# Seen:     where the path ends in a filter, the function is called for each place that matches, and what it returns is thrown
#           away: the numbers go on as they were, and nothing is raised. With a value in the place of the function the same path
#           changes them, and so does the function once a field stands behind the filter
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet jsonpath-ng==1.16.0 || exit 2
cat >try.py <<'PYTHON'
import sys

from jsonpath_ng.ext import parse

MADRID, PARIS = "600000000", "+33700000000"

def texts():
    return {"to": [MADRID, PARIS]}

def records():
    return {"to": [{"number": MADRID}, {"number": PARIS}]}

def completed(entry):
    if isinstance(entry, dict):
        return {**entry, "number": completed(entry["number"])}
    return entry if entry.startswith("+") else f"+34{entry}"

def played(document, path, value=None):
    calls = []

    def complete(entry, parent, place):
        calls.append(place)
        return completed(entry)

    expression = parse(path)
    found = len(expression.find(document))
    after = expression.update(document, complete if value is None else value)["to"]
    numbers = [entry["number"] if isinstance(entry, dict) else entry for entry in after]
    kind = "a function" if value is None else "a value"
    print(f"{path}, {kind}: {found} found, {len(calls)} calls, then {', '.join(numbers)}")
    return found, len(calls), numbers

LOCAL = "[?(@.number =~ '^6')]"
seen = [
    played(texts(), "$.to[*]"),
    played(texts(), "$.to[0]"),
    played(records(), f"$.to{LOCAL}.number"),
    played(records(), f"$.to{LOCAL}", value={"number": f"+34{MADRID}"}),
    played(records(), f"$.to{LOCAL}"),
    played(texts(), "$.to[?(@ =~ '^6')]"),
]
whole = [f"+34{MADRID}", PARIS]
wanted = [
    (2, 2, whole),
    (1, 1, whole),
    (1, 1, whole),
    (1, 0, whole),
    (1, 1, [MADRID, PARIS]),
    (1, 1, [MADRID, PARIS]),
]
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
