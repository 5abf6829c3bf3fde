#!/usr/bin/env bash
# pydantic-xml 2.22.0 (pydantic 2.14.4): a list of which one element is empty, or nil, written by a model and read by it again
#
# Expected: the same message: every element of the list, and the field behind it
# Seen:     the first element without content ends the list: what follows is dropped without an error. Fields are looked for in
#           their order, so the field behind the list is not found either, and gets its default: the text is gone with the
#           recipients. `nillable` makes None an xsi:nil on the way out, and ends the list at it on the way in. (Reading texts
#           with `empty_as_string` helps them, and no numbers.) A list of models is read whole
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet pydantic-xml==2.22.0 pydantic==2.14.4 || exit 2
cat >try.py <<'PYTHON'
import sys
from typing import Optional

from pydantic_xml import BaseXmlModel, element

class Texts(BaseXmlModel, tag="message"):
    to: list[str] = element(default=[])
    text: str = element(default="")

class Numbers(BaseXmlModel, tag="message"):
    to: list[Optional[int]] = element(default=[], nillable=True)
    text: str = element(default="")

class Unordered(Numbers, tag="message", search_mode="unordered"):
    """Looks for each field wherever it is."""

class Recipient(BaseXmlModel, tag="to"):
    number: Optional[str] = None

class Models(BaseXmlModel, tag="message"):
    to: list[Recipient] = element(default=[])
    text: str = element(default="")

messages = [
    Texts(to=["600", "", "601"], text="hello"),
    Numbers(to=[600, None, 601], text="hello"),
    Unordered(to=[600, None, 601], text="hello"),
    Models(to=[Recipient(number=each) for each in ("600", None, "601")], text="hello"),
]
seen = []
for message in messages:
    written = message.to_xml().decode()
    read = type(message).from_xml(written)
    seen.append(([getattr(each, "number", each) for each in read.to], read.text, written.count("<to"), read == message))
    print(f"{type(message).__name__} writes {written}\n    and reads to={seen[-1][0]}, text={read.text!r}")
wanted = [(["600"], "", 3, False), ([600], "", 3, False), ([600], "hello", 3, False), (["600", None, "601"], "hello", 3, True)]
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
