"""`Pool`: idle connections, kept for reads, and handed out only while they are as quiet as when they came in."""

from __future__ import annotations

import threading
import time

from afilnet_protocols.fork import renew_in_child
from afilnet_protocols.transport.address import Origin
from afilnet_protocols.transport.connection import Connection


class Pool:
    """Keeps idle connections by origin, the latest first. Safe for threads and across a fork.

    Args:
        seconds: how long one may be idle.
        most: how many are kept for each origin.

    Attributes:
        idle: the connections that it keeps.
        closed: whether it was closed; then it keeps nothing any more.
    """

    def __init__(self, *, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._lock = threading.Lock()
        self.idle: dict[Origin, list[Connection]] = {}
        self.closed = False
        renew_in_child(self)

    def take(self, origin: Origin) -> Connection | None:
        """Return a connection to an origin that can be trusted to bring only the answer to the next request."""
        while True:
            with self._lock:
                idle = self.idle.get(origin)
                if not idle:
                    return None
                connection = idle.pop()
            if time.monotonic() - connection.idle_since <= self._seconds and connection.is_quiet():
                return connection
            # It ended, grew old, or brought bytes that nobody asked for: whose answer they are, nobody knows.
            connection.close()

    def give(self, connection: Connection) -> None:
        """Take a connection back; it is closed unless it may be used again."""
        if not connection.keepable:
            connection.close()
            return
        with self._lock:
            if self.closed:
                surplus = [connection]
            else:
                idle = self.idle.get(connection.origin)
                if idle is None:
                    idle = self.idle[connection.origin] = []
                idle.append(connection)
                if len(idle) == 1:
                    return
                surplus = self._overdue(idle)
        for each in surplus:
            each.close()

    def release(self, origin: Origin) -> None:
        """Close the idle connections to an origin.

        A server that serves one connection at a time (``php -S``, a worker of its own for each) looks at no other as
        long as one of them is open, idle or not.
        """
        with self._lock:
            idle = self.idle.pop(origin, [])
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """Close every idle connection; those in use are closed when they come back."""
        with self._lock:
            self.closed = True
            idle, self.idle = self.idle, {}
        for connections in idle.values():
            for connection in connections:
                connection.close()

    def _overdue(self, idle: list[Connection]) -> list[Connection]:
        """Remove from the front, where the oldest are, what is too old or too many."""
        oldest = time.monotonic() - self._seconds
        count = max(0, len(idle) - self._most)
        while count < len(idle) and idle[count].idle_since < oldest:
            count += 1
        overdue = idle[:count]
        del idle[:count]
        return overdue

    def after_fork(self) -> None:
        """Forget, in the child, the connections that it shares with its parent, and the lock that may be held."""
        self._lock = threading.Lock()
        idle, self.idle = self.idle, {}
        for connections in idle.values():
            for connection in connections:
                # Closes the child's descriptor and writes nothing: the parent goes on using the connection.
                connection.close()
