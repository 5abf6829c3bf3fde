"""`Pool`: idle connections, kept for reads, and handed out only while they are as quiet as when they came in."""

from __future__ import annotations

import contextlib
import math

from afilnet_protocols.clock import monotonic
from afilnet_protocols.process.fork import renew_in_child
from afilnet_protocols.transport.address import Origin
from afilnet_protocols.transport.connection import Connection


class Pool:
    """Keeps idle connections by origin, the latest first. Safe for threads and across a fork.

    There is no lock: to put a connection into its list or to take one out is one step, and a list, once it is there,
    stays. So none is handed out twice, and none is put where nobody will look for it.

    Args:
        seconds: how long one may be idle.
        most: how many are kept for each origin.

    Attributes:
        idle: the connections that it keeps, by origin, the latest last.
        closed: whether it was closed; then it keeps nothing any more.
    """

    def __init__(self, *, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self.idle: dict[Origin, list[Connection]] = {}
        self.closed = False
        renew_in_child(self)

    def take(self, origin: Origin) -> Connection | None:
        """Return a connection to an origin that can be trusted to bring only the answer to the next request."""
        idle = self.idle.get(origin)
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread was quicker
                break
            if monotonic() - connection.idle_since <= self._seconds and connection.is_quiet():
                return connection
            # It ended, grew old, or brought bytes that nobody asked for: whose answer they are, nobody knows.
            connection.close()
        return None

    def give(self, connection: Connection) -> None:
        """Take a connection back; it is closed unless it may be used again."""
        if not connection.keepable:
            connection.close()
            return
        idle = self.idle.get(connection.origin)
        if idle is None:
            idle = self.idle.setdefault(connection.origin, [])
        idle.append(connection)
        # In this order: whoever closes the pool says so first and looks into the lists afterwards.
        if self.closed:
            _close(idle, 0)
        elif len(idle) > 1:
            self._close_overdue(idle)

    def release(self, origin: Origin) -> None:
        """Close the idle connections to an origin.

        A server that serves one connection at a time (``php -S``, a worker of its own for each) looks at no other as
        long as one of them is open, idle or not.
        """
        _close(self.idle.get(origin, []), 0)

    def close(self) -> None:
        """Close every idle connection; those in use are closed when they come back."""
        self.closed = True
        for idle in list(self.idle.values()):
            _close(idle, 0)

    def _close_overdue(self, idle: list[Connection]) -> None:
        """Close from the front, where the oldest are, what is too many or too old."""
        _close(idle, self._most)
        _close(idle, 0, before=monotonic() - self._seconds)

    def after_fork(self) -> None:
        """Forget, in the child, the connections that it shares with its parent.

        To close them there closes the child's descriptors and writes nothing: the parent goes on using them.
        """
        for idle in self.idle.values():
            _close(idle, 0)


def _close(idle: list[Connection], most: int, *, before: float = math.inf) -> None:
    """Close idle connections, the oldest first, until so many are left or the oldest is not idle since so long."""
    with contextlib.suppress(IndexError):  # another thread was quicker
        while len(idle) > most and idle[0].idle_since < before:
            idle.pop(0).close()
