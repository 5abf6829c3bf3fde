"""`Handshakes`: a crowd of calls does not shake hands all at once, and nobody waits long for anybody else's."""

from __future__ import annotations

from typing import Final, TypeVar

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.process.fork import begin_afresh
from afilnet_protocols.waiting import Semaphore, Steps

R = TypeVar("R")

AT_ONCE: Final = 64
"""How many there are at once: each holds some 20 kB of OpenSSL's until its end, which the process then keeps; and so
many keep a processor busy even if the server is a tenth of a second away."""

SHARE: Final = 0.25
"""How much of its time one waits for the others at most: a server that leaves handshakes without an answer holds up
those with nobody else for longer than that."""


class Handshakes:
    """The TLS handshakes of a client that are under way."""

    def __init__(self) -> None:
        begin_afresh(self)

    def after_fork(self) -> None:
        """Wait for none of the parent's threads: they do not exist in the child."""
        self._free = Semaphore(AT_ONCE)

    def in_turn(self, handshake: Steps[R], deadline: Deadline) -> Steps[R]:
        """Make a handshake when there are not too many, or when it has waited long enough."""
        free = self._free
        place = free.take_at_once() or (yield from free.take(deadline.at_most(SHARE * deadline.remaining())))
        try:
            return (yield from handshake)
        finally:
            if place is not None:
                place.give_back()
