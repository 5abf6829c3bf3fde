"""`form_of`: how the plain head of an answer is written, found by one look where the same service wrote it so before.

Plain is HTTP/1.1, each header once, in printable ASCII, and a length. A service writes one head after the other alike
but for digits: the time, the length. So what was read of one holds for all that differ from it in digits alone, as long
as nothing that digits can change was concluded from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from afilnet_protocols.wire import ORDINARY_HEADERS

_VERSIONS = ("HTTP/1.1 ",)
_OF_NAMES = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
_WITHOUT_BODY = ("204", "304")
_is_length = str.isdigit
_MOST_DIGITS = 15
_KEPT = {None: True, "keep-alive": True, "close": False}

_STATUS_END = len("HTTP/1.1 200")
BLANK_LINE = b"\r\n\r\n"
"""The end of a head's last line, and the empty one after it."""
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_MOST_KNOWN = 64
"""How many forms are remembered. A date names the day and the month, so that there are new ones each day."""

_LONGEST_KNOWN = 1024
"""The longest head whose form is remembered, in bytes."""

_OF_NOBODY = ORDINARY_HEADERS | {"age", "via", "x-cache"}
"""Only heads that have no other headers are remembered, for in another a secret may be repeated, or a session be given
out."""


class Headers(Mapping[str, str]):
    """The headers of one head, cut out of it when somebody asks: for hardly any answer does anybody."""

    __slots__ = ("_head", "_places")

    def __init__(self, places: dict[str, slice], head: bytes) -> None:
        self._places = places
        self._head = head

    def __getitem__(self, name: str) -> str:
        return self._head[self._places[name]].decode("ascii")

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class Form(msgspec.Struct, frozen=True, eq=False):
    """How a head is written. Its repr shows nothing of what the other side sent.

    Attributes:
        start: version and status, as they stand at its beginning.
        status: the status.
        places: where the values of its headers stand, by name in lower case.
        length: where the number stands that says how long the body is.
        kept: whether it leaves the connection open.
        usual: whether it is one of status 200 that does, and its body is as it is, in no coding.
        ordinary: whether all its headers are among ``ORDINARY_HEADERS``.
    """

    start: bytes
    status: int
    places: dict[str, slice]
    length: slice
    kept: bool
    usual: bool
    ordinary: bool

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return []


_known: dict[bytes, Form] = {}
"""Forms by the head that is written so, every digit made a nought."""


def form_of(head: bytes) -> Form | None:
    """Return how a head is written; ``None`` if it is not plain."""
    alike = head.translate(_DIGITS)
    form = _known.get(alike)
    # Another version or status may mean something else: 204 has no body, and 103 is no answer.
    if form is not None and head.startswith(form.start):
        return form
    form = _read(head)
    if form is not None and len(head) <= _LONGEST_KNOWN and _OF_NOBODY.issuperset(form.places):
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[alike] = form
    return form


def _read(head: bytes) -> Form | None:
    # A narrow part of RFC 9112 §4 and §5, without optional blanks and line folding: read once for each form, and so
    # without an expression, which takes a start longer to compile than the head to read.
    text = head.decode("latin-1")
    first, *lines = text.split("\r\n")
    if not text.isascii() or not all(map(str.isprintable, (first, *lines))):
        return None
    status, _, reason = first[len(_VERSIONS[0]) :].partition(" ")
    if not first.startswith(_VERSIONS) or not _has_body(status) or not _is_plain(reason):
        return None
    places = _places(lines, len(first) + 2)
    length = None if places is None else places.get("content-length")
    if places is None or length is None or len(places) < len(lines) or "transfer-encoding" in places:
        return None
    connection = places.get("connection")
    kept = _KEPT.get(None if connection is None else text[connection])
    digits = text[length]
    if kept is None or not _is_length(digits) or len(digits) > _MOST_DIGITS:
        return None
    usual = status == "200" and kept and "content-encoding" not in places
    ordinary = ORDINARY_HEADERS.issuperset(places)
    return Form(head[:_STATUS_END], int(status), places, length, kept, usual, ordinary)


def _has_body(status: str) -> bool:
    """Whether it is a status of answers that end a request and whose body is as long as their head says (§6.3)."""
    return len(status) == 3 and status.isdigit() and "2" <= status[0] <= "5" and status not in _WITHOUT_BODY


def _is_plain(value: str) -> bool:
    return value != "" and value[0] != " " != value[-1]


def _places(lines: list[str], place: int) -> dict[str, slice] | None:
    """Return where the values of headers stand, by name in lower case; ``None`` if one of them is not plain."""
    places: dict[str, slice] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if not name or name.strip(_OF_NAMES) or not _is_plain(value):
            return None
        place += len(line)
        places[name.lower()] = slice(place - len(value), place)
        place += 2
    return places
