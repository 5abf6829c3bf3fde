"""What type checkers refuse: every line that ends in ``# wrong``, and no other. Only read by them, never run."""

from __future__ import annotations

import afilnet_protocols
from afilnet_protocols import (
    AfilnetError,
    AsyncChatOperations,
    AsyncInbox,
    ChatOperations,
    Inbox,
    Outbox,
    connect,
    connect_async,
    sandbox,
)
from afilnet_protocols.inbox import Incoming
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Addressee

person: Addressee = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
misspelt: Addressee = {"platform": "whatsap", "platform_id": "100", "destination": "34600000000"}  # wrong


def names() -> None:
    """Names that are nowhere, or elsewhere."""
    afilnet_protocols.conect()  # wrong
    print(afilnet_protocols.Polling)  # wrong
    print(sandbox.Sandboxes)  # wrong


def words(chat: ChatOperations) -> None:
    """Misspelt words."""
    chat.get_chats(platform="whatsap", platform_id="100")  # wrong
    chat.get_messages(platform="WhatsApp", platform_id="100", destination="1")  # wrong
    chat.send_file(**person, file_type="picture", file_url="https://www.example.com/a.jpg")  # wrong
    connect(protocol="http_post")  # wrong
    connect(protocol="rest")  # wrong
    connect_async(protocol="https")  # wrong
    Sandbox().settings("jason")  # wrong


def settings() -> None:
    """Settings that there are not, and values that they do not take."""
    connect(max_retries=3)  # wrong
    connect(timeout="3")  # wrong
    connect_async(api_key="secret")  # wrong


def arguments(chat: ChatOperations, outbox: Outbox) -> None:
    """Arguments of a wrong kind, by position, too few, and none that there is."""
    chat.send_message(**person, message=7)  # wrong
    chat.send_message("whatsapp", "100", "1", "hola")  # wrong
    chat.send_message(**person)  # wrong
    chat.get_chats(**person)  # wrong
    chat.get_messages(**chat.get_chat_channels()[0].address)  # wrong
    chat.send_message(**person, message="hola", text="hola")  # wrong
    outbox.enqueue(platform="sms", platform_id="100", destination="1", message="hola")  # wrong


async def answers(chat: ChatOperations, twin: AsyncChatOperations, error: AfilnetError) -> None:
    """What is not there in an answer or an error."""
    print(chat.get_messages(**person)[0].text)  # wrong
    print(error.status_code)  # wrong
    print(len(twin.get_messages(**person)))  # wrong


def answer(incoming: Incoming) -> None:
    """A handler that nobody can await."""
    incoming.reply("hola")


async def inboxes(inbox: Inbox, twin: AsyncInbox, incoming: Incoming, sandbox: Sandbox) -> None:
    """Words that an inbox does not know, handlers of the wrong kind, and what is not there in a message in hand."""
    Inbox("app.db", start="today")  # wrong
    Inbox("app.db", processing="exactly_once")  # wrong
    AsyncInbox("app.db", read="all")  # wrong
    Inbox("app.db", max_retries=3)  # wrong
    inbox.handler(platform="whatsap")  # wrong
    inbox.handler()(lambda: None)  # wrong
    twin.handler()(answer)  # wrong
    twin.handler(answer)  # wrong
    inbox.run(True)  # wrong
    print(twin.run().sent)  # wrong
    await twin.purge(older_than="60")  # wrong
    await twin.outbox.enqueue(platform="sms", platform_id="100", destination="1", message="hola")  # wrong
    await twin.outbox.enqueue(**person)  # wrong
    await twin.outbox.entries(count=7)  # wrong
    print(len(twin.rejected()))  # wrong
    with incoming.transaction() as database:
        database.execute(7)  # wrong
        print(database.lastrowid)  # wrong
    for _ in twin:  # wrong
        pass
    incoming.reply(7)  # wrong
    incoming.reply(file_type="picture", file_url="https://www.example.com/a.jpg")  # wrong
    incoming.retry("60")  # wrong
    print(incoming.message.text)  # wrong
    print(inbox.status()["waiting"])  # wrong
    incoming.message.address["platform_id"] = 7  # wrong
    sandbox.receive_many(**person, messages=[7])  # wrong
