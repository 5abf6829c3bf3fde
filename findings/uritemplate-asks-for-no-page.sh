#!/usr/bin/env bash
# uritemplate 4.2.0 (PyPI), with which other libraries expand the addresses that a JSON service hands out, such as
# /messages{?offset,limit}; url-template 3.1.1 (npm) beside it
#
# Expected: offset=0 asks for the first page, as ?offset=0: a number is written as it is (RFC 6570, 3.2.8), and only what is
#           undefined or empty is written as such; so it is in a path, {/offset}, and in a list
# Seen:     in a query 0 is written as an empty value, and False as well: ?offset=&limit=20, without an error. What that means is
#           the service's to say: many refuse it, others take it for "not given". In a path it is 0. The text "0" is written as it
#           is, and so is the 0 by url-template
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet uritemplate==4.2.0 || exit 2
npm install --silent --no-audit --no-fund url-template@3.1.1 >/dev/null 2>&1 || exit 2
cat >expand.mjs <<'NODE'
import { parseTemplate } from "url-template";

const [templates, values] = JSON.parse(process.argv[2]);
console.log(JSON.stringify(templates.map((template) => parseTemplate(template).expand(values))));
NODE
cat >try.py <<'PYTHON'
import json
import subprocess
import sys

import uritemplate

TEMPLATES = ["/messages{/offset}", "/messages{?offset,limit}", "/messages?unread=true{&offset}", "/messages{;offset}", "/messages{?only*}"]

def expanded(offset):
    values = {"offset": offset, "limit": 20, "only": {"offset": offset}}
    run = subprocess.run(["node", "expand.mjs", json.dumps([TEMPLATES, values])], capture_output=True, text=True, check=True)
    return [uritemplate.expand(template, values) for template in TEMPLATES], json.loads(run.stdout)

seen = {offset: expanded(offset) for offset in (20, 0, "0")}
for offset, (python, node) in seen.items():
    for template, one, other in zip(TEMPLATES, python, node):
        print(f"offset={offset!r}, {template}: {one}{'' if one == other else f' (url-template: {other})'}")
right = ["/messages/0", "/messages?offset=0&limit=20", "/messages?unread=true&offset=0", "/messages;offset=0", "/messages?offset=0"]
wrong = ["/messages/0", "/messages?offset=&limit=20", "/messages?unread=true&offset=", "/messages;offset", "/messages?offset=0"]
same = seen[20][0] == seen[20][1] and seen["0"] == (right, right)
unread = uritemplate.expand("/messages{?unread}", unread=False), uritemplate.expand("/messages{?unread}", unread=True)
print("unread=False and unread=True:", *unread)
sys.exit(0 if same and seen[0] == (wrong, right) and unread == ("/messages?unread=", "/messages?unread=True") else 1)
PYTHON
venv/bin/python try.py
