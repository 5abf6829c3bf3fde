"""`Begun`: a call from where its caller called or awaited it."""

from __future__ import annotations

import msgspec

from afilnet_protocols.clock import monotonic


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
    def part_of(cls, within: Begun) -> Begun:
        """Return a call that begins now, as a part of another."""
        return cls(monotonic(), within.carried, within)

    @property
    def given_up(self) -> bool:
        """Whether the caller has stopped waiting: then nothing more of the call shall leave."""
        return self._given_up or (self.within is not None and self.within.given_up)

    def give_up(self) -> None:
        """Stop waiting for it, if another thread carries it out."""
        self._given_up = True
