"""How the rows of a list are written, as its first row shows it, and what finds all rows that are written so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from afilnet_protocols.catalogue import Field, Kind, Operation
from afilnet_protocols.patterns import late

LONGEST_FRAME = 4096
"""How long a frame may be that is remembered, in bytes: that of the sandbox has 300."""

# Characters that XML allows as they are; a carriage return, which a parser would change, is not among them.
_TEXT = r"[^<>\x00-\x08\x0b-\x1f\ufffe\uffff]*+"
_WORD = r"[^<>&\x00-\x20\ufffe\uffff]++"
_PATTERNS = {
    Kind.ID: _WORD,
    Kind.PLATFORM: _WORD,
    Kind.TEXT: _TEXT,
    Kind.FLAG: r"true|false|1|0",
    Kind.TIMESTAMP: r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}",
}
_NAME = rb"(?:[A-Za-z_][A-Za-z0-9_-]{0,63}:)?[A-Za-z_][A-Za-z0-9_-]{0,63}"
_ATTRIBUTES = rb"(?:[ \t\r\n]++[A-Za-z_][A-Za-z0-9_:-]{0,99}=\"[^\"<>&\x80-\xff]{0,255}\")*+"
_ROW_BEGINS = late(rb"([ \t\r\n]*+)<(%b)(%b)>(?=[ \t\r\n]*+<)" % (_NAME, _ATTRIBUTES))
_FIELD_STANDS = late(rb"([ \t\r\n]*+)<(%b)(%b)(?:/>|>[^<>]*+</\2>)" % (_NAME, _ATTRIBUTES))
_ROW_ENDS = late(rb"([ \t\r\n]*+)</(%b)>" % _NAME)


class _Element(msgspec.Struct, frozen=True):
    """How an element is written."""

    blank: bytes
    name: bytes
    attributes: bytes

    @property
    def opening(self) -> bytes:
        """Its start tag, without its end."""
        return b"<%b%b" % (self.name, self.attributes)

    @property
    def closing(self) -> bytes:
        """Its end tag."""
        return b"</%b>" % self.name


class Form(msgspec.Struct, frozen=True):
    """How all rows of an answer are written.

    Attributes:
        row: the element of a row.
        fields: those in it.
        order: the places of the catalogue's fields among them.
        end: what stands before the end of a row.
    """

    row: _Element
    fields: tuple[_Element, ...]
    order: tuple[int, ...]
    end: bytes

    def written(self, texts: Sequence[bytes]) -> bytes:
        """Return a row of these texts, in the catalogue's order."""
        inside = dict(zip(self.order, texts, strict=True))
        parts = [
            b"%b%b>%b%b" % (field.blank, field.opening, inside[place], field.closing)
            for place, field in enumerate(self.fields)
        ]
        return b"%b%b>%b%b%b" % (self.row.blank, self.row.opening, b"".join(parts), self.end, self.row.closing)


def form_of(operation: Operation[object], body: bytes) -> tuple[Form, int] | None:
    """Return how the first row of an answer is written, and where it begins, with the blanks before it.

    Nothing is returned if it is not among the first bytes, or does not hold the operation's fields, each once.
    """
    names = [field.wire.encode() for field in operation.fields]
    for begins in _ROW_BEGINS.finditer(body, 0, LONGEST_FRAME):
        fields: list[_Element] = []
        at = begins.end()
        while len(fields) < len(names) and (stands := _FIELD_STANDS.match(body, at)) is not None:
            fields.append(_Element(*stands.group(1, 2, 3)))
            at = stands.end()
        ends = _ROW_ENDS.match(body, at)
        found = [field.name.rpartition(b":")[2] for field in fields]
        if ends is not None and ends[2] == begins[2] and sorted(found) == sorted(names):
            order = tuple(found.index(name) for name in names)
            return Form(_Element(*begins.group(1, 2, 3)), tuple(fields), order, ends[1]), begins.start()
    return None


@lru_cache(maxsize=64)
def pattern(form: Form, fields: tuple[Field, ...]) -> re.Pattern[str]:
    """Return what finds the texts of one row after the other, and at last all that is no such row."""
    kinds = dict(zip(form.order, (field.kind for field in fields), strict=True))
    parts = [_field(element, kinds[place]) for place, element in enumerate(form.fields)]
    begins, ends = form.row.opening + b">", form.end + form.row.closing
    # Blanks between rows may differ: before the first there are often none.
    return re.compile(rf"[ \t\r\n]*+{_exactly(begins)}{''.join(parts)}{_exactly(ends)}|((?s:.+))")


def _field(element: _Element, kind: Kind) -> str:
    whole = f"{_exactly(element.opening)}>({_PATTERNS[kind]}){_exactly(element.closing)}"
    return _exactly(element.blank) + (f"(?:{whole}|{_exactly(element.opening)}/>)" if kind is Kind.TEXT else whole)


def _exactly(written: bytes) -> str:
    return re.escape(written.decode())
