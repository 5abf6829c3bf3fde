"""`WireLog`: the newest exchanges as they travelled, tied to what the service did; cheap to keep."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from afilnet_protocols.sandbox.server.exchange import HttpRequest
from afilnet_protocols.sandbox.state.journal import Arrival, masked

if TYPE_CHECKING:
    from afilnet_protocols.sandbox.faults.fault_book import NamedFault
    from afilnet_protocols.sandbox.server.exchange import HttpAnswer
    from afilnet_protocols.sandbox.state.service import Service

UNDONE = "-"
"""The outcome of a call that a fault kept from being carried out."""

CALL_HEADER = "x-afilnet-call"
"""The header in which a client may say of which of its calls a request is."""

MOST = 1_000
"""How many exchanges are kept."""

_ALL = -1
"""What stands for the number of an account where all are meant."""

MOST_BYTES = 32 * 1024 * 1024
"""How many bytes of bodies are kept, over all exchanges."""


class Reported(NamedTuple):
    """How a call ended for its caller, as its client has reported it.

    Attributes:
        verdict: ``done``, or the ``delivery`` of its error.
        error: the name of the error's class; empty if there was none.
        reconciled: whether the client found out by reading the conversation back.
    """

    verdict: str
    error: str
    reconciled: bool


class Wire:
    """One exchange. It holds secrets: what is shown of it goes through :mod:`.masking`.

    Attributes:
        number: its place among all exchanges, from 1.
        began: when it began, in seconds since 1970-01-01 UTC by the computer's clock.
        seconds: how long the service took to its answer.
        request: the request.
        answer: the answer as it was sent; ``None`` if a fault had the last word.
        fault: the kind of fault that it met.
        details: what was particular about that fault.
        malformed: why it is no request that HTTP knows; its bytes are the request's body then.
        arrival: what the journal says of it; ``None`` if it was no call.
        message: the account's number and the identifier of the message that it sent.
    """

    __slots__ = (
        "answer",
        "arrival",
        "began",
        "details",
        "fault",
        "malformed",
        "message",
        "number",
        "request",
        "seconds",
    )

    def __init__(self, number: int, request: HttpRequest) -> None:
        self.number = number
        self.request = request
        self.began = time.time()
        self.seconds = 0.0
        self.answer: HttpAnswer | None = None
        self.fault: str | None = None
        self.details: Mapping[str, object] = {}
        self.malformed = ""
        self.arrival: Arrival | None = None
        self.message: tuple[int, str] | None = None

    @property
    def call_id(self) -> str:
        """The identifier of its call, if the client says it; else empty."""
        return self.request.headers.get(CALL_HEADER, "")

    @property
    def size(self) -> int:
        """How many bytes its bodies have."""
        return len(self.request.body) + (len(self.answer.body) if self.answer is not None else 0)


class WireLog:
    """The newest exchanges, oldest first. They are written by the server's thread only; what else is, by any thread.

    Attributes:
        count: a number that differs once anything has been written.
        heard_count: how many messages of other parties there were.

    Args:
        service: what carries calls out; it and its journal say what an exchange did.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._numbers = itertools.count(1)
        self._kept: deque[Wire] = deque()
        self._bytes = 0
        self._hearing = threading.Lock()
        self._heard: deque[tuple[int, int, int, Mapping[str, str]]] = deque(maxlen=MOST)
        self._emptied: Counter[int] = Counter()
        self.heard_count = 0
        self._reported: OrderedDict[str, Reported] = OrderedDict()
        self._known: Arrival | None = None
        self.count = 0

    def begin(self, request: HttpRequest) -> Wire:
        """Keep an exchange whose request is there, give up the oldest if there are too many, and return it."""
        wire = Wire(next(self._numbers), request)
        kept = self._kept
        kept.append(wire)
        self._bytes += len(request.body)
        while len(kept) > MOST or (self._bytes > MOST_BYTES and len(kept) > 1):
            self._bytes -= kept.popleft().size
        return wire

    def link(self, wire: Wire) -> None:
        """Tie an exchange to what the service has just done for it."""
        latest = self._service.journal.latest
        if latest is not self._known:
            wire.arrival = self._known = latest
            wire.message, self._service.sent = self._service.sent, None

    def meet(self, wire: Wire, fault: NamedFault) -> None:
        """Note that an exchange met a fault, and what call it was; the journal says nothing of it."""
        wire.fault, wire.details = fault.kind, fault.details
        met, self._service.met = self._service.met, None
        if met is not None:
            call, operation, account = met
            arguments = masked(call.fields)
            wire.arrival = Arrival(
                0, self._service.stamp(), call.protocol, operation.name, arguments, UNDONE, account.user
            )
        self.count += 1

    def end(self, wire: Wire, answer: HttpAnswer | None) -> None:
        """Note the answer of an exchange."""
        wire.answer = answer
        wire.seconds = max(0.0, time.time() - wire.began)
        if answer is not None and self._kept and wire.number >= self._kept[0].number:
            self._bytes += len(answer.body)
        self.count += 1

    def malformed(self, request: HttpRequest, why: str, answer: HttpAnswer | None) -> None:
        """Keep what came and is no request: not HTTP, or not even TLS."""
        wire = self.begin(request)
        wire.malformed = why
        self.end(wire, answer)

    def no_request(self, scheme: str, fault: NamedFault) -> None:
        """Keep that a fault met a connection before a request could."""
        wire = self.begin(HttpRequest("", scheme, "", "", b"", {}, b""))
        wire.malformed = "no request: the fault met the connection"
        wire.fault, wire.details = fault.kind, fault.details
        self.end(wire, None)

    def report(self, call_id: str, reported: Reported) -> None:
        """Note how a call ended for its caller."""
        self._reported[call_id] = reported
        if len(self._reported) > MOST:
            self._reported.popitem(last=False)
        self.count += 1

    def reported(self, wire: Wire) -> Reported | None:
        """Return how the call of an exchange ended for its caller, if its client has reported it."""
        return self._reported.get(wire.call_id)

    def all(self) -> list[Wire]:
        """Return what is kept, oldest first."""
        return list(self._kept)

    def find(self, number: int) -> Wire | None:
        """Return an exchange by its number, or ``None`` if it is not kept (any more)."""
        return next((wire for wire in self.all() if wire.number == number), None)

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        with self._hearing:
            self._heard.clear()
            self._emptied[_ALL] += 1
        self._bytes = 0

    def hear(self, account: int, said: Mapping[str, str]) -> None:
        """Note what the other party wrote to an account, and after which call."""
        latest = self._service.journal.latest
        with self._hearing:
            self.heard_count += 1
            self._heard.append((account, self.heard_count, latest.sequence if latest is not None else 0, said))

    def heard(self, account: int, *, since: int = 0) -> list[tuple[int, Mapping[str, str]]]:
        """Return what the other party wrote to an account, each after which call.

        Args:
            account: the account's number.
            since: the :attr:`heard_count` after which it was written.
        """
        return [(after, said) for whose, count, after, said in list(self._heard) if whose == account and count > since]

    @property
    def heard_is_full(self) -> bool:
        """Whether some of what other parties wrote may have been given up for newer."""
        return len(self._heard) == self._heard.maxlen

    def epoch(self, account: int) -> int:
        """Return a number that differs once an account has been emptied."""
        return self._emptied[_ALL] + self._emptied[account]

    def forget(self, account: int) -> None:
        """Tie no exchange to a message of an account any longer: its messages are numbered anew."""
        with self._hearing:
            self._heard = deque((each for each in self._heard if each[0] != account), MOST)
            self._emptied[account] += 1
        for wire in self.all():
            if wire.message is not None and wire.message[0] == account:
                wire.message = None
