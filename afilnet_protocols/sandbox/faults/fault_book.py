"""Faults that are armed before a call and fire in it, in whatever dialect the call speaks."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.plural import several
from afilnet_protocols.sandbox.faults.dead_endpoint import DeadEndpoint
from afilnet_protocols.sandbox.state.listing import Listing
from afilnet_protocols.vocabulary import Protocol


class FaultNotFiredError(AssertionError):
    """A fault was armed and nothing met it: what was to be shown was not shown."""


TOKEN = "token"  # noqa: S105 - the name under which requests to the token endpoint meet faults
"""What a fault names as its operation if it is for the requests of ``json`` clients for a token."""


class Where(StrEnum):
    """What a fault meets."""

    ADDRESS = "address"
    """An attempt to reach an address of its own, before there is a connection."""
    CONNECTION = "connection"
    """A connection that has just been accepted."""
    HANDSHAKE = "handshake"
    """A connection that is ready for its first request."""
    REQUEST = "request"
    """The first bytes of a request."""
    CALL = "call"
    """A whole request, of which it is known whose call of which operation it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is to go wrong, and when. A kind of fault is a subclass; the place where it acts knows the kinds it can do.

    Attributes:
        operation: the Python name of the operation that meets it; ``None`` for any.
        protocol: the protocol that meets it; ``None`` for any.
        account: the number of the account that meets it; ``None`` for any.
        after: how many matching calls pass before it begins to fire.
        times: how many calls it fires in; ``None`` for every one.
        where: what it meets; before a call is known, it can name neither operation, protocol nor account.
    """

    operation: str | None = None
    protocol: Protocol | None = None
    account: int | None = None
    after: int = 0
    times: int | None = 1
    where: Where = Where.CALL

    def meets(self, *, operation: str, protocol: str, account: int) -> bool:
        """Whether a call is one that this fault is for."""
        return (
            (self.operation == operation or (self.operation is None and operation != TOKEN))
            and self.protocol in (None, protocol)
            and self.account in (None, account)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCode(Fault):
    """The service answers an error code and does nothing."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOtherwise(Fault):
    """The service carries the call out, and shows what there is in another way."""

    listing: Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFault(Fault):
    """One of the kinds of :mod:`.fault_kinds`, with what is particular about it this time."""

    kind: str
    details: Mapping[str, object] = field(default_factory=dict)
    calls: int = 1
    """How many calls it takes to fire once; each of them is a hit."""


class FaultMet(Exception):
    """A call met a fault before anything was done about it: what happens now is for the fault to say."""

    def __init__(self, fault: NamedFault) -> None:
        super().__init__(fault.kind)
        self.fault = fault


@dataclass(slots=True)
class Armed:
    """A fault in the book. As a context manager it disarms on leaving, and fails if it never fired.

    Attributes:
        fault: what was armed.
        met: how many calls matched, whether it fired in them or not.
        hits: how many calls it fired in.
        endpoint: the address that its clients must be given in place of the sandbox's, if it acts before a connection
            is there.
    """

    fault: Fault
    _book: FaultBook = field(repr=False)
    number: int = 0
    met: int = 0
    hits: int = 0
    endpoint: DeadEndpoint | None = field(default=None, repr=False)
    _taken: int = field(default=0, repr=False)

    @property
    def spent(self) -> bool:
        """Whether it has fired as often as it was to."""
        return self.fault.times is not None and self._taken >= self.fault.times * _calls(self.fault)

    def disarm(self) -> None:
        """Take it out of the book."""
        self._book.disarm(self)

    def check(self) -> None:
        """Fail if it never fired.

        Raises:
            FaultNotFiredError: no call met it.
        """
        if not self.hits:
            how = "" if self.endpoint is None else ": a client is sent to it by sandbox.settings(…, meeting=…)"
            raise FaultNotFiredError(
                f"{self.fault} was armed and never fired ({several(self.met, 'call')} matched){how}"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.disarm()
        if error is None:
            self.check()


class FaultBook:
    """The faults that are armed, in the order in which they were. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._armed: list[Armed] = []
        self._suspended = False
        self._instead: Fault | None = None
        self._closed = False

    def arm(self, fault: Fault, endpoint: DeadEndpoint | None = None) -> Armed:
        """Arm a fault and return it, to count its hits or to disarm it.

        Args:
            fault: the fault.
            endpoint: the address of its own, if it has one; it is the book's to close.

        Raises:
            ConfigurationError: the sandbox was closed: no call would meet it.
        """
        with self._lock:
            closed = self._closed
            if not closed:
                self._count += 1
                armed = Armed(fault, self, self._count, endpoint=endpoint)
                self._armed.append(armed)
        if closed:
            if endpoint is not None:
                endpoint.close()
            raise ConfigurationError("this sandbox was closed: make another")
        if endpoint is not None:
            endpoint.watch(lambda: self._count_hit(armed))
        return armed

    def disarm(self, armed: Armed) -> None:
        """Take a fault out of the book; doing it again does nothing."""
        self._take_out(lambda other: other is armed)

    def clear(self, account: int | None = None) -> None:
        """Take out the faults of one account, or all."""
        self._take_out(lambda armed: account in (None, armed.fault.account))

    def close(self) -> None:
        """Take out all, and let none be armed any more."""
        with self._lock:
            self._closed = True
        self.clear()

    def armed(self) -> list[Armed]:
        """Return all faults that were armed and not taken out, spent ones too."""
        return list(self._armed)

    def take(self, *, operation: str, protocol: str, account: int) -> Fault | None:
        """Return the fault that a call meets now, and count it; ``None`` for none."""
        if self._suspended:
            return self._instead
        if not self._armed:
            return None
        return self._first(
            lambda fault: (
                fault.where is Where.CALL and fault.meets(operation=operation, protocol=protocol, account=account)
            )
        )

    def take_at(self, where: Where) -> NamedFault | None:
        """Return the fault that a connection meets now, before a call is known, and count it; ``None`` for none."""
        if not self._armed:
            return None
        fault = self._first(lambda fault: fault.where is where)
        return fault if isinstance(fault, NamedFault) else None

    @contextlib.contextmanager
    def suspended(self, instead: Fault | None = None) -> Iterator[None]:
        """Let what is called inside, on the server's thread, meet no fault but perhaps another one.

        A fault may carry out the call that met it, or have it refused.
        """
        self._suspended, self._instead = True, instead
        try:
            yield
        finally:
            self._suspended, self._instead = False, None

    def fired(self, fault: Fault) -> None:
        """Count a fault that takes more than one call, once all of them have met it."""
        with self._lock:
            for armed in self._armed:
                if armed.fault is fault:
                    armed.hits += _calls(fault)

    def missed(self, fault: Fault) -> None:
        """Note that a call met a fault that takes more than one, and no other call came."""
        with self._lock:
            for armed in self._armed:
                if armed.fault is fault:
                    armed._taken -= 1

    def _take_out(self, unwanted: Callable[[Armed], bool]) -> None:
        with self._lock:
            taken_out = [armed for armed in self._armed if unwanted(armed)]
            self._armed = [armed for armed in self._armed if not unwanted(armed)]
        for armed in taken_out:
            if armed.endpoint is not None:
                armed.endpoint.close()

    def _count_hit(self, armed: Armed) -> None:
        with self._lock:
            armed.met += 1
            armed.hits += 1

    def _first(self, meets: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for armed in self._armed:
                fault = armed.fault
                if armed.spent or not meets(fault):
                    continue
                armed.met += 1
                if armed.met > fault.after:
                    armed._taken += 1
                    armed.hits += _calls(fault) == 1
                    return fault
        return None


def _calls(fault: Fault) -> int:
    return fault.calls if isinstance(fault, NamedFault) else 1
