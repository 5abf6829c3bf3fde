#!/usr/bin/env bash
# fluent.runtime 0.4.0 (PyPI) and @fluent/bundle 0.19.1 (npm): one file of translations, where a number is rounded, for a bot in
# Python and for a page
#
# Expected: the same sentence from both: where a selector formats its number, the formatted number chooses the plural (Fluent's
#           guide, "Selectors"), so 1.2 hours without decimals are "1 hour", and 1 with one decimal is "1.0 points", which is
#           what English has (CLDR: one is for 1 without visible decimals)
# Seen:     so it is in JavaScript. In Python the options reach the text and not the choice, which is made by the number that is
#           not shown: "1 hours", "1.0 point", and nothing is reported. Whole numbers that are shown as they are are right, so
#           a test with 1 and 5 passes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet fluent.runtime==0.4.0 babel==2.19.0 || exit 2
npm install --silent --no-audit --no-fund @fluent/bundle@0.19.1 >/dev/null 2>&1 || exit 2
cat >messages.ftl <<'FLUENT'
plain = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
}
rounded = { NUMBER($n, maximumFractionDigits: 0) ->
    [one] { NUMBER($n, maximumFractionDigits: 0) } hour
   *[other] { NUMBER($n, maximumFractionDigits: 0) } hours
}
decimal = { NUMBER($n, minimumFractionDigits: 1) ->
    [one] { NUMBER($n, minimumFractionDigits: 1) } point
   *[other] { NUMBER($n, minimumFractionDigits: 1) } points
}
FLUENT
cat >say.mjs <<'NODE'
import { readFileSync } from "node:fs";
import { FluentBundle, FluentResource } from "@fluent/bundle";

const bundle = new FluentBundle("en");
bundle.addResource(new FluentResource(readFileSync("messages.ftl", "utf8")));
const said = JSON.parse(process.argv[2]).map(([name, n]) => bundle.formatPattern(bundle.getMessage(name).value, { n }));
console.log(JSON.stringify(said));
NODE
cat >try.py <<'PYTHON'
import json
import pathlib
import subprocess
import sys

from fluent.runtime import FluentBundle, FluentResource

CASES = [("plain", 1), ("plain", 5), ("rounded", 1), ("rounded", 0.6), ("rounded", 1.2), ("decimal", 1)]
bundle = FluentBundle(["en"])
bundle.add_resource(FluentResource(pathlib.Path("messages.ftl").read_text()))
in_python, errors = [], []
for name, number in CASES:
    text, found = bundle.format_pattern(bundle.get_message(name).value, {"n": number})
    in_python.append(text)
    errors += found
in_node = json.loads(subprocess.run(["node", "say.mjs", json.dumps(CASES)], capture_output=True, text=True, check=True).stdout)
bare = str.maketrans("", "", "\u2068\u2069")
seen = [(python.translate(bare), node.translate(bare)) for python, node in zip(in_python, in_node)]
for (name, number), (python, node) in zip(CASES, seen):
    print(f"{name}, {number}: Python says {python!r}, JavaScript {node!r}")
wanted = [
    ("1 hour", "1 hour"),
    ("5 hours", "5 hours"),
    ("1 hour", "1 hour"),
    ("1 hours", "1 hour"),
    ("1 hours", "1 hour"),
    ("1.0 point", "1.0 points"),
]
sys.exit(0 if seen == wanted and not errors else 1)
PYTHON
venv/bin/python try.py
