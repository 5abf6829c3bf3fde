"""From the elements of an answer to mappings, lists and texts. Nothing that holds anything is left out.

A description says which texts are encoded, and around which of them blanks do not count; it does not say what is read.
What it does not know, in another namespace, or in another order, is read by its own form. zeep would drop it: it wants
fields in one order and knows no new ones, turns an empty text into ``None``, a number that it cannot read into
``None``, every flag but ``true`` and ``1`` into ``False``, and takes 100 µs a record.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from lxml import etree

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.document.more_records import says_how_many, tell_of_more
from afilnet_protocols.wire.malformed import Malformed
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.soap.described import OF_RECORDS, Text
from afilnet_protocols.wire.soap.namespaces import SOAP_ENCODING, XSI
from afilnet_protocols.wire.soap.shape import Shape, is_name_read
from afilnet_protocols.wire.soap.typed_text import BLANK, drop_blanks, mark, text_of

_SIZE = late(r"(?:^|\[|[ ,])0*[1-9][0-9]*\]?\s*$", re.ASCII)
"""The end of ``Channel[2]``, ``Channel[3,2]``, ``2`` and ``* 2``."""

_SIZES = ("arrayType", "arraySize")
_NUMBERS = late(r"(?<![\w.])[0-9]{1,9}(?![\w.])", re.ASCII)

OF_RECORDS_ONLY = OF_RECORDS - {"status", "message", "name"}
"""Fields whose names mean nothing else in answers."""

_ERROR = "error"
"""What may hold elements though it is described as a text: a code and its description say what the code alone says."""

_OF_A_MESSAGE = "datetime"
"""What a message has, and no answer to a send."""

_STRUCTURAL = frozenset({"id", "root", "type", "nil", "position", "offset", "arraytype", "encodingstyle"})
"""Attributes that say how an element is written, not what it holds. References are followed before, and gone."""


def read(answer: etree._Element, shape: Shape, envelope: str = "") -> object:
    """Read an element.

    Args:
        answer: the element.
        shape: how it is described.
        envelope: the namespace of the envelope around it. Who writes that as the default one, and no prefixes, puts
            all that the answer holds into it without meaning to.

    Returns:
        Mappings by folded name, lists and texts; ``None`` inside them is an element that is ``xsi:nil``. A name that
        stands several times in a mapping has a list of its values.

    Raises:
        Malformed: text stands among elements, or elements stand in a text, or nothing in something; a text is not
            encoded as it says; or its status is of another namespace than what is around it.
    """
    return _read(answer, shape, (etree.QName(answer).namespace or "", envelope))


def _read(element: etree._Element, shape: Shape, around: tuple[str | None, ...]) -> object:
    if _is_nil(element):
        return None
    if shape.text is not None:
        return _text(element, shape.text)
    if not shape.fields or not len(element):
        mark(element, types={}, fields=shape.encoded)
        drop_blanks(element, shape.collapsed)
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
    return _gathered(pairs + _counts(element))


def _text(element: etree._Element, described: Text) -> object:
    if len(element):
        if is_read(element) and _field(str(element.tag)) != _ERROR:
            raise Malformed("elements stand where a text must be")
        return loose(element)
    text = _text_in(element, described.binary)
    return _leaf(element, text.strip(BLANK) if described.collapse and not described.binary else text)


def _text_in(element: etree._Element, declared: str | None = None) -> str:
    """Return a text, decoded; bytes that are none, such as a picture, as they are written where nobody reads them."""
    try:
        return text_of(element, declared)
    except Malformed:
        if is_read(element):
            raise
        return element.text or ""


def is_read(field: etree._Element) -> bool:
    """Whether what a field holds is handed out, or decides what became of a call. Others may hold what they like."""
    return is_name_read(_field(str(field.tag)))


def _is_foreign(namespace: str | None, known: tuple[str | None, ...]) -> bool:
    """Whether a namespace is neither the answer's, the description's, nor none: services differ between those."""
    return namespace not in known


def loose(element: etree._Element) -> object:
    """Read an element without knowing its type: texts, arrays (SOAP 1.1 §5.4.2), maps, or fields by name."""
    kind = element.get(f"{{{XSI}}}type", "").rpartition(":")[2]
    is_array = kind == "Array" or element.get(f"{{{SOAP_ENCODING}}}arrayType") is not None
    children = list(element)
    if not children and _says_members(element):
        raise Malformed("an array says that it has members, and holds none")
    if not children and (not (is_array or kind == "Map") or (element.text or "").strip(BLANK)):
        return _leaf(element, _text_in(element))
    _refuse_mixed(element)
    counts = _counts(element) if element.keys() else []
    if is_array and not counts:
        return [_loose_or_nil(child) for child in children]
    if all(_is_entry(child) for child in children):
        return _unique((fold(text_of(child[0])), _loose_or_nil(child[1])) for child in children)
    # Most children are texts without attributes: they are not worth a call.
    return _gathered(
        [
            (child.tag, child.text or "" if not len(child) and not child.keys() else _loose_or_nil(child))
            for child in children
        ]
        + counts
    )


def _is_entry(element: etree._Element) -> bool:
    """Whether an element is a name and a value: as PHP and Axis write maps, JAXB (``entry``), and .NET."""
    name = _local(element)
    return (name in ("item", "entry") or name.startswith("KeyValueOf")) and [
        _local(part).lower() for part in element
    ] == ["key", "value"]


def _counts(element: etree._Element) -> list[tuple[Any, object]]:
    """Return what attributes of a list say of how many there are: ``total="50"``, an array's size above its items."""
    if not element.keys():
        return []
    attributes = [(str(name), str(value)) for name, value in element.items()]
    told: list[tuple[Any, object]] = [
        (name, value)
        for name, value in attributes
        if says_how_many(fold(name)) and element.find(f"{{*}}{name}") is None
    ]
    size = max((_size(value) for name, value in attributes if _local_name(name) in _SIZES), default=0)
    told += [("total", size)] if size > len(element) else []
    return told + _fields_beside(element, attributes)


def _fields_beside(element: etree._Element, attributes: list[tuple[str, str]]) -> list[tuple[Any, object]]:
    """Return the fields of a record that stand in attributes, where others are elements, as .NET and Java may have it.

    What has no field of a record among its elements is none: a list may say whose it is, and an answer how it went.
    """
    beside = {name: value for written, value in attributes if (name := fold(written)) in OF_RECORDS}
    if not beside:
        return []
    inside = {_field(str(child.tag)) for child in element}
    if not any(_field(str(child.tag)) in OF_RECORDS_ONLY and not len(child) for child in element):
        return []
    if _OF_A_MESSAGE not in (*inside, *beside):
        inside.add("status")  # it confirms nothing
    return [(name, value) for name, value in beside.items() if name not in inside]


def _size(declared: str) -> int:
    """Return how many members ``Channel[3]``, ``Channel[3,2]`` or ``3 2`` says that there are; nought if none."""
    sizes = [int(digits) for digits in _NUMBERS.findall(declared.rpartition("[")[2])]
    return math.prod(sizes) if sizes else 0


def _local_name(name: object) -> str:
    return str(name).rpartition("}")[2]


def _says_members(element: etree._Element) -> bool:
    """Whether the attributes of an array say that it has members (SOAP 1.1 §5.4.2, SOAP 1.2 Part 2 §3.1.6)."""
    return any(_local_name(name) in _SIZES and _SIZE.search(str(value)) is not None for name, value in element.items())


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
    """Whether an element says that it has no value (XML Schema Part 1 §2.6.2)."""
    if element.get(f"{{{XSI}}}nil", "").strip(BLANK) not in ("true", "1"):
        return False
    if len(element) or (element.text or "").strip(BLANK) or _says_members(element) or _says_some(element):
        raise Malformed("an element says that it is nil, and holds something")
    return True


def _says_some(element: etree._Element) -> bool:
    """Whether an attribute says that there is at least one of what an element would hold."""
    told = [(fold(str(name)), str(value)) for name, value in element.items()]
    return tell_of_more([each for each in told if says_how_many(each[0])], 0)


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
