"""How long a call may take: one absolute, monotonic deadline that every wait of the call is cut to.

It begins where the caller calls or awaits (:mod:`afilnet_protocols.call_time`). The package itself loads this module,
so it loads nothing of what clients need.
"""

from __future__ import annotations

import contextlib
from _contextvars import ContextVar  # `contextvars` is a module more that only hands it on
from collections.abc import Callable, Iterator

from afilnet_protocols.clock import monotonic
from afilnet_protocols.seconds import check_seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from afilnet_protocols.begun import Begun

Clock = Callable[[], float]
"""A monotonic clock, in seconds."""

LONGEST_WAIT = 0.25
"""How long a call that its caller may give up waits at most without looking whether he has, in seconds."""

SHORTEST = 0.001
"""What a part of a call is given when no time is left, in seconds: it then fails at once, as it should."""

_new = object.__new__


class Deadline:
    """A moment on a monotonic clock after which a call must not wait any longer.

    Args:
        seconds: how long the call, or this part of it, may take.
        clock: a monotonic clock, given by tests.
        call: the call whose own request is sent under this deadline; ``None`` for an exchange that only helps, such
            as fetching a token. If another thread carries it out, its deadline is made by :meth:`of`.
        since: when the time began; now, if nothing is said.
    """

    __slots__ = ("_clock", "at", "call", "seconds")

    def __init__(
        self, seconds: float, *, clock: Clock = monotonic, call: Begun | None = None, since: float | None = None
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self.call = call
        self.at = (clock() if since is None else since) + seconds

    @staticmethod
    def of(call: Begun, seconds: float) -> Deadline:
        """Return the deadline of a call that has begun: what the constructor makes, in half the time.

        Args:
            call: which.
            seconds: how long it may take.
        """
        # Only a call that another thread carries out can be given up: whether this one is, never changes.
        deadline = _new(_Carried if call.carried else Deadline)
        deadline.seconds = seconds
        deadline._clock = monotonic
        deadline.call = call
        deadline.at = call.at + seconds
        return deadline

    # What is left is computed where it is asked, in each wait of each call: to ask one method by another, or `max`,
    # takes as long again.

    def remaining(self) -> float:
        """Return the seconds left; zero when it has passed or the call was given up, never negative."""
        left = self.at - self._clock()
        return left if left > 0.0 else 0.0  # noqa: FURB136 -- see above

    def at_most(self, seconds: float) -> Deadline:
        """Return the deadline of a part of the call: this many seconds from now, or this deadline if that is sooner."""
        return type(self)(min(seconds, self.remaining()), clock=self._clock, call=self.call)

    def helping(self) -> Deadline:
        """Return the same moment for an exchange that is not the call's own: its bytes prove nothing about the call."""
        helping = Deadline(0.0, clock=self._clock)
        helping.seconds, helping.at = self.seconds, self.at
        return helping

    def leaving(self) -> float:
        """Note that the call's own bytes may leave now; return how many seconds are left, none if they may not."""
        call = self.call
        if call is not None:
            call.left = True
        left = self.at - self._clock()
        return left if left > 0.0 else 0.0  # noqa: FURB136 -- see above

    def longest_wait(self) -> float:
        """Return how long to wait in one go at most, in seconds, before looking again."""
        left = self.at - self._clock()
        return left if left > 0.0 else 0.0  # noqa: FURB136 -- see above

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self._clock() >= self.at

    @property
    def given_up(self) -> bool:
        """Whether the caller has stopped waiting."""
        return False


class _Carried(Deadline):
    """The deadline of a call that its caller may give up, for another thread carries it out."""

    __slots__ = ()

    def remaining(self) -> float:
        return 0.0 if self.given_up else super().remaining()

    def leaving(self) -> float:
        # In this order: the caller who gives up says so first and looks at `left` afterwards, so that one of the two
        # always sees the other.
        left = super().leaving()
        return 0.0 if self.given_up else left

    def longest_wait(self) -> float:
        return min(LONGEST_WAIT, self.remaining())

    @property
    def passed(self) -> bool:
        return self.given_up or super().passed

    @property
    def given_up(self) -> bool:
        return self.call is not None and self.call.given_up


class Given:
    """What the surroundings of a call say about its time.

    Attributes:
        seconds: what the innermost :func:`deadline` gives each call; ``None`` outside of one.
        begun: the call that is carried here; see :func:`afilnet_protocols.call_time.carried`.
        within: the call that calls of these surroundings are a part of.
        advice: how whoever wants it gives each call more; empty where it is by the setting ``timeout``.
    """

    __slots__ = ("advice", "begun", "seconds", "within")

    def __init__(
        self,
        seconds: float | None = None,
        begun: Begun | None = None,
        within: Begun | None = None,
        advice: str = "",
    ) -> None:
        self.seconds = seconds
        self.begun = begun
        self.within = within
        self.advice = advice


NOTHING = Given()
"""What the surroundings of most calls say."""

given: ContextVar[Given] = ContextVar("afilnet_deadline", default=NOTHING)


def seconds_for_call(configured: float) -> float:
    """Return how many seconds a call has now: of the innermost :func:`deadline`, or of the configured time."""
    around = given.get()
    seconds = configured if around.seconds is None else around.seconds
    return seconds if around.begun is None else max(0.0, around.begun.at + seconds - monotonic())


def more_time(*settings: str) -> str:
    """Return how a call gets more time here, for the message of one that had too little, such as ``raise timeout``.

    Args:
        settings: those that may have been too low as well.
    """
    advice = given.get().advice
    if not advice:
        return f"raise {' or '.join((*settings, 'timeout'))}"
    return ", or ".join((*(f"raise {name}" for name in settings), advice))


@contextlib.contextmanager
def limited(seconds: float, advice: str = "") -> Iterator[None]:
    """Give every call inside the ``with`` block this long, in seconds, as :func:`deadline` does.

    Args:
        seconds: the total time of each call.
        advice: how whoever wants it gives them more; as around the block if nothing is said.
    """
    around = given.get()
    token = given.set(Given(seconds, within=around.begun or around.within, advice=advice or around.advice))
    try:
        yield
    finally:
        given.reset(token)


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
    check_seconds("the time given to deadline()", seconds, zero=False)
    with limited(float(seconds), "give deadline() more seconds"):
        yield
