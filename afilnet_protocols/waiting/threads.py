"""`run`: the driver for threads. What is yielded is waited for here, in the thread that calls."""

from __future__ import annotations

import math
import queue
from typing import TypeVar

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.turn import turn
from afilnet_protocols.waiting.waits import Readiness, Steps, Until, Wait

R = TypeVar("R")

_LONGEST_POLL_MS = 3_600_000


def run(steps: Steps[R], deadline: Deadline) -> R:
    """Carry out a call, or a part of one, to its end.

    Args:
        steps: what to carry out. Whatever is raised here while it waits, is raised in it where it waits.
        deadline: when the call is over; it bounds how long the thread waits for its turn among others, and nothing
            else: each wait brings its own.
    """
    try:
        with turn.during(deadline):
            wait = steps.send(None)
            while True:
                try:
                    _wait(wait)
                except BaseException as error:  # noqa: BLE001 -- a signal handler's, for the call to clean up after
                    wait = steps.throw(error)
                else:
                    wait = steps.send(None)
    except StopIteration as stop:
        result: R = stop.value
    finally:
        steps.close()
    return result


def _wait(wait: Wait) -> None:
    if isinstance(wait, Readiness):
        _poll(wait)
    elif isinstance(wait, Until):
        _until(wait)
    else:
        with turn.aside(wait.deadline):
            wait.carry_out()


def _poll(wait: Readiness) -> None:
    descriptor, event = wait.descriptor, wait.event
    if turn.wanted and descriptor.poll(event, 0):
        return  # what is there already is not worth a change of threads
    with turn.aside(wait.deadline):
        descriptor.poll(event, min(math.ceil(wait.deadline.longest_wait * 1000), _LONGEST_POLL_MS))


def _until(wait: Until) -> None:
    # A queue of C: a signal handler may set the signal in the middle of this.
    bell: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring() -> None:
        bell.put(None)

    wait.signal.tell(ring)
    try:
        with turn.aside(wait.deadline):
            bell.get(timeout=min(wait.deadline.longest_wait, _LONGEST_POLL_MS / 1000))
    except queue.Empty:
        return
    finally:
        wait.signal.forget(ring)
