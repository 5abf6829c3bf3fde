#!/usr/bin/env bash
# pyserde 0.34.0, mashumaro 3.23 and dataclass-wizard 1.0.0: a field that is a list of texts or a text, and is given a text
#
# Expected: the text: it is one of the two, and no list. (Of `list[int] | dict[str, int]`, an object is the second)
# Seen:     all three try the list first, because it stands first, and a text can be walked through: "600123456" becomes nine
#           recipients of one digit each. With the two in the other order it stays. mashumaro and dataclass-wizard make a list
#           of an object's keys in the same way and drop what they stand for. Pydantic and msgspec read the text
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet pyserde==0.34.0 mashumaro==3.23 dataclass-wizard==1.0.0 pydantic==2.14.4 msgspec==0.23.0 || exit 2
cat >try.py <<'PYTHON'
import json
import sys
from dataclasses import dataclass

import dataclass_wizard
import mashumaro.codecs.json
import msgspec
import pydantic
import serde
import serde.json

@serde.serde
@dataclass
class ListFirst:
    to: list[str] | str

@serde.serde
@dataclass
class TextFirst:
    to: str | list[str]

@serde.serde
@dataclass
class ListOrObject:
    to: list[int] | dict[str, int]

readers = {
    "pyserde": lambda kind, text: serde.json.from_json(kind, text),
    "mashumaro": lambda kind, text: mashumaro.codecs.json.JSONDecoder(kind).decode(text),
    "dataclass-wizard": lambda kind, text: dataclass_wizard.fromdict(kind, json.loads(text)),
    "pydantic": lambda kind, text: pydantic.TypeAdapter(kind).validate_json(text),
    "msgspec": lambda kind, text: msgspec.json.decode(text, type=kind),
}
seen = {}
for library, read in readers.items():
    one, many = '{"to": "600123456"}', '{"to": {"600123456": 3}}'
    seen[library] = [read(ListFirst, one).to, read(TextFirst, one).to, read(ListOrObject, many).to]
    print(f"{library}: {seen[library][0]} | {seen[library][1]} | {seen[library][2]}")
text, digits, mapping, keys = "600123456", list("600123456"), {"600123456": 3}, [600123456]
wanted = {
    "pyserde": [digits, text, mapping],
    "mashumaro": [digits, text, keys],
    "dataclass-wizard": [digits, text, keys],
    "pydantic": [text, text, mapping],
    "msgspec": [text, text, mapping],
}
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
