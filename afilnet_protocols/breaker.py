"""A circuit breaker: after many failures in a row, calls are refused at once for a while, as `not_sent`.

A call asks for a permit before each exchange and holds it as a context, so that it is given back whatever happens in
between. What a permit reports counts only in the period in which it was given: between two changes of state.
"""

from __future__ import annotations

import threading
from _weakref import ref  # all of `weakref` would be a hundredth of a start
from enum import StrEnum

import msgspec

from afilnet_protocols.callers import check_clock
from afilnet_protocols.clock import monotonic
from afilnet_protocols.deadline import Clock
from afilnet_protocols.errors import ConfigurationError, NotSentError
from afilnet_protocols.plural import several
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.process.of_this_process import OfThisProcess
from afilnet_protocols.seconds import LONGEST, is_count, is_within

FAIR_SHARE = 0.5
"""The share of the configured ``timeout`` that an exchange must have had before its lateness is the service's fault."""


class State(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Permit(msgspec.Struct, eq=False, weakref=True):
    """Leave to make one exchange. It is given back at the end, with what was said of the exchange, or with nothing.

    Attributes:
        period: of the breaker, in which it was given.
        answered: whether the service answered, whatever it said.
    """

    _breaker: Breaker
    period: int
    answered: bool = False
    _cause: str = ""

    def failed(self, cause: str) -> None:
        """Say that the service failed.

        Args:
            cause: how, in words of ours without a secret, for those who are refused because of it.
        """
        self._cause = cause

    def give_back(self) -> None:
        """End it: what was said of the exchange counts."""
        breaker = self._breaker
        # A success after another says nothing new: it is closed, and there is no probe.
        if self._cause or breaker._failures:
            breaker.take_back(self, proven=self.answered or self._cause != "", cause=self._cause)


class Breaker(OfThisProcess):
    """Counts failures of the service in a row, and opens when there are too many.

    While it is open every call is refused. After the rest it is half-open: one read at a time passes as a probe; a
    send never is the probe, since a failed probe leaves the caller of a send in doubt.

    Only the service can fail: a call that the caller gave less than half of ``timeout``, an argument that cannot be
    sent, a full queue or a lack of threads or sockets of this process count neither for nor against it.

    Each client has one of its own, unless ``connect(breaker=…)`` gives it another, or ``False`` for none. Clients of
    one origin may share one, so that each profits from what the others have seen.

    Args:
        threshold: how many failures in a row open it, at least 1.
        rest: how long it stays open at first, in seconds; doubled by each failed probe.
        longest_rest: how long it stays open at most, in seconds, at least ``rest``.
        clock: a monotonic clock, given by tests.

    Raises:
        ConfigurationError: a number is out of its range, or the clock tells no time.
    """

    def __init__(
        self, *, threshold: int = 10, rest: float = 1.0, longest_rest: float = 30.0, clock: Clock = monotonic
    ) -> None:
        if not (
            is_count(threshold, 1) and is_within(longest_rest, 0, LONGEST) and is_within(rest, 0, longest_rest) and rest
        ):
            raise ConfigurationError(
                "Breaker: threshold is a whole number of at least 1; rest is more than 0 seconds, and longest_rest not "
                "less than rest"
            )
        check_clock("Breaker: clock", clock)
        self._threshold = threshold
        self._first_rest = rest
        self._longest_rest = longest_rest
        self._clock = clock
        self._failures = 0
        self._rest = rest
        self._opened_at: float | None = None
        self._period = 0
        self._cause = ""
        self._patience = 0.0
        begin_afresh(self)

    def after_fork(self) -> None:
        """Begin afresh what the parent's threads may hold: the lock, and the permit of the probe."""
        # A signal handler may call in the middle of a call.
        self._lock = threading.RLock()
        # Weakly: a permit that was lost between its making and its `with` is one that nobody holds.
        self._probe: ref[Permit] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.state}>"

    @property
    def state(self) -> State:
        """Whether calls pass now."""
        if self._opened_at is None:
            return State.CLOSED
        with self._lock:
            return self._state()

    def alike(self) -> Breaker:
        """Return another one with the same numbers, that has seen nothing: for the candidate of a migration.

        A subclass with other parameters says itself how one like it is made.
        """
        return type(self)(
            threshold=self._threshold, rest=self._first_rest, longest_rest=self._longest_rest, clock=self._clock
        )

    def shared_by(self, timeout: float) -> None:
        """Take note of a client that asks this breaker, and of its ``timeout``, in seconds."""
        self._patience = max(self._patience, timeout)

    def is_fair(self, seconds: float) -> bool:
        """Say whether a service that did not answer in so many seconds has failed, or was hardly given the time."""
        return seconds >= self._patience * FAIR_SHARE

    def admit(self, *, probe: bool) -> Permit:
        """Let an exchange pass, or refuse it.

        Args:
            probe: whether it is a read, which may serve as the probe of a half-open breaker.

        Returns:
            Its permit, to be given back.

        Raises:
            NotSentError: the breaker is open, or half-open and this is no probe or not the only one. Its
                ``retry_after`` says for how many seconds.
        """
        # In this order and without a lock: if it opens meanwhile, the permit is one of the period before.
        permit = Permit(self, self._period)
        if self._opened_at is None:
            return permit
        with self._lock:
            permit = Permit(self, self._period)
            state = self._state()
            if state is State.CLOSED:
                return permit
            if state is State.HALF_OPEN and probe and not self._probing:
                self._probe = ref(permit)
                return permit
            rest = max(0.0, (self._opened_at or 0.0) + self._rest - self._clock())
            text = f"not sent: the service failed {several(self._failures, 'time')} in a row, {_resting(rest)}"
            text = f"{text}; the failure that stopped them: {self._cause}"
            raise NotSentError(text, retry_after=rest, lasting=True)

    def take_back(self, permit: Permit, *, proven: bool, cause: str) -> None:
        """Take a permit back from its exchange.

        Args:
            permit: what was given.
            proven: whether the exchange says anything about the service.
            cause: how the service failed; empty if it answered.
        """
        with self._lock:
            if self._probe is not None and self._probe() is permit:
                self._probe = None
            if not proven or permit.period != self._period:
                return
            if cause:
                self._failed(cause)
            elif self._opened_at is not None:
                self._opened_at, self._rest, self._failures = None, self._first_rest, 0
                self._period += 1
            else:
                self._failures = 0

    def _failed(self, cause: str) -> None:
        self._failures += 1
        if self._opened_at is not None:
            self._rest = min(self._longest_rest, self._rest * 2)
        elif self._failures < self._threshold:
            return
        self._opened_at = self._clock()
        self._cause = cause
        self._period += 1

    @property
    def _probing(self) -> bool:
        return self._probe is not None and self._probe() is not None

    def _state(self) -> State:
        if self._opened_at is None:
            return State.CLOSED
        return State.HALF_OPEN if self._clock() >= self._opened_at + self._rest else State.OPEN


class NoBreaker(Breaker):
    """One that never opens, for ``connect(breaker=False)``."""

    def admit(self, *, probe: bool) -> Permit:
        """Let every exchange pass."""
        del probe
        return Permit(self, self._period)

    def take_back(self, permit: Permit, *, proven: bool, cause: str) -> None:
        """Count nothing."""


def check_breaker(given: object) -> Breaker | bool | None:
    """Return what somebody gave as a breaker.

    Raises:
        ConfigurationError: it is none, and none of the words for one or none.
    """
    if given is None or isinstance(given, bool | Breaker):
        return given
    raise ConfigurationError("breaker is a Breaker(…), True for one of its own, or False for none")


def _resting(rest: float) -> str:
    return f"so calls rest for {rest:.1f} s more" if rest else "and a single read is finding out whether it is back"
