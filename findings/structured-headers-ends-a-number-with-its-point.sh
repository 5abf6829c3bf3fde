#!/usr/bin/env bash
# structured-headers 2.1.0 (npm): a header field of several members, one of which is a number that was computed
#
# Expected: a number that is a whole one once it is rounded to three decimals is written with a 0 behind the point (RFC 9651
#           section 4.1.5): 0.1 * 3 / 0.1, which is 3.0000000000000004, as 3.0
# Seen:     it is written as `3.`, and 29.9999 as `30.`: all zeros are cut off its end, the last one as well. That is no number,
#           and a field that cannot be read is ignored as a whole (section 4.2), so the limit beside it is gone, too: to
#           http-sf 1.5.0, and to the very library that wrote it. A number that is whole to begin with, or that keeps a
#           decimal, is written well
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet http-sf==1.5.0 || exit 2
npm install --silent --no-audit --no-fund structured-headers@2.1.0 >/dev/null 2>&1 || exit 2
cat >write.mjs <<'NODE'
import { parseDictionary, serializeDictionary } from "structured-headers";

const written = {};
for (const [said, cost] of [["3", 3], ["0.1 * 3", 0.1 * 3], ["0.1 * 3 / 0.1", (0.1 * 3) / 0.1], ["29.9999", 29.9999]]) {
  const field = serializeDictionary({ cost, limit: 5 });
  let limit;
  try {
    limit = parseDictionary(field).get("limit")[0];
  } catch {
    limit = "unreadable";
  }
  written[said] = [field, limit];
}
console.log(JSON.stringify(written));
NODE
cat >try.py <<'PYTHON'
import json
import subprocess
import sys

import http_sf

def limit_read(field):
    try:
        return http_sf.parse(field.encode(), tltype="dictionary")["limit"][0]
    except ValueError:
        return "unreadable"

written = json.loads(subprocess.run(["node", "write.mjs"], capture_output=True, text=True, check=True).stdout)
seen = {said: (field, limit, limit_read(field)) for said, (field, limit) in written.items()}
for said, (field, by_itself, by_http_sf) in seen.items():
    print(f"a cost of {said} is written as {field!r}; the limit by the library itself: {by_itself}, by http-sf: {by_http_sf}")
wanted = {
    "3": ("cost=3, limit=5", 5, 5),
    "0.1 * 3": ("cost=0.3, limit=5", 5, 5),
    "0.1 * 3 / 0.1": ("cost=3., limit=5", "unreadable", "unreadable"),
    "29.9999": ("cost=30., limit=5", "unreadable", "unreadable"),
}
good = http_sf.parse(b"cost=3.0, limit=5", tltype="dictionary")["limit"][0] == 5
sys.exit(0 if seen == wanted and good else 1)
PYTHON
venv/bin/python try.py
