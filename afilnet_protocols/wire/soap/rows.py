"""Lists in SOAP answers: rows of the plainest form are read directly, all that is around them by the parser.

A row is plain if it is an element without attributes that holds the operation's fields as texts, in the catalogue's
order. Such text is well-formed wherever an element may stand, so an answer can be taken apart: its plain rows, and the
frame around them, to which its content type belongs. The frame is proved once: with rows put into it whose meaning is
known, the parser must read exactly these rows from it. From then on, rows in the same frame mean what they
say. Every other answer (other rows, a frame that is long, new or not proved, a fault, an error) is the parser's to
read, or to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import cast

import msgspec

from afilnet_protocols.catalogue import Kind, Operation, by_method
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.records import skipped_in
from afilnet_protocols.vocabulary import ListedPlatform, Platform, platform_of
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.soap.strict_xml import ANSWER
from afilnet_protocols.wire.verdict import confirms

LONGEST_FRAME = 4096
"""How long a frame may be that is remembered, in bytes: that of the sandbox has 300."""

MOST_FRAMES = 64
"""How many frames are remembered. A service has one for each operation, or two where it writes a lone row otherwise."""

_LONGEST_ROW = 1024 * 1024

# Bytes that XML allows as they are; a carriage return, which a parser would change, is not among them.
_TEXT = rb"[^<>\x00-\x08\x0b-\x1f]*+"
_WORD = rb"[^<>&\x00-\x20]++"
_PATTERNS = {
    Kind.ID: _WORD,
    Kind.PLATFORM: _WORD,
    Kind.TEXT: _TEXT,
    Kind.FLAG: rb"true|false|1|0",
    Kind.TIMESTAMP: rb"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}",
}
_NOT_XML = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
"""U+FFFE and U+FFFF, the only characters beyond the controls that XML 1.0 does not allow and UTF-8 does."""

_REFERENCE = re.compile(r"&([^&;]{0,8});?")
_REFERENCES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#13;": "\r"}

# Rows whose meaning is known. Between them they hold what a reader of another kind would change.
_SAMPLES: tuple[dict[Kind, tuple[bytes, object]], ...] = (
    {
        Kind.ID: (b"007", "007"),
        Kind.PLATFORM: (b"telegram", Platform.TELEGRAM),
        Kind.TEXT: (b" \n a\t&amp;lt;&#13; ", " \n a\t&lt;\r "),
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


class Rows(msgspec.Struct, frozen=True):
    """The plain rows of an answer, as records, and the frame: what stands before and after them."""

    records: list[object]
    before: bytes
    after: bytes


class RowReader:
    """Reads answers that hold plain rows in a proved frame. One for each client; safe for threads.

    Args:
        by_parser: reads any answer, or raises what it means.
    """

    def __init__(self, by_parser: Callable[[Operation[object], Reply], object]) -> None:
        self._by_parser = by_parser
        self._frames: dict[tuple[str, str, bytes, bytes, bytes], bool] = {}

    def read(self, operation: Operation[object], reply: Reply) -> list[object] | None:
        """Return the records of an answer; ``None`` if it is not one of plain rows in a proved frame."""
        opening = _opening(operation.method)
        found = opening.search(reply.body) if opening is not None and confirms(reply) else None
        if found is None or len(reply.body) > ANSWER.size or any(each in reply.body for each in _NOT_XML):
            return None
        tag = found.group(1)
        rows = _take_apart(operation, tag, reply.body, found.start())
        if rows is None:
            return None
        kind = reply.headers.get("content-type", "")
        frame = (operation.method, kind, tag, rows.before, rows.after)
        if frame not in self._frames:
            if len(self._frames) >= MOST_FRAMES or len(kind) > LONGEST_FRAME:
                return None
            self._frames[frame] = self._proves(operation, kind, tag, rows)
        return rows.records if self._frames[frame] else None

    def _proves(self, operation: Operation[object], kind: str, tag: bytes, rows: Rows) -> bool:
        """Whether the parser reads known rows from this frame as what they are: one alone, and several."""
        if not _is_utf8(rows.before + rows.after):
            return False  # what its rows are in is then for all their bytes to say, each time
        samples = [_sample(operation, tag, values) for values in _SAMPLES]
        for chosen in ([samples[0]], [samples[1]], samples, [*samples, *samples]):
            body = rows.before + b"".join(text for text, _ in chosen) + rows.after
            try:
                read = self._by_parser(operation, Reply(200, {"content-type": kind}, body))
            except AfilnetError:
                return False
            # A frame that holds an odd row beside these must be read as a whole each time, to be told of it.
            if skipped_in(read) or read != [record for _, record in chosen]:
                return False
        return True


def _is_utf8(frame: bytes) -> bool:
    try:
        frame.decode()
    except UnicodeDecodeError:
        return False
    return True


def _take_apart(operation: Operation[object], tag: bytes, body: bytes, start: int) -> Rows | None:
    """Return the rows that begin at a place, and what is around them; ``None`` if that cannot be told."""
    records: list[object] = []
    end = start
    try:
        for record, reached in _records(operation, tag, body, start):
            records.append(record)
            end = reached
    except (ValueError, KeyError):
        return None
    if not records or start + len(body) - end > LONGEST_FRAME:
        return None
    before, after = body[:start], body[end:]
    elements = len(records) * (1 + len(operation.fields)) + before.count(b"<") + after.count(b"<")
    return Rows(records, before, after) if elements <= ANSWER.elements else None


def _records(operation: Operation[object], tag: bytes, body: bytes, start: int) -> Iterator[tuple[object, int]]:
    """Yield the record of each plain row, and the place where the row ends.

    Raises:
        ValueError: a text is not UTF-8, or a timestamp is no moment, or a row is too long.
        KeyError: a text holds a reference that is not one of the usual.
    """
    make = cast("Callable[..., object]", operation.record)
    readers = [_READERS[field.kind] for field in operation.fields]
    match = _row(operation.method, tag).match
    at = start
    while (found := match(body, at)) is not None:
        at = found.end()
        if at - found.start() > _LONGEST_ROW:
            raise ValueError
        yield make(*[read(value) for read, value in zip(readers, found.groups(), strict=True)]), at


def _text(value: bytes | None) -> str:
    if not value:
        return ""
    text = value.decode()
    return _REFERENCE.sub(lambda found: _REFERENCES[found.group()], text) if "&" in text else text


def _platform(value: bytes) -> Platform | ListedPlatform:
    text = value.decode()
    return platform_of(text)


def _flag(value: bytes) -> bool:
    return value in (b"true", b"1")


def _moment(value: bytes) -> datetime:
    return datetime.fromisoformat(value.decode())


_READERS: dict[Kind, Callable[..., object]] = {
    Kind.ID: bytes.decode,
    Kind.TEXT: _text,
    Kind.PLATFORM: _platform,
    Kind.FLAG: _flag,
    Kind.TIMESTAMP: _moment,
}


@lru_cache(maxsize=64)
def _opening(method: str) -> re.Pattern[bytes] | None:
    """Return what finds the first row of an operation's answer; ``None`` if it answers no records."""
    operation = by_method(method)
    if operation is None or not operation.fields:
        return None
    return re.compile(rb"<([A-Za-z_][A-Za-z0-9_]{0,63})><" + operation.fields[0].wire.encode() + rb">")


@lru_cache(maxsize=64)
def _row(method: str, tag: bytes) -> re.Pattern[bytes]:
    """Return what matches one plain row: an element of this name with the fields of this operation."""
    operation = by_method(method)
    fields = () if operation is None else operation.fields
    return re.compile(
        b"<%b>%b</%b>" % (tag, b"".join(_field(field.wire.encode(), field.kind) for field in fields), tag)
    )


def _field(name: bytes, kind: Kind) -> bytes:
    whole = b"<%b>(%b)</%b>" % (name, _PATTERNS[kind], name)
    return b"(?:%b|<%b/>)" % (whole, name) if kind is Kind.TEXT else whole


def _sample(operation: Operation[object], tag: bytes, values: dict[Kind, tuple[bytes, object]]) -> tuple[bytes, object]:
    """Return a row of known values, and the record that it means."""
    fields = [(field.wire.encode(), *values[field.kind]) for field in operation.fields]
    text = b"".join(b"<%b>%b</%b>" % (name, text, name) for name, text, _ in fields)
    make = cast("Callable[..., object]", operation.record)
    return b"<%b>%b</%b>" % (tag, text, tag), make(*[value for _, _, value in fields])
