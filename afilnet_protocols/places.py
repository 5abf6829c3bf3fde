"""`Places`: how many calls of a client may be under way at once; the others wait, each no longer than its deadline."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import NotSentError
from afilnet_protocols.fork import renew_in_child
from afilnet_protocols.turn import turn


class Places:
    """A number of places for calls.

    Args:
        most: how many; ``None`` for as many as come.
    """

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.after_fork()
        renew_in_child(self)

    def after_fork(self) -> None:
        """Have all places free: the calls of the parent's threads are not made in the child."""
        self._free = threading.Semaphore(self.most or 0)

    @contextlib.contextmanager
    def one(self, deadline: Deadline) -> Iterator[None]:
        """Wait for a place and have it.

        Raises:
            NotSentError: there was none before the deadline.
        """
        if self.most is None:
            yield
            return
        free = self._free
        with turn.aside(deadline):
            found = free.acquire(timeout=deadline.remaining())
        if not found:
            raise NotSentError(
                f"not sent: {self.most} other calls were under way all the time (raise max_connections or timeout)",
                local=True,
            )
        try:
            yield
        finally:
            free.release()
