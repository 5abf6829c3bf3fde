"""`Kind`: one way in which a service or the way to it goes wrong, described as data, with the truth about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from afilnet_protocols.sandbox.faults.dead_endpoint import DeadEndpoint
from afilnet_protocols.sandbox.faults.fault_book import AnswerCode, Fault, Where
from afilnet_protocols.sandbox.server.accepted_connection import AcceptedConnection
from afilnet_protocols.sandbox.server.exchange import HttpAnswer, HttpRequest
from afilnet_protocols.sandbox.server.faulty_connection import FaultyConnection
from afilnet_protocols.vocabulary import Delivery, Protocol

DONE = "done"
"""What a call is that succeeded, beside the three words of :class:`~afilnet_protocols.Delivery`."""

Truth = frozenset[str]


def truth(*words: str) -> Truth:
    """Return the verdicts that tell the truth."""
    return frozenset(map(str, words))


UNKNOWN = truth(Delivery.UNKNOWN)
REJECTED = truth(Delivery.REJECTED)
NOT_SENT = truth(Delivery.NOT_SENT)
RACE = NOT_SENT | UNKNOWN
"""Nothing was done; whether the client can know depends on which of two packets is first."""
SUCCESS = truth(DONE)


class Stage(StrEnum):
    """When it goes wrong."""

    CONNECT = "connect"
    REQUEST = "request"
    ANSWER = "answer"
    BODY = "body"
    TIME = "time"
    MEANING = "meaning"
    LISTING = "listing"
    TOKEN = "token"  # noqa: S105 - the requests for one


class Processed(StrEnum):
    """Whether the service carries out the call that meets the fault."""

    NEVER = "never"
    ALWAYS = "always"
    EITHER = "either"
    """As the detail ``processed`` says."""
    LATE = "late"
    """After the client has hung up."""


class Exchange:
    """A whole request that met a fault, before anything was done about it.

    Attributes:
        request: the request.
        connection: its connection.
        protocol: the protocol that it speaks.
        details: what is particular about the fault this time.
    """

    def __init__(
        self,
        request: HttpRequest,
        connection: FaultyConnection,
        protocol: str,
        details: Mapping[str, object],
        carry_out: Callable[[HttpRequest, Fault | None], HttpAnswer],
        swap: Callable[[HttpAnswer, float], Awaitable[HttpAnswer]],
    ) -> None:
        self.request = request
        self.connection = connection
        self.protocol = protocol
        self.details = details
        self._carry_out = carry_out
        self._swap = swap

    def process(self, fault: Fault | None = None) -> HttpAnswer:
        """Carry the call out now, and return the answer to it: the right one, unless it meets another fault."""
        return self._carry_out(self.request, fault)

    def refuse(self, code: str) -> HttpAnswer:
        """Return the answer that refuses the call with an error code, in the call's dialect."""
        return self._carry_out(self.request, AnswerCode(code=code))

    async def swap(self, answer: HttpAnswer) -> HttpAnswer:
        """Give an answer for that of the next call that meets the fault within the detail ``seconds``."""
        return await self._swap(answer, self.seconds())

    def process_if_told(self) -> None:
        """Carry the call out if the detail ``processed`` says so."""
        if self.details["processed"]:
            self.process()

    def seconds(self, name: str = "seconds") -> float:
        """Return a detail that is a number."""
        value = self.details[name]
        return float(value) if isinstance(value, int | float) else 0.0

    def text(self, name: str) -> str:
        """Return a detail as text."""
        return str(self.details[name])


CallAct = Callable[[Exchange], Awaitable[HttpAnswer | None]]
"""What happens in place of the answer: another answer, or ``None`` when the connection has been dealt with."""

ConnectionAct = Callable[[FaultyConnection], Awaitable[None]]
"""What happens to a connection that is ready for its first request, or that has brought the beginning of one."""

AcceptedConnectionAct = Callable[[AcceptedConnection], Awaitable[None]]
"""What happens to a connection before TLS."""


async def nothing(met: object) -> None:
    """Do nothing: the kernel or the resolver has said no already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of fault.

    Attributes:
        name: its name.
        stage: when it goes wrong.
        about: what happens, in one sentence without an end.
        verdicts: how a call that meets it ends if the client tells the truth.
        plain: the same without TLS, where that differs.
        verdicts_of: the same for single protocols, where they differ.
        processed: whether the service carries out the call.
        details: what can be given with it, with the defaults.
        where: what meets it.
        act: what happens; its type goes with ``where``.
        endpoint: opens the address that such a fault has, if it acts before there is a connection.
        calls: how many calls in flight it takes.
        https_only: whether it only meets calls over TLS.
        times: in how many calls it has to fire for a call to end as ``verdicts`` says; ``None`` for every one.
        holds: whether such a call only ends when its time is up.
    """

    name: str
    stage: Stage
    about: str
    verdicts: Truth
    plain: Truth | None = None
    verdicts_of: Mapping[Protocol, Truth] = field(default_factory=dict)
    processed: Processed = Processed.NEVER
    details: Mapping[str, object] = field(default_factory=dict)
    where: Where = Where.CALL
    act: CallAct | ConnectionAct | AcceptedConnectionAct = nothing
    endpoint: Callable[[], DeadEndpoint] | None = None
    calls: int = 1
    https_only: bool = False
    times: int | None = None
    holds: bool = False

    @property
    def family(self) -> str:
        """``meaning`` if every byte is sound and what they say is wrong, else ``wire``."""
        return "meaning" if self.stage in (Stage.MEANING, Stage.LISTING, Stage.TOKEN) else "wire"

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        """The protocols whose calls can meet it."""
        return (Protocol.JSON,) if self.stage is Stage.TOKEN else tuple(Protocol)

    def truth(self, protocol: str, *, tls: bool) -> Truth:
        """Return the verdicts that tell the truth about a call that meets it."""
        told = self.verdicts_of.get(Protocol(protocol))
        if told is not None:
            return told
        return self.verdicts if tls or self.plain is None else self.plain


def compose(answer: HttpAnswer, *, status: bytes | None = None, headers: tuple[bytes, ...] | None = None) -> bytes:
    """Return the head of an answer as bytes."""
    first = status or b"HTTP/1.1 %d OK" % answer.status
    type_line = b"content-type: " + answer.content_type.encode()
    own = tuple(f"{name}: {value}".encode() for name, value in answer.headers)
    lines = (b"content-length: %d" % len(answer.body), type_line, *own) if headers is None else (type_line, *headers)
    return b"\r\n".join((first, *lines)) + b"\r\n\r\n"
