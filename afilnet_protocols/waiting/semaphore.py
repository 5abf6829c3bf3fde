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
            self._of.take_back(self)


class _Turn(Signal):
    """One that waits for a place: woken when it has one, or when there will be none."""

    __slots__ = ("place",)

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


class Semaphore:
    """A number of places.

    Args:
        places: how many there are.
    """

    def __init__(self, places: int) -> None:
        # A signal handler may call in the middle of a call.
        self._lock = threading.RLock()
        self._free = places
        self._shut = False
        self._waiting: OrderedDict[_Turn, None] = OrderedDict()

    def take(self, deadline: Deadline) -> Steps[Place | None]:
        """Wait for a place until the deadline; return it, or ``None`` if there was none before it was shut."""
        place = Place(self)
        try:
            turn = self._turn(place)
            if turn is not None:
                try:
                    yield from until(turn, deadline)
                finally:
                    self._leave(turn)
        except BaseException:
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
            turn = next(iter(self._waiting), None)
            if not place.had:
                return
            if turn is None:
                place.had = False
                self._free += 1
                return
            place.had = False
            turn.place.had = True
            del self._waiting[turn]
            turn.set()

    def shut(self) -> None:
        """Give nobody a place any more, and send away whoever waits for one."""
        with self._lock:
            self._shut = True
            refused, self._waiting = self._waiting, OrderedDict()
        for each in refused:
            each.set()

    def _fill(self, place: Place) -> bool:
        """Say whether a place is had now, or could be waited for."""
        with self._lock:
            if not self._shut and self._free:
                self._free -= 1
                place.had = True
            return place.had or self._shut

    def _turn(self, place: Place) -> _Turn | None:
        """Return what has to be waited for, unless the place is had, or there will be none."""
        with self._lock:
            if self._fill(place):
                return None
            turn = _Turn(place)
            self._waiting[turn] = None
            return turn

    def _leave(self, turn: _Turn) -> None:
        """Stop waiting."""
        with self._lock:
            self._waiting.pop(turn, None)
