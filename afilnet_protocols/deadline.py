"""How long a call may take: one absolute, monotonic deadline that every wait of the call is cut to.

It begins where the caller calls or awaits: whoever takes a call over for a thread of its own says so with
:func:`carried`, so that what the call waited for its thread is inside.
"""

from __future__ import annotations

import contextlib
import contextvars
import time
from collections.abc import Callable, Iterator

import msgspec

from afilnet_protocols.seconds import check_seconds

Clock = Callable[[], float]
"""A monotonic clock, in seconds."""

LONGEST_WAIT = 0.25
"""How long a call that its caller may give up waits at most without looking whether he has, in seconds."""


class Begun(msgspec.Struct, eq=False):
    """A call that somebody has begun, and what its caller and its carrier have to tell each other.

    Attributes:
        at: when it began, on the monotonic clock.
        carried: whether another thread than the caller's carries it out, so that it can be given up at all.
        within: the call that it is a part of; given up with it.
        left: whether a byte of the call's own request may have left this process.
        charged: whether a client has taken charge of it, and says what has left.
    """

    at: float
    carried: bool = False
    within: Begun | None = None
    left: bool = False
    charged: bool = False
    _given_up: bool = False

    @classmethod
    def part_of(cls, within: Begun | None) -> Begun:
        """Return a call that begins now, perhaps as a part of another."""
        if within is None:
            return cls(time.monotonic())
        return cls(time.monotonic(), within.carried, within)

    @property
    def given_up(self) -> bool:
        """Whether the caller has stopped waiting: then nothing more of the call shall leave."""
        return self._given_up or (self.within is not None and self.within.given_up)

    def give_up(self) -> None:
        """Stop waiting for it, if another thread carries it out."""
        self._given_up = True


class Deadline:
    """A moment on a monotonic clock after which a call must not wait any longer.

    Args:
        seconds: how long the call, or this part of it, may take.
        clock: a monotonic clock, given by tests.
        call: the call whose own request is sent under this deadline; ``None`` for an exchange that only helps, such
            as fetching a token.
        since: when the time began; now, if nothing is said.
    """

    __slots__ = ("_clock", "at", "call", "seconds")

    def __init__(
        self, seconds: float, *, clock: Clock = time.monotonic, call: Begun | None = None, since: float | None = None
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self.call = call
        self.at = (clock() if since is None else since) + seconds

    def remaining(self) -> float:
        """Return the seconds left; zero when it has passed or the call was given up, never negative."""
        call = self.call
        if call is not None and call.carried and call.given_up:
            return 0.0
        left = self.at - self._clock()
        return left if left > 0.0 else 0.0  # noqa: FURB136 -- asked in each wait, and `max` takes three times as long

    def at_most(self, seconds: float) -> Deadline:
        """Return the deadline of a part of the call: this many seconds from now, or this deadline if that is sooner."""
        return Deadline(min(seconds, self.remaining()), clock=self._clock, call=self.call)

    def helping(self) -> Deadline:
        """Return the same moment for an exchange that is not the call's own: its bytes prove nothing about the call."""
        helping = Deadline(0.0, clock=self._clock)
        helping.seconds, helping.at = self.seconds, self.at
        return helping

    def leaving(self) -> bool:
        """Note that the call's own bytes may leave from now on; return whether they may."""
        # In this order: the caller who gives up says so first and looks at `left` afterwards, so that one of the two
        # always sees the other.
        call = self.call
        if call is not None:
            call.left = True
        return self.remaining() > 0.0

    def longest_wait(self) -> float:
        """Return how long to wait in one go at most, in seconds, before looking again."""
        call = self.call
        left = self.remaining()
        return LONGEST_WAIT if left > LONGEST_WAIT and call is not None and call.carried else left

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        call = self.call
        return (call is not None and call.carried and call.given_up) or self._clock() >= self.at

    @property
    def given_up(self) -> bool:
        """Whether the caller has stopped waiting."""
        call = self.call
        return call is not None and call.carried and call.given_up


class _Given(msgspec.Struct, frozen=True):
    """What the surroundings of a call say about its time."""

    seconds: float | None = None
    begun: Begun | None = None
    within: Begun | None = None


_NOTHING = _Given()
_given: contextvars.ContextVar[_Given] = contextvars.ContextVar("afilnet_deadline", default=_NOTHING)


def for_call(configured: float, begun: Begun | None = None) -> Deadline:
    """Return the deadline of the call that begins now, or that began where its caller awaits it.

    Args:
        configured: what the settings give each call, in seconds; the innermost :func:`deadline` counts before it.
        begun: the call, if its caller says which; otherwise it is the one that is :func:`carried`.
    """
    given = _given.get()
    begun = begun or given.begun
    if begun is None:
        begun = Begun.part_of(given.within)
    elif begun.charged:
        begun.left = True  # what is carried is more than one call of a client, and of the first it is not known
    else:
        begun.charged, begun.left = True, False
    return Deadline(configured if given.seconds is None else given.seconds, call=begun, since=begun.at)


def seconds_for_call(configured: float) -> float:
    """Return how many seconds a call has now: of the innermost :func:`deadline`, or of the configured time."""
    given = _given.get()
    seconds = configured if given.seconds is None else given.seconds
    return seconds if given.begun is None else max(0.0, given.begun.at + seconds - time.monotonic())


@contextlib.contextmanager
def carried(begun: Begun) -> Iterator[None]:
    """Say of the call inside the ``with`` block that it began earlier, in another thread."""
    token = _given.set(msgspec.structs.replace(_given.get(), begun=begun))
    try:
        yield
    finally:
        _given.reset(token)


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Give every call inside the ``with`` block this long, in seconds, instead of the ``timeout`` setting.

    It holds for the current thread or task, for every client, and may be nested: the innermost counts. The time of a
    call begins where it is called or awaited.

    Args:
        seconds: the total time of each call, greater than zero, a hundred years at most.

    Raises:
        InvalidRequestError: ``seconds`` is no such number.
    """
    check_seconds("what deadline() is given", seconds, zero=False)
    around = _given.get()
    token = _given.set(_Given(float(seconds), within=around.begun or around.within))
    try:
        yield
    finally:
        _given.reset(token)
