#!/usr/bin/env bash
# serpyco-rs 1.23.0 and mashumaro 3.23: a list whose elements are of one dataclass or of another, written as JSON
#
# Expected: each object is written with all its fields: it is known which class it is of, and nothing has to be guessed
# Seen:     both write by the first class of the union whose fields the object happens to have: a message with a picture goes
#           out without it, since a message without one stands first. The objects are of unrelated classes; with the two in
#           the other order all fields are there. Pydantic writes what the object is
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet serpyco-rs==1.23.0 mashumaro==3.23 pydantic==2.14.4 || exit 2
cat >try.py <<'PYTHON'
import json
import sys
from dataclasses import dataclass

import mashumaro.codecs.json
import pydantic
import serpyco_rs

@dataclass
class Text:
    to: str
    text: str

@dataclass
class Picture:
    to: str
    text: str
    picture: str

@dataclass
class ShortFirst:
    messages: list[Text | Picture]

@dataclass
class LongFirst:
    messages: list[Picture | Text]

messages = [Text("600", "hello"), Picture("601", "look", "cat.png")]
writers = {
    "serpyco-rs": lambda value: serpyco_rs.Serializer(type(value)).dump(value),
    "mashumaro": lambda value: json.loads(mashumaro.codecs.json.JSONEncoder(type(value)).encode(value)),
    "pydantic": lambda value: json.loads(pydantic.TypeAdapter(type(value)).dump_json(value)),
}
seen = {}
for library, write in writers.items():
    seen[library] = [write(kind(messages))["messages"][1] for kind in (ShortFirst, LongFirst)]
    print(f"{library}: {seen[library][0]}, in the other order {seen[library][1]}")
short, long = {"to": "601", "text": "look"}, {"to": "601", "text": "look", "picture": "cat.png"}
sys.exit(0 if seen == {"serpyco-rs": [short, long], "mashumaro": [short, long], "pydantic": [long, long]} else 1)
PYTHON
venv/bin/python try.py
