"""A place goes over whole whatever comes between two steps: an exception, a close, or another place given back."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.waiting import Place, Semaphore, Signal, Steps, until
from afilnet_protocols.waiting import semaphore as semaphore_module
from afilnet_protocols.waiting import signal as signal_module
from afilnet_protocols.waiting.semaphore import _Turn
from tests.at_step import AtStep, Interrupted, interrupt, nothing_is_collected, steps_are_told

TRACED = (semaphore_module.__file__, signal_module.__file__)
SABOTAGED = ("Trusting", "Hasty", "Emptying")


class Scene:
    """Places, and who waits for one, with a clock that stands until somebody looks how it ended."""

    def __init__(self, places: Semaphore, waiting: int = 0) -> None:
        self.places, self._now = places, 0.0
        self.error: Exception | None = None
        self.got: list[Place | None] = []
        self._asking: list[Steps[Place | None]] = []
        self._signals: list[Signal] = []
        self._woken: list[list[None]] = []
        for _ in range(waiting):
            self.ask()
        self._listen()

    def asking(self) -> Steps[Place | None]:
        return self.places.take(Deadline(10, clock=lambda: self._now))

    def ask(self) -> None:
        steps = self.asking()
        try:
            self._signals.append(next(steps).signal)
            self._asking.append(steps)
        except StopIteration as ended:
            self.got.append(ended.value)

    def _listen(self) -> None:
        for signal in self._signals[len(self._woken) :]:
            self._woken.append([])
            signal.tell(partial(self._woken[-1].append, None))

    def with_at(self, step: int, what: Callable[[], object], do: Callable[[], object]) -> bool:
        """Do something with something else at a step; return whether there was such a step."""
        at, before = AtStep(step, what, TRACED, SABOTAGED), sys.gettrace()
        sys.settrace(at)
        try:
            do()
        except Exception as error:
            self.error = error
        finally:
            sys.settrace(before)
        return at.left <= 0

    def ended(self) -> str:
        """Let those who were woken go on, and then the time pass; say what is wrong."""
        try:
            return self._wrong()
        finally:
            for each in self._asking:  # or they are closed while the next scene is traced
                each.close()

    def _wrong(self) -> str:
        if not isinstance(self.error, Interrupted | None):
            return f"raised {self.error!r}"
        self._listen()
        for woken in (True, False):
            self._now += 0 if woken else 11
            for steps, told in zip(self._asking, self._woken, strict=True):
                if bool(told) is woken and steps.gi_frame is not None:
                    with pytest.raises(StopIteration) as stopped:
                        next(steps)
                    self.got.append(stopped.value.value)
                    if not woken and (self.places._free or None not in self.got):
                        return "not woken"
        return "" if None not in self.got or self.places._shut else "a place is lost"


def given_back(make: type[Semaphore], come: str) -> Iterator[tuple[int, str]]:
    """Give a place back to those who wait, with something at each step."""
    for step in itertools.count(1):
        places = make(2)
        first, others = [places.take_at_once()], [places.take_at_once()]
        scene = Scene(places, waiting=1 if come == "an exception" else 2)
        comes = {"an exception": interrupt, "a close": places.shut, "another place": others.clear}[come]
        if not scene.with_at(step, comes, lambda first=first: first.pop().give_back()):
            scene.ended()
            return
        if scene.error is not None:
            scene.error.with_traceback(None)  # its frames have the place
        yield step, scene.ended()


def asked_for(make: type[Semaphore], come: str) -> Iterator[tuple[int, str]]:
    """Ask for a place when there is none, with something at each step."""
    for step in itertools.count(1):
        places = make(1)
        only = [places.take_at_once()]
        scene = Scene(places)
        comes = {"an exception": interrupt, "a close": places.shut, "another place": only.clear}[come]
        if not scene.with_at(step, comes, scene.ask):
            scene.ended()
            return
        only.clear()
        told = scene.ended()
        if scene.error is not None and places._free != 1:
            told = "a place is lost"  # to somebody who waits no more, while his error is kept
        yield step, told


WAYS = (given_back, asked_for)
COME = ("an exception", "a close", "another place")


def wrong(make: type[Semaphore], way: Callable[..., Iterator[tuple[int, str]]], come: str) -> list[str]:
    """Return what is wrong; in a thread that ends, for what tracing raises stays the exception that is handled."""
    with ThreadPoolExecutor(1) as thread, nothing_is_collected():
        found = thread.submit(lambda: list(way(make, come))).result()
    assert len(found) > 5
    return [told for _, told in found if told]


@steps_are_told
@pytest.mark.parametrize("come", COME)
@pytest.mark.parametrize("way", WAYS)
def test_whatever_comes_between_two_steps_no_place_is_lost_and_nobody_waits_for_one_that_is_free(way, come) -> None:
    assert wrong(Semaphore, way, come) == []


def test_places_go_to_those_who_wait_in_the_order_in_which_they_came() -> None:
    places = Semaphore(1)
    place, order = places.take_at_once(), []
    waiting = [places.take(Deadline(10)) for _ in range(4)]
    for each in waiting:
        next(each)
    waiting[1].close()
    for number in (0, 2, 3):
        assert place is not None
        place.give_back()
        assert places.take_at_once() is None
        with pytest.raises(StopIteration) as stopped:
            next(waiting[number])
        place = stopped.value.value
        order.append(place)
    assert None not in order


class Trusting(Semaphore):
    """Believes whom it has found to wait to be still there, and wakes him last."""

    def take_back(self, place: Place) -> None:
        with self._lock:
            turn = next(iter(self._waiting), None)
            if not place.had:
                return
            place.had = False
            if turn is None:
                self._free += 1
                return
            turn.place.had = True
            del self._waiting[turn]
            turn.set()


class Hasty(Semaphore):
    """Looks for a place only before it waits, and leaves who was interrupted meanwhile among the others."""

    def take(self, deadline: Deadline) -> Steps[Place | None]:
        place = Place(self)
        if not self._fill(place):
            turn = _Turn(place)
            with self._lock:
                self._waiting[turn] = None
            yield from until(turn, deadline)
            self._leave(turn)
        return place if place.had else None


class Emptying(Signal):
    """Takes out who waits before it wakes him."""

    def set(self) -> None:
        self.happened = True
        while self._waiting:
            self._waiting.pop()()


@steps_are_told
def test_sabotage_a_signal_that_leaves_one_asleep_is_found(monkeypatch) -> None:
    monkeypatch.setattr(Signal, "set", Emptying.set)
    assert "not woken" in wrong(Semaphore, given_back, "an exception")


@steps_are_told
@pytest.mark.parametrize(
    ("make", "way", "come", "told"),
    [
        (Trusting, given_back, "an exception", "not woken"),
        (Trusting, given_back, "a close", "raised KeyError"),
        (Trusting, given_back, "another place", "raised KeyError"),
        (Hasty, asked_for, "another place", "not woken"),
        (Hasty, asked_for, "an exception", "a place is lost"),
    ],
)
def test_sabotage_a_semaphore_that_counts_on_being_alone_is_found(make, way, come, told) -> None:
    assert any(each.startswith(told) for each in wrong(make, way, come))
