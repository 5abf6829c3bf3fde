"""A circuit breaker: after many failures in a row, calls are refused at once for a while, as `not_sent`."""

from __future__ import annotations

import threading
import time
from enum import StrEnum

from afilnet_protocols.deadline import Clock
from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError


class State(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class CircuitBreaker:
    """Counts one client's failures in a row, and opens when there are too many.

    While it is open every call is refused. After the rest it is half-open: one read at a time passes as a probe; a
    send never is the probe, since a failed probe leaves the caller of a send in doubt.

    Args:
        threshold: how many failures in a row open it.
        rest: how long it stays open at first, in seconds; doubled by each failed probe.
        longest_rest: how long it stays open at most, in seconds.
        clock: a monotonic clock, given by tests.
    """

    def __init__(
        self, *, threshold: int = 10, rest: float = 1.0, longest_rest: float = 30.0, clock: Clock = time.monotonic
    ) -> None:
        self._threshold = threshold
        self._first_rest = rest
        self._longest_rest = longest_rest
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._rest = rest
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> State:
        """Whether calls pass now."""
        with self._lock:
            return self._state()

    def admit(self, *, probe: bool) -> None:
        """Let a call pass, or refuse it.

        Args:
            probe: whether the call is a read that may serve as the probe of a half-open breaker.

        Raises:
            NotSentError: the breaker is open, or half-open and this call is no probe or not the only one.
        """
        with self._lock:
            state = self._state()
            if state is State.CLOSED:
                return
            if state is State.HALF_OPEN and probe and not self._probing:
                self._probing = True
                return
            rest = max(0.0, (self._opened_at or 0.0) + self._rest - self._clock())
        raise NotSentError(
            f"not sent: the service failed {self._failures} times in a row, so calls rest for {rest:.1f} s more; check "
            "the service with 'afilnet doctor'"
        )

    def record(self, error: AfilnetError | None) -> None:
        """Note how an attempt that had passed ended: with this error, or well."""
        failed = isinstance(error, NotSentError | OutcomeUnknownError)
        with self._lock:
            self._probing = False
            if not failed:
                self._failures = 0
                self._opened_at = None
                self._rest = self._first_rest
                return
            self._failures += 1
            if self._opened_at is not None:
                self._rest = min(self._longest_rest, self._rest * 2)
            if self._opened_at is not None or self._failures >= self._threshold:
                self._opened_at = self._clock()

    def abandon(self) -> None:
        """Note that an attempt that had passed was interrupted and says nothing about the service."""
        with self._lock:
            self._probing = False

    def _state(self) -> State:
        if self._opened_at is None:
            return State.CLOSED
        return State.HALF_OPEN if self._clock() >= self._opened_at + self._rest else State.OPEN
