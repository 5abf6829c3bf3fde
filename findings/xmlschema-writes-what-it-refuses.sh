#!/usr/bin/env bash
# xmlschema 4.3.2 (PyPI): a Decimal is encoded by a schema that says xs:decimal, strictly
#
# Expected: digits, a point and digits: an xs:decimal has no exponent. If it cannot be written so, an error, since what is
#           encoded is validated
# Seen:     Python's own notation, which has an exponent whenever the number is small, or was made with one: a price of
#           0.0000001 is 1E-7, and 100 that went through normalize() is 1E+2. No error is raised; the very schema that wrote
#           it finds it invalid when it is read, and so does lxml
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet xmlschema==4.3.2 elementpath==5.1.4 lxml==6.1.3 || exit 2
cat >try.py <<'PYTHON'
import sys
from decimal import Decimal

import xmlschema
from lxml import etree

TEXT = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="price" type="xs:decimal"/>
</xs:schema>"""
schema, other = xmlschema.XMLSchema(TEXT), etree.XMLSchema(etree.fromstring(TEXT))
seen = []
for price in (Decimal("100"), Decimal("100").normalize(), Decimal("0.5") * 200, Decimal("0.000001"), Decimal("0.000001") / 10):
    element = schema.encode(price, path="price", validation="strict")
    read_by_itself, read_by_other = schema.is_valid(element), other.validate(etree.fromstring(f"<price>{element.text}</price>"))
    seen.append((element.text, read_by_itself, read_by_other))
    print(f"{price:f} is written as {element.text}: {'valid' if read_by_itself else 'invalid'}, by lxml {'valid' if read_by_other else 'invalid'}")
wanted = [("100", True, True), ("1E+2", False, False), ("100.0", True, True), ("0.000001", True, True), ("1E-7", False, False)]
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
