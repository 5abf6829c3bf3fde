"""The time of one call: it begins where its caller called or awaited it, whoever carries it out.

Whoever takes a call over for a thread of its own says so with :func:`carried`, so that what the call waited for its
thread is inside its time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from afilnet_protocols.begun import Begun
from afilnet_protocols.clock import monotonic
from afilnet_protocols.deadline import NOTHING, Deadline, Given, given


def for_call(configured: float, begun: Begun | None = None) -> Deadline:
    """Return the deadline of the call that begins now, or that began where its caller awaits it.

    Args:
        configured: what the settings give each call, in seconds; the innermost ``deadline()`` counts before it.
        begun: the call, if its caller says which; otherwise it is the one that is :func:`carried`.
    """
    around = given.get()
    if around is NOTHING and begun is None:
        return Deadline.of(Begun(monotonic()), configured)
    begun = begun or around.begun
    if begun is None:
        begun = Begun(monotonic()) if around.within is None else Begun.part_of(around.within)
    elif begun.charged:
        begun.left = True  # what is carried is more than one call of a client, and of the first it is not known
    else:
        begun.charged, begun.left = True, False
    return Deadline.of(begun, configured if around.seconds is None else around.seconds)


@contextlib.contextmanager
def carried(begun: Begun) -> Iterator[None]:
    """Say of the call inside the ``with`` block that it began earlier, in another thread."""
    around = given.get()
    token = given.set(Given(around.seconds, begun, around.within, around.advice))
    try:
        yield
    finally:
        given.reset(token)
