"""`Semaphore`: so many at once, the others one after the other as they came, threads and tasks alike."""

from __future__ import annotations

import threading
from collections import OrderedDict

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.waiting.signal import Signal
from afilnet_protocols.waiting.waits import Steps, until


class Place:
    """One of the places, for whoever has it: given back once, at the latest when nobody refers to it any more.

    A signal's handler may raise between the taking of a place and the first line that could give it back.

    Attributes:
        had: whether it is still had. Between two of them it goes over without a call in between, where no signal is
            looked for.
    """

    had = False

    def __init__(self, of: Semaphore) -> None:
        self._of = of

    def give_back(self) -> None:
        """Give it back, to whoever has waited for the longest time. Doing it again does nothing."""
        try:
            self._of.take_back(self)
        except BaseException:
            # A signal's handler: whoever keeps what it raised keeps the frames that hold this place.
            self._of.take_back(self)
            raise

    def __del__(self) -> None:
        if self.had:
            self.give_back()


class _Turn(Signal):
    """One that waits for a place: woken when it has one, or when there will be none."""

    __slots__ = ("place",)

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


class Semaphore:
    """A number of places."""

    def __init__(self, places: int) -> None:
        # A signal handler may call in the middle of a call.
        self._lock = threading.RLock()
        self._free = places
        self._shut = False
        self._waiting: OrderedDict[_Turn, None] = OrderedDict()

    def take(self, deadline: Deadline) -> Steps[Place | None]:
        """Wait for a place until the deadline; return it, or ``None`` if there was none before it was shut."""
        place, turn = Place(self), None
        try:
            if not self._fill(place):
                turn = _Turn(place)
                if self._waits(turn):
                    yield from until(turn, deadline)
                self._leave(turn)
        except BaseException:
            if turn is not None:
                self._leave(turn)
            place.give_back()  # it came just as somebody stopped waiting
            raise
        return place if place.had else None

    def take_at_once(self) -> Place | None:
        """Return a place if one is free."""
        place = Place(self)
        try:
            self._fill(place)
        except BaseException:
            place.give_back()
            raise
        return place if place.had else None

    def take_back(self, place: Place) -> None:
        """Take a place back; see :meth:`Place.give_back`."""
        with self._lock:
            # Between any two calls a handler may close the client, or another place be given back because nobody
            # refers to it any more. So who is found counts only if he still waits where the place goes over.
            while place.had:
                for turn in self._waiting:
                    turn.set()  # first, for a handler may raise in it; whoever waits goes on when the lock is free
                    if turn in self._waiting:
                        place.had = False
                        turn.place.had = True
                        del self._waiting[turn]
                    break
                else:
                    place.had = False
                    self._free += 1

    def shut(self) -> None:
        """Give nobody a place any more, and send away whoever waits for one."""
        with self._lock:
            self._shut = True
            refused, self._waiting = self._waiting, OrderedDict()
        for each in refused:
            each.set()

    def _fill(self, place: Place) -> bool:
        """Say whether a place is had now, or there will be none."""
        with self._lock:
            if self._free and not (self._shut or place.had):
                self._free -= 1
                place.had = True
            return place.had or self._shut

    def _waits(self, turn: _Turn) -> bool:
        """Have it wait, unless its place is had, or there will be none; say whether it does."""
        with self._lock:
            while not self._fill(turn.place):
                self._waiting[turn] = None
                # One that was given back in between found nobody who waits.
                if not (self._free or self._shut):
                    return True
                self._leave(turn)
            return False

    def _leave(self, turn: _Turn) -> None:
        """Stop waiting."""
        with self._lock:
            self._waiting.pop(turn, None)
