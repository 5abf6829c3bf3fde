"""One odd record: named where its list is refused, noted where it is skipped; absence is never believed over it."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime
from typing import Any

import pytest

from afilnet_protocols import catalogue
from afilnet_protocols.errors import OutcomeUnknownError
from afilnet_protocols.records import Message, PartialList, SkippedRecord, skipped_in
from afilnet_protocols.recovery import Conversation, SentText
from afilnet_protocols.vocabulary import Finding
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.json_envelope import read_document

GOOD = {
    "platformid": "100", "platform": "whatsapp", "message": "hola", "destination": "34600000000", "messageid": "1",
    "sent": True, "status": "sent", "datetime": "2026-01-02 03:04:05",
}  # fmt: skip

ODD: dict[str, tuple[dict[str, object], str]] = {
    "a date of zeros": ({"datetime": "0000-00-00 00:00:00"}, "'datetime' is a date of zeros"),
    "a date of zeros alone": ({"datetime": "0000-00-00"}, "'datetime' is a date of zeros"),
    "no moment": ({"datetime": "2026-02-30 10:00:00"}, "'datetime' cannot be read"),
    "ten decimals": ({"datetime": "2026-02-20 10:00:00.0123456789"}, "'datetime' cannot be read"),
    "null date": ({"datetime": None}, "'datetime' is null"),
    "empty date": ({"datetime": ""}, "'datetime' is empty"),
    "no date": ({"datetime": ...}, "misses its compulsory field 'datetime'"),
    "null destination": ({"destination": None}, "'destination' is null"),
    "message false": ({"message": False}, "'message' cannot be read"),
    "a flag that is none": ({"sent": "maybe"}, "'sent' cannot be read"),
    "an empty flag": ({"sent": ""}, "'sent' is empty"),
    "sent that differs": ({"issent": False}, "its 'sent' and its 'issent' differ"),
    "half an emoji": ({"message": "hola \ud83d"}, "'message' holds half of a character"),
    "half an id": ({"destination": "\ude00"}, "'destination' holds half of a character"),
}
READ: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "7 decimals": ({"datetime": "2026-01-02 03:04:05.1234567"}, {"timestamp": datetime(2026, 1, 2, 3, 4, 5, 123456)}),
    "9 decimals": ({"datetime": "2026-01-02T03:04:05.000001999"}, {"timestamp": datetime(2026, 1, 2, 3, 4, 5, 1)}),
    "both flags": ({"issent": 1}, {"sent": True}),
    "the other flag": ({"sent": ..., "issent": "0"}, {"sent": False}),
    "a platform of tomorrow": ({"platform": "signal"}, {"platform": "signal"}),
    "another letter case": ({"messageid": ..., "messageId": 7}, {"message_id": "7"}),
    "null text": ({"message": None, "status": None}, {"message": "", "status": ""}),
}


def changed(changes: dict[str, object], **more: object) -> dict[str, object]:
    return {name: value for name, value in {**GOOD, **more, **changes}.items() if value is not ...}


def read(*rows: object, skip: bool = False) -> list[Message]:
    body = json.dumps({"status": "SUCCESS", "result": {"list": rows}}).encode()
    return read_document(catalogue.GET_MESSAGES, Reply(200, {}, body), skip_odd=skip)


@pytest.mark.parametrize(("changes", "why"), ODD.values(), ids=ODD)
def test_an_odd_record_is_refused_with_its_place_or_skipped_with_a_note(changes: dict[str, object], why: str) -> None:
    rows = [GOOD, changed(changes, messageid="2"), {**GOOD, "messageid": "3"}]
    with pytest.raises(OutcomeUnknownError) as caught:
        read(*rows)
    assert "record 2 of 3 (result.list[1], messageid '2')" in str(caught.value)
    assert why in str(caught.value)

    found = read(*rows, skip=True)
    assert [each.message_id for each in found] == ["1", "3"]
    (skipped,) = skipped_in(found)
    assert (skipped.number, skipped.place, skipped.message_id) == (2, "result.list[1]", "2")
    assert why in skipped.why


@pytest.mark.parametrize(("changes", "wanted"), READ.values(), ids=READ)
def test_what_is_unusual_and_clear_is_read(changes: dict[str, object], wanted: dict[str, object]) -> None:
    for skip in (False, True):
        (message,) = found = read(changed(changes), skip=skip)
        assert {name: getattr(message, name) for name in wanted} == wanted
        assert type(found) is list


@pytest.mark.parametrize("row", [None, 7, "hola", [], {}, [GOOD]])
def test_what_is_no_record_is_odd(row: object) -> None:
    with pytest.raises(OutcomeUnknownError, match="record 2 of 2"):
        read(GOOD, row)
    assert len(skipped_in(read(GOOD, row, skip=True))) == 1


def test_a_list_of_odd_records_is_never_an_empty_one() -> None:
    with pytest.raises(OutcomeUnknownError, match="record 1 of 2"):
        read(changed({"datetime": None}), changed({"datetime": None}), skip=True)


def test_an_identifier_is_told_only_if_it_is_a_plain_one() -> None:
    with pytest.raises(OutcomeUnknownError) as caught:
        read(GOOD, changed({"datetime": None}, messageid="said: hola"))
    assert "hola" not in str(caught.value)


def test_a_partial_list_stays_one_and_shows_no_text() -> None:
    found = read(GOOD, changed({"datetime": None}, message="a private text"), skip=True)
    assert isinstance(found, PartialList)
    for kept in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
        assert kept == found
        assert skipped_in(kept) == found.skipped
    assert "a private text" not in repr(found.skipped)
    assert found.skipped[0].message == "a private text"
    assert skipped_in(list(found)) == ()


# ---- Absence ------------------------------------------------------------------------------------------------------


def conversation(*odd: dict[str, object]) -> Conversation:
    others = [changed({"message": "before"}), *odd]
    return Conversation(lambda: read(*others, skip=True), SentText.of({"message": "hola"}))


MAY_BE: list[dict[str, Any]] = [
    {"datetime": None},
    {"message": False},
    {"sent": None},
    {"datetime": None, "message": 1.5},
]
IS_NOT: list[dict[str, Any]] = [
    {"datetime": None, "message": "another"},
    {"datetime": None, "sent": False},
    {"message": False, "sent": False},
]


@pytest.mark.parametrize("changes", MAY_BE)
def test_a_skipped_record_that_may_be_the_message_keeps_it_from_being_absent(changes: dict[str, Any]) -> None:
    for baseline in (None, 0, 1):
        with pytest.raises(OutcomeUnknownError):
            conversation(changed(changes)).settle(baseline, lambda: None)


@pytest.mark.parametrize("changes", IS_NOT)
def test_a_skipped_record_that_is_not_the_message_decides_nothing(changes: dict[str, Any]) -> None:
    assert conversation(changed(changes)).settle(0, lambda: None) is Finding.ABSENT


def test_a_count_that_overlooks_what_was_skipped_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SkippedRecord, "may_be", lambda *_: False)
    with pytest.raises(pytest.fail.Exception):
        test_a_skipped_record_that_may_be_the_message_keeps_it_from_being_absent(MAY_BE[0])
