"""`Semaphore`: so many at once, the others one after the other as they came, threads and tasks alike."""

from __future__ import annotations

import threading
from collections import OrderedDict

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.waiting.signal import Signal
from afilnet_protocols.waiting.waits import Steps, until


class _Turn(Signal):
    """One that waits for a place: woken when it has one, or when there will be none."""

    __slots__ = ("granted",)

    def __init__(self) -> None:
        super().__init__()
        self.granted = False


class Semaphore:
    """A number of places. Whoever has one gives it back once.

    Args:
        places: how many there are.
    """

    def __init__(self, places: int) -> None:
        # A signal handler may call in the middle of a call.
        self._lock = threading.RLock()
        self._free = places
        self._shut = False
        self._waiting: OrderedDict[_Turn, None] = OrderedDict()

    def take(self, deadline: Deadline) -> Steps[bool]:
        """Wait for a place until the deadline; return whether there was one, before it was shut."""
        with self._lock:
            if self._shut:
                return False
            if self.take_at_once():
                return True
            turn = _Turn()
            self._waiting[turn] = None
        taken = False
        try:
            yield from until(turn, deadline)
            taken = self._leave(turn)
        finally:
            if not taken and self._leave(turn):
                self.give_back()  # it came just as somebody stopped waiting
        return taken

    def take_at_once(self) -> bool:
        """Take a place if one is free; return whether there was one."""
        with self._lock:
            if self._shut or not self._free:
                return False
            self._free -= 1
            return True

    def give_back(self) -> None:
        """Give a place back, to whoever has waited for the longest time."""
        with self._lock:
            if self._waiting:
                turn, _ = self._waiting.popitem(last=False)
                turn.granted = True
                turn.set()
            else:
                self._free += 1

    def shut(self) -> None:
        """Give nobody a place any more, and send away whoever waits for one."""
        with self._lock:
            self._shut = True
            refused, self._waiting = self._waiting, OrderedDict()
        for each in refused:
            each.set()

    def _leave(self, turn: _Turn) -> bool:
        """Stop waiting; return whether there is a place for it."""
        with self._lock:
            self._waiting.pop(turn, None)
        return turn.granted
