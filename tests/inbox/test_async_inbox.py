"""The twin for asyncio keeps the same promises: once, in order, with the replies; what is cancelled is begun again."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from afilnet_protocols import AsyncInbox, ConfigurationError, InvalidRequestError
from afilnet_protocols.inbox import State
from afilnet_protocols.inbox.routes import Routes
from afilnet_protocols.inbox.under_way import UnderWay
from tests.inbox.service import Service, opened
from tests.process.test_fork import in_child
from tests.time_limit import HANGS


@pytest.fixture
def place(new_place):
    return new_place()


def test_each_message_is_handled_once_in_order_several_at_a_time(place):
    service, seen = Service(), []
    for number in range(3):
        for destination in ("341", "342", "343"):
            service.write(destination, f"{number}")

    async def all_() -> None:
        under_way, together = set(), asyncio.Event()
        async with opened(AsyncInbox, place, service, start="all", concurrency=3) as inbox:

            @inbox.handler()
            async def handle(incoming):
                destination = incoming.conversation["destination"]
                assert destination not in under_way
                under_way.add(destination)
                if len(under_way) > 1:
                    together.set()
                await asyncio.wait_for(together.wait(), HANGS)  # the first waits for another
                under_way.remove(destination)
                seen.append((destination, incoming.text))
                incoming.reply(f"re: {incoming.text}")

            for _ in range(3):
                await inbox.run(wait=False)
                service.now += 10
            assert (await inbox.status()).counts[State.DONE] == 9

    asyncio.run(all_())
    for destination in ("341", "342", "343"):
        assert [text for place, text in seen if place == destination] == ["0", "1", "2"]
        assert service.outgoing(destination) == ["re: 0", "re: 1", "re: 2"]


def test_what_is_cancelled_is_handed_over_again_and_what_raises_is_given_up(place):
    service, begun = Service(), []
    service.write("341", "slow")
    service.write("342", "bad")

    async def all_() -> None:
        async with opened(AsyncInbox, place, service, start="all", concurrency=2) as inbox:

            @inbox.handler()
            async def handle(incoming):
                begun.append((incoming.text, incoming.attempt))
                if incoming.text == "bad":
                    raise ValueError
                if incoming.attempt == 1:
                    run.cancel()
                    await asyncio.sleep(60)

            run = asyncio.create_task(inbox.run())
            with pytest.raises(asyncio.CancelledError):
                await run
            for _ in range(8):
                service.now += 30
                await inbox.run(wait=False)
            assert [dead.message.message for dead in await inbox.dead()] == ["bad"]
            assert await inbox.retry() == 1
            assert (await inbox.messages("done"))[0].message.message == "slow"
            assert await inbox.purge(older_than=0) >= 0

    asyncio.run(all_())
    assert [attempt for text, attempt in begun if text == "slow"] == [1, 2]
    assert [attempt for text, attempt in begun if text == "bad"] == [1, 2, 3]


def test_a_handler_whose_own_task_was_cancelled_has_failed_and_ends_no_run(place):
    service, begun = Service(), []
    for destination, text in (("341", "waits"), ("342", "good")):
        service.write(destination, text)

    async def all_() -> None:
        async with opened(AsyncInbox, place, service, start="all") as inbox:

            @inbox.handler()
            async def handle(incoming):
                begun.append((incoming.text, incoming.attempt))
                if incoming.text == "waits":
                    inner = asyncio.create_task(asyncio.sleep(HANGS))
                    inner.cancel()
                    await inner

            for _ in range(8):
                await inbox.run(wait=False)
                service.now += 30
            assert [(dead.message.message, dead.reason) for dead in await inbox.dead()] == [
                ("waits", "its handler waited for what was cancelled")
            ]
            assert (await inbox.status()).counts[State.DONE] == 1

    asyncio.run(all_())
    assert sorted(begun) == [("good", 1), ("waits", 1), ("waits", 2), ("waits", 3)]


def test_messages_come_one_by_one(place):
    service, seen = Service(), []
    for text in ("one", "two"):
        service.write("341", text)

    async def all_() -> None:
        async with opened(AsyncInbox, place, service, start="all") as inbox:
            async for incoming in inbox:
                seen.append(incoming.text)
                if incoming.text == "two":
                    inbox.stop()
            assert (await inbox.status()).counts[State.DONE] == 2

    asyncio.run(all_())
    assert seen == ["one", "two"]


def test_what_cannot_be_meant_is_refused(place):
    with pytest.raises(InvalidRequestError):
        opened(AsyncInbox, place, Service(), concurrency=0)


def test_one_that_is_cancelled_twice_can_be_run_again(place, monkeypatch):
    service, ended = Service(), threading.Event()
    service.write("341", "a")

    async def all_() -> None:
        async with opened(AsyncInbox, place, service, start="all") as inbox:
            end = inbox._engine.end

            def slowly() -> None:
                loop.call_soon_threadsafe(run.cancel)  # for the second time
                assert ended.wait(HANGS)
                end()

            monkeypatch.setattr(inbox._engine, "end", slowly)

            @inbox.handler()
            async def handle(incoming):
                run.cancel()
                await asyncio.sleep(HANGS)

            loop, run = asyncio.get_running_loop(), asyncio.create_task(inbox.run())
            with pytest.raises(asyncio.CancelledError):
                await run
            ended.set()
            monkeypatch.setattr(inbox._engine, "end", end)
            while inbox._running is not None:
                await asyncio.sleep(0.001)
            inbox._routes = Routes(awaited=True)
            inbox.handler(lambda _: None)
            service.now += 30
            assert (await inbox.run(wait=False)).done == 1

    asyncio.run(asyncio.wait_for(all_(), HANGS))


def test_closing_lets_a_run_end_after_the_messages_in_hand(place):
    service = Service()
    service.write("341", "a")

    async def all_() -> int:
        inbox, begun = opened(AsyncInbox, place, service, start="all"), asyncio.Event()

        @inbox.handler()
        async def handle(incoming):
            begun.set()
            while not inbox._engine.stopped.happened:
                await asyncio.sleep(0.001)

        run = asyncio.create_task(inbox.run())
        await begun.wait()
        await inbox.close()
        assert run.done()
        return run.result().done

    assert asyncio.run(asyncio.wait_for(all_(), HANGS)) == 1


def test_a_handler_that_closes_its_inbox_waits_for_nobody(place):
    service = Service()
    service.write("341", "a")

    async def all_() -> None:
        inbox = opened(AsyncInbox, place, service, start="all")
        inbox.handler(lambda _: inbox.close())
        with pytest.raises(ConfigurationError, match="closed"):
            await inbox.run()

    asyncio.run(asyncio.wait_for(all_(), HANGS))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of what can never end
def test_what_was_in_hand_in_a_loop_that_was_closed_is_handed_over_again_in_another(place):
    service, attempts = Service(), []
    service.write("341", "a")
    inbox, loop = opened(AsyncInbox, place, service, start="all"), asyncio.new_event_loop()

    @inbox.handler()
    async def handle(incoming):
        attempts.append(incoming.attempt)
        if incoming.attempt == 1:
            await asyncio.sleep(HANGS)

    async def until_in_hand() -> asyncio.Task[object]:
        run = asyncio.create_task(inbox.run())
        while not attempts:
            await asyncio.sleep(0.001)
        return run

    async def again() -> int:
        async with inbox:
            service.now += 30
            return (await inbox.run(wait=False)).done

    lost = loop.run_until_complete(until_in_hand())
    left = asyncio.all_tasks(loop)
    loop.close()
    assert (asyncio.run(again()), attempts) == (1, [1, 2])
    for each in (lost, *left):
        each._log_destroy_pending = False  # that they never end is meant here
    del each, lost, left
    gc.collect()


def test_a_child_is_told_whose_inbox_it_is(place):
    inbox = opened(AsyncInbox, place, Service())
    inbox.handler(lambda _: None)
    inbox._running = UnderWay.__new__(UnderWay)

    def is_told() -> bool:
        with pytest.raises(ConfigurationError, match="parent process"):
            asyncio.run(inbox.run())
        return True

    assert in_child(is_told)
    inbox._running = None
    asyncio.run(inbox.close())


def test_a_transaction_in_which_a_task_awaits_is_whole_whatever_another_task_begins(new_place):
    place, service, meet = new_place(), Service(), asyncio.Barrier(2)
    service.write("341", "a")
    service.write("342", "b")

    async def all_() -> tuple[int, int]:
        async with opened(AsyncInbox, place, service, start="all", attempts=2, concurrency=2) as inbox:

            @inbox.handler()
            async def handle(incoming):
                if incoming.attempt == 1:
                    await meet.wait()
                with incoming.transaction():
                    incoming.reply("one")
                    await asyncio.sleep(0)
                    incoming.reply("two")

            first = await inbox.run(wait=False)
            service.now += 30
            return first.done, (await inbox.run(wait=False)).done

    assert asyncio.run(asyncio.wait_for(all_(), HANGS)) == (1, 1)
    assert [service.outgoing(each) for each in ("341", "342")] == [["one", "two"]] * 2
