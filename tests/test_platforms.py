"""What a service lists is taken back by every operation, on every protocol; what is misspelt is caught at once."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import InvalidRequestError, Outbox, Platform, catalogue, connect
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import ListedPlatform, Protocol
from afilnet_protocols.wire.arguments import to_wire
from tests.tables import table
from tests.wire.carriers import CARRIERS, Carrier

TOMORROW = ["signal", "messenger", "instagram", "wechat", "sms", "WhatsApp", "telegram2", "web-chat", "línea 5", "0"]
MISSPELT = {
    "WhatsApp": "whatsapp", "whatsapp ": "whatsapp", "whatsap": "whatsapp", "watsap": "whatsapp", "web-chat": "webchat",
    "Telegram": "telegram", "telegran": "telegram", "OPERATOR": "operator", "operador": "operator",
}  # fmt: skip
WITH_PLATFORM = [operation for operation in catalogue.OPERATIONS if operation.parameters]


def arguments(operation: catalogue.Operation[object], platform: str) -> dict[str, object]:
    usual = {parameter.name: "x" for parameter in operation.parameters if parameter.compulsory}
    return {**usual, "file_type": "image", "file_url": "https://www.example.com/a.jpg", "platform": platform}


@pytest.mark.parametrize("read", CARRIERS.values(), ids=CARRIERS)
@given(name=st.sampled_from(TOMORROW) | st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=1))
def test_a_platform_that_was_listed_is_taken_back(read: Carrier, name: str) -> None:
    row = {"platformid": "7", "platform": name, "name": "n"}
    (channel,) = read(catalogue.GET_CHAT_CHANNELS, {"status": "SUCCESS", "result": {"list": [row]}})  # type: ignore[misc]
    assert isinstance(channel, Channel)
    assert channel.platform == name
    for operation in WITH_PLATFORM:
        for given_back in (channel.platform, str(channel.platform), pickle.loads(pickle.dumps(channel)).platform):
            assert to_wire(operation, arguments(operation, given_back))["platform"] == name


@table("operation", WITH_PLATFORM, ids=lambda operation: operation.name)
def test_a_misspelt_platform_is_refused_and_another_is_not(operation: catalogue.Operation[object]) -> None:
    for wrong, right in MISSPELT.items():
        with pytest.raises(InvalidRequestError, match=f"did you mean '{right}'"):
            to_wire(operation, arguments(operation, wrong))
    for name in [*Platform, "signal", "messenger", "instagram", "wechat", "sms", "whatsapp_business", "0"]:
        assert to_wire(operation, arguments(operation, name))["platform"] == name


def test_a_mark_that_got_lost_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.vocabulary.ListedPlatform", str)
    with pytest.raises(InvalidRequestError):
        test_a_platform_that_was_listed_is_taken_back(CARRIERS["json"])


@pytest.fixture(scope="module")
def sandbox() -> object:
    channels = [Channel(platform=name, platform_id="7", name=name) for name in ("signal", "WhatsApp")]
    with Sandbox() as running:
        yield running.account("tomorrow", channels=channels)


@pytest.mark.parametrize("delivery", ["at_most_once", "reconcile"])
@pytest.mark.parametrize("protocol", list(Protocol))
def test_every_operation_works_on_a_channel_of_tomorrow(sandbox, protocol, delivery) -> None:  # type: ignore[no-untyped-def]
    settings = sandbox.settings(protocol, delivery=delivery, settle=0.01)
    with connect(settings) as chat:
        for channel in chat.get_chat_channels():
            place = {"platform": channel.platform, "platform_id": channel.platform_id}
            person = {**place, "destination": f"34{protocol}{delivery}"}
            chat.send_message(**person, message="hola")
            chat.send_file(**person, file_type="image", file_url="https://www.example.com/a.jpg")
            assert chat.get_chats(**place)
            assert len(chat.get_messages(**person)) == 2
            assert chat.get_unread_messages(**person) == []


def test_an_outbox_takes_what_was_listed_and_sends_it_later(sandbox, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    settings = sandbox.settings("http-post")
    with connect(settings) as chat:
        listed = [channel.platform for channel in chat.get_chat_channels()]
    with Outbox(tmp_path / "outbox.db", settings) as outbox:
        for platform in listed:
            outbox.enqueue(platform=platform, platform_id="7", destination="1", message="hola")
    with Outbox(tmp_path / "outbox.db", settings) as outbox:
        assert [entry.arguments["platform"] for entry in outbox.entries()] == listed
        assert outbox.run().sent == len(listed)


def test_a_mark_is_a_text_like_any_other() -> None:
    mark = ListedPlatform("signal")
    assert (mark, repr(mark), f"{mark}", json.dumps(mark), hash(mark)) == (
        "signal", "'signal'", "signal", '"signal"', hash("signal"),
    )  # fmt: skip
