"""Unions of texts that are all enumerated, said as one enumeration: zeep forgets what a union is called."""

from __future__ import annotations

from lxml import etree

from afilnet_protocols.wire.soap.namespaces import XSD

_X = f"{{{XSD}}}"
_STEPS = (f"{_X}restriction", f"{_X}union")

_Kinds = dict[str, etree._Element]
"""Global simple types by their names in Clark notation."""


def enumerate_unions(schemas: list[etree._Element]) -> None:
    """Let each union that enumerates all its texts be one restriction that does.

    Args:
        schemas: the roots of all schemas of a description; they are changed.
    """
    kinds = {
        _clark(schema.get("targetNamespace", ""), kind.get("name", "")): kind
        for schema in schemas
        for kind in schema.iterchildren(f"{_X}simpleType")
    }
    for schema in schemas:
        for union in list(schema.iter(f"{_X}union")):
            around = union.getparent()
            texts = None if around is None else _texts(around, kinds)
            if texts:
                _enumerate(union, texts)


def _texts(kind: etree._Element | None, kinds: _Kinds, around: tuple[etree._Element, ...] = ()) -> list[str] | None:
    """Return the texts of a simple type; ``None`` if there may be others, or nobody knows which."""
    step = None if kind is None or kind in around else next(kind.iterchildren(*_STEPS), None)
    if kind is None or step is None:
        return None
    texts = [each.get("value", "") for each in step.iterchildren(f"{_X}enumeration")]
    if texts:
        return texts
    members = [kinds.get(name) for name in _named(step)]
    found = [_texts(each, kinds, (*around, kind)) for each in (*members, *step.iterchildren(f"{_X}simpleType"))]
    return None if None in found else [text for inside in found for text in inside or ()]


def _named(step: etree._Element) -> list[str]:
    written = (step.get("memberTypes") or step.get("base") or "").split()
    parted = [name.rpartition(":") for name in written]
    return [_clark(step.nsmap.get(prefix or None) or "", local) for prefix, _, local in parted]


def _enumerate(union: etree._Element, texts: list[str]) -> None:
    prefix = next(name for name, space in union.nsmap.items() if space == XSD)
    for each in list(union):
        union.remove(each)
    union.attrib.clear()
    union.tag = f"{_X}restriction"
    union.set("base", f"{prefix}:string" if prefix else "string")
    for text in dict.fromkeys(texts):
        etree.SubElement(union, f"{_X}enumeration", value=text)


def _clark(space: str, local: str) -> str:
    return f"{{{space}}}{local}"
