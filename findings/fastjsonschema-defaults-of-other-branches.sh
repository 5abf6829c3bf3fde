#!/usr/bin/env bash
# fastjsonschema 2.22.3: a document that is one of two kinds, each closed and with a default of its own
#
# Expected: the defaults of the kind that the document is are filled in (that is what its documentation promises), those
#           of the other kind are not; and the verdict does not depend on the order of the two
# Seen:     the other kind's default is written before its `const` says no, and stays: an open schema hands out a mail
#           that is `urgent` like a chat message. A closed one calls the valid document invalid, "0 matches found",
#           because of the property that the validator itself put there; with the two kinds in the other order it is
#           valid, and what is handed out is not. With `not` the default stays as well
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet fastjsonschema==2.22.3 jsonschema==4.26.0 || exit 2
cat >try.py <<'PYTHON'
import sys

import fastjsonschema
import jsonschema

def kind(name, closed, **defaults):
    properties = {key: {"default": value} for key, value in defaults.items()}
    return {"properties": {**properties, "kind": {"const": name}}, "required": ["kind"], "additionalProperties": not closed}

def judged(schema):
    jsonschema.validate({"kind": "mail"}, schema)  # another implementation agrees that it is valid
    try:
        return fastjsonschema.validate(schema, {"kind": "mail"})
    except fastjsonschema.JsonSchemaValueException as error:
        return str(error)

seen = {}
for closed in (False, True):
    chat, mail = kind("chat", closed, urgent=True), kind("mail", closed, subject="none")
    name = "closed" if closed else "open"
    seen[f"{name}, chat first"] = judged({"type": "object", "oneOf": [chat, mail]})
    seen[f"{name}, mail first"] = judged({"type": "object", "oneOf": [mail, chat]})
seen["not chat"] = judged({"type": "object", "not": kind("chat", False, urgent=True)})
for case, result in seen.items():
    print(f"{case}: {result}")
both = {"kind": "mail", "subject": "none", "urgent": True}
refused = "data must be valid exactly by one definition (0 matches found)"
wanted = [both, both, refused, both, {"kind": "mail", "urgent": True}]
sys.exit(0 if list(seen.values()) == wanted else 1)
PYTHON
venv/bin/python try.py
