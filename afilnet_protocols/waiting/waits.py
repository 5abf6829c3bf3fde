"""What a call can wait for. Here it is only said; the drivers wait."""

from __future__ import annotations

import select
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

import msgspec

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.waiting.signal import Signal
from afilnet_protocols.waiting.turn import turn

R = TypeVar("R")

READABLE = select.POLLIN
WRITABLE = select.POLLOUT


class Descriptor:
    """A descriptor of the system that can be waited for, for as long as its socket is open.

    Attributes:
        number: its number.
        watched: where the kernel has been told of it already, for drivers.
    """

    __slots__ = ("_event", "_poll", "number", "watched")

    def __init__(self, number: int) -> None:
        self.number = number
        self.watched: object = None
        self._event = 0
        self._poll: Callable[[float], list[tuple[int, int]]] | None = None

    def poll(self, event: int, milliseconds: float) -> bool:
        """Wait in this thread; return whether it is readable or writable, or has failed."""
        poll = self._poll
        if poll is None or event != self._event:
            poll = self._watch(event)
        return bool(poll(milliseconds))

    def _watch(self, event: int) -> Callable[[float], list[tuple[int, int]]]:
        # Looked up each time: green threads put their own in its place, or take it away (eventlet).
        if hasattr(select, "poll"):
            watching = select.poll()
            watching.register(self.number, event)
            self._poll = watching.poll
        else:
            self._poll = self._select
        self._event = event
        return self._poll

    def _select(self, milliseconds: float) -> list[tuple[int, int]]:
        watched = [self.number]
        reading, writing = (watched, []) if self._event == READABLE else ([], watched)
        ready = select.select(reading, writing, watched, milliseconds / 1000)
        return [(number, self._event) for numbers in ready for number in numbers]


class Readiness(msgspec.Struct, frozen=True, eq=False):
    """Wait until a descriptor is ready, or the time is up; it may also be for nothing."""

    descriptor: Descriptor
    event: int
    deadline: Deadline


class Until:
    """Wait until something has happened, or the time is up; it may also be for nothing."""

    __slots__ = ("deadline", "signal")

    def __init__(self, signal: Signal, deadline: Deadline) -> None:
        self.signal = signal
        self.deadline = deadline


class Aside(Generic[R]):
    """Have work done without the interpreter's attention: where a task waits for it, in another thread if it may block.

    Args:
        work: what to do. It outlives a task that stops waiting.
        deadline: of the call.
        blocking: whether it may wait for something; otherwise it computes for a moment, outside the interpreter.
    """

    def __init__(self, work: Callable[[], R], deadline: Deadline, *, blocking: bool = True) -> None:
        self._work = work
        self.deadline = deadline
        self.blocking = blocking
        self._done: list[R] = []
        self._error: BaseException | None = None

    def carry_out(self) -> None:
        """Do it, and keep its outcome. For drivers."""
        try:
            self._done.append(self._work())
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is for whoever asked
            self._error = error

    def result(self) -> R:
        """Return what it returned, or raise what it raised."""
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None  # it holds this frame
        return self._done.pop()


Wait = Readiness | Until | Aside[Any]

Steps = Generator[Wait, None, R]
"""A call or a part of one: yields what it waits for, and returns ``R``."""


def until(signal: Signal, deadline: Deadline) -> Steps[bool]:
    """Wait until something has happened; return whether it has before the deadline."""
    while not signal.happened:
        if deadline.passed:
            return False
        yield Until(signal, deadline)
    return True


def aside(work: Callable[[], R], deadline: Deadline, *, blocking: bool = True) -> Steps[R]:
    """Have work done as :class:`Aside` says, and return what it returns."""
    if not blocking and not turn.crowded:
        return work()  # no other thread has use for this one's turn
    asked = Aside(work, deadline, blocking=blocking)
    yield asked
    return asked.result()


def at_once(work: Callable[[], R]) -> Steps[R]:
    """Do something that waits for nothing, where steps are expected."""
    return work()
    yield  # what makes it a generator


def complete(steps: Steps[R]) -> R:
    """Carry out what waits for nothing, where no steps are expected.

    Raises:
        RuntimeError: it did want to wait.
    """
    try:
        steps.send(None)
    except StopIteration as stop:
        result: R = stop.value
        return result
    raise RuntimeError("what was said to wait for nothing wants to wait")
