#!/usr/bin/env bash
# hypothesis-jsonschema 0.23.1 (hypothesis 6.160.0, pytest 8.4.2): two tests, of which the first one's schema has an alternative
# that nothing can satisfy
#
# Expected: the alternative is left out, since the other is there; the second test, of another schema, finds the fault that it
#           finds when it is run alone
# Seen:     both pass, and from then on objects are tried as {} only, and lists as []: of a hundred examples each was the same.
#           What an if, then and else that exclude each other come to is the library's one constant for "nothing", and the next
#           step takes the "not" out of it: it now means "anything", and "anything" is taken for "nothing" in each schema
#           that is read later in the process. Run in the other order, the fault is found
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv || exit 2
venv/bin/pip install --quiet hypothesis-jsonschema==0.23.1 hypothesis==6.160.0 pytest==8.4.2 || exit 2
cat >test_contact.py <<'PYTHON'
from hypothesis import given
from hypothesis_jsonschema import from_schema

# A telephone or null; the rule for telephones was put beside null as well, which leaves it without a value.
RULE = {"if": {"type": "string"}, "then": {"minLength": 9}, "else": {"type": "string"}}
TELEPHONE = {"anyOf": [{"type": "string", **RULE}, {"type": "null", **RULE}]}

@given(from_schema({"type": "object", "properties": {"telephone": TELEPHONE}}))
def test_contact(contact):
    assert len(contact.get("telephone", "600123456")) >= 9
PYTHON
cat >test_message.py <<'PYTHON'
import json

from hypothesis import given, settings
from hypothesis_jsonschema import from_schema

def sent(message):
    """What is tested: texts longer than three letters are cut."""
    return {name: text[:3] for name, text in message.items()}

TEXTS = {"to": {"type": "string"}, "text": {"type": "string"}}
tried = []

@settings(database=None, max_examples=100)
@given(from_schema({"type": "object", "properties": TEXTS, "additionalProperties": False}))
def test_message(message):
    tried.append(json.dumps(message, sort_keys=True))
    assert sent(message) == message

def teardown_module():
    print(f"SEEN {len(set(tried)) if len(set(tried)) < 2 else 'many'} different examples, the shortest {min(set(tried), key=len)}")
PYTHON
run() {
  local status=0
  venv/bin/python -m pytest -q -s -p no:cacheprovider "$@" >output 2>&1 || status=$?
  echo "$*: pytest exits with $status; $(sed -n 's/.*SEEN //p' output)"
}
{
  run test_message.py
  run test_message.py test_contact.py
  run test_contact.py test_message.py
} | tee seen
cat >wanted <<'TEXT'
test_message.py: pytest exits with 1; many different examples, the shortest {}
test_message.py test_contact.py: pytest exits with 1; many different examples, the shortest {}
test_contact.py test_message.py: pytest exits with 0; 1 different examples, the shortest {}
TEXT
cmp -s seen wanted
