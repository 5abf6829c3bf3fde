"""A command that was interrupted: what it had done by then, and how to go on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator


class Interrupted(KeyboardInterrupt):
    """An interruption that knows what was done.

    Attributes:
        done: what was done, or may have been.
        go_on: how to go on.
        delivery: whether the service may have acted: ``not_sent`` if it has done nothing, or ``unknown``.
    """

    def __init__(self, done: str, go_on: str, *, delivery: str) -> None:
        super().__init__(done)
        self.done, self.go_on, self.delivery = done, go_on, delivery


@contextlib.contextmanager
def saying(interrupted: Callable[[], Interrupted]) -> Iterator[None]:
    """Have an interruption of the block say what was done.

    Args:
        interrupted: returns that, when the block has been left.
    """
    ended = False
    try:
        yield
    except KeyboardInterrupt:
        ended = True
    if ended:
        raise interrupted()


def nothing_done() -> Interrupted:
    """Return what is to be said of a command that changes nothing, or had not begun."""
    return Interrupted("nothing was changed", "the same command again begins anew", delivery="not_sent")
