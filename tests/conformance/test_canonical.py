from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from afilnet_protocols.comparison.canonical import References, difference, of_error, of_result
from afilnet_protocols.errors import NotFoundError, OutcomeUnknownError, UnknownServiceError
from afilnet_protocols.records import Chat, Message, PartialList, SkippedRecord
from afilnet_protocols.vocabulary import ListedPlatform, Platform

MESSAGE = Message("100", Platform.WHATSAPP, "x", "7", "41", True, "sent", datetime(2024, 1, 2, 3, 4, 5))


def canonical(*items: object) -> object:
    return of_result(list(items), References())


def test_ids_are_compared_by_reference() -> None:
    def graph(*ids: str) -> object:
        return canonical(*(msgspec.structs.replace(MESSAGE, message_id=each) for each in ids))

    assert graph("41", "42", "41") == graph("a", "b", "a")
    assert graph("41", "42", "41") != graph("a", "b", "b")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message_id", 41),
        ("message_id", None),
        ("destination", 7),
        ("sent", 1),
        ("sent", "true"),
        ("platform", "whatsapp"),
        ("timestamp", "2024-01-02 03:04:05"),
        ("message", "x "),
        ("timestamp", datetime(2024, 1, 2, 3, 4, 6)),
    ],
)
def test_a_value_of_the_wrong_type_or_content_is_named_by_its_field(field: str, value: object) -> None:
    wrong = msgspec.structs.replace(MESSAGE, **{field: value})
    found = difference(canonical(MESSAGE), canonical(wrong))
    assert found is not None
    assert found.field == f"returned[0].{field}"


def test_a_bare_record_a_tuple_and_none_are_not_a_list() -> None:
    right = canonical(MESSAGE)
    for wrong in (MESSAGE, (MESSAGE,), None):
        found = difference(right, of_result(wrong, References()))
        assert found is not None
        assert found.field == "returned"


def test_a_chat_is_not_a_message_and_a_platform_of_the_future_is_a_plain_string() -> None:
    chat = Chat(*(getattr(MESSAGE, name) for name in MESSAGE.__struct_fields__))
    assert canonical(chat) != canonical(MESSAGE)
    future = canonical(msgspec.structs.replace(MESSAGE, platform="pigeon"))
    assert future["returned"][0]["platform"] == "pigeon"


def test_missing_and_surplus_items_differ_in_length() -> None:
    found = difference(canonical(MESSAGE, MESSAGE), canonical(MESSAGE))
    assert found is not None
    assert (found.field, found.expected, found.actual) == ("returned (length)", 2, 1)


def test_errors_differ_in_class_code_or_delivery_and_never_in_words() -> None:
    assert of_error(NotFoundError("A", "these words")) == of_error(NotFoundError("A", "other words"))
    for other in (NotFoundError("B"), UnknownServiceError("A"), OutcomeUnknownError("A"), KeyError("A")):
        assert difference(of_error(NotFoundError("A")), of_error(other)) is not None
    assert difference(of_error(NotFoundError("A")), canonical(MESSAGE)) is not None


def test_a_list_that_lacks_a_record_is_not_like_a_whole_one() -> None:
    partial = PartialList([MESSAGE], [SkippedRecord(number=2, place="result.list[1]", why="its 'datetime' is null")])
    assert difference(of_result([MESSAGE], References()), of_result(partial, References())) is not None
    assert difference(of_result(partial, References()), of_result(partial, References())) is None


def test_a_platform_that_was_listed_is_a_text() -> None:
    future = canonical(msgspec.structs.replace(MESSAGE, platform=ListedPlatform("pigeon")))
    assert future == canonical(msgspec.structs.replace(MESSAGE, platform="pigeon"))


def test_identifiers_are_named_in_the_order_in_which_they_are_seen() -> None:
    references = References()
    assert [references.name(each) for each in ("b", "a", "b")] == ["<msg:1>", "<msg:2>", "<msg:1>"]


def test_what_a_list_lacks_is_counted_beside_its_records() -> None:
    skipped = [SkippedRecord(number=number, place="result.list[1]", why="it is null") for number in (1, 2)]
    outcome = of_result(PartialList([MESSAGE], skipped), References())
    assert outcome == {**canonical(MESSAGE), "skipped": 2}  # type: ignore[dict-item] - a dictionary of plain data
    cut = of_result(PartialList([MESSAGE], [], more=True), References())
    assert cut == {**canonical(MESSAGE), "skipped": 0, "more": True}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("said", "kept"),
    [("", ""), ("  ", ""), ("a word", ": a word"), ("x" * 2_001, ": " + "x" * 2_000)],
)
def test_of_a_foreign_error_the_words_are_kept_if_there_are_any_and_not_too_many(said: str, kept: str) -> None:
    assert of_error(RuntimeError(said)) == {"raised": f"builtins.RuntimeError, which is not one of our errors{kept}"}


@pytest.mark.parametrize("field", ["message", "sent", "platform", "timestamp", "message_id"])
def test_a_value_of_the_wrong_type_is_told_by_its_type_and_the_beginning_of_what_it_is(field: str) -> None:
    wrong = canonical(msgspec.structs.replace(MESSAGE, **{field: ["x" * 100]}))
    assert wrong["returned"][0][field] == "list, which is the wrong type: ['" + "x" * 78
    right = canonical(MESSAGE)
    assert right["returned"][0]["sent"] is True
    assert canonical(7) == {"returned": ["int, which is the wrong type: 7"]}


def test_what_cannot_tell_what_it_is_says_nothing() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    assert canonical(Mute()) == {"returned": ["Mute, which is the wrong type: "]}
    assert str(of_error(Mute())["raised"]).endswith("Mute, which is not one of our errors")  # type: ignore[index, call-overload]
