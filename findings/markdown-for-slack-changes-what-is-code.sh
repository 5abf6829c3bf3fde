#!/usr/bin/env bash
# markdown_to_mrkdwn 0.3.3 (PyPI) and slackify-markdown 4.5.0 (npm): a bot writes Markdown, which is turned into what Slack reads
#
# Expected: what stands between backticks is code and stays as it is (README of markdown_to_mrkdwn, Supported Conversions: `Code`),
#           and so does a star between blanks, which is none of Markdown's (CommonMark 0.31, 6.2). A line that is broken with two
#           blanks at its end is broken (6.7)
# Seen:     markdown_to_mrkdwn looks for stars and underscores in code as well, unless it is a block of its own: the schedule
#           */5 * * * * is shown as _/5 _ _ _ *, __init__ as *init*, and of **kwargs one star is left where two of them stand in a
#           line. So does it make 3 _ 4 _ 5 of 3 * 4 * 5. slackify-markdown leaves all that alone, and ends each broken line with a
#           backslash, which Slack's mrkdwn does not know. Neither raises anything
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet markdown_to_mrkdwn==0.3.3 || exit 2
npm install --silent --no-audit --no-fund slackify-markdown@4.5.0 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const written = require("slackify-markdown");
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map((text) => (written.default ?? written)(text).trimEnd())));
NODE
cat >try.py <<'PYTHON'
import json
import subprocess
import sys

from markdown_to_mrkdwn import SlackMarkdownConverter

STARS = {
    "runs at `*/5 * * * *`": "runs at `_/5 _ _ _ *`",
    "see `__init__`": "see `*init*`",
    "takes `**kwargs` and `**options`": "takes `*kwargs` and `*options`",
    "3 * 4 * 5 = 60": "3 _ 4 _ 5 = 60",
}
BROKEN = "at nine  \nor at ten"
texts = [*STARS, "```\n*/5 * * * *\n```", BROKEN]
python = [SlackMarkdownConverter().convert(text) for text in texts]
answer = subprocess.run(["node", "try.js"], input=json.dumps(texts), capture_output=True, text=True, check=True).stdout
node = json.loads(answer)
for text, one, other in zip(texts, python, node, strict=True):
    print(f"{text!r}: {one!r} by markdown_to_mrkdwn, {other!r} by slackify-markdown")
block = texts[-2]
right = python == [*STARS.values(), block, "at nine\nor at ten"] and node == [*STARS, block, "at nine\\\nor at ten"]
sys.exit(0 if right else 1)
PYTHON
venv/bin/python try.py
