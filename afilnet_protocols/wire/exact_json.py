"""JSON answers of exactly the documented shape, decoded at once into records: a tenth of the strict reader's time.

An answer is taken here only if the strict reader would read it alike, and that is proved. The types prove
that every field is there, that no other is, and that each value is of its kind; msgspec refuses what is not JSON in
UTF-8. What it would let pass, a name that stands twice, shows in the number of quotation marks: a document with a name
more than its records need has two marks more. Whatever is not proved is the strict reader's to read or to refuse.

What is decoded are rows: the record's own fields under the wire's names, with the timestamp still a text. A row whose
timestamp is read becomes the record in place, by its class; a second object for each record would cost as much again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, TypeVar

import msgspec

from afilnet_protocols.catalogue import Kind, Operation
from afilnet_protocols.vocabulary import Platform
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.verdict import confirms

R = TypeVar("R")

_Id = Annotated[str, msgspec.Meta(min_length=1)]
_TYPES: dict[Kind, Any] = {
    Kind.ID: _Id,
    Kind.PLATFORM: Platform,
    Kind.TEXT: str,
    Kind.FLAG: bool,
    Kind.TIMESTAMP: str,
}

_ENVELOPE_STRINGS = 4
"""``"status"``, ``"SUCCESS"``, ``"result"`` and ``"list"``."""

_BACKSLASH = ord("\\")
"""As a number, for of a piece of one byte Python first tries to make a number, fails, and makes an error of it."""

_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_MOMENT = b"0000-00-00 00:00:00\n"
"""The documented form of a timestamp, every digit made a nought, in a line of its own."""
_timestamp = attrgetter("timestamp")


class Shape:
    """The exact form of one operation's list, made from the catalogue.

    Args:
        operation: an operation that answers records.
    """

    def __init__(self, operation: Operation[object]) -> None:
        self.operation = operation
        self._timed = any(field.kind is Kind.TIMESTAMP for field in operation.fields)
        self._strings = sum(1 if field.kind is Kind.FLAG else 2 for field in operation.fields)
        fields = [(field.name, _TYPES[field.kind]) for field in operation.fields]
        names = {field.name: field.wire for field in operation.fields}
        row = _struct("Row", fields, bases=(operation.record,), rename=names, frozen=False)
        result = _struct("Result", [("list", list[row])])  # type: ignore[valid-type]  # made from data, not declared
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
            _struct("Envelope", [("status", str), ("result", result)])
        )

    def read(self, body: bytes) -> Any:
        """Return the records of an answer, or ``None`` if it is not proved to have this shape."""
        try:
            envelope = self._decoder.decode(body)
            rows = envelope.result.list
            if envelope.status != "SUCCESS" or _strings_in(body) != _ENVELOPE_STRINGS + self._strings * len(rows):
                return None
            return self._records(rows)
        except (msgspec.MsgspecError, ValueError, TypeError):
            # A TypeError would come from Python, if rows and records no longer had one layout.
            return None

    def _records(self, rows: list[Any]) -> list[object]:
        """Make the rows records.

        Raises:
            ValueError: a timestamp is not of the documented form, or no moment.
            TypeError: a row cannot become a record, because the two have different layouts.
        """
        record = self.operation.record
        if self._timed:
            for row, moment in zip(rows, _moments(map(_timestamp, rows)), strict=True):
                row.timestamp = moment
                row.__class__ = record
        else:
            for row in rows:
                row.__class__ = record
        return rows


def read_exact(operation: Operation[R], reply: Reply) -> R | None:
    """Return the records of an answer that has exactly the documented shape, ``None`` for every other answer."""
    shape = _SHAPES.get(operation.method)
    if shape is None or shape.operation is not operation:
        if operation.record is None:
            return None
        shape = _SHAPES[operation.method] = Shape(operation)
    records: R | None = shape.read(reply.body) if confirms(reply) else None
    return records


def _strings_in(body: bytes) -> float:
    """Return how many strings, names included, a valid document holds."""
    marks = body.count(b'"')
    if _BACKSLASH in body:
        # A mark inside a string stands behind a backslash, unless that backslash is itself the second of a pair.
        marks -= body.replace(b"\\\\", b"").count(b'\\"')
    return marks / 2


def _moments(values: Iterable[str]) -> Iterable[datetime]:
    """Return what timestamps say.

    Raises:
        ValueError: one is not of the documented form, or no moment.
    """
    written = list(values)
    # A text with the end of a line in it makes a line too many.
    if "\n".join(written).encode().translate(_DIGITS) != (_MOMENT * len(written))[:-1]:
        raise ValueError
    return map(datetime.fromisoformat, written)


def _struct(name: str, fields: list[tuple[str, Any]], **options: Any) -> type[msgspec.Struct]:
    # Rows hold texts and flags only, so the garbage collector has nothing to find in them.
    return msgspec.defstruct(name, fields, forbid_unknown_fields=True, gc=False, **options)


_SHAPES: dict[str, Shape] = {}
