"""`drive`: the driver for asyncio. What is yielded is waited for by the event loop.

It works with every loop that watches descriptors: the one of the standard library and uvloop. TLS is the socket's own:
the loop only says when to go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TypeVar

from afilnet_protocols.waiting.carriers import aside
from afilnet_protocols.waiting.event_loop import running_loop
from afilnet_protocols.waiting.waits import READABLE, Readiness, Steps, Until, Wait

if sys.platform == "linux":
    from afilnet_protocols.waiting.poller import Poller

R = TypeVar("R")


async def drive(steps: Steps[R]) -> R:
    """Carry out a call, or a part of one, to its end, while the loop goes on.

    Args:
        steps: what to carry out. A cancellation is raised in it where it waits, so that it cleans up at once.

    Raises:
        ConfigurationError: no loop of asyncio runs here.
    """
    loop = running_loop()
    try:
        wait = steps.send(None)
        while True:
            try:
                if isinstance(wait, Readiness):
                    await _ready(wait, loop)
                else:
                    await _wait(wait, loop)
            except BaseException as error:  # noqa: BLE001 -- a cancellation, for the call to clean up after
                wait = steps.throw(error)
            else:
                wait = steps.send(None)
    except StopIteration as stop:
        result: R = stop.value
    finally:
        steps.close()
    return result


def leave(loop: asyncio.AbstractEventLoop) -> None:
    """Take out of a loop what its calls have left there for the next, unless there are some under way."""
    if sys.platform == "linux":
        Poller.leave(loop)


async def _wait(wait: Wait, loop: asyncio.AbstractEventLoop) -> None:
    if isinstance(wait, Readiness):
        await _ready(wait, loop)
    elif isinstance(wait, Until):
        await _happened(wait, loop)
    elif wait.blocking:
        await aside(wait.carry_out)
    else:
        wait.carry_out()


async def _ready(wait: Readiness, loop: asyncio.AbstractEventLoop) -> None:
    if sys.platform == "linux":
        descriptor = wait.descriptor
        try:
            poller = Poller.of(loop)
            woken = poller.begin(loop, descriptor, wait.event, wait.deadline.remaining())
        except OSError:
            pass  # the process may open no more descriptors, or have no more watched
        else:
            try:
                await woken
            finally:
                poller.end(descriptor, woken)
            return
    await _by_reader(wait, loop)


async def _by_reader(wait: Readiness, loop: asyncio.AbstractEventLoop) -> None:
    woken: asyncio.Future[None] = loop.create_future()
    timer = loop.call_later(wait.deadline.remaining(), _wake, woken)
    number = wait.descriptor.number
    add, remove = (
        (loop.add_reader, loop.remove_reader) if wait.event == READABLE else (loop.add_writer, loop.remove_writer)
    )
    add(number, _wake, woken)
    try:
        await woken
    finally:
        remove(number)
        timer.cancel()


async def _happened(wait: Until, loop: asyncio.AbstractEventLoop) -> None:
    woken: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed, and nobody waits
            loop.call_soon_threadsafe(_wake, woken)

    timer = loop.call_later(wait.deadline.remaining(), _wake, woken)
    wait.signal.tell(wake)
    try:
        await woken
    finally:
        wait.signal.forget(wake)
        timer.cancel()


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
