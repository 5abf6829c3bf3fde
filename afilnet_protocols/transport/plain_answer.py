"""`PlainAnswer`: an answer of the plainest form, read at a glance. Every other form is left to h11.

Plain is one head in one piece: HTTP/1.1, each header once, in printable ASCII, and a body as long as it says.
Nothing is refused here for its form, so h11 alone says what is wrong with an answer, and both read the same into the
same bytes: that is a law with a test of its own.
"""

from __future__ import annotations

import re
from operator import methodcaller

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport.coding import TOO_SLOW, Body
from afilnet_protocols.transport.limits import Limits
from afilnet_protocols.wire import Reply

CUT_SHORT = "it was cut short, or its body breaks the rules of HTTP/1.1"

# A narrow part of RFC 9112 §4 and §5, without optional blanks and line folding. 204 and 304 have no body (§6.3).
_HEAD = re.compile(
    rb"HTTP/1\.1 (?!204|304)([2-5][0-9][0-9]) (?! )[ -~]++(?<! )\r\n"
    rb"((?:[-0-9A-Za-z]++: (?! )[ -~]++(?<! )\r\n)++)"
    rb"\r\n"
).match
_halves = methodcaller("partition", ": ")
_LENGTH = re.compile("[0-9]{1,15}").fullmatch
_KEPT = {None: True, "keep-alive": True, "close": False}


class PlainAnswer:
    """Reads the rest of an answer whose head was plain.

    Attributes:
        fault: why the answer cannot be believed, or ``None`` so far.
        complete: whether all of it has come, and is valid.
        keepable: whether the connection may serve another request: both sides agree, and not a byte is left over.
    """

    __slots__ = (
        "_body",
        "_content",
        "_deadline",
        "_headers",
        "_kept",
        "_left",
        "_status",
        "complete",
        "fault",
        "keepable",
    )

    def __init__(self, status: int, headers: dict[str, str], *, length: int, kept: bool, deadline: Deadline) -> None:
        self._status = status
        self._headers = headers
        self._body: Body | None = None
        self._content = b""
        self._left = length
        self._kept = kept
        self._deadline = deadline
        self.fault: str | None = None
        self.complete = False
        self.keepable = False

    @classmethod
    def begin(cls, data: bytes, *, fresh: bool, limits: Limits, most: int, deadline: Deadline) -> PlainAnswer | None:
        """Return what reads the answer that begins so, ``data`` taken; ``None`` if it is not plain.

        Args:
            data: the first bytes that came.
            fresh: whether the request said that its connection will be closed.
            limits: how much may come.
            most: the largest body, in bytes after decompression.
            deadline: reading stops when it has passed.
        """
        head = _HEAD(data)
        if head is None or head.end() > limits.head:
            return None
        lines = head[2].decode("ascii").split("\r\n")
        lines.pop()
        headers: dict[str, str] = {name.lower(): value for name, _, value in map(_halves, lines)}
        length = headers.get("content-length", "")
        kept = _KEPT.get(headers.get("connection"))
        if not _LENGTH(length) or kept is None or "transfer-encoding" in headers:
            return None
        size = int(length)
        if len(headers) < len(lines) or len(lines) > limits.headers or size > most:
            return None
        answer = cls(int(head[1]), headers, length=size, kept=kept and not fresh, deadline=deadline)
        answer._take(data[head.end() :], headers.get("content-encoding"), limits, most)
        return answer

    def _take(self, data: bytes, coding: str | None, limits: Limits, most: int) -> None:
        """Take the first bytes of the body: as they are, if they are all of it."""
        if coding is None and len(data) == self._left:
            self._content = data
            self.complete = True
            self.keepable = self._kept
            return
        self._body = Body(coding or "", limits, most, self._deadline)
        self.fault = self._body.fault
        if self.fault is None:
            self.feed(data)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        body = self._body
        if body is None:  # it was whole
            self.keepable = False
            return
        taken = data if len(data) <= self._left else data[: self._left]
        if taken:
            self._left -= len(taken)
            body.add(taken)
            self.fault = TOO_SLOW if self._deadline.passed else body.fault
        if self._left or self.fault is not None:
            return
        body.finish()
        self.fault = body.fault
        self.complete = self.fault is None
        self.keepable = self.complete and self._kept and len(taken) == len(data)

    def end(self) -> None:
        """Take note that no more bytes will come, though some are missing: its length alone says where it ends."""
        self.fault = CUT_SHORT

    @property
    def without_length(self) -> bool:
        """Whether its body says nowhere how long it is: never."""
        return False

    def reply(self) -> Reply:
        """Return the answer, once it is complete."""
        return Reply(self._status, self._headers, self._content if self._body is None else self._body.content())
