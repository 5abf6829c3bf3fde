"""From the elements of an answer to mappings, lists and texts. Nothing that holds anything is left out.

A description says which texts are encoded, and around which of them blanks do not count; it does not say what is read.
What it does not know, in another namespace, or in another order, is read by its own form. zeep would drop it: it wants
fields in one order and knows no new ones, turns an empty text into ``None``, a number that it cannot read into
``None``, every flag but ``true`` and ``1`` into ``False``, and takes 100 µs a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from lxml import etree
from zeep import xsd
from zeep.xsd.elements import All, Sequence

from afilnet_protocols.wire.malformed import Malformed
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.soap.typed_text import BLANK, mark, text_of
from afilnet_protocols.wire.soap.types import Text, binary_fields, named
from afilnet_protocols.wire.soap.wsdl import SOAP_ENCODING, XSI

_STRUCTURAL = frozenset({"id", "root", "type", "nil", "position", "offset", "arraytype", "encodingstyle"})
"""Attributes that say how an element is written, not what it holds. References are followed before, and gone."""


class Shape(msgspec.Struct):
    """How a description says that an element is written.

    Attributes:
        fields: the elements in it by local name, if it is a plain row of such.
        text: how a text is written, if it holds one.
        encoded: the names of the fields at any depth below that are base64Binary or hexBinary, where it is no row.
        namespaces: the namespaces that its fields are declared in.
    """

    fields: dict[str, Shape] = msgspec.field(default_factory=dict)
    text: Text | None = None
    encoded: Mapping[str, str] = msgspec.field(default_factory=dict)
    namespaces: frozenset[str | None] = frozenset({None})


def shape_of(element: Any) -> Shape:
    """Return how an answer is described.

    Args:
        element: zeep's view of the element that the body of an answer holds.
    """
    return _shape(element.type, {})


def _shape(kind: Any, known: dict[int, Shape]) -> Shape:
    if id(kind) in known:
        return known[id(kind)]
    shape = known[id(kind)] = Shape()
    if not isinstance(kind, xsd.ComplexType):
        shape.text = Text.of(kind) if isinstance(kind, xsd.AnySimpleType | Text) else None
    elif isinstance(kind._element, xsd.Element):
        shape.text = Text.of(kind._element.type)
    else:
        fields = _row(kind)
        shape.fields = {field.name: _shape(field.type, known) for field in fields}
        shape.namespaces = frozenset({None, *(field.qname.namespace for field in fields)})
        shape.encoded = {} if fields else binary_fields(kind)
    return shape


def _row(kind: Any) -> list[Any]:
    """Return the fields of a type that is a plain row of them; none if it is not."""
    content = kind._element
    is_row = isinstance(content, Sequence | All) and not content.accepts_multiple and kind._array_type is None
    fields = named(content) if is_row else []
    single = all(isinstance(field, xsd.Element) and not field.accepts_multiple for field in fields)
    return fields if single and len({field.name for field in fields}) == len(fields) else []


def read(answer: etree._Element, shape: Shape) -> object:
    """Read an element.

    Args:
        answer: the element.
        shape: how it is described.

    Returns:
        Mappings by folded name, lists and texts; ``None`` inside them is an element that is ``xsi:nil``. A name that
        stands several times in a mapping has a list of its values.

    Raises:
        Malformed: text stands among elements, or elements stand in a text, or nothing in something; a text is not
            encoded as it says; or its status is of another namespace than what is around it.
    """
    return _read(answer, shape, (etree.QName(answer).namespace or "",))


def _read(element: etree._Element, shape: Shape, around: tuple[str | None, ...]) -> object:
    if _is_nil(element):
        return None
    if shape.text is not None:
        return _text(element, shape.text)
    if not shape.fields or not len(element):
        mark(element, types={}, fields=shape.encoded)
        return loose(element)
    _refuse_mixed(element)
    pairs = []
    for child in element:
        name = etree.QName(child)
        if name.localname == "status" and _is_foreign(name.namespace, (*around, *shape.namespaces)):
            # Whoever added it did not write the rest: it confirms nothing.
            raise Malformed("its status is of another namespace than the rest")
        known = shape.fields.get(name.localname)
        pairs.append((child.tag, _loose_or_nil(child) if known is None else _read(child, known, around)))
    return _gathered(pairs)


def _text(element: etree._Element, described: Text) -> object:
    if len(element):
        raise Malformed("elements stand where a text must be")
    text = text_of(element, described.binary)
    return _leaf(element, text.strip(BLANK) if described.collapse and not described.binary else text)


def _is_foreign(namespace: str | None, known: tuple[str | None, ...]) -> bool:
    """Whether a namespace is neither the answer's, the description's, nor none: services differ between those."""
    return namespace not in known


def loose(element: etree._Element) -> object:
    """Read an element without knowing its type: texts, arrays (SOAP 1.1 §5.4.2), PHP's maps, or fields by name."""
    kind = element.get(f"{{{XSI}}}type", "").rpartition(":")[2]
    is_array = kind == "Array" or element.get(f"{{{SOAP_ENCODING}}}arrayType") is not None
    children = list(element)
    if not children and (not (is_array or kind == "Map") or (element.text or "").strip(BLANK)):
        return _leaf(element, text_of(element))
    _refuse_mixed(element)
    if is_array:
        return [_loose_or_nil(child) for child in children]
    if all(_local(child) == "item" and [_local(part) for part in child] == ["key", "value"] for child in children):
        return _unique((fold(text_of(child[0])), _loose_or_nil(child[1])) for child in children)
    # Most children are texts without attributes: they are not worth a call.
    return _gathered(
        [
            (child.tag, child.text or "" if not len(child) and not child.keys() else _loose_or_nil(child))
            for child in children
        ]
    )


def _gathered(pairs: list[tuple[Any, object]]) -> dict[str, object]:
    """Return values by folded name; those of a name that stands several times as a list."""
    found = {_field(tag): value for tag, value in pairs}
    if len(found) == len(pairs):
        return found
    several: dict[str, list[object]] = {}
    for tag, value in pairs:
        several.setdefault(_field(tag), []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in several.items()}


def _leaf(element: etree._Element, text: str) -> object:
    """Return the text of an element without children; if it has none, what stands in its attributes, if anything."""
    if text:
        return text
    inside = {fold(str(name)): value for name, value in element.items() if not str(name).startswith("{")}
    return {name: value for name, value in inside.items() if name not in _STRUCTURAL} or text


def _is_nil(element: etree._Element) -> bool:
    """Whether an element says that it has no value (XML Schema Part 1 §2.6.2).

    Raises:
        Malformed: it says so and has one.
    """
    if element.get(f"{{{XSI}}}nil", "").strip(BLANK) not in ("true", "1"):
        return False
    if len(element) or (element.text or "").strip(BLANK):
        raise Malformed("an element says that it is nil, and holds something")
    return True


def _loose_or_nil(element: etree._Element) -> object:
    return None if _is_nil(element) else loose(element)


def _unique(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise Malformed("a field stands twice in one record")
        found[name] = value
    return found


def _refuse_mixed(element: etree._Element) -> None:
    if (element.text or "").strip(BLANK) or any((child.tail or "").strip(BLANK) for child in element):
        raise Malformed("text stands among elements")


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


@lru_cache(maxsize=1024)
def _field(tag: str) -> str:
    return fold(tag.rpartition("}")[2])
