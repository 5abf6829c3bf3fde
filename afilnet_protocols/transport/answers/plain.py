"""`PlainAnswer`: an answer of the plainest form, read at a glance. Every other form is left to h11.

Plain is one head in one piece (:mod:`.plain_head`), and a body as long as it says. Nothing is refused here for its
form, so h11 alone says what is wrong with an answer, and both read the same into the same bytes: that is a law with a
test of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport.answers.coding import Body, too_slow
from afilnet_protocols.transport.answers.plain_head import BLANK_LINE, Headers, form_of
from afilnet_protocols.transport.limits import Limits
from afilnet_protocols.wire import Reply

CUT_SHORT = "it was cut short, or its body breaks the rules of HTTP/1.1"


class PlainAnswer(msgspec.Struct, eq=False):
    """Reads the rest of an answer whose head was plain. Its repr shows nothing of what the other side sent.

    Attributes:
        fault: why the answer cannot be believed, or ``None`` so far.
        complete: whether all of it has come, and is valid.
        keepable: whether the connection may serve another request: both sides agree, and not a byte is left over.
    """

    _status: int
    _headers: Mapping[str, str]
    _left: int
    _kept: bool
    _deadline: Deadline
    _content: bytes = b""
    _body: Body | None = None
    fault: str | None = None
    complete: bool = False
    keepable: bool = False

    @classmethod
    def begin(cls, data: bytes, fresh: bool, limits: Limits, most: int, deadline: Deadline) -> PlainAnswer | None:
        """Return what reads the answer that begins so, ``data`` taken; ``None`` if it is not plain.

        Args:
            data: the first bytes that came.
            fresh: whether the request said that its connection will be closed.
            limits: how much may come.
            most: the largest body, in bytes after decompression.
            deadline: reading stops when it has passed.
        """
        head, blank, content = data.partition(BLANK_LINE)
        form = form_of(head) if blank else None
        if form is None:
            return None
        headers, size = Headers(form.places, head), int(head[form.length])
        if size > most or len(form.places) > limits.headers or len(head) + len(blank) > limits.head:
            return None
        kept = form.kept and not fresh
        coding = headers["content-encoding"] if "content-encoding" in form.places else None
        if coding is None and len(content) == size:  # as it is, this is all of it
            return cls(form.status, headers, 0, kept, deadline, content, complete=True, keepable=kept)
        body = Body(coding or "", limits, most, deadline)
        answer = cls(form.status, headers, size, kept, deadline, _body=body, fault=body.fault)
        if body.fault is None:
            answer.feed(content)
        return answer

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
            self.fault = too_slow() if self._deadline.passed else body.fault
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

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return []


def whole(data: bytes, limits: Limits) -> Reply | None:
    """Return an answer of status 200 that came whole, as it is, over a connection that stays open; else ``None``."""
    head, blank, content = data.partition(BLANK_LINE)
    form = form_of(head) if blank else None
    if form is None or not form.usual:
        return None
    size = len(content)
    if (
        int(head[form.length]) != size
        or size > limits.body
        or len(data) - size > limits.head
        or len(form.places) > limits.headers
    ):
        return None
    return Reply(200, Headers(form.places, head), content, True, form.ordinary)
