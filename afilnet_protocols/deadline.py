"""How long a call may take: one absolute, monotonic deadline that every wait of the call is cut to."""

from __future__ import annotations

import contextlib
import contextvars
import time
from collections.abc import Callable, Iterator

from afilnet_protocols.errors import InvalidRequestError

Clock = Callable[[], float]
"""A monotonic clock, in seconds."""

_override: contextvars.ContextVar[float | None] = contextvars.ContextVar("afilnet_deadline", default=None)


class Deadline:
    """A moment on a monotonic clock after which a call must not wait any longer."""

    __slots__ = ("_clock", "at", "seconds")

    def __init__(self, seconds: float, *, clock: Clock = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self.at = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds left; zero when it has passed, never negative."""
        return max(0.0, self.at - self._clock())

    def at_most(self, seconds: float) -> Deadline:
        """Return the deadline of a part of the call: this many seconds from now, or this deadline if that is sooner."""
        return Deadline(min(seconds, self.remaining()), clock=self._clock)

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self._clock() >= self.at


def seconds_for_call(configured: float) -> float:
    """Return how long the call that starts now may take: the innermost :func:`deadline`, or the configured time."""
    override = _override.get()
    return configured if override is None else override


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Give every call inside the ``with`` block this long, in seconds, instead of the ``timeout`` setting.

    It holds for the current thread or task, for every client, and may be nested: the innermost counts.

    Args:
        seconds: the total time of each call, greater than zero, finite.

    Raises:
        InvalidRequestError: ``seconds`` is not a positive, finite number.
    """
    if not (0 < seconds < float("inf")):
        raise InvalidRequestError(f"deadline() takes a positive number of seconds, not {seconds!r}")
    token = _override.set(float(seconds))
    try:
        yield
    finally:
        _override.reset(token)
