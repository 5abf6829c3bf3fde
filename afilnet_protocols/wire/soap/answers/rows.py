"""Lists in SOAP answers: rows that are all written alike are read directly, all that is around them by the parser.

How rows are written is told by the first: the element, the fields in it, their attributes, prefixes and order, and the
blanks between them. A row is plain if it is written so and its fields hold nothing but text. Such text is well-formed
wherever an element may stand, so an answer can be taken apart: its plain rows, and the frame around them, to which its
content type belongs. The frame is proved once: with rows put into it that are written alike and whose meaning is known,
the parser must read exactly these rows from it. From then on, such rows in the same frame mean what they say. Every
other answer (rows that differ, a frame that is long, new or not proved, a fault, an error) is the parser's to read, or
to refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import cast

import msgspec

from afilnet_protocols.catalogue import Kind, Operation
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.patterns import late
from afilnet_protocols.records import PartialList
from afilnet_protocols.vocabulary import Platform, platform_of
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.soap.answers.row_form import LONGEST_FRAME, Form, form_of, pattern
from afilnet_protocols.wire.soap.strict_xml import ANSWER
from afilnet_protocols.wire.verdict import confirms

MOST_FRAMES = 64
"""How many frames are remembered. A service has one for each operation, or two where it writes a lone row otherwise."""

_LONGEST_ROW = 1024 * 1024
_SLICE = 64 * 1024
"""How many bytes of rows are taken at once: enough that each costs little, and so few that the texts of all their rows
stay in the processor's caches and are gone before the garbage collector comes to look at them."""

_REFERENCE = late(r"&([^&;]{0,8});?")
_REFERENCES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#13;": "\r"}
_FLAGS = {"true": True, "1": True, "false": False, "0": False}

# Rows whose meaning is known. Between them they hold what a reader of another kind would change.
_SAMPLES: tuple[dict[Kind, tuple[bytes, object]], ...] = (
    {
        Kind.ID: (b"007", "007"),
        Kind.PLATFORM: (b"telegram", Platform.TELEGRAM),
        Kind.TEXT: (b" \n a\t&amp;lt;&#13;\xc3\xb1 ", " \n a\t&lt;\rñ "),
        Kind.FLAG: (b"true", True),
        Kind.TIMESTAMP: (b"2026-01-02 03:04:05", datetime(2026, 1, 2, 3, 4, 5)),
    },
    {
        Kind.ID: (b"x", "x"),
        Kind.PLATFORM: (b"other", "other"),
        Kind.TEXT: (b"", ""),
        Kind.FLAG: (b"0", False),
        Kind.TIMESTAMP: (b"1999-12-31 23:59:59", datetime(1999, 12, 31, 23, 59, 59)),
    },
)


FindAll = Callable[[str], list[tuple[str, ...]]]
"""Finds the texts of one row after the other; what is no such row any more is the last text of the last."""


class Rows(msgspec.Struct, frozen=True):
    """The plain rows of an answer, as records, and the frame: what stands before and after them."""

    records: list[object]
    before: bytes
    after: bytes


class _Known(msgspec.Struct, frozen=True, eq=False):
    """The newest proved frame of an operation, with what finds the rows in it."""

    kind: str
    form: Form
    find_all: FindAll
    before: bytes
    after: bytes


class RowReader:
    """Reads answers that hold plain rows in a proved frame. One for each client; safe for threads.

    Args:
        by_parser: reads any answer, or raises what it means.
    """

    def __init__(self, by_parser: Callable[[Operation[object], Reply], object]) -> None:
        self._by_parser = by_parser
        self._frames: dict[tuple[str, str, Form, bytes, bytes], bool] = {}
        self._newest: dict[str, _Known] = {}

    def read(self, operation: Operation[object], reply: Reply) -> list[object] | None:
        """Return the records of an answer; ``None`` if it is not one of plain rows in a proved frame."""
        if not operation.fields or not confirms(reply) or len(reply.body) > ANSWER.size:
            return None
        kind = reply.headers.get("content-type", "")
        # Most answers stand in the frame of the one before: it is not worth looking how their rows are written.
        known = self._newest.get(operation.method)
        if known is not None and known.kind == kind and reply.body.startswith(known.before):
            rows = _take_apart(operation, known.form, known.find_all, reply.body, len(known.before))
            if rows is not None and rows.after == known.after:
                return rows.records
        return self._read_anew(operation, kind, reply.body)

    def _read_anew(self, operation: Operation[object], kind: str, body: bytes) -> list[object] | None:
        found = form_of(operation, body)
        if found is None:
            return None
        form, start = found
        find_all = pattern(form, operation.fields).findall
        rows = _take_apart(operation, form, find_all, body, start)
        if rows is None:
            return None
        frame = (operation.method, kind, form, rows.before, rows.after)
        if frame not in self._frames:
            if len(self._frames) >= MOST_FRAMES or len(kind) > LONGEST_FRAME:
                return None
            self._frames[frame] = self._proves(operation, kind, form, rows)
        if not self._frames[frame]:
            return None
        self._newest[operation.method] = _Known(kind, form, find_all, rows.before, rows.after)
        return rows.records

    def _proves(self, operation: Operation[object], kind: str, form: Form, rows: Rows) -> bool:
        """Whether the parser reads known rows from this frame as what they are: one alone, and several."""
        if not _is_utf8(rows.before + rows.after):
            return False  # what its rows are in is then for all their bytes to say, each time
        samples = [_sample(operation, form, values) for values in _SAMPLES]
        for chosen in ([samples[0]], [samples[1]], samples, [*samples, *samples]):
            body = rows.before + b"".join(text for text, _ in chosen) + rows.after
            try:
                read = self._by_parser(operation, Reply(200, {"content-type": kind}, body))
            except AfilnetError:
                return False
            # A frame that holds an odd row beside these, or tells of more, must be read as a whole each time.
            if isinstance(read, PartialList) or read != [record for _, record in chosen]:
                return False
        return True


def _is_utf8(frame: bytes) -> bool:
    try:
        frame.decode()
    except UnicodeDecodeError:
        return False
    return True


def _take_apart(operation: Operation[object], form: Form, find_all: FindAll, body: bytes, start: int) -> Rows | None:
    """Return the rows that begin at a place, and what is around them; ``None`` if that cannot be told."""
    records: list[object] = []
    end = start
    try:
        for found, reached in _records(operation, form, find_all, body, start):
            records += found
            end = reached
    except (ValueError, KeyError):
        return None
    before, after = body[:start], body[end:]
    if not records or len(before) + len(after) > LONGEST_FRAME or _goes_on(form, after):
        return None
    elements = len(records) * (1 + len(operation.fields)) + before.count(b"<") + after.count(b"<")
    return Rows(records, before, after) if elements <= ANSWER.elements else None


def _goes_on(form: Form, after: bytes) -> bool:
    """Whether another row follows those that are plain: such a frame is never the same again, and not worth proving."""
    return after.find(form.row.opening) >= 0  # of what is looked for by `in`, Python first tries to make a number


def _records(
    operation: Operation[object], form: Form, find_all: FindAll, body: bytes, start: int
) -> Iterator[tuple[Iterable[object], int]]:
    """Yield the records of some plain rows, and the place where these end, until there is something else.

    Raises:
        ValueError: a text is not UTF-8, or a timestamp is no moment, or a row is too long.
        KeyError: a text holds a reference that is not one of the usual.
    """
    make = cast("Callable[..., object]", operation.record)
    closing, rest = form.row.closing, ""
    while not rest:
        to = body.rfind(closing, start, start + _SLICE)
        to = body.find(closing, start) if to < 0 else to
        if to < 0:
            return
        to += len(closing)
        if to - start > _LONGEST_ROW:
            raise ValueError
        text = body[start:to].decode()
        rows = find_all(text)
        rest = rows[-1][-1]
        if rest:
            rows.pop()
        columns = list(zip(*rows, strict=True))
        del rows
        start = to - len(rest.encode())
        if columns:
            has_references = "&" in text
            values = [
                _read(field.kind, columns[place], has_references)
                for field, place in zip(operation.fields, form.order, strict=True)
            ]
            yield map(make, *values), start


def _read(kind: Kind, texts: Sequence[str], has_references: bool) -> Iterable[object]:
    """Return what texts of a kind mean."""
    reader = _READERS.get(kind)
    if reader is not None:
        return reader(texts)
    if has_references and kind is Kind.TEXT:
        return [_followed(text) if "&" in text else text for text in texts]
    return texts


def _platforms(texts: Sequence[str]) -> Iterable[object]:
    known = {text: platform_of(text) for text in set(texts)}
    return map(known.__getitem__, texts)


_READERS: Mapping[Kind, Callable[[Sequence[str]], Iterable[object]]] = {
    Kind.PLATFORM: _platforms,
    Kind.FLAG: partial(map, _FLAGS.__getitem__),
    Kind.TIMESTAMP: partial(map, datetime.fromisoformat),
}
"""What reads texts that are no words. Looked up, for in CPython 3.11 each mention of a member is a search."""


def _followed(text: str) -> str:
    if text.count("&") == text.count("&amp;"):
        return text.replace("&amp;", "&")
    return _REFERENCE.sub(lambda found: _REFERENCES[found.group()], text)


def _sample(operation: Operation[object], form: Form, values: dict[Kind, tuple[bytes, object]]) -> tuple[bytes, object]:
    """Return a row of known values, and the record that it means."""
    found = [values[field.kind] for field in operation.fields]
    make = cast("Callable[..., object]", operation.record)
    return form.written([text for text, _ in found]), make(*[value for _, value in found])
