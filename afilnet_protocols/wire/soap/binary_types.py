"""The types of a description whose texts are written as bytes."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from afilnet_protocols.wire.soap.namespaces import XSD

BINARY: Mapping[str, str] = {"base64Binary": "base64Binary", "base64": "base64Binary", "hexBinary": "hexBinary"}
"""The types of texts that are written as bytes, by name; ``base64`` is the SOAP encoding's (SOAP 1.1 §5.2.3)."""


def binary_types(tree: etree._Element) -> dict[str, str]:
    """Return the named types that are derived from base64Binary or hexBinary, by whatever number of steps."""
    bases = {
        name: step.get("base", "").rpartition(":")[2]
        for step in tree.iter(f"{{{XSD}}}restriction", f"{{{XSD}}}extension")
        if (name := _named_around(step))
    }
    found: dict[str, str] = {}
    for name in bases:
        base, steps = bases[name], len(bases)
        while base in bases and base not in BINARY and steps:
            base, steps = bases[base], steps - 1
        if base in BINARY:
            found[name] = BINARY[base]
    return found


def _named_around(step: etree._Element) -> str | None:
    """Return the name of the simple type, or the complex type with simple content, that a derivation stands in."""
    around = step.getparent()
    if around is not None and around.tag == f"{{{XSD}}}simpleContent":
        around = around.getparent()
    is_type = around is not None and around.tag in (f"{{{XSD}}}simpleType", f"{{{XSD}}}complexType")
    return around.get("name") if around is not None and is_type else None
