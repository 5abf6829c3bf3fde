"""`turn`: threads that call at once take turns, because CPython lets only one of them run anyway.

CPython hands its lock on at every system call, and whoever gives it away has to fight to get it back: of a call that
needs 0.2 ms, 32 threads so made 0.3. A thread that has the turn keeps it over all of a call except where it would
wait; the others meanwhile sleep in a lock, where they cost nothing.

A thread that calls alone takes no turns: only where a second call has begun before the first has ended are there any.

It is a courtesy and protects nothing. A thread waits for it while it goes round, and not for long even then; after that
it goes on without. So nothing can hang on it: not a long list that another thread reads, nor a thread that died with
it, nor one that waits for us.
"""

from __future__ import annotations

import sys
import threading
from types import TracebackType

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.process.fork import renew_in_child

PATIENCE = (0.01, 0.04)
"""How long the turn may stay with one thread before the others go on without, and how much longer a thread waits for
one that goes round, in seconds."""


class Turn:
    """Whose turn it is among threads.

    Args:
        needed: whether there is a lock of the interpreter to fight for.

    Attributes:
        crowded: whether calls have been made at once since the last time that there was none.
    """

    def __init__(self, *, needed: bool = True) -> None:
        self._needed = needed
        self._thread = _Thread()
        self.after_fork()

    def renew(self) -> None:
        """Begin afresh: whoever has the turn now, nobody waits for him any more."""
        self._lock = threading.Lock()
        self._taken = 0
        self._waiting: list[None] = []

    def after_fork(self) -> None:
        """Begin afresh in a child, which has only one of the threads."""
        # Of calls, to be counted without a lock: to put something into a list or to take it out is one step.
        self._calling: list[None] = []
        self.crowded = False
        self.renew()

    @property
    def wanted(self) -> bool:
        """Whether somebody is waiting for it."""
        return bool(self._waiting)

    def begin(self, deadline: Deadline) -> None:
        """Begin a call: have the turn from now on, except inside :meth:`aside`, if there are other calls.

        Args:
            deadline: at most until then it waits to have it.
        """
        calling = self._calling
        calling.append(None)
        if len(calling) > 1:
            self.crowded = self._needed
            self.take(deadline)

    def end(self) -> None:
        """End a call, and let somebody else have the turn."""
        calling = self._calling
        if calling:  # or it was begun before a fork
            calling.pop()
        if self.crowded:
            self.leave()
            if not calling:
                self.crowded = False

    def aside(self, deadline: Deadline) -> Aside:
        """Return a context in which somebody else may have this thread's turn, if it has it: for every wait.

        Args:
            deadline: at most until then its end waits to have the turn again.
        """
        return Aside(self, deadline)

    def take(self, deadline: Deadline) -> None:
        """Wait for the turn, but neither for long nor beyond the deadline."""
        if not self._needed or self._thread.lock is not None:
            return  # a signal handler may call in the middle of a call
        lock = self._lock
        if lock.acquire(blocking=False) or self._wait_for(lock, deadline):
            self._thread.lock = lock
            self._taken += 1

    def leave(self) -> bool:
        """Let somebody else have it; return whether this thread had it."""
        lock = self._thread.lock
        if lock is None:
            return False
        self._thread.lock = None
        lock.release()
        return True

    def _wait_for(self, lock: threading.Lock, deadline: Deadline) -> bool:
        waiting = self._waiting
        waiting.append(None)
        try:
            for patience in PATIENCE:
                taken = self._taken
                if lock.acquire(timeout=min(patience, deadline.remaining())):
                    return True
                if deadline.passed or self._lock is not lock:
                    break
                if self._taken == taken:
                    # Nobody else has had it meanwhile either: it is lost, or kept for something long.
                    self.renew()
                    break
        finally:
            waiting.pop()
        return False


class _Thread(threading.local):
    """What a thread has: the lock that stands for the turn, or nothing."""

    lock: threading.Lock | None = None


class Aside:
    """See :meth:`Turn.aside`."""

    __slots__ = ("_deadline", "_had", "_turn")

    def __init__(self, turn: Turn, deadline: Deadline) -> None:
        self._turn = turn
        self._deadline = deadline
        self._had = False

    def __enter__(self) -> None:
        self._had = self._turn.leave()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._had:
            self._turn.take(self._deadline)


turn = Turn(needed=getattr(sys, "_is_gil_enabled", lambda: True)())
"""The turn of all clients of this process: they share the interpreter, not only a client."""

renew_in_child(turn)
