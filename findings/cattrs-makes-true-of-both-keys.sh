#!/usr/bin/env bash
# cattrs 26.2.1 with its own converter for JSON, typedload 2.41: a dictionary whose keys are bools, written and read again
#
# Expected: the same dictionary, or an error: other keys that are no texts (int, an Enum) come back as they were
# Seen:     JSON has texts for keys, so both write "true" and "false", and both read either as True, since bool("false") is.
#           One entry is lost, and the count of what was not delivered stands under what was. Nothing is raised
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet cattrs==26.2.1 attrs==26.1.0 typedload==2.41 || exit 2
cat >try.py <<'PYTHON'
import enum
import json
import sys
from dataclasses import dataclass

import typedload
from cattrs.preconf.json import make_converter

class Channel(enum.Enum):
    SMS = "sms"
    VOICE = "voice"

@dataclass
class Report:
    delivered: dict[bool, int]
    attempts: dict[int, int]
    channels: dict[Channel, int]

report = Report({True: 980, False: 20}, {1: 990, 2: 10}, {Channel.SMS: 900, Channel.VOICE: 100})
converter = make_converter()
seen = {}
written = converter.dumps(report)
seen["cattrs"] = (written, converter.loads(written, Report))
written = json.dumps(typedload.dump(report))
seen["typedload"] = (written, typedload.load(json.loads(written), Report))
for library, (written, read) in seen.items():
    others = (read.attempts, read.channels) == (report.attempts, report.channels)
    print(f"{library}: {written}\n  delivered is read as {read.delivered}; the others {'as they were' if others else read}")
wanted = Report({True: 20}, report.attempts, report.channels)
sys.exit(0 if all(read == wanted and '"false": 20' in written for written, read in seen.values()) else 1)
PYTHON
venv/bin/python try.py
