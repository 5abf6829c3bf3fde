#!/usr/bin/env bash
# pydantic 2.13.5: a timedelta of a year or more is written as JSON, for somebody else to read
#
# Expected: days, as for 364 of them (P364D): a timedelta knows no years, and a year is not 365 days
# Seen:     365 days are P1Y, which isodate 0.7.2 (zeep's reader as well) takes for a year of the calendar: from June 2027 it ends
#           after 366 days. 400 days are P1Y35D, which the schema that pydantic makes for the same field refuses, where formats
#           are checked (jsonschema-rs 0.60.3): in RFC 3339's durations days do not follow years. msgspec 0.23.0 refuses
#           both. pydantic itself reads what it has written, so its own tests pass
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet pydantic==2.13.5 msgspec==0.23.0 isodate==0.7.2 jsonschema-rs==0.60.3 || exit 2
cat >try.py <<'PYTHON'
import datetime
import json
import sys

import isodate
import jsonschema_rs
import msgspec
import pydantic

lifetime = pydantic.TypeAdapter(datetime.timedelta)
schema = jsonschema_rs.validator_for(lifetime.json_schema(mode="serialization"), validate_formats=True)
begin = datetime.datetime(2027, 6, 1)
seen = {}
for days in (364, 365, 400):
    text = lifetime.dump_json(datetime.timedelta(days=days))
    assert lifetime.validate_json(text) == datetime.timedelta(days=days)
    try:
        other = msgspec.json.decode(text, type=datetime.timedelta).days
    except msgspec.ValidationError:
        other = "refused"
    written = json.loads(text)
    read = (begin + isodate.parse_duration(written) - begin).days
    seen[days] = (written, read, other, schema.is_valid(written))
    print(f"{days} days: written as {written}, isodate's end is {read} days away, msgspec's {other};"
          f" its own schema finds it {'valid' if seen[days][3] else 'invalid'}")
wanted = {364: ("P364D", 364, 364, True), 365: ("P1Y", 366, "refused", True), 400: ("P1Y35D", 401, "refused", False)}
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
