#!/usr/bin/env bash
# Kurigram 2.2.26 (PyPI, module pyrogram) and @telegraf/entity 0.7.0 (npm): a message is written as HTML, to be sent on; read again
# by Kurigram itself, and by TDLib 1.8.69, Telegram's own library (the package tdjson), which takes HTML apart without a network
#
# Expected: the same text with the same formats: what stands in the text as < or & is written as &lt; or &amp;
# Seen:     Kurigram escapes from the first formatted word to the last, and nothing before or after: "if a<b then stop" with
#           a bold "stop" is sent on as "if astop". Without a formatted word neither of the two escapes anything: from a text
#           about <b> and </b> they are gone. Nothing is raised. Where all of it is formatted both are right
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet kurigram==2.2.26 tdjson==1.8.69 || exit 2
npm install --silent --no-audit --no-fund @telegraf/entity@0.7.0 >/dev/null 2>&1 || exit 2
cat >write.js <<'NODE'
const { toHTML } = require("@telegraf/entity");
console.log(toHTML(JSON.parse(process.argv[2])));
NODE
cat >try.py <<'PYTHON'
import asyncio
import json
import logging
import subprocess
import sys

logging.disable(logging.CRITICAL)
import tdjson
from pyrogram.enums import MessageEntityType
from pyrogram.parser.html import HTML
from pyrogram.types import MessageEntity

def told(kind, **given):
    return json.loads(tdjson.td_execute(json.dumps({"@type": kind, **given}).encode()))

def through_kurigram(text, bold):
    entities = [MessageEntity(type=MessageEntityType.BOLD, offset=start, length=length) for start, length in bold]
    html = HTML.unparse(text, entities)
    return html, asyncio.run(HTML(None).parse(html))["message"]

def through_telegraf(text, bold):
    entities = [{"type": "bold", "offset": start, "length": length} for start, length in bold]
    given = json.dumps({"text": text, "entities": entities})
    html = subprocess.run(["node", "write.js", given], capture_output=True, text=True, check=True).stdout.rstrip("\n")
    return html, told("parseTextEntities", text=html, parse_mode={"@type": "textParseModeHTML"}).get("text", "an error")

told("setLogVerbosityLevel", new_verbosity_level=0)
CONDITION, TAGS = "if a<b then stop", "put <b> before it and </b> after it"
CASES = {"one word is bold": (CONDITION, [(12, 4)]), "all is bold": (CONDITION, [(0, 16)]), "nothing is bold": (TAGS, [])}
seen = []
for case, (text, bold) in CASES.items():
    for name, through in (("Kurigram", through_kurigram), ("@telegraf/entity", through_telegraf)):
        html, read = through(text, bold)
        seen.append(read)
        print(f"{case}, {name}: {text!r} is written as {html!r}, and read as {read!r}")
bare = "put  before it and  after it"
sys.exit(0 if seen == ["if astop", CONDITION, CONDITION, CONDITION, bare, bare] else 1)
PYTHON
venv/bin/python try.py
