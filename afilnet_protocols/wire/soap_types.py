"""How zeep reads and writes the texts of a SOAP message: exactly, where its own types change or lose them.

zeep's types turn an empty text into ``None``, a number that they cannot read into ``None``, every flag but ``true``
and ``1`` into ``False``, and ignore elements inside a text. They also demand that fields come in one order and that no
field is new, which no other protocol does. What a text means is not decided here but where the envelope is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from lxml import etree
from zeep import xsd
from zeep.xsd.context import XmlParserContext
from zeep.xsd.elements import All, Sequence
from zeep.xsd.valueobjects import CompoundValue

from afilnet_protocols.wire.soap_text import BLANK, binary_kind, encoded, mark, text_of
from afilnet_protocols.wire.soap_text import Malformed as Malformed
from afilnet_protocols.wire.wsdl import SOAP_ENCODING, XSI, NotUsable

_SEPARATORS = {ord(separator): None for separator in "_.-"}


class Nil:
    """Stands for an element that is there but ``xsi:nil``, where ``None`` is an element that is not there."""


class Text(xsd.String):  # type: ignore[misc] # zeep has no annotations
    """A text as it stands, without the blanks around it where its declared type says that they do not count."""

    collapse = False
    binary: str | None = None

    @classmethod
    def of(cls, declared: object) -> Text:
        """Return the type to read and write a value by that was declared to be of a simple type."""
        made = cls()
        made.collapse = isinstance(declared, xsd.AnySimpleType) and not isinstance(declared, xsd.String | Text)
        made.binary = declared.binary if isinstance(declared, Text) else binary_kind(declared)
        return made

    def xmlvalue(self, value: str) -> str:
        """Return a text as it is written."""
        return encoded(value, self.binary) if self.binary else value

    def parse_xmlelement(self, xmlelement: etree._Element, *_: object, **__: object) -> object:
        """Return the text of an element that must not have children."""
        if is_nil(xmlelement):
            return Nil
        if len(xmlelement):
            raise Malformed("elements stand where a text must be")
        text = text_of(xmlelement, self.binary)
        return text.strip(BLANK) if self.collapse and not self.binary else text


class Loose(xsd.AnyType):  # type: ignore[misc] # zeep has no annotations
    """What is read by its own form: what a description leaves open, and lists, where zeep takes 100 µs a record."""

    described: frozenset[str] | None = None
    complex = False
    binary: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def of(cls, declared: Any) -> Loose:
        """Return the type to read a value by that was declared to be of a complex type, or of any."""
        made = cls()
        made.complex = isinstance(declared, xsd.ComplexType)
        made.binary = _binary_fields(declared)
        content = getattr(declared, "_element", None)
        if isinstance(content, Sequence | All) and all(isinstance(part, xsd.Element) for part in _named(content)):
            made.described = frozenset(part.name for part in _named(content)) or None
        return made

    def parse_xmlelement(self, xmlelement: etree._Element, *_: object, **__: object) -> object:
        """Return what :func:`loose` makes of an element, without the fields that are not described."""
        if is_nil(xmlelement):
            return Nil
        for child in list(xmlelement) if self.described else ():
            if self.described and _local(child) not in self.described:
                xmlelement.remove(child)
        mark(xmlelement, types={}, fields=self.binary)
        if self.complex and not len(xmlelement):
            _refuse_mixed(xmlelement)
            return ""
        return loose(xmlelement)


class _NoTypes:
    """What zeep asks for types by name while it reads: an answer does not get to choose its types."""

    class settings:  # noqa: N801 -- zeep reads it by this name
        strict = True
        xsd_ignore_sequence_order = False

    def get_type(self, *_: object, **__: object) -> None:
        """Know no type."""


def fold(name: str) -> str:
    """Return a name without letter case and separators: ``Chat.SendMessage`` becomes ``chatsendmessage``."""
    return name.casefold().translate(_SEPARATORS)


def make_exact(element: Any) -> None:
    """Let zeep read an element, and all that may stand in it, exactly.

    Every part becomes optional: which fields are compulsory is the catalogue's to say, for all protocols alike.
    """
    todo, seen = [element], set()
    while todo:
        current = todo.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        kind = current.type
        if isinstance(kind, xsd.ComplexType):
            children = _fields(kind)
            if children is None:
                simple = isinstance(kind._element, xsd.Element)
                current.type = Text.of(kind._element.type) if simple else Loose.of(kind)
            else:
                todo += children
        elif not isinstance(kind, Text | Loose):
            current.type = Text.of(kind) if isinstance(kind, xsd.AnySimpleType) else Loose.of(kind)


def read(element: etree._Element, reader: Any) -> object:
    """Read an element by zeep's view of it, made exact before.

    Returns:
        Mappings by folded name, lists and texts; ``None`` inside them is an element that is ``xsi:nil``.

    Raises:
        Malformed: text stands among elements, or elements stand in a text.
        Exception: whatever zeep raises when the element does not fit its description.
    """
    _fit(element, reader.type, (etree.QName(element).namespace or "",))
    return _plain(reader.parse(element, _NoTypes(), allow_none=True, context=XmlParserContext()))


def loose(element: etree._Element) -> object:
    """Read an element without knowing its type: texts, arrays (SOAP 1.1 §5.4.2), PHP's maps, or fields by name."""
    kind = element.get(f"{{{XSI}}}type", "").rpartition(":")[2]
    is_array = kind == "Array" or element.get(f"{{{SOAP_ENCODING}}}arrayType") is not None
    children = list(element)
    if not children and not is_array and kind != "Map":
        return text_of(element)
    _refuse_mixed(element)
    if is_array:
        return [_loose_or_nil(child) for child in children]
    if all(_local(child) == "item" and [_local(part) for part in child] == ["key", "value"] for child in children):
        return _unique((fold(text_of(child[0])), _loose_or_nil(child[1])) for child in children)
    found: dict[str, list[object]] = {}
    for child in children:
        # Most children are texts without attributes: they are not worth a call.
        plain = not len(child) and not child.keys()
        found.setdefault(_field(child.tag), []).append(child.text or "" if plain else _loose_or_nil(child))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def is_nil(element: etree._Element) -> bool:
    """Whether an element says that it has no value (XML Schema Part 1 §2.6.2)."""
    return element.get(f"{{{XSI}}}nil", "").strip(BLANK) in ("true", "1")


def _fields(kind: Any) -> list[Any] | None:
    """Return the fields of a type that is a plain row of them, opened to be read exactly; ``None`` if it is not."""
    content = kind._element
    is_row = isinstance(content, Sequence | All) and not content.accepts_multiple and kind._array_type is None
    fields = _named(content) if is_row else []
    single = all(isinstance(field, xsd.Element) and not field.accepts_multiple for field in fields)
    if not fields or not single or len({field.name for field in fields}) < len(fields):
        return None
    # Fields that the description foresees without naming them are dropped like all that are not known, and so are
    # attributes: zeep logs what it cannot read of them.
    content[:] = fields
    kind._attributes = []
    for owner in (content, kind):
        for name in ("elements", "elements_nested", "attributes", "_attributes_unwrapped"):
            owner.__dict__.pop(name, None)
    for field in fields:
        field.min_occurs = 0
    return fields


def _binary_fields(declared: Any) -> dict[str, str]:
    """Return the fields anywhere in a type that are declared base64Binary or hexBinary, and which of the two.

    Raises:
        NotUsable: fields of one name are encoded in one place and not in another.
    """
    found: dict[str, set[str | None]] = {}
    todo, seen = [declared], set()
    while todo:
        kind = todo.pop()
        if id(kind) in seen or not isinstance(kind, xsd.ComplexType):
            continue
        seen.add(id(kind))
        for _, part in kind.elements_nested:
            for field in _elements_in(part):
                found.setdefault(field.name, set()).add(_binary_kind_of(field.type))
                todo.append(field.type)
    if any(len(kinds) > 1 and kinds != {None} for kinds in found.values()):
        raise NotUsable("fields of one name are base64Binary or hexBinary in one place, and something else in another")
    return {name: kind for name, (kind,) in ((name, tuple(kinds)) for name, kinds in found.items()) if kind}


def _elements_in(part: Any) -> list[Any]:
    if isinstance(part, xsd.Element):
        return [part]
    inside = part if isinstance(part, Iterable) else ()
    return [field for each in inside for field in _elements_in(each)]


def _binary_kind_of(kind: Any) -> str | None:
    if isinstance(kind, Text):
        return kind.binary
    if isinstance(kind, xsd.ComplexType) and isinstance(kind._element, xsd.Element):
        kind = kind._element.type
    return binary_kind(kind)


def _named(content: Any) -> list[Any]:
    """Return the parts of a type's content without the places that it leaves for anything."""
    return [part for part in content if not isinstance(part, xsd.Any)]


def _fit(element: etree._Element, kind: Any, namespaces: tuple[str, ...]) -> None:
    """Drop fields that are not described, and give the others the order and the namespace that zeep expects."""
    if not isinstance(kind, xsd.ComplexType):
        return
    _refuse_mixed(element)
    described = {field.name: (place, field) for place, (_, field) in enumerate(kind.elements)}
    places = []
    for child in list(element):
        name = etree.QName(child)
        place, field = described.get(name.localname, (-1, None))
        if field is None or not _belongs(name.namespace, (*namespaces, field.qname.namespace)):
            element.remove(child)
        else:
            # In xsd:all, zeep goes by qualified names; in xsd:sequence, by local ones.
            child.tag = field.qname.text
            _fit(child, field.type, namespaces)
            places.append(place)
    if places != sorted(places):
        element[:] = sorted(element, key=lambda child: described[_local(child)][0])


def _belongs(namespace: str | None, known: tuple[str, ...]) -> bool:
    """Whether a field's namespace is the description's, the answer's, or none: services differ there."""
    return namespace is None or namespace in known


def _plain(value: object) -> object:
    if value is Nil:
        return None
    if isinstance(value, CompoundValue):
        fields: Any = value
        return _unique((fold(name), _plain(fields[name])) for name in fields if fields[name] is not None)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _loose_or_nil(element: etree._Element) -> object:
    return None if is_nil(element) else loose(element)


def _unique(pairs: Any) -> dict[str, object]:
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
