"""What came names where it came from: the addresses of channels, conversations and messages go back as they are."""

from __future__ import annotations

import asyncio

import pytest

from afilnet_protocols import Addressee, Channel, Chat, Message, connect, connect_async
from afilnet_protocols.sandbox import Options
from afilnet_protocols.vocabulary import ListedPlatform, Platform, Protocol

CHANNELS = [
    Channel("100", Platform.WHATSAPP, "a number"),
    Channel("007", Platform.TELEGRAM, "with noughts"),
    Channel("a b&c%d/ñ", ListedPlatform("signal"), "a platform of tomorrow"),
]
PARTIES = ["34600000000", "007", "+34 600", "ann@example.com", "ñandú / 日本"]


@pytest.fixture(params=[False, True], ids=["texts", "numbers"])
def account(request, sandbox):
    made = sandbox.account(channels=CHANNELS, options=Options(ids_as_numbers=request.param))
    for channel in CHANNELS:
        for party in PARTIES:
            made.receive(**channel.address, destination=party, message=f"from {party}")
    yield made
    sandbox.drop(made)


def expected():
    return sorted((str(channel.platform), channel.platform_id, party) for channel in CHANNELS for party in PARTIES)


def sent(account):
    return sorted(
        (call.arguments["platform"], call.arguments["platformid"], call.arguments["destination"])
        for call in account.journal()
        if call.operation == "send_message" and call.outcome == "SUCCESS"
    )


def answer_all(settings):
    with connect(settings) as chat:
        for channel in chat.get_chat_channels():
            for conversation in chat.get_chats(**channel.address):
                messages = chat.get_messages(**conversation.address)
                (unread,) = chat.get_unread_messages(**conversation.address)
                assert messages[0].address == unread.address == conversation.address
                chat.send_message(**messages[0].address, message="hola")


async def answer_all_in_tasks(settings):
    async with connect_async(settings) as chat:
        for channel in await chat.get_chat_channels():
            for conversation in await chat.get_chats(**channel.address):
                (unread,) = await chat.get_unread_messages(**conversation.address)
                await chat.send_message(**unread.address, message="hola")


@pytest.mark.parametrize("protocol", Protocol)
def test_addresses_go_back_over_every_protocol(sandbox, account, protocol):
    answer_all(sandbox.settings(protocol, account=account, plain=True))
    assert sent(account) == expected()


@pytest.mark.parametrize("protocol", Protocol)
def test_and_from_tasks(sandbox, account, protocol):
    asyncio.run(answer_all_in_tasks(sandbox.settings(protocol, account=account, plain=True)))
    assert sent(account) == expected()


def test_an_address_is_made_anew_and_changing_it_changes_no_record():
    values = ("100", Platform.WHATSAPP, "hola", "341", "1", False, "received", None)
    for record in (Message(*values), Chat(*values), CHANNELS[0]):
        record.address["platform_id"] = "another"
        assert record.address["platform_id"] == "100"
    assert set(Message(*values).address) == set(Addressee.__annotations__)


def test_sabotage_an_address_that_takes_a_destination_for_a_number_is_noticed(sandbox, account, monkeypatch):
    right = Message.address.fget

    def shortened(message):
        address = right(message)
        return {**address, "destination": address["destination"].lstrip("0")}

    monkeypatch.setattr(Message, "address", property(shortened))
    with pytest.raises(AssertionError):
        test_addresses_go_back_over_every_protocol(sandbox, account, "soap")
