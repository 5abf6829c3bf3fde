"""`run`: the driver for threads. What is yielded is waited for here, in the thread that calls."""

from __future__ import annotations

import contextlib
import threading
from typing import TypeVar

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.waiting.turn import turn
from afilnet_protocols.waiting.waits import Readiness, Steps, Until, Wait

R = TypeVar("R")

_LONGEST_POLL = 3_600.0


def run(steps: Steps[R], deadline: Deadline) -> R:
    """Carry out a call, or a part of one, to its end.

    Args:
        steps: what to carry out. Whatever is raised here while it waits, is raised in it where it waits.
        deadline: when the call is over; it bounds how long the thread waits for its turn among others, and nothing
            else: each wait brings its own.
    """
    turn.begin(deadline)
    try:
        wait = steps.send(None)
        while True:
            try:
                if isinstance(wait, Readiness):
                    _poll(wait)
                else:
                    _wait(wait)
            except BaseException as error:  # noqa: BLE001 -- a signal handler's, for the call to clean up after
                wait = steps.throw(error)
            else:
                wait = steps.send(None)
    except StopIteration as stop:
        result: R = stop.value
    except BaseException:
        steps.close()  # a signal handler may have raised it between two steps
        raise
    finally:
        turn.end()
    return result


def _poll(wait: Readiness) -> None:
    if turn.crowded:
        if turn.wanted and wait.descriptor.poll(wait.event, 0):
            return  # what is there already is not worth a change of threads
        turn.leave()
    seconds = wait.deadline.longest_wait()
    wait.descriptor.poll(wait.event, seconds * 1000 if seconds < _LONGEST_POLL else _LONGEST_POLL * 1000)
    if turn.crowded:
        turn.take(wait.deadline)


def _wait(wait: Wait) -> None:
    with turn.aside(wait.deadline):
        if isinstance(wait, Until):
            _until(wait)
        elif not isinstance(wait, Readiness):
            wait.carry_out()


def _until(wait: Until) -> None:
    # A lock of C, which rings when it is given back: a signal handler may set the signal in the middle of this.
    bell = threading.Lock()
    bell.acquire()

    def ring() -> None:
        with contextlib.suppress(RuntimeError):  # it has rung
            bell.release()

    wait.signal.tell(ring)
    try:
        bell.acquire(timeout=min(wait.deadline.longest_wait(), _LONGEST_POLL))
    finally:
        wait.signal.forget(ring)
