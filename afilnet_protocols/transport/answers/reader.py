"""`AnswerReader`: bytes in, one complete answer out.

Sans I/O. A fault is noted, not raised, and never quotes what the other side sent: an answer can echo a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.process.undivided import undivided
from afilnet_protocols.transport.answers.plain import PlainAnswer
from afilnet_protocols.transport.limits import Limits
from afilnet_protocols.transport.outgoing import Outgoing

if TYPE_CHECKING:
    from afilnet_protocols.transport.answers.parsed import ParsedAnswer


class AnswerReader(msgspec.Struct, eq=False):
    """Reads the answer to one request: at a glance if its head is plain, else by a parser.

    Args:
        asked: the request.
        limits: how much may come.
        most: the largest body, in bytes after decompression.
        deadline: reading stops when it has passed; thousands of tiny chunks can hide in one read.

    Attributes:
        answer: what reads it, once any byte of it has come.
    """

    _asked: Outgoing
    _limits: Limits
    _most: int
    _deadline: Deadline
    answer: PlainAnswer | ParsedAnswer | None = None
    _ended: bool = False

    @property
    def complete(self) -> bool:
        """Whether all of it has come, and is valid."""
        return self.answer is not None and self.answer.complete

    @property
    def fault(self) -> str | None:
        """Why the answer cannot be believed, or ``None`` so far."""
        if self.answer is not None:
            return self.answer.fault
        return "the connection ended without one" if self._ended else None

    @property
    def without_length(self) -> bool:
        """Whether only its content can show where its body ends."""
        return self.answer is not None and self.answer.without_length

    @property
    def keepable(self) -> bool:
        """Whether the connection may serve another request: both sides agree, and not a byte is left over."""
        return self.answer is not None and self.answer.keepable

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the answer, at least one."""
        reading = self.answer
        if reading is None:
            asked = self._asked
            # Whatever the answer to these methods is, it has the body that it says.
            if asked.method in ("GET", "POST"):
                reading = PlainAnswer.begin(data, asked.fresh, self._limits, self._most, self._deadline)
            if reading is not None:
                self.answer = reading
                return
            reading = self.answer = self._parsed()
        reading.feed(data)

    def end(self) -> None:
        """Take note that no more bytes will come."""
        self._ended = True
        if self.answer is not None:
            self.answer.end()

    def _parsed(self) -> ParsedAnswer:
        # Most processes never meet an answer that needs the parser, and its import takes longer than a call.
        with undivided:
            from afilnet_protocols.transport.answers.parsed import ParsedAnswer, parser_for

        parser = parser_for(self._asked.method, fresh=self._asked.fresh, limits=self._limits)
        return ParsedAnswer(parser, self._limits, self._most, self._deadline)
