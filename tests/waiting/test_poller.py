"""What tasks wait for: one descriptor for each loop, one timer, and nothing of either left behind."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from afilnet_protocols import connect_async
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.waiting import READABLE, WRITABLE, Descriptor, Readiness, poller, tasks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the loop's own readers are used")

LONG = 60.0
CALL = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


async def ready(descriptor: Descriptor, event: int = READABLE, seconds: float = LONG) -> None:
    await tasks._ready(Readiness(descriptor, event, Deadline(seconds)), asyncio.get_running_loop())


def watching() -> int:
    """Return how many descriptors of epoll this process has."""
    count = 0
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            count += os.readlink(each) == "anon_inode:[eventpoll]"  # noqa: PTH115 - it names no file
    return count


def of_this_loop() -> poller.Poller:
    return poller.Poller.of(asyncio.get_running_loop())


def test_a_wait_ends_when_its_descriptor_is_ready_and_again_when_it_is_again(pair) -> None:
    ours, theirs = pair
    descriptor = Descriptor(ours.fileno())

    async def play() -> list[bytes]:
        read = []
        for _ in range(3):
            await ready(descriptor, WRITABLE)
            asyncio.get_running_loop().call_soon(theirs.send, b"x")
            await ready(descriptor)
            read.append(ours.recv(9))
        return read

    assert asyncio.run(play()) == [b"x"] * 3


def test_a_wait_ends_when_its_time_is_up_whoever_came_first(pair) -> None:
    async def play() -> list[str]:
        ended = []

        async def wait(name: str, seconds: float, which: socket.socket) -> None:
            await ready(Descriptor(which.fileno()), READABLE, seconds)
            ended.append(name)

        long = asyncio.create_task(wait("long", LONG, pair[0]))
        await asyncio.sleep(0)
        await wait("short", 0.001, pair[1])
        pair[1].send(b"x")
        await long
        return ended

    assert asyncio.run(play()) == ["short", "long"]


def test_two_loops_in_turn_wait_for_one_descriptor(pair) -> None:
    descriptor = Descriptor(pair[0].fileno())
    pair[1].send(b"x")
    with asyncio.Runner() as one, asyncio.Runner() as other:
        for runner in (one, other, one, other, other, one):
            runner.run(ready(descriptor))


def test_a_number_that_is_given_out_again_is_another_descriptor() -> None:
    async def play() -> None:
        for _ in range(3):
            ours, theirs = socket.socketpair()
            with ours, theirs:
                waiting = asyncio.create_task(ready(Descriptor(ours.fileno())))
                await asyncio.sleep(0)
                waiting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await waiting
            ours, theirs = socket.socketpair()
            with ours, theirs:
                theirs.send(b"x")
                await ready(Descriptor(ours.fileno()))

    asyncio.run(play())


async def wakes_for_nothing(pair: tuple[socket.socket, socket.socket]) -> int:
    """Have something to read lie there while nobody waits; return how often the loop is told meanwhile."""
    woken: list[None] = []
    descriptor = Descriptor(pair[0].fileno())
    here = of_this_loop()
    real = here._epoll

    class Counted:
        modify, register, close = real.modify, real.register, real.close

        def poll(self, *given: Any) -> Any:
            woken.append(None)
            return real.poll(*given)

    pair[1].send(b"x")
    here._epoll = Counted()  # type: ignore[assignment]
    await ready(descriptor)
    for _ in range(50):
        await asyncio.sleep(0)
    return len(woken)


def test_a_descriptor_for_which_nobody_waits_does_not_keep_the_loop_busy(pair) -> None:
    assert asyncio.run(wakes_for_nothing(pair)) <= 2


def test_sabotage_a_descriptor_that_is_told_more_than_once_is_found(pair, monkeypatch) -> None:
    monkeypatch.setattr(select, "EPOLLONESHOT", 0)
    assert asyncio.run(wakes_for_nothing(pair)) > 20


async def kept_of_waits(pair: tuple[socket.socket, socket.socket], count: int) -> int:
    descriptor = Descriptor(pair[0].fileno())
    for _ in range(count):
        await ready(descriptor, WRITABLE)
    return len(of_this_loop()._ends)


def test_of_waits_that_are_over_little_is_kept(pair) -> None:
    assert asyncio.run(kept_of_waits(pair, 700)) <= poller._WORTH_SWEEPING + 3


def test_sabotage_waits_that_are_never_swept_are_found(pair, monkeypatch) -> None:
    monkeypatch.setattr(poller, "_WORTH_SWEEPING", 10_000)
    assert asyncio.run(kept_of_waits(pair, 700)) == 700


def test_nothing_is_left_of_a_loop_that_has_ended_whether_or_not_its_client_was_closed(sandbox) -> None:
    async def play(*, close: bool) -> tuple[int, int]:
        before = watching()
        chat = connect_async(sandbox.settings("http-post", plain=True))
        await chat.send_message(**CALL, message="hola")
        during = watching()
        if close:
            await chat.close()
        return during - before, watching() - before

    gc.collect()  # what other tests have left
    before = watching()
    assert asyncio.run(play(close=True)) == (1, 0)
    assert asyncio.run(play(close=False)) == (1, 1)
    gc.collect()
    assert watching() == before


def test_a_client_that_is_closed_leaves_the_calls_of_another_alone(pair) -> None:
    async def play() -> None:
        loop = asyncio.get_running_loop()
        waiting = asyncio.create_task(ready(Descriptor(pair[0].fileno())))
        await asyncio.sleep(0)
        tasks.leave(loop)
        pair[1].send(b"x")
        await waiting
        tasks.leave(loop)
        tasks.leave(loop)
        await ready(Descriptor(pair[0].fileno()))

    asyncio.run(play())


def six(sandbox: Sandbox, protocol: str) -> None:
    async def play() -> None:
        async with connect_async(sandbox.settings(protocol, account=sandbox.account())) as chat:
            await asyncio.gather(*(chat.send_message(**CALL, message="hola") for _ in range(3)))
            assert len(await chat.get_messages(**CALL)) == 3

    asyncio.run(play())


@pytest.mark.parametrize("protocol", ["http-post", "json"])
def test_where_there_is_no_such_descriptor_the_readers_of_the_loop_will_do(sandbox, protocol, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "_ready", tasks._by_reader)
    six(sandbox, protocol)


def test_a_process_that_may_open_no_more_descriptors_waits_by_readers(sandbox, monkeypatch) -> None:
    used: list[None] = []
    by_reader: Callable[..., Any] = tasks._by_reader

    def counted(*given: Any) -> Any:
        used.append(None)
        return by_reader(*given)

    def none_left() -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(poller.select, "epoll", none_left)
    monkeypatch.setattr(tasks, "_by_reader", counted)
    # The sandbox's own loop has been running for long.
    six(sandbox, "http-post")
    assert used


FORKING = """
import asyncio, os
from afilnet_protocols.waiting.poller import Poller, _pollers

async def play():
    mine = Poller.of(asyncio.get_running_loop())
    child = os.fork()
    if not child:
        os._exit(len(_pollers.of))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), Poller.of(asyncio.get_running_loop()) is mine)

asyncio.run(play())
"""


def test_a_child_of_a_fork_has_pollers_of_its_own() -> None:
    """Else it would watch for its parent, whose descriptor it shares."""
    done = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "True"]
