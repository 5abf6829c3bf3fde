"""`joined`: one WSDL of several, put together as texts, so that each part keeps what it means.

What ``wsdl:import`` brought is named in the first document's namespace, since a WSDL 1.1 document has only one (WSDL
1.1 §2.1.1). Each part keeps all its own declarations of namespaces: names inside attributes depend on their prefixes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

from lxml import etree

from afilnet_protocols.wire.soap.namespaces import WSDL
from afilnet_protocols.wire.soap.not_usable import NotUsable

_ORDER = ("documentation", "types", "message", "portType", "binding", "service")

_REFERRING = {
    "type": ("binding",),
    "binding": ("port",),
    "message": ("input", "output", "fault", "header", "headerfault"),
}
"""The attributes that name a part of a WSDL, and the elements that they stand on (WSDL 1.1 §2.4, §2.5, §2.7, §3.7)."""


def joined(root: etree._Element, definitions: Sequence[etree._Element], schemas: Sequence[str]) -> bytes:
    """Return one document, in UTF-8: the first one's root with the parts of all.

    Args:
        root: that of the first document.
        definitions: the roots of all, that one among them; they are changed.
        schemas: all schemas, each as :func:`schema_text` gives it.

    Raises:
        NotUsable: the parts of different documents cannot be told apart in one namespace.
    """
    space = root.get("targetNamespace")
    others = {each.get("targetNamespace") for each in definitions} - {space}
    if others and not space:
        raise NotUsable("its first document has no targetNamespace, in which the parts of the others could be named")
    prefix = _free_prefix(definitions)
    written = [("types", _enclosed(root, "types", schemas))] if schemas else []
    named: set[tuple[str, str]] = set()
    for each in definitions:
        for part in each.iterchildren(etree.Element):
            kind = etree.QName(part).localname
            if kind == "types" or (kind == "documentation" and each is not root):
                continue
            _refuse_twins(kind, part.get("name"), named)
            _rename(part, others, prefix)
            written.append((kind, _text(part)))
    written.sort(key=lambda part: _ORDER.index(part[0]) if part[0] in _ORDER else _ORDER.index("types"))
    text = _enclosed(root, None, [text for _, text in written], declaring=(prefix, space or "") if others else None)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def schema_text(schema: etree._Element, space: str | None) -> str:
    """Return a schema as text; one that is included without a namespace of its own has the including one's.

    XML Schema Part 1 §4.2.1: its references without a prefix then mean that namespace, too.
    """
    if space is None or schema.get("targetNamespace") is not None:
        return _text(schema)
    schema.set("targetNamespace", space)
    return _text(schema, default=space)


def _refuse_twins(kind: str, name: str | None, named: set[tuple[str, str]]) -> None:
    if name is None:
        return
    if (kind, name) in named:
        raise NotUsable(f"two of its documents describe a {kind} of one name")
    named.add((kind, name))


def _rename(part: etree._Element, spaces: set[str | None], prefix: str) -> None:
    """Let names of other WSDL documents' parts be names in the first one's namespace, which has this prefix."""
    for element in part.iter(etree.Element):
        for attribute, elements in _REFERRING.items():
            value = element.get(attribute)
            if value is None or etree.QName(element).localname not in elements:
                continue
            before, _, name = value.strip().rpartition(":")
            if element.nsmap.get(before or None) in spaces:
                element.set(attribute, f"{prefix}:{name}")


def _text(element: etree._Element, *, default: str = "") -> str:
    """Return an element as text that means the same wherever it stands."""
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    return text if None in element.nsmap else _declared(text, None, default)


def _enclosed(
    root: etree._Element, child: str | None, inside: Sequence[str], *, declaring: tuple[str, str] | None = None
) -> str:
    """Return the root, or an element of its namespace, with other texts inside."""
    tag = root.tag if child is None else f"{{{WSDL}}}{child}"
    # lxml takes None for the default namespace, as it gives it.
    empty = etree.Element(tag, nsmap=cast("dict[str, str]", root.nsmap))
    for name, value in root.items() if child is None else ():
        empty.set(name, value)
    text = etree.tostring(empty, encoding="unicode")
    if declaring is not None:
        text = _declared(text, *declaring)
    start = re.split(r"[\s/>]", text[1:], maxsplit=1)[0]
    return "\n".join([f"{text.removesuffix('/>')}>", *inside, f"</{start}>"])


def _declared(text: str, prefix: str | None, space: str) -> str:
    """Return an element's text with one more declaration of a namespace on it."""
    quoted = space.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    name = f"xmlns:{prefix}" if prefix else "xmlns"
    return re.sub(r"^<[^\s/>]+", lambda found: f'{found.group()} {name}="{quoted}"', text, count=1)


def _free_prefix(roots: Sequence[etree._Element]) -> str:
    taken = set(_prefixes(roots))
    return next(name for name in (f"joined{number}" for number in range(len(taken) + 1)) if name not in taken)


def _prefixes(roots: Sequence[etree._Element]) -> Iterator[str | None]:
    for root in roots:
        for element in root.iter(etree.Element):
            yield from element.nsmap
