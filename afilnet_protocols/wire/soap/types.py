"""What a description says of the type of a value, as far as it matters for the text that stands for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zeep import xsd

from afilnet_protocols.wire.soap.typed_text import binary_kind, encoded
from afilnet_protocols.wire.soap.wsdl import NotUsable


class Text(xsd.String):  # type: ignore[misc] # zeep has no annotations
    """A text as it stands: where zeep's own types change texts, or refuse them, this one writes what it is given.

    Attributes:
        collapse: whether blanks around it do not count.
        binary: ``base64Binary`` or ``hexBinary`` if it is written so.
    """

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


def binary_fields(declared: Any) -> dict[str, str]:
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


def named(content: Any) -> list[Any]:
    """Return the parts of a type's content without the places that it leaves for anything."""
    return [part for part in content if not isinstance(part, xsd.Any)]
