"""JSON answers of exactly the documented shape, decoded at once into records: a tenth of the strict reader's time.

An answer is taken here only if the strict reader would read it alike, and that is proved. The types prove
that every field is there, that no other is, and that each value is of its kind; msgspec refuses what is not JSON in
UTF-8. What it would let pass, a name that stands twice, shows in the number of quotation marks: a document with a name
more than its records need has two marks more. Whatever is not proved is the strict reader's to read or to refuse.

What is decoded are rows: the record's own fields under the wire's names, with the timestamp still a text. A row whose
timestamp is read becomes the record in place, by its class; a second object for each record would cost as much again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from afilnet_protocols.catalogue import Kind, Operation
from afilnet_protocols.vocabulary import Platform

R = TypeVar("R")

_Id = Annotated[str, msgspec.Meta(min_length=1)]
_TYPES: dict[Kind, Any] = {
    Kind.ID: _Id,
    Kind.PLATFORM: Platform,
    Kind.TEXT: str,
    Kind.FLAG: bool,
    Kind.TIMESTAMP: str,
}

_STATUS_MARKS = 4
"""The quotation marks of ``"status"`` and ``"SUCCESS"``."""

_LIST_MARKS = _STATUS_MARKS + 4
"""Those, and the ones of ``"result"`` and ``"list"``."""

_BACKSLASH = ord("\\")
"""As a number, for of a piece of one byte Python first tries to make a number, fails, and makes an error of it."""

_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_MOMENT = b"0000-00-00 00:00:00\n"
"""The documented form of a timestamp, every digit made a nought, in a line of its own."""


_ROWS = 1000
"""How many rows are made records at a time."""


class _Moments(msgspec.Struct, gc=False):
    """What msgspec makes of timestamps: in half the time of ``datetime.fromisoformat``, and equal in their form."""

    of: list[datetime]


class Shape:
    """The exact form of one operation's list, made from the catalogue."""

    def __init__(self, operation: Operation[object]) -> None:
        self.operation = operation
        self._record = operation.record
        self._timed = any(field.kind is Kind.TIMESTAMP for field in operation.fields)
        self._marks = sum(2 if field.kind is Kind.FLAG else 4 for field in operation.fields)
        fields = [(field.name, _TYPES[field.kind]) for field in operation.fields]
        names = {field.name: field.wire for field in operation.fields}
        row = _struct("Row", fields, bases=(operation.record,), rename=names, frozen=False)
        result = _struct("Result", [("list", list[row])])  # type: ignore[valid-type]  # made from data, not declared
        self._decode = _decoder(_struct("Envelope", [("status", Literal["SUCCESS"]), ("result", result)]))

    def read(self, body: bytes) -> Any:
        """Return the records of an answer, or ``None`` if it is not proved to have this shape."""
        try:
            rows = self._decode(body).result.list
            if not _has_only(_LIST_MARKS + self._marks * len(rows), body):
                return None
            record = self._record
            if self._timed:
                for some in map(rows.__getitem__, _slices(len(rows))):
                    for row, moment in zip(some, _moments([row.timestamp for row in some]), strict=True):
                        row.timestamp = moment
                        row.__class__ = record
            else:
                for row in rows:
                    row.__class__ = record
        except (msgspec.MsgspecError, ValueError, TypeError):
            # A TypeError would come from Python, if rows and records no longer had one layout.
            return None
        return rows


def read_exact(operation: Operation[R], body: bytes) -> R | None:
    """Return the records of an answer that has exactly the documented shape, ``None`` for every other."""
    shape = _SHAPES.get(operation.method)
    if shape is None or shape.operation is not operation:
        shape = _SHAPES[operation.method] = Shape(operation)
    records: R | None = shape.read(body)
    return records


def is_confirmation(body: bytes) -> bool:
    """Return whether an answer says ``SUCCESS`` and nothing else, once."""
    try:
        _confirmation()(body)
    except (msgspec.MsgspecError, ValueError):
        return False
    return _has_only(_STATUS_MARKS, body)


def _has_only(marks: int, body: bytes) -> bool:
    """Whether a valid document has no more quotation marks around its strings than those it cannot be without."""
    found = body.count(b'"')
    if found != marks and _BACKSLASH in body:
        # A mark inside a string stands behind a backslash, unless that backslash is itself the second of a pair.
        found -= body.replace(b"\\\\", b"").count(b'\\"')
    return found == marks


def _slices(rows: int) -> Iterable[slice]:
    """Return slices of so many rows, small enough for the processor's caches: a long list would wait for its memory."""
    return (slice(start, start + _ROWS) for start in range(0, rows, _ROWS))


def _moments(written: list[str]) -> list[datetime]:
    """Return what timestamps say.

    Raises:
        ValueError: one is not of the documented form.
        MsgspecError: one is no moment.
    """
    # A text with the end of a line in it makes a line too many.
    if "\n".join(written).encode().translate(_DIGITS) != (_MOMENT * len(written))[:-1]:
        raise ValueError
    return msgspec.convert({"of": written}, _Moments).of


def _struct(name: str, fields: list[tuple[str, Any]], **options: Any) -> type[msgspec.Struct]:
    # Rows hold texts and flags only, so the garbage collector has nothing to find in them.
    return msgspec.defstruct(name, fields, forbid_unknown_fields=True, gc=False, **options)


def _decoder(form: type[msgspec.Struct]) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(form).decode


@cache
def _confirmation() -> Callable[[bytes], Any]:
    return _decoder(_struct("Confirmation", [("status", Literal["SUCCESS"])]))


_SHAPES: dict[str, Shape] = {}
