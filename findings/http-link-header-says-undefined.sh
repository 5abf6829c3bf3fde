#!/usr/bin/env bash
# http-link-header 1.1.4 (npm): a link to the next page is written with a number as one of its attributes, and a link whose title
# names no language is read and written again
#
# Expected: the number in digits, or an error; and the title without a language, as it came: a language may be left out
#           (RFC 8187 section 3.2.1), and this one is not known
# Seen:     instead of the number stands UTF-8'en'undefined: what is not a text is taken for a value with an encoding and a
#           language, of which it has neither. It is well formed, so it is read as a text by requests 2.34.2 and by the library
#           itself, and the number is gone. A title that came without a language goes out as English, whatever it is written
#           in; one with a language keeps it
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet requests==2.34.2 || exit 2
npm install --silent --no-audit --no-fund http-link-header@1.1.4 >/dev/null 2>&1 || exit 2
cat >write.js <<'NODE'
const LinkHeader = require("http-link-header");
const written = (link) => new LinkHeader().set(link).toString();
const again = (field) => LinkHeader.parse(field).toString();
const number = written({ uri: "/messages?page=2", rel: "next", total: 350 });
console.log(
  JSON.stringify({
    text: written({ uri: "/messages?page=2", rel: "next", total: "350" }),
    number,
    itself: LinkHeader.parse(number).rel("next")[0].total,
    unnamed: again("</messages/1>; rel=item; title*=UTF-8''ma%C3%B1ana"),
    named: again("</messages/1>; rel=item; title*=UTF-8'es'ma%C3%B1ana"),
  }),
);
NODE
cat >try.py <<'PYTHON'
import json
import subprocess
import sys

from requests.utils import parse_header_links

seen = json.loads(subprocess.run(["node", "write.js"], capture_output=True, text=True, check=True).stdout)
seen["requests"] = parse_header_links(seen["number"])[0]["total"]
print(f"a total of '350' is written as {seen['text']}")
print(f"a total of  350  is written as {seen['number']}; requests reads {seen['requests']}, the library {seen['itself']}")
print(f"a title without a language, read and written: {seen['unnamed']}")
print(f"a title in Spanish, read and written:         {seen['named']}")
wanted = {
    "text": "</messages?page=2>; rel=next; total=350",
    "number": "</messages?page=2>; rel=next; total=UTF-8'en'undefined",
    "itself": "UTF-8'en'undefined",
    "requests": "UTF-8'en'undefined",
    "unnamed": "</messages/1>; rel=item; title*=UTF-8'en'ma%C3%B1ana",
    "named": "</messages/1>; rel=item; title*=UTF-8'es'ma%C3%B1ana",
}
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
