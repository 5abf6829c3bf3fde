"""A run in a task that is cancelled in one of its steps, or in a process without threads, leaves nothing half done."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from afilnet_protocols import AsyncInbox, AsyncOutbox
from afilnet_protocols.inbox import State, aio
from tests.inbox.service import PERSON, Service, opened
from tests.time_limit import HANGS

TIMES = 7
"""More often than a message may be interrupted."""

TURNS = 20
"""More steps of the loop than a task takes to end."""


@pytest.fixture
def place(tmp_path):
    return tmp_path / "inbox.db", {}


class Cancelled:
    """An inbox whose run is cancelled while one of its steps is in its thread, which goes on when the loop has seen it.

    Attributes:
        handled: the texts that a handler was handed.
        attempts: which attempt each was.
        unseen: what the loop's handler of exceptions was told.
    """

    def __init__(self, place, service, **given) -> None:
        self.service, self.handled, self.attempts, self.unseen = service, [], [], []
        self.there = set(threading.enumerate())  # what other tests have left behind has nothing to end here
        self.inbox = opened(AsyncInbox, place, service, start="all", **given)
        self.engine = self.inbox._engine
        self.inbox.handler(self._handle)

    async def _handle(self, incoming) -> None:
        self.handled.append(incoming.text)
        self.attempts.append(incoming.attempt)
        incoming.reply("one")
        incoming.reply("two")

    def cancelling(self, step: Callable[..., object], first: bool) -> Callable[..., object]:
        def held(*args: object, **named: object) -> object:
            seen, mine = threading.Event(), threading.current_thread()

            def cancel() -> None:
                self.run.cancel()
                look(0)

            def look(quiet: int) -> None:
                # Whoever does not wait for this thread has had his turns then, in others too.
                if quiet == TURNS:
                    seen.set()
                else:
                    begun = set(threading.enumerate()) - self.there - {mine}
                    others = any(each.name == mine.name for each in begun)
                    self.loop.call_soon(look, 0 if others else quiet + 1)

            done = step(*args, **named) if first else None
            self.loop.call_soon_threadsafe(cancel)
            assert seen.wait(HANGS)
            return done if first else step(*args, **named)

        return held

    async def cancelled_in(self, patch, target: object, name: str, *, first: bool = False) -> None:
        self.loop = asyncio.get_running_loop()
        self.loop.set_exception_handler(lambda _, told: self.unseen.append(told))
        with patch.context() as held:
            held.setattr(target, name, self.cancelling(getattr(target, name), first))
            self.run = asyncio.create_task(self.inbox.run(wait=False))
            with pytest.raises(asyncio.CancelledError):
                await self.run
        self.service.now += 100

    async def goes_on(self) -> None:
        await self.inbox.run(wait=False)
        await self.inbox.close()


def what_no_handler_began_with_is_no_attempt(place, patch) -> None:
    service = Service()
    service.write("341", "a")

    async def all_() -> Cancelled:
        here = Cancelled(place, service)
        for _ in range(TIMES):
            await here.cancelled_in(patch, here.engine, "claim", first=True)
        await here.goes_on()
        return here

    here = asyncio.run(all_())
    assert (here.handled, here.attempts) == (["a"], [1])
    assert service.outgoing("341") == ["one", "two"]


def what_was_handled_is_handled_once(place, patch) -> None:
    service = Service()
    service.write("341", "a")

    async def all_() -> Cancelled:
        here = Cancelled(place, service)
        await here.cancelled_in(patch, here.engine.settling, "settle")
        await here.goes_on()
        return here

    here = asyncio.run(all_())
    assert (here.handled, here.unseen) == (["a"], [])
    assert service.outgoing("341") == ["one", "two"]


def nothing_is_sent_behind_it(place, patch) -> None:
    service = Service()
    service.write("341", "a")

    async def all_() -> int:
        here = Cancelled(place, service)
        await here.cancelled_in(patch, service, "on_send")
        sent = service.calls["send_message"]
        assert (await here.inbox.outbox.status())["sending"] == 0
        await here.goes_on()
        return sent

    assert asyncio.run(all_()) == 1
    assert service.outgoing("341") == ["one", "two"]


LAWS = {
    "claim": what_no_handler_began_with_is_no_attempt,
    "settle": what_was_handled_is_handled_once,
    "send": nothing_is_sent_behind_it,
}


@pytest.mark.parametrize("step", LAWS)
def test_a_step_that_is_under_way_ends_before_its_cancelled_run_does(place, step, monkeypatch) -> None:
    LAWS[step](place, monkeypatch)


@pytest.mark.parametrize("step", LAWS)
def test_sabotage_a_run_that_does_not_wait_for_its_step_is_found(place, step, monkeypatch) -> None:
    async def left(ended, stop=None):
        return await asyncio.shield(ended)

    async def surely_left(action):
        return await left(aio.begun_aside(action))

    monkeypatch.setattr(aio, "to_its_end", left)
    monkeypatch.setattr(aio, "surely", surely_left)
    with pytest.raises((AssertionError, KeyError)):
        LAWS[step](place, monkeypatch)


def test_a_handler_that_takes_its_time_to_end_has_its_message_in_hand_until_then(place) -> None:
    service, handled, of_another = Service(), [], []
    service.write("341", "a")

    async def all_() -> None:
        async with opened(AsyncInbox, place, service, start="all") as inbox:

            @inbox.handler
            async def handle(incoming):
                handled.append(incoming.text)
                if len(handled) > 1:
                    return
                asyncio.get_running_loop().call_soon(run.cancel)
                try:
                    await asyncio.Event().wait()
                finally:
                    await look()

            async def look() -> None:
                async with opened(AsyncInbox, place, service, start="all") as other:
                    other.handler(lambda incoming: of_another.append(incoming.text))
                    await other.run(wait=False)

            run = asyncio.create_task(inbox.run())
            with pytest.raises(asyncio.CancelledError):
                await run
            service.now += 100
            assert (await inbox.messages("waiting"))[0].reason == "its handler raised CancelledError"
            await inbox.run(wait=False)

    asyncio.run(all_())
    assert (handled, of_another) == (["a", "a"], [])


def at_the_end_of_the_loop(place) -> None:
    """A task that nobody ends is cancelled with all others: the entry in hand is sent, and known to be."""
    service, entered, go_on = Service(), threading.Event(), threading.Event()
    where, _ = place

    def on_send() -> None:
        entered.set()
        assert go_on.wait(HANGS)

    service.on_send = on_send
    outbox = AsyncOutbox(where, user="user", password="password", make_client=lambda _: service)

    async def main() -> None:
        for text in ("one", "two"):
            await outbox.enqueue(**PERSON, message=text)
        running.append(asyncio.create_task(outbox.run()))
        await asyncio.to_thread(entered.wait)
        running.append(asyncio.create_task(last()))
        await asyncio.sleep(0)

    async def last() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            go_on.set()

    running: list[asyncio.Task[object]] = []
    asyncio.run(main())
    go_on.set()
    assert service.outgoing("341") == ["one"]

    async def after() -> dict[str, int]:
        try:
            return await outbox.status()
        finally:
            await outbox.close()

    states = asyncio.run(after())
    assert (states["sent"], states["pending"]) == (1, 1)


def test_a_run_that_the_end_of_its_loop_cancels_ends_after_the_entry_in_hand(place) -> None:
    at_the_end_of_the_loop(place)


def without_threads(place, patch) -> None:
    service, handled = Service(), []
    service.write("341", "a")

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def all_() -> None:
        inbox = opened(AsyncInbox, place, service, start="all")
        with patch.context() as lacking:

            @inbox.handler
            async def handle(incoming):
                handled.append(incoming.text)
                lacking.setattr(threading.Thread, "start", refuse)

            with pytest.raises(Exception, match="can start no thread"):
                await inbox.run()
            await inbox.close()
        async with opened(AsyncInbox, place, service, start="all") as other:
            other.handler(handle)
            assert not (await other.run(wait=False)).noticed
            assert (await other.status()).counts[State.DONE] == 1

    asyncio.run(all_())
    assert handled == ["a"]


def test_what_was_handled_is_written_and_an_inbox_is_closed_without_threads(place, monkeypatch) -> None:
    without_threads(place, monkeypatch)


def test_sabotage_an_inbox_that_needs_a_thread_for_its_end_is_found(place, monkeypatch) -> None:
    monkeypatch.setattr(aio, "surely", aio.aside)
    with pytest.raises(Exception, match=r"assert|thread"):
        without_threads(place, monkeypatch)
