"""What somebody at a prompt sees of an object: what it is, where, and whether it is still good for anything."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import msgspec

from afilnet_protocols import Message, Platform, Settings, ShadowChat, connect, connect_async
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.state.clock import Clock
from afilnet_protocols.vocabulary import ListedPlatform

SETTINGS = Settings(protocol="http-post", user="user", password="a password")


def test_a_client_tells_its_protocol_and_whether_it_is_closed() -> None:
    with connect(SETTINGS) as chat:
        assert repr(chat) == "<HttpPostBackend http-post>"
    assert repr(chat) == "<HttpPostBackend http-post closed>"


def test_a_client_of_asyncio_tells_the_same_as_soon_as_it_is_known() -> None:
    async def shown() -> list[str]:
        chat = connect_async(SETTINGS)
        told = [repr(chat)]
        async with chat:
            told.append(repr(chat))
        never = connect_async(SETTINGS)
        await never.close()
        return [*told, repr(chat), repr(never)]

    assert asyncio.run(shown()) == [
        "<AsyncChat>",
        "<AsyncChat over <HttpPostBackend http-post>>",
        "<AsyncChat over <HttpPostBackend http-post closed>>",
        "<AsyncChat closed>",
    ]


def test_a_client_in_front_of_another_tells_which() -> None:
    with ShadowChat(connect(SETTINGS), lambda: connect(SETTINGS)) as chat:
        assert repr(chat) == "<ShadowChat in front of <HttpPostBackend http-post>>"


def test_a_sandbox_tells_where_it_is() -> None:
    sandbox = Sandbox()
    assert repr(sandbox) == "<Sandbox not started>"
    with sandbox:
        assert repr(sandbox) == f"<Sandbox at {sandbox.base_url}>"
    assert repr(sandbox) == "<Sandbox closed>"


def test_a_clock_tells_the_time_and_whether_it_stands() -> None:
    clock = Clock()
    clock.freeze(datetime(2030, 1, 1, 12, tzinfo=UTC))
    assert repr(clock) == "<Clock at 2030-01-01 12:00:00+00:00, frozen>"
    clock.resume()
    assert "frozen" not in repr(clock)


def test_a_record_becomes_json_in_the_way_that_the_reference_names() -> None:
    for platform in (Platform.WHATSAPP, ListedPlatform("signal")):
        message = Message("100", platform, "hola", "34600000000", "1", True, "sent", datetime(2030, 1, 1))
        told = json.loads(json.dumps(msgspec.structs.asdict(message), default=str))
        assert (told["platform"], told["message"], told["timestamp"]) == (str(platform), "hola", "2030-01-01 00:00:00")
