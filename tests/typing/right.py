"""What users write, and type checkers accept: only read by them (``test_public_surface.py``), never run."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import assert_type

from afilnet_protocols import (
    Addressee,
    AfilnetError,
    AsyncChatOperations,
    AsyncInbox,
    Channel,
    Chat,
    ChatOperations,
    Delivery,
    FileType,
    Inbox,
    Message,
    Outbox,
    Platform,
    Protocol,
    Settings,
    connect,
    connect_async,
)
from afilnet_protocols.inbox import DatabaseConnection, Incoming, Polling, Received, Report, State, Status
from afilnet_protocols.outbox import State as EntryState
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import ChannelAddress, InstalledProtocol, ListedPlatform

person: Addressee = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
somebody = Addressee(platform=Platform.WHATSAPP, platform_id="100", destination="34600000000")


def by_members_and_by_words(chat: ChatOperations) -> None:
    """Every spelling of a word that the interface knows."""
    chat.send_message(platform=Platform.WHATSAPP, platform_id="100", destination="1", message="hola")
    chat.send_message(platform="webchat", platform_id="100", destination="1", message="hola")
    chat.send_message(**person, message="hola")
    chat.send_file(**person, file_type=FileType.IMAGE, file_url="https://www.example.com/a.jpg")
    chat.send_file(**person, file_type="document", file_url="https://www.example.com/a.pdf", message=None)


def back_again(chat: ChatOperations) -> None:
    """What a service listed goes back as it came, and a platform of tomorrow can be named."""
    for channel in chat.get_chat_channels():
        assert_type(channel, Channel)
        for conversation in chat.get_chats(platform=channel.platform, platform_id=channel.platform_id):
            assert_type(conversation, Chat)
            messages = chat.get_messages(
                platform=conversation.platform,
                platform_id=conversation.platform_id,
                destination=conversation.destination,
            )
            assert_type(messages[0], Message)
    chat.get_chats(platform=ListedPlatform("signal"), platform_id="100")


def addresses(chat: ChatOperations, sandbox: Sandbox) -> None:
    """What came names where it came from, and nobody writes it out again."""
    sandbox.receive(**somebody, message="hola")
    for channel in chat.get_chat_channels():
        assert_type(channel.address, ChannelAddress)
        for conversation in chat.get_chats(**channel.address):
            assert_type(conversation.address, Addressee)
            for message in chat.get_messages(**conversation.address):
                chat.send_message(**message.address, message="hola")
                chat.send_file(**message.address, file_type="image", file_url="https://www.example.com/a.jpg")


def clients(settings: Settings) -> None:
    """Each way to a client."""
    assert_type(connect(), ChatOperations)
    connect("profile", timeout=3)
    connect(settings, breaker=False)
    connect(protocol="json", token_url="https://www.example.com/token", resource=["a"])
    connect(protocol=Protocol.SOAP, soap_wsdl="chat.wsdl")
    connect(ca_file=Path("ca.pem"), token_cache=Path("token"))
    connect(protocol=InstalledProtocol("carrier-pigeon"))


def handled(chat: ChatOperations) -> Delivery | None:
    """What the documented handler looks at."""
    try:
        chat.get_chat_channels()
    except AfilnetError as error:
        assert_type(error.code, str | None)
        return error.delivery
    return None


async def in_tasks() -> AsyncChatOperations:
    """The same words in the asyncio twin."""
    async with connect_async(protocol="basic", user="user", password="password") as chat:
        await chat.send_message(**person, message="hola")
        assert_type(await chat.get_unread_messages(**person), list[Message])
        return chat


def with_a_sandbox(outbox: Outbox) -> None:
    """Where tests and queues take the same words."""
    with Sandbox() as sandbox, connect(sandbox.settings("soap")) as chat:
        sandbox.receive(**person, message="hola")
        chat.get_messages(**person)
    outbox.enqueue(**person, message="hola", key="order-1")


def an_inbox(settings: Settings, chat: ChatOperations) -> None:
    """Handlers may return anything; what is handed over names where it came from."""
    with Inbox("app.db", settings, start="all", read="unread", polling=Polling(quickest=1), timeout=3) as inbox:

        @inbox.handler(platform="whatsapp", platform_id="100")
        def answer(incoming: Incoming) -> None:
            assert_type(incoming.message, Message)
            assert_type(incoming.conversation, Addressee)
            assert_type((incoming.text, incoming.key, incoming.attempt, incoming.age), tuple[str, str, int, float])
            incoming.reply("hola", expires=None)
            incoming.reply(file_type="image", file_url="https://www.example.com/a.jpg", message="look")
            chat.get_messages(**incoming.conversation)

        @inbox.handler(platform=Platform.TELEGRAM)
        def put_off(incoming: Incoming) -> bool:
            incoming.retry(after=60)
            return False

        @inbox.handler
        def all_others(incoming: Incoming) -> str:
            incoming.retry(after=60, reason="the shop is closed")
            return "put off"

        inbox.handler()(lambda incoming: incoming.reject("not ours"))
        assert_type(inbox.rejected(), list[Received])
        assert_type(inbox.run(wait=False), Report)
        assert_type(inbox.status(), Status)
        assert_type(inbox.dead(), list[Received])
        assert_type(inbox.retry("key"), int)
        inbox.messages(State.DEAD, "waiting")
        for incoming in inbox:
            assert_type(incoming, Incoming)
            assert_type((put_off(incoming), all_others(incoming)), tuple[bool, str])  # they are what was written
            with incoming.transaction() as database:
                assert_type(database, DatabaseConnection)
                database.execute("INSERT INTO tickets VALUES (?)", (7,))
                assert_type(database.execute("SELECT 7").fetchone(), Sequence[object] | None)
                assert isinstance(database, sqlite3.Connection)
                assert_type(database.execute("INSERT INTO tickets VALUES (7)").lastrowid, int | None)
            chat.send_message(**incoming.message.address, message="hola")


async def an_inbox_for_tasks(chat: AsyncChatOperations) -> None:
    """The twin's handlers are coroutines."""
    async with AsyncInbox("app.db", "production", concurrency=10, processing="at_most_once") as inbox:

        @inbox.handler(platform="whatsapp")
        async def answer(incoming: Incoming) -> None:
            for message in await chat.get_messages(**incoming.conversation):
                await chat.send_message(**message.address, message="hola")
            incoming.reply("hola")

        @inbox.handler
        async def all_others(incoming: Incoming) -> str:
            incoming.reject("not ours")
            return "rejected"

        assert_type(await inbox.run(), Report)
        assert_type(inbox.report(), Report)
        assert_type(await inbox.rejected(), list[Received])
        assert_type(await inbox.outbox.enqueue(**person, message="hola", key="order-1"), int)
        assert_type(await inbox.outbox.rates(over=60), dict[EntryState, float])
        async for incoming in inbox:
            assert_type(incoming, Incoming)
            assert_type(await all_others(incoming), str)


def a_service_of_ones_own(sandbox: Sandbox) -> None:
    """What a sandbox does to readers."""
    assert_type(sandbox.receive(**person, message="hola", appears_after=60), str)
    assert_type(sandbox.receive_many(**person, messages=["hola"] * 2), list[str])
    assert_type(sandbox.account().read_elsewhere(**person), int)
