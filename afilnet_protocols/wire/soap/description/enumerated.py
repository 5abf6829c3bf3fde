"""The texts that simple types enumerate. Services whose words are Java's or .NET's names take no others."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from afilnet_protocols.wire.soap.namespaces import XSD

_X = f"{{{XSD}}}"

_Step = tuple[tuple[str, ...], str]
"""The texts that a derivation enumerates, and the name of the type that it builds upon."""


def enumerated_texts(schemas: Iterable[etree._Element]) -> dict[str, tuple[str, ...]]:
    """Return the texts of all simple types that enumerate some, or are derived from one that does.

    Args:
        schemas: the roots of all schemas of a description.

    Returns:
        The texts by the names of types in Clark notation. One without a name goes by that of its element, as zeep has
        it; where two have one name and differ, which texts there are is not known.
    """
    steps: dict[str, _Step] = {}
    doubtful = set[str]()
    for schema in schemas:
        for step in schema.iter(f"{_X}restriction"):
            name = _name_around(step, schema.get("targetNamespace", ""))
            if name is not None and steps.setdefault(name, _step(step)) != _step(step):
                doubtful.add(name)
    found = {name: _texts(name, steps) for name in steps if name not in doubtful}
    return {name: texts for name, texts in found.items() if texts}


def _step(step: etree._Element) -> _Step:
    prefix, _, base = step.get("base", "").rpartition(":")
    texts = tuple(each.get("value", "") for each in step.iterchildren(f"{_X}enumeration"))
    return texts, f"{{{step.nsmap.get(prefix or None) or ''}}}{base}"


def _name_around(step: etree._Element, space: str) -> str | None:
    """Return the name of the simple type that a restriction is, or of the element that this stands in."""
    kind = step.getparent()
    if kind is None or kind.tag != f"{_X}simpleType":
        return None
    around = kind.getparent()
    is_own = "name" in kind.attrib or around is None or around.tag != f"{_X}element"
    name = kind.get("name") if is_own else around.get("name") if around is not None else None
    return f"{{{space}}}{name}" if name else None


def _texts(name: str, steps: dict[str, _Step]) -> tuple[str, ...]:
    seen = set[str]()
    while name in steps and name not in seen and not steps[name][0]:
        seen.add(name)
        name = steps[name][1]
    return steps[name][0] if name in steps else ()
