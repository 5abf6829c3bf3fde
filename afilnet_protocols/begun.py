"""`Begun`: a call from where its caller called or awaited it.

Whoever takes a call over for a thread of its own says so with :func:`carried`, so that what the call waited for its
thread is inside its time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import msgspec

from afilnet_protocols.deadline import Deadline, Given, given


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


def for_call(configured: float, begun: Begun | None = None) -> Deadline:
    """Return the deadline of the call that begins now, or that began where its caller awaits it.

    Args:
        configured: what the settings give each call, in seconds; the innermost ``deadline()`` counts before it.
        begun: the call, if its caller says which; otherwise it is the one that is :func:`carried`.
    """
    around = given.get()
    begun = begun or around.begun
    if begun is None:
        begun = Begun.part_of(around.within)
    elif begun.charged:
        begun.left = True  # what is carried is more than one call of a client, and of the first it is not known
    else:
        begun.charged, begun.left = True, False
    return Deadline(configured if around.seconds is None else around.seconds, call=begun, since=begun.at)


@contextlib.contextmanager
def carried(begun: Begun) -> Iterator[None]:
    """Say of the call inside the ``with`` block that it began earlier, in another thread."""
    around = given.get()
    token = given.set(Given(around.seconds, begun, around.within))
    try:
        yield
    finally:
        given.reset(token)
