"""A stream that plays what it is told to, so that one exchange is tried without a socket."""

from __future__ import annotations

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport import Evidence, Limits
from afilnet_protocols.transport.address import Address, read
from afilnet_protocols.transport.connection import Connection
from afilnet_protocols.transport.failure import TransportFailure
from afilnet_protocols.transport.outgoing import Outgoing
from afilnet_protocols.waiting import Readiness, Steps, complete
from afilnet_protocols.wire import Reply
from tests.stepwise import stepwise

ASKED = b"POST / HTTP/1.1\r\n\r\n"


class Played:
    """A stream that takes a request as it is told to, and then brings what it is told to.

    Args:
        brought: what each reading brings, or has to wait for; whoever reads on fails.
        taken: how many bytes of the request it takes at once; all by default.
        refusal: why it does not take the others.
        early: what it has brought before it is asked.
        arrived: whether the request is at the other side when the first bytes come.

    Attributes:
        sent: what it has taken.
        answers: how often it was told that an answer has come.
    """

    secured = None

    def __init__(
        self,
        *brought: bytes | TransportFailure | Readiness,
        taken: int | None = None,
        refusal: TransportFailure | None = None,
        early: TransportFailure | None = None,
        arrived: bool = True,
    ) -> None:
        self.brought = list(brought)
        self._taken, self._refusal, self._early, self._arrived = taken, refusal, early, arrived
        self.sent, self.answers, self.closed = b"", 0, False

    def unasked(self) -> TransportFailure | None:
        return self._early

    def is_quiet(self) -> bool:
        return not self.brought

    def send_at_once(self, payload: memoryview) -> int | TransportFailure:
        if self._taken == 0 and self._refusal is not None:
            return self._refusal
        self.sent = bytes(payload[: self._taken])
        return len(self.sent)

    @stepwise
    def send(self, payload: memoryview, deadline: Deadline, *, taken: int) -> TransportFailure | None:
        assert taken == len(self.sent) < len(payload)
        if self._refusal is None:
            self.sent = bytes(payload)
        return self._refusal

    def due(self, deadline: Deadline) -> None:
        return None

    def receive_at_once(self, deadline: Deadline) -> bytes | TransportFailure | Readiness:
        return self.brought.pop(0)

    receive = stepwise(receive_at_once)

    def all_arrived(self) -> bool:
        return self._arrived

    def has_answered(self) -> None:
        self.answers += 1

    def close(self) -> None:
        self.closed = True


def connected(stream: Played, *, version: str = "TLSv1.3") -> Connection:
    """Return a new connection over a stream, which speaks a version of TLS."""
    address = read("https://localhost/")
    assert isinstance(address, Address)
    evidence = Evidence(scheme="https", host="localhost", port=443, loopback=True, tls_version=version)
    return Connection(stream, address.origin, evidence)  # type: ignore[arg-type] # plays the stream


def exchange(connection: Connection) -> Reply:
    """Send a request over a connection and return its answer."""
    return complete(steps_of(connection))


def steps_of(connection: Connection) -> Steps[Reply]:
    """Return the steps of a request over a connection."""
    outgoing = Outgoing("POST", fresh=False, payload=memoryview(ASKED))
    return connection.exchange(outgoing, limits=Limits(), most=100, deadline=Deadline(5))
