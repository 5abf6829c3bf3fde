"""A loop that was closed in the middle of a call keeps no later call waiting, and no client from closing."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from afilnet_protocols import AsyncChatOperations, connect_async
from afilnet_protocols.aio import _UnderWay
from afilnet_protocols.oauth.source import TokenSource
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.waiting import Signal, until
from tests.time_limit import HANGS

LONG = 100 * HANGS
"""How long calls may take here: nobody waits for the end of that."""


class Left:
    """Calls in loops that go no further, while somebody still refers to them."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[Any]] = []
        self._loops: list[asyncio.AbstractEventLoop] = []

    def begin(self, call: Callable[[], Awaitable[Any]], reached: Callable[[], object]) -> asyncio.AbstractEventLoop:
        """Begin a call in a loop of its own, which goes as far as something is reached; return the loop."""

        async def until_reached() -> None:
            self._tasks.append(asyncio.ensure_future(call()))
            while not reached():
                await asyncio.sleep(0.001)

        self._loops.append(asyncio.new_event_loop())
        self._loops[-1].run_until_complete(until_reached())
        return self._loops[-1]

    def end(self) -> None:
        for loop, task in zip(self._loops, self._tasks, strict=True):
            if loop.is_closed():
                task._log_destroy_pending = False  # type: ignore[attr-defined] # that it never ends is meant here
            else:
                task.cancel()
                loop.run_until_complete(asyncio.wait([task]))
                loop.close()


@pytest.fixture
def left() -> Iterator[Left]:
    made = Left()
    yield made
    made.end()


def goes_on(chat: AsyncChatOperations) -> bool:
    """Say whether a call in a loop of its own is carried out, and its client closed, while somebody has patience."""

    async def play() -> bool:
        async with chat:
            return bool(await chat.get_chat_channels())

    return asyncio.run(asyncio.wait_for(play(), HANGS))


def test_a_place_of_a_call_whose_loop_was_closed_is_free_for_the_next(sandbox: Sandbox, left: Left) -> None:
    chat = connect_async(sandbox.settings("http-post", max_connections=1, timeout=LONG))
    with sandbox.fault("silence", operation="get_chat_channels", times=1) as fault:
        left.begin(chat.get_chat_channels, lambda: fault.hits).close()
        assert goes_on(chat)


def test_a_token_request_whose_loop_was_closed_is_made_by_the_next(
    sandbox: Sandbox, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, asked = TokenSource.fetch, []

    def never_at_first(self, deadline, **given):  # type: ignore[no-untyped-def]
        asked.append(deadline)
        if len(asked) == 1:
            yield from until(Signal(), deadline)
        return (yield from fetch(self, deadline, **given))

    monkeypatch.setattr(TokenSource, "fetch", never_at_first)
    chat = connect_async(sandbox.settings("json", timeout=LONG))
    left.begin(chat.get_chat_channels, lambda: asked).close()
    assert goes_on(chat)


@pytest.mark.parametrize("closed", [True, False], ids=["was closed", "stands still"])
def test_a_client_is_closed_though_the_loop_of_a_call(sandbox: Sandbox, left: Left, closed: bool) -> None:
    chat = connect_async(sandbox.settings("http-post", timeout=LONG))
    with sandbox.fault("silence", operation="get_chat_channels", times=1) as fault:
        loop = left.begin(chat.get_chat_channels, lambda: fault.hits)
        if closed:
            loop.close()
        asyncio.run(asyncio.wait_for(chat.close(), HANGS))


def test_two_threads_may_find_what_is_lost_at_once(sandbox: Sandbox) -> None:
    chat: Any = connect_async(sandbox.settings("http-post"))
    being_ended, gone_on = threading.Event(), threading.Event()

    def steps() -> Iterator[None]:
        try:
            yield
        finally:
            being_ended.set()
            assert gone_on.wait(HANGS)

    call, looks = _UnderWay(), itertools.count()
    closed: Any = SimpleNamespace()
    made: Any = steps()
    call.loop, call.steps = closed, made
    next(made)

    def is_closed() -> bool:
        if next(looks) == 0:  # the first that looks goes on when another has begun to end it
            other.start()
            assert being_ended.wait(HANGS)
        return True

    closed.is_closed = is_closed
    chat._under_way.add(call)
    other = threading.Thread(target=chat._end_what_is_lost)
    try:
        chat._end_what_is_lost()
    finally:
        gone_on.set()
        other.join()
    assert not chat._under_way
