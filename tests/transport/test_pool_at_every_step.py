"""The pool has no lock: whatever another thread does at any step, no connection is handed out twice or forgotten."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable

import pytest

from afilnet_protocols.transport import pool as pool_module
from afilnet_protocols.transport.address import Origin
from afilnet_protocols.transport.pool import Pool
from tests.at_step import AtStep, steps_are_told
from tests.tables import table

pytestmark = steps_are_told
ORIGIN = Origin("http", "127.0.0.1", 9, literal=True, loopback=True)


class Idle:
    """What the pool sees of a connection."""

    origin, keepable, idle_since = ORIGIN, True, 0.0

    def __init__(self) -> None:
        self.closed = 0

    def is_quiet(self) -> bool:
        return True

    def close(self) -> None:
        self.closed += 1


class Scene:
    """A pool, what it kept at first, what comes back to it, and what is taken from it by this thread and another."""

    def __init__(self) -> None:
        self.pool = Pool(seconds=1e9, most=2)
        self.kept, self.back = [Idle(), Idle()], Idle()
        for each in self.kept:
            self.pool.give(each)  # type: ignore[arg-type] # plays a connection
        self.taken: list[object] = []

    def take(self) -> None:
        self.taken.append(self.pool.take(ORIGIN))

    def give(self) -> None:
        self.pool.give(self.back)  # type: ignore[arg-type]

    def take_all(self) -> None:
        while self.taken[-1:] != [None]:
            self.take()

    def close(self) -> None:
        self.pool.close()

    def release(self) -> None:
        self.pool.release(ORIGIN)

    def is_sound(self) -> bool:
        """Whether each connection is in one place: taken, idle or closed; and in a pool that is closed, none idle."""
        taken = [each for each in self.taken if each is not None]
        idle = list(itertools.chain.from_iterable(self.pool.idle.values()))
        return (
            not (self.pool.closed and idle)
            and len({*map(id, taken), *map(id, idle)}) == len(taken) + len(idle)
            and all(each.closed == (each not in taken and each not in idle) for each in (*self.kept, self.back))
        )


Deed = Callable[[Scene], None]
DEEDS: list[Deed] = [Scene.take, Scene.give, Scene.take_all, Scene.close, Scene.release]


def at_every_step(first: Deed, second: Deed) -> bool:
    """Whether all is sound, at whichever step of the first another thread does the second from beginning to end."""
    for step in itertools.count(1):
        scene = Scene()
        tracer = AtStep(step, lambda: second(scene), {pool_module.__file__})  # noqa: B023 -- called before the next
        before = sys.gettrace()
        sys.settrace(tracer)
        try:
            first(scene)
        finally:
            sys.settrace(before)
        if tracer.left > 0:
            return step > 1
        if Scene.give not in (first, second):
            scene.give()
        if not scene.is_sound():
            return False
    raise AssertionError("never reached")


@table("first", DEEDS)
def test_each_connection_is_in_one_place_whoever_does_what_meanwhile(first: Deed) -> None:
    for second in DEEDS:
        assert first is second is Scene.give or at_every_step(first, second), (first, second)


def _looks_before(pool: Pool, connection: Idle) -> None:
    if pool.closed:
        connection.close()
    else:
        pool.idle.setdefault(connection.origin, []).append(connection)  # type: ignore[arg-type]


def _forgets_the_list(pool: Pool, origin: Origin) -> None:
    for each in pool.idle.pop(origin, []):
        each.close()


def test_who_looks_whether_it_is_closed_before_and_not_afterwards_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    _looks_before.__code__ = _looks_before.__code__.replace(co_filename=pool_module.__file__)
    monkeypatch.setattr(Pool, "give", _looks_before)
    assert not at_every_step(Scene.give, Scene.close)


def test_who_takes_a_list_away_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pool, "release", _forgets_the_list)
    assert not at_every_step(Scene.give, Scene.release)
