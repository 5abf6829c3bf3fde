"""`Connection`: one request out, one answer in, and the verdict when that fails.

The verdict rests on the account of bytes alone, never on the kind of failure:

* the kernel refused a byte of the request, or the time was up before it took the last one: ``NotSentError``, unless a
  refusal of it can be read, such as HTTP 413;
* the kernel took the whole request, and no complete valid answer came: ``OutcomeUnknownError``, unless the other side's
  TLS 1.3 says that the handshake failed, for before its end it reads no request (RFC 8446 §2): ``NotSentError``.
"""

from __future__ import annotations

import msgspec

from afilnet_protocols.clock import monotonic
from afilnet_protocols.deadline import Deadline, more_time
from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError
from afilnet_protocols.transport.address import Origin
from afilnet_protocols.transport.answers.plain import whole
from afilnet_protocols.transport.answers.reader import AnswerReader
from afilnet_protocols.transport.failure import LATE, TransportFailure
from afilnet_protocols.transport.gate import Evidence
from afilnet_protocols.transport.limits import Limits
from afilnet_protocols.transport.outgoing import Outgoing
from afilnet_protocols.transport.stream import Stream
from afilnet_protocols.waiting import Readiness, Steps
from afilnet_protocols.wire import Reply

EARLY = TransportFailure("bytes came that were sent before the request had arrived")


class UnderWay(msgspec.Struct, eq=False):
    """A request that was handed to the kernel, and what has come back. Its repr shows nothing of either.

    Attributes:
        connection: over which it goes.
        outgoing: the request.
        sent: how many bytes of it the kernel took at once, or why none.
        due: what to wait for before its answer is looked for; ``None`` if not all of it left, or something is there.
        given: how many seconds were left when it was asked, if that was said.
        received: what came, or what has to be waited for; ``None`` as long as nobody has looked.
    """

    connection: Connection
    outgoing: Outgoing
    sent: int | TransportFailure
    due: Readiness | None
    given: float
    received: bytes | Readiness | TransportFailure | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return []


class Connection:
    """A connection to an origin, after its handshake.

    Attributes:
        origin: who is at the other end (behind the proxy, if there is one).
        evidence: what its handshake proved.
        used: whether it has carried a request before.
        keepable: whether it may carry another one.
        idle_since: when its last answer was complete, on the monotonic clock.
    """

    __slots__ = ("_stream", "evidence", "idle_since", "keepable", "origin", "used")

    def __init__(self, stream: Stream, origin: Origin, evidence: Evidence) -> None:
        self._stream = stream
        self.origin = origin
        self.evidence = evidence
        self.used = False
        self.keepable = False
        self.idle_since = monotonic()

    def exchange(self, outgoing: Outgoing, *, limits: Limits, most: int, deadline: Deadline) -> Steps[Reply]:
        """Send a request and return its answer: :meth:`ask` and :meth:`answered`, if nothing came without being asked.

        Args:
            outgoing: the request.
            limits: how much may come.
            most: the largest body, in bytes after decompression.
            deadline: when to give up.

        Raises:
            NotSentError: the request did not leave completely.
            OutcomeUnknownError: it did, and no answer came that can be believed.
        """
        self.keepable = False
        failure = None if self.used else self._stream.unasked()
        if failure is not None:
            raise NotSentError(f"{self.origin.where} cannot be used: {failure.reason}; nothing was sent")
        return self.answered(self.ask(outgoing, deadline), limits=limits, most=most, deadline=deadline)

    def ask(self, outgoing: Outgoing, deadline: Deadline, given: float = 0.0) -> UnderWay:
        """Hand the kernel as much of a request as it takes at once."""
        self.keepable = False
        stream, payload = self._stream, outgoing.payload
        sent = stream.send_at_once(payload)
        return UnderWay(self, outgoing, sent, stream.due(deadline) if sent == len(payload) else None, given)

    def answered(self, begun: UnderWay, *, limits: Limits, most: int, deadline: Deadline) -> Steps[Reply]:
        """Return the answer to what is under way.

        Args:
            begun: what :meth:`ask` returned.
            limits: how much may come.
            most: the largest body, in bytes after decompression.
            deadline: when to give up.

        Raises:
            NotSentError: the request did not leave completely.
            OutcomeUnknownError: it did, and no answer came that can be believed.
        """
        stream, outgoing, sent, failure = self._stream, begun.outgoing, begun.sent, None
        if sent != len(outgoing.payload):
            failure = (
                sent
                if isinstance(sent, TransportFailure)
                else (yield from stream.send(outgoing.payload, deadline, taken=sent))
            )
        reader = AnswerReader(outgoing, limits, most, deadline)
        if failure is not None:
            return (yield from self._answered_early(reader, deadline, failure))
        received = begun.due if begun.received is None else begun.received
        while True:
            if received is None:
                received = stream.due(deadline) or stream.receive_at_once(deadline)
            while isinstance(received, Readiness):
                yield received
                received = stream.receive_at_once(deadline)
            failure = self._take(reader, received)
            answer = reader.answer
            if failure is None and answer is not None and answer.complete:
                break
            if failure is not None and self._unread(reader, failure):
                raise NotSentError(f"{self.origin.where} read no request: {failure.reason}")
            if failure is not None or reader.fault is not None:
                raise self._unknown(reader, failure)
            received = None
        self.keepable = reader.keepable
        if not self.used:
            stream.has_answered()
            self.used = True
        if self.keepable:
            self.idle_since = monotonic()
        return answer.reply()

    def answer_at_once(self, begun: UnderWay, limits: Limits, deadline: Deadline) -> Reply | None:
        """Return the answer if all of it has come, in one piece and in the plainest form.

        It says nothing else of the answer: what has come is kept for :meth:`answered`.
        """
        if begun.sent != len(begun.outgoing.payload):
            return None
        stream = self._stream
        received = begun.received = stream.receive_at_once(deadline)
        if not isinstance(received, bytes):
            return None
        if received and not stream.all_arrived():
            begun.received = EARLY
            return None
        reply = whole(received, limits)
        if reply is not None:
            self.keepable = True
            self.idle_since = monotonic()
        return reply

    def is_quiet(self) -> bool:
        """Return whether it is idle as it should be: open, and without a byte that nobody asked for."""
        return self._stream.is_quiet()

    def close(self) -> None:
        """Close it. Never raises."""
        self._stream.close()

    def _answered_early(self, reader: AnswerReader, deadline: Deadline, unsent: TransportFailure) -> Steps[Reply]:
        """Return the answer to a request that did not leave completely, if the other side gave one before it left.

        A server that has seen enough of a request (HTTP 413, 401) answers and hangs up; what it said can still be read.
        What it proves is not for the transport to say: whoever says that it has done what was asked may have done so.
        """
        if self.used or not unsent.refused or unsent is LATE:
            raise self._unsent(unsent)
        while (answer := reader.answer) is None or not answer.complete:
            failure = self._take(reader, (yield from self._stream.receive(deadline)))
            if failure is not None or reader.fault is not None:
                raise self._unsent(failure if failure is not None and failure.handshake else unsent)
        return msgspec.structs.replace(answer.reply(), asked_whole=False)

    def _take(self, reader: AnswerReader, received: bytes | TransportFailure) -> TransportFailure | None:
        """Have the answer read on; return what was lost, if that ends it."""
        if not isinstance(received, bytes):
            if not reader.without_length or received is LATE or not received.refused:
                return received
            received = b""  # however the connection ended, the body has to show that it is whole
        if received and self.used and reader.answer is None and not self._stream.all_arrived():
            # Nobody can have answered a request that had not arrived: it is left over from an earlier call.
            return EARLY
        if received:
            reader.feed(received)
        else:
            reader.end()
        return None

    def _unread(self, reader: AnswerReader, failure: TransportFailure) -> bool:
        """Whether a failure proves that no request was read on this connection.

        With TLS 1.3 a client's handshake ends before the server has looked at its certificate. Older versions can go
        back to the handshake after a request, and so prove nothing; with 1.3 a server can only if the client offers it
        (RFC 8446 §4.6.2), which this one does not.
        """
        return failure.handshake and self.evidence.tls_version == "TLSv1.3" and not self.used and reader.answer is None

    def _unsent(self, failure: TransportFailure) -> AfilnetError:
        where = self.origin.where
        if not failure.refused:
            return OutcomeUnknownError(f"sending the request to {where} was interrupted: it may have arrived")
        if failure is LATE:
            return NotSentError(f"the time was up before {where} had taken the whole request ({more_time()})")
        return NotSentError(f"{where} did not take the whole request: {failure.reason}")

    def _unknown(self, reader: AnswerReader, failure: TransportFailure | None) -> OutcomeUnknownError:
        where = self.origin.where
        if failure is LATE:
            text = f"no complete answer came from {where} in time ({more_time()})"
        elif failure is not None:
            text = f"the answer from {where} was lost: {failure.reason}"
        else:
            text = f"the answer from {where} cannot be believed: {reader.fault}"
        error = OutcomeUnknownError(text)
        error.stale_connection = self.used and reader.answer is None and failure is not LATE
        return error
