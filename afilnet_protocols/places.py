"""`Places`: how many calls of a client may be under way at once; the others wait, each no longer than its deadline."""

from __future__ import annotations

import threading
from types import TracebackType

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
        self.free = threading.Semaphore(self.most or 0)

    def one(self, deadline: Deadline) -> Place:
        """Return a place to be waited for: a context, which is entered when there is one.

        Entering it raises :class:`NotSentError` if there was none before the deadline.
        """
        return Place(self, deadline)


class Place:
    """One place. A class of its own, for contextlib's contexts write to the exceptions that pass through them."""

    __slots__ = ("_deadline", "_free", "_places")

    def __init__(self, places: Places, deadline: Deadline) -> None:
        self._places = places
        self._deadline = deadline
        self._free: threading.Semaphore | None = None

    def __enter__(self) -> None:
        if self._places.most is None:
            return
        free = self._places.free
        with turn.aside(self._deadline):
            found = free.acquire(timeout=self._deadline.remaining())
        if not found:
            raise NotSentError(
                f"not sent: {self._places.most} other calls were under way all the time (raise max_connections or "
                "timeout)",
                local=True,
            )
        self._free = free

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._free is not None:
            self._free.release()
            self._free = None
