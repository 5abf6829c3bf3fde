from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from afilnet_protocols.comparison.canonical import References, of_result
from afilnet_protocols.conformance.generated import corpus, strategies
from afilnet_protocols.conformance.reference.model import ADOPTED, ReferenceModel
from afilnet_protocols.conformance.reference.refusals import LONGEST_URL, is_public_https, xml_can_carry
from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.errors import (
    ConfigurationError,
    InvalidFileUrlError,
    InvalidRequestError,
    NotFoundError,
    RejectedRequestError,
    UnknownServiceError,
    UnsupportedTextError,
)
from afilnet_protocols.records import Channel
from afilnet_protocols.vocabulary import Platform
from tests.tables import table

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


def two_conversations(rules: Rules | None = None) -> ReferenceModel:
    chat = model(rules)
    for destination, text in (("a", "one"), ("b", "two"), ("a", "three")):
        chat.receive(**LINE, destination=destination, message=text)
    return chat


def texts(chat: ReferenceModel, of: str) -> list[str]:
    return [each.message for each in chat.get_messages(**LINE, destination=of)]


def test_the_channels_are_those_of_the_account_without_names_where_the_rules_say_so() -> None:
    assert model().get_chat_channels() == CHANNELS
    nameless = [Channel(each.platform_id, each.platform, "") for each in CHANNELS]
    assert model(Rules(nameless=True)).get_chat_channels() == nameless


def test_lists_are_in_the_order_that_the_rules_say() -> None:
    assert [each.destination for each in two_conversations().get_chats(**LINE)] == ["a", "b"]
    newest_begun = model(Rules(newest_chats_first=True))
    for destination in "abcdefghijk":
        newest_begun.receive(**LINE, destination=destination, message="x")
    newest_begun.receive(**LINE, destination="b", message="x")
    assert [each.destination for each in newest_begun.get_chats(**LINE)] == list("bkjihgfedca")
    assert texts(two_conversations(), "a") == ["one", "three"]
    longer = two_conversations(Rules(newest_messages_first=True))
    longer.receive(**LINE, destination="a", message="four")
    assert texts(longer, "a") == ["four", "three", "one"]


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("unique", ["1", "3"], ["1", "3"]),
        ("blank", ["", ""], ["", ""]),
        ("changing", ["1-1", "1-3"], ["2-1", "2-3"]),
    ],
)
def test_identifiers_are_worth_what_the_rules_say(kind: str, first: list[str], second: list[str]) -> None:
    chat = two_conversations(Rules(message_ids=kind))
    for expected in (first, second):
        assert [each.message_id for each in chat.get_messages(**LINE, destination="a")] == expected


def test_identifiers_that_are_reused_begin_again_after_a_few() -> None:
    chat = model(Rules(message_ids="reused"))
    for _ in range(9):
        chat.receive(**CHAT, message="x")
    assert [each.message_id for each in chat.get_messages(**CHAT)] == ["1", "2", "3", "4", "5", "6", "0", "1", "2"]


def test_a_conversation_that_is_not_there_is_empty_where_the_rules_say_so() -> None:
    chat = model(Rules(unknown_chat_is_error=False))
    assert chat.get_messages(**CHAT) == chat.get_unread_messages(**CHAT) == []
    chat.receive(**CHAT, message="x")
    assert texts(chat, "7") == ["x"]


def test_a_file_is_from_this_side_and_never_unread() -> None:
    chat = model()
    chat.receive(**CHAT, message="x")
    chat.send_file(**CHAT, file_type="image", file_url="https://www.example.com/a.jpg")
    assert [(each.sent, each.status) for each in chat.get_messages(**CHAT)] == [(False, "received"), (True, "sent")]
    assert [each.message for each in chat.get_unread_messages(**CHAT)] == ["x"]


def test_what_was_adopted_is_read_and_no_later_message_takes_its_identifier() -> None:
    chat, before = model(), two_conversations().get_messages(**LINE, destination="a")
    chat.adopt(CHANNELS[0], "7", before)
    assert chat.get_unread_messages(**CHAT) == []
    chat.receive(**CHAT, message="new")
    assert [each.message_id for each in chat.get_messages(**CHAT)] == ["1", "3", str(ADOPTED + 1)]


def test_a_fault_is_met_once_by_the_next_call_that_would_leave_the_client() -> None:
    chat = model()
    chat.fault(code="INCORRECT_METHOD")
    chat.fault(code="NOT_ON_ANY_PAGE")
    with pytest.raises(InvalidRequestError):
        chat.send_message(**CHAT, message="")
    with pytest.raises(RejectedRequestError, match="INCORRECT_METHOD"):
        chat.send_message(**CHAT, message="x")
    with pytest.raises(UnknownServiceError, match="NOT_ON_ANY_PAGE"):
        chat.get_chats(**LINE)
    assert chat.get_chats(**LINE) == []


@pytest.mark.parametrize(("year", "hours"), [(2024, 1), (9998, 1), (9999, 0)])
def test_times_have_the_zone_that_the_rules_say_but_at_the_end_of_time(year: int, hours: int) -> None:
    now = datetime(year, 12, 30, 23, 30, 0)
    chat = ReferenceModel(CHANNELS, now=lambda: now, rules=Rules(offset=1))
    chat.receive(**CHAT, message="x")
    (message,) = chat.get_messages(**CHAT)
    assert message.timestamp == now.replace(tzinfo=UTC)
    assert message.timestamp.utcoffset() == timedelta(hours=hours)
    naive = ReferenceModel(CHANNELS, now=lambda: now)
    naive.receive(**CHAT, message="x")
    assert naive.get_messages(**CHAT)[0].timestamp == now
    assert of_result(naive.get_messages(**CHAT), References()) != of_result(chat.get_messages(**CHAT), References())


@given(strategies.xml_text(min_size=0))
def test_the_texts_of_the_strategies_can_be_carried_by_xml(text: str) -> None:
    assert xml_can_carry(text)


@given(strategies.forbidden_text())
def test_the_forbidden_texts_of_the_strategies_cannot(text: str) -> None:
    assert not xml_can_carry(text)


@pytest.mark.parametrize("address", corpus.GOOD_URLS)
def test_good_addresses_are_public(address: str) -> None:
    assert is_public_https(address)


@table("address", corpus.BAD_URLS)
def test_bad_addresses_are_not(address: str) -> None:
    assert not is_public_https(address)


def test_an_address_may_have_so_many_characters_and_no_more() -> None:
    start = "https://www.example.com/"
    assert is_public_https(start + "a" * (2_048 - len(start)))
    assert is_public_https(start + "a" * (2_049 - len(start))) is False
    assert LONGEST_URL == 2_048


@pytest.mark.parametrize(
    "address", ["https://[::1", "https://www.example.com:port/", "http://www.example.com/", "https:"]
)
def test_what_is_no_address_is_refused_by_a_plain_no(address: str) -> None:
    assert is_public_https(address) is False


def test_a_platform_may_be_new_and_a_kind_of_file_may_not() -> None:
    chat = model()
    with pytest.raises(NotFoundError):
        chat.get_chats(platform="pigeon", platform_id="100")  # type: ignore[arg-type] - a word of the future
    with pytest.raises(InvalidRequestError) as caught:
        chat.send_file(**CHAT, file_type="pigeon", file_url="https://www.example.com/a.jpg")  # type: ignore[arg-type]
    assert type(caught.value) is InvalidRequestError


@pytest.mark.parametrize("name", ["a\n", "a\t", "\x85a", "a\u2028", "a\u2029"])
def test_a_name_has_no_control_character_and_no_line_end_and_a_text_may(name: str) -> None:
    chat = model()
    with pytest.raises(UnsupportedTextError):
        chat.send_message(**LINE, destination=name, message="x")
    chat.send_message(**CHAT, message=name)
    assert texts(chat, "7") == [name]
