from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given

from afilnet_protocols.conformance.generated import corpus, strategies
from afilnet_protocols.conformance.reference.model import ReferenceModel
from afilnet_protocols.conformance.reference.refusals import is_public_https, xml_can_carry
from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.errors import (
    ConfigurationError,
    InvalidFileUrlError,
    InvalidRequestError,
    NotFoundError,
    UnsupportedTextError,
)
from afilnet_protocols.records import Channel
from afilnet_protocols.vocabulary import Platform

pytestmark = pytest.mark.smoke

CHANNELS = [Channel("100", Platform.WHATSAPP, "one"), Channel("1", Platform.WEBCHAT, "two")]
NOW = datetime(2024, 2, 29, 12, 0, 0)
LINE = {"platform": "whatsapp", "platform_id": "100"}
CHAT = {**LINE, "destination": "7"}


def model(rules: Rules | None = None) -> ReferenceModel:
    return ReferenceModel(CHANNELS, now=lambda: NOW, rules=rules)


def test_a_sent_message_is_listed_and_is_the_last_of_its_conversation() -> None:
    chat = model()
    chat.send_message(**CHAT, message=" a\r\n")
    (message,) = chat.get_messages(**CHAT)
    (conversation,) = chat.get_chats(**LINE)
    assert (message.message, message.message_id, message.sent, message.status) == (" a\r\n", "1", True, "sent")
    assert conversation.message_id == "1"
    assert chat.get_unread_messages(**CHAT) == []


def test_conversations_stay_in_the_order_in_which_they_began() -> None:
    chat = model()
    for destination in ("b", "a", "b"):
        chat.receive(**LINE, destination=destination, message="x")
    assert [each.destination for each in chat.get_chats(**LINE)] == ["b", "a"]
    assert [each.message_id for each in chat.get_chats(**LINE)] == ["3", "2"]


@pytest.mark.parametrize("marks", [False, True])
def test_reading_marks_as_read_only_where_the_rules_say_so(marks: bool) -> None:
    chat = model(Rules(reading_marks_read=marks))
    chat.receive(**CHAT, message="x")
    chat.get_messages(**CHAT)
    assert len(chat.get_unread_messages(**CHAT)) == 1
    assert len(chat.get_unread_messages(**CHAT)) == (0 if marks else 1)


def test_what_does_not_exist_is_not_found() -> None:
    chat = model()
    with pytest.raises(NotFoundError, match="CHANNEL_NOT_FOUND"):
        chat.send_message(platform="webchat", platform_id="100", destination="7", message="x")
    with pytest.raises(NotFoundError, match="CHAT_NOT_FOUND"):
        chat.get_messages(**CHAT)
    with pytest.raises(NotFoundError, match="CHAT_NOT_FOUND"):
        chat.send_file(**CHAT, file_type="image", file_url="https://www.example.com/a.jpg")
    assert chat.get_chats(**LINE) == []
    with pytest.raises(NotFoundError, match="CHAT_NOT_FOUND"):
        model(Rules(empty_chats_is_error=True)).get_chats(**LINE)


def test_the_first_faulty_parameter_decides_and_nothing_happens() -> None:
    chat = model()
    for arguments, error in [
        ({"platform": "WhatsApp", "message": "\x00"}, InvalidRequestError),
        ({"destination": "\x00", "message": ""}, UnsupportedTextError),
        ({"destination": "", "message": "\x00"}, InvalidRequestError),
        ({"message": "\ud800"}, UnsupportedTextError),
        ({"message": 7}, InvalidRequestError),
    ]:
        with pytest.raises(InvalidRequestError) as caught:
            chat.send_message(**{**CHAT, "message": "x", **arguments})
        assert type(caught.value) is error
    assert chat.get_chats(**LINE) == []


def test_a_file_shows_its_text_or_else_its_address() -> None:
    chat = model()
    chat.receive(**CHAT, message="x")
    chat.send_file(**CHAT, file_type="image", file_url="https://www.example.com/a.jpg", message="look")
    chat.send_file(**CHAT, file_type="image", file_url="https://www.example.com/a.jpg", message="")
    assert [each.message for each in chat.get_messages(**CHAT)] == ["x", "look", "https://www.example.com/a.jpg"]
    with pytest.raises(InvalidFileUrlError):
        chat.send_file(**CHAT, file_type="image", file_url="http://www.example.com/a.jpg")


def test_a_closed_model_refuses_and_a_reset_one_begins_again() -> None:
    chat = model()
    chat.receive(**CHAT, message="x")
    chat.reset()
    chat.receive(**CHAT, message="y")
    assert [each.message_id for each in chat.get_messages(**CHAT)] == ["1"]
    chat.close()
    with pytest.raises(ConfigurationError):
        chat.get_chat_channels()


@given(strategies.xml_text(min_size=0))
def test_the_texts_of_the_strategies_can_be_carried_by_xml(text: str) -> None:
    assert xml_can_carry(text)


@given(strategies.forbidden_text())
def test_the_forbidden_texts_of_the_strategies_cannot(text: str) -> None:
    assert not xml_can_carry(text)


@pytest.mark.parametrize("address", corpus.GOOD_URLS)
def test_good_addresses_are_public(address: str) -> None:
    assert is_public_https(address)


@pytest.mark.parametrize("address", corpus.BAD_URLS)
def test_bad_addresses_are_not(address: str) -> None:
    assert not is_public_https(address)
