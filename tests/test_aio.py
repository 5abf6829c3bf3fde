"""The asyncio twin behaves like the synchronous client, and cancels and closes cleanly."""

from __future__ import annotations

import asyncio
import inspect
import threading

import pytest

from afilnet_protocols import AsyncChatOperations, ChatOperations, ConfigurationError, NotFoundError, connect_async
from afilnet_protocols.aio import ThreadedChat
from afilnet_protocols.deadline import deadline, seconds_for_call
from afilnet_protocols.sandbox import Sandbox

CALL = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


def test_the_twins_have_the_same_methods_and_parameters():
    assert ChatOperations.__abstractmethods__ == AsyncChatOperations.__abstractmethods__
    for name in ChatOperations.__abstractmethods__:
        assert inspect.signature(getattr(ChatOperations, name)) == inspect.signature(getattr(AsyncChatOperations, name))


@pytest.mark.parametrize("protocol", ["http-get", "http-post", "basic", "soap", "json"])
def test_the_six_operations_work_over_every_protocol(sandbox, protocol):
    async def calls():
        account = sandbox.account()
        async with connect_async(sandbox.settings(protocol, account=account)) as chat:
            assert await chat.get_chat_channels()
            await chat.send_message(**CALL, message="hola")
            await chat.send_file(**CALL, file_type="image", file_url="https://www.example.com/image.jpg")
            assert len(await chat.get_messages(**CALL)) == 2
            assert len(await chat.get_chats(platform="whatsapp", platform_id="100")) == 1
            assert await chat.get_unread_messages(**CALL) == []
            with pytest.raises(NotFoundError):
                await chat.get_chats(platform="whatsapp", platform_id="999")

    asyncio.run(calls())


def test_two_hundred_tasks_share_one_client(sandbox):
    async def calls():
        async with connect_async(sandbox.settings("http-post")) as chat:
            answers = await asyncio.gather(*(chat.get_chat_channels() for _ in range(200)))
        assert all(answer == answers[0] for answer in answers)

    asyncio.run(calls())


class Slow(ChatOperations):
    """Holds each call until it is let go, and counts what began."""

    def __init__(self):
        self.go = threading.Event()
        self.begun = []
        self.closed = 0
        self.seconds = None

    def send_message(self, **arguments):
        self.begun.append(arguments["message"])
        self.seconds = seconds_for_call(30.0)
        self.go.wait(10)

    def close(self):
        self.closed += 1

    get_chat_channels = send_file = get_chats = get_messages = get_unread_messages = None


async def until(condition):
    while not condition():
        await asyncio.sleep(0)


def test_a_call_cancelled_before_a_thread_took_it_is_never_sent():
    async def calls():
        slow = Slow()
        chat = ThreadedChat(slow, threads=1)
        first = asyncio.create_task(chat.send_message(**CALL, message="first"))
        await until(lambda: slow.begun)
        second = asyncio.create_task(chat.send_message(**CALL, message="second"))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        slow.go.set()
        await first
        await chat.close()
        assert slow.begun == ["first"]
        assert slow.closed == 1

    asyncio.run(calls())


def test_closing_waits_for_calls_under_way_and_drops_the_others():
    async def calls():
        slow = Slow()
        chat = ThreadedChat(slow, threads=1)
        tasks = [asyncio.create_task(chat.send_message(**CALL, message=text)) for text in ("first", "second")]
        await until(lambda: slow.begun)
        closing = asyncio.create_task(chat.close())
        await asyncio.sleep(0)
        slow.go.set()
        await closing
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert results[0] is None
        assert isinstance(results[1], asyncio.CancelledError)
        assert slow.begun == ["first"]
        with pytest.raises(ConfigurationError):
            await chat.send_message(**CALL, message="third")
        await chat.close()
        assert slow.closed == 1

    asyncio.run(calls())


def test_the_deadline_of_the_task_travels_with_the_call():
    async def calls():
        slow = Slow()
        slow.go.set()
        async with ThreadedChat(slow) as chat:
            with deadline(2.5):
                await chat.send_message(**CALL, message="hola")
        assert slow.seconds == 2.5

    asyncio.run(calls())
