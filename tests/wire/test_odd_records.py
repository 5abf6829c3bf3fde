"""One odd record: named where its list is refused, noted where it is skipped; absence is never believed over it."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from afilnet_protocols import catalogue, connect
from afilnet_protocols.calls.recovery import Conversation, SentText
from afilnet_protocols.errors import OutcomeUnknownError
from afilnet_protocols.observation import CallInfo
from afilnet_protocols.records import Message, PartialList, SkippedRecord, skipped_in
from afilnet_protocols.vocabulary import Finding
from afilnet_protocols.waiting import complete
from afilnet_protocols.wire import Codec, Reply, strict_json
from afilnet_protocols.wire.json import JsonCodec
from afilnet_protocols.wire.json_envelope import read_document, read_strictly
from afilnet_protocols.wire.names import inside
from tests.matrix import settings_at
from tests.stepwise import stepwise
from tests.tables import table
from tests.transport.scripted import ScriptedServer, answer, ask, end, say
from tests.wire.carriers import CARRIERS, Carrier, Document, by_json, in_elements, soap_codec

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
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
    "a flag of blanks": ({"sent": "  "}, "'sent' is empty"),
    "a flag that is nearly one": ({"sent": 1.0000001}, "'sent' cannot be read"),
    "a number for a date": ({"datetime": 1767323045}, "'datetime' is a number, and no date"),
    "digits for a date": ({"datetime": " 1767323045 "}, "'datetime' is a number, and no date"),
    "a flag for a date": ({"datetime": False}, "'datetime' cannot be read"),
    "a fraction": ({"destination": 34600000000.5}, "'destination' cannot be read"),
    "a number beyond what is exact": ({"destination": 1e16}, "'destination' cannot be read"),
    "the first number that is not exact": ({"destination": 2.0**53}, "'destination' cannot be read"),
    "a text that is a real number": ({"message": 5.0}, "'message' cannot be read"),
    "no seconds": ({"datetime": "2026-01-02 03:04"}, "'datetime' cannot be read as yyyy-mm-dd hh:mm:ss"),
    "an offset of 60 minutes": ({"datetime": "2026-01-02T03:04:05+02:60"}, "'datetime' cannot be read"),
    "an offset of a day": ({"datetime": "2026-01-02T03:04:05+24:00"}, "'datetime' cannot be read"),
    "a zone of no number": ({"datetime": "2026-01-02 03:04:05 CET"}, "'datetime' cannot be read"),
    "an empty flag": ({"sent": ""}, "'sent' is empty"),
    "sent that differs": ({"issent": False}, "'sent' stands there in several spellings, which differ"),
    "isSent that differs": ({"isSent": 0}, "'sent' stands there in several spellings, which differ"),
    "SENT that differs": ({"SENT": "0"}, "'sent'"),
    "a text that differs": ({"Message": "adios"}, "'message'"),
    "a destination that differs": ({"Destination": "34699999999"}, "'destination'"),
    "a date that differs": ({"DateTime": "2026-01-02 03:04:06"}, "'datetime'"),
    "half an emoji": ({"message": "hola \ud83d"}, "'message' holds half of a character"),
    "half an id": ({"destination": "\ude00"}, "'destination' holds half of a character"),
}
READ: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "7 decimals": ({"datetime": "2026-01-02 03:04:05.1234567"}, {"timestamp": datetime(2026, 1, 2, 3, 4, 5, 123456)}),
    "9 decimals": ({"datetime": "2026-01-02T03:04:05.000001999"}, {"timestamp": datetime(2026, 1, 2, 3, 4, 5, 1)}),
    "small letters": ({"datetime": "2026-01-02t03:04:05z"}, {"timestamp": MOMENT}),
    "a comma": ({"datetime": "2026-01-02T03:04:05,5+00:00"}, {"timestamp": MOMENT.replace(microsecond=500000)}),
    "an offset of hours": ({"datetime": "2026-01-02T04:04:05+01"}, {"timestamp": MOMENT}),
    "the longest offset": ({"datetime": "2026-01-03T03:03:05+2359"}, {"timestamp": MOMENT}),
    "a recipient of blanks, as a caller may give it": ({"destination": " "}, {"destination": " "}),
    "a blank before the offset": ({"datetime": "2026-01-02 04:04:05 +0100"}, {"timestamp": MOMENT}),
    "UTC": ({"datetime": "2026-01-02 03:04:05 UTC"}, {"timestamp": MOMENT}),
    "blanks around a moment": ({"datetime": " 2026-01-02 03:04:05\n"}, {"timestamp": datetime(2026, 1, 2, 3, 4, 5)}),
    "no": ({"sent": "No"}, {"sent": False}),
    "yes": ({"sent": " yes "}, {"sent": True}),
    "off": ({"sent": "off"}, {"sent": False}),
    "both flags": ({"issent": 1}, {"sent": True}),
    "the other flag": ({"sent": ..., "issent": "0"}, {"sent": False}),
    "a platform of tomorrow": ({"platform": "signal"}, {"platform": "signal"}),
    "another letter case": ({"messageid": ..., "messageId": 7}, {"message_id": "7"}),
    "null text": ({"message": None, "status": None}, {"message": "", "status": ""}),
}

REAL: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "an id with a nought behind": ({"destination": 34600000000.0}, {"destination": "34600000000"}),
    "an id with an exponent": ({"messageid": 3.46e10}, {"message_id": "34600000000"}),
    "a flag with a nought behind": ({"sent": 0.0}, {"sent": False}),
}
"""Numbers as JSON may write them; over SOAP there are texts only."""

SPELT_TWICE: list[dict[str, object]] = [
    {"issent": 1, "isSent": "1", "Sent": True}, {"sent": None, "isSent": True}, {"DateTime": "2026-01-02T03:04:05"},
    {"messageid": "1", "message_id": 1}, {"Message": None}, {"PLATFORM": "whatsapp", "PlatformId": 100, "x": 1},
]  # fmt: skip
"""Spellings of one field that agree, as JSON has them: elements of one name are one field's several values."""


def changed(changes: dict[str, object], **more: object) -> dict[str, object]:
    return {name: value for name, value in {**GOOD, **more, **changes}.items() if value is not ...}


ONLY_JSON = {
    "message false", "half an emoji", "half an id", "a fraction", "a number beyond what is exact",
    "a text that is a real number", "the first number that is not exact",
}  # fmt: skip
"""What elements cannot say: they hold texts, and XML has no halves of characters."""


def read(*rows: object, skip: bool = False, by: Carrier = by_json) -> list[Message]:
    found = by(catalogue.GET_MESSAGES, {"status": "SUCCESS", "result": {"list": list(rows)}}, skip=skip)
    assert isinstance(found, list)
    return found


@table("by", CARRIERS)
@table("name", ODD)
def test_an_odd_record_is_refused_with_its_place_or_skipped_with_a_note(name: str, by: str) -> None:
    if name in ONLY_JSON and by in ("document", "rpc"):
        return
    changes, why = ODD[name]
    place = "result.list[1]" if by in ("json", "string") else "result.list.item[1]"
    rows = [GOOD, changed(changes, messageid="2"), {**GOOD, "messageid": "3"}]
    with pytest.raises(OutcomeUnknownError) as caught:
        read(*rows, by=CARRIERS[by])
    assert f"record 2 of 3 ({place}, messageid '2')" in str(caught.value)
    assert why in str(caught.value)
    assert "no other can be read" not in str(caught.value)

    found = read(*rows, skip=True, by=CARRIERS[by])
    assert [each.message_id for each in found] == ["1", "3"]
    (skipped,) = skipped_in(found)
    assert (skipped.number, skipped.place, skipped.message_id) == (2, place, "2")
    assert why in skipped.why


@table("by", CARRIERS)
@table(("changes", "wanted"), [pytest.param(*each, id=what) for what, each in READ.items()])
def test_what_is_unusual_and_clear_is_read(changes: dict[str, object], wanted: dict[str, object], by: str) -> None:
    for skip in (False, True):
        (message,) = found = read(changed(changes), skip=skip, by=CARRIERS[by])
        assert {name: getattr(message, name) for name in wanted} == wanted
        assert type(found) is list


@table(("changes", "wanted"), [pytest.param(*each, id=what) for what, each in REAL.items()])
@pytest.mark.parametrize("by", ["json", "string"])
def test_a_whole_number_is_one_however_it_is_written(
    changes: dict[str, object], wanted: dict[str, object], by: str
) -> None:
    (message,) = read(changed(changes), by=CARRIERS[by])
    assert {name: getattr(message, name) for name in wanted} == wanted


ROW = json.dumps(GOOD)
TWICE = {
    '"sent": false': "'sent' stands there twice", '"sent": 1': "'sent' stands there twice",
    '"message": "adios"': "'message' stands there twice", '"datetime": null': "'datetime' stands there twice",
    '"SENT": true, "SENT": false': "'sent' stands there twice",
}  # fmt: skip
ONCE = ['"sent": true', '"x": 1, "x": 2', '"x": {"a": 1, "a": 2}', '"Sent": true, "Sent": true', '"message": "hola"']


def written(list_: str, by: str, *, skip: bool = False) -> list[Message]:
    """Read an answer whose list is written so."""
    document = f'{{"status": "SUCCESS", "result": {{"list": {list_}}}}}'
    if by == "json":
        codec: Codec = JsonCodec("https://example.com/")
        codec.skip_odd, body = skip, document.encode()
    else:
        codec, body = soap_codec("generic", skip=skip), in_elements("callResponse", {"return": document})
    return codec.decode(catalogue.GET_MESSAGES, Reply(200, {"content-type": "text/xml"}, body))


@table("by", ["json", "string"])
@table("beside", TWICE)
def test_a_name_twice_in_a_record_makes_that_record_odd(beside: str, by: str) -> None:
    list_ = f"[{ROW}, {ROW[:-1]}, {beside}}}]"
    with pytest.raises(OutcomeUnknownError, match=r"record 2 of 2 \(result\.list\[1\], messageid '1'\)") as caught:
        written(list_, by)
    assert TWICE[beside] in str(caught.value)
    (skipped,) = skipped_in(written(list_, by, skip=True))
    assert TWICE[beside] in skipped.why
    told = "sent" if "sent" in beside.lower() else "message" if "message" in beside else ""
    assert getattr(skipped, told or "why") == (None if told else skipped.why)


@table("by", ["json", "string"])
@table("beside", ONCE)
def test_a_name_twice_that_changes_nothing_is_passed_over(beside: str, by: str) -> None:
    assert written(f"[{ROW[:-1]}, {beside}}}]", by) == read(GOOD)


@table("by", ["json", "string"])
@table(
    "list_",
    [
        f'[{{"row": {ROW}, "row": {ROW}}}]', f'{{"1": {ROW}, "1": {ROW}}}', '[{"a": 1, "a": 2}]',
        f'[], "list": [{ROW}]', f'[{ROW}]}}, "meta": {{"a": 1, "a": 2}}, "x": {{"a": 1',
        '[]}, "status": "SUCCESS", "x": {"a": 1',
    ],
)  # fmt: skip
@pytest.mark.parametrize("skip", [False, True])
def test_a_name_twice_around_records_refuses_the_answer(list_: str, by: str, skip: bool) -> None:
    with pytest.raises(OutcomeUnknownError):
        written(list_, by, skip=skip)


@table(
    "inside",
    [
        '"error": {"code": "CHAT_NOT_FOUND", "code": "CHANNEL_NOT_FOUND"}',
        '"error": "CHAT_NOT_FOUND", "details": [{"sent": true, "sent": false}]',
    ],
)
def test_a_refusal_in_which_a_name_stands_twice_is_none(inside: str) -> None:
    with pytest.raises(OutcomeUnknownError):
        JsonCodec("https://example.com/").decode(
            catalogue.GET_MESSAGES, Reply(200, {}, f'{{"status": "ERROR", {inside}}}'.encode())
        )


def test_sabotage_a_reader_that_takes_the_last_of_two_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.wire.strict_json._marked", dict)
    strict_json._decoder.cache_clear()
    with pytest.raises(pytest.fail.Exception):
        test_a_name_twice_in_a_record_makes_that_record_odd.__wrapped__('"sent": false', "json")
    monkeypatch.undo()
    strict_json._decoder.cache_clear()


@table("changes", SPELT_TWICE)
@pytest.mark.parametrize("by", ["json", "string"])
def test_spellings_of_a_field_that_agree_are_read(changes: dict[str, object], by: str) -> None:
    assert read(changed(changes), by=CARRIERS[by]) == read(GOOD)


def test_a_reader_that_takes_the_first_spelling_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.wire.document.record.fold", lambda name: name)
    with pytest.raises(pytest.fail.Exception):
        test_an_odd_record_is_refused_with_its_place_or_skipped_with_a_note.__wrapped__("isSent that differs", "json")


@table("operation", [each for each in catalogue.OPERATIONS if each.record], ids=lambda each: each.name)
@table("by", CARRIERS)
def test_every_list_has_the_same_policy(operation: catalogue.Operation[object], by: str) -> None:
    values = {**GOOD, "name": "n", "issent": True}
    rows = [{field.wire: values[field.wire] for field in operation.fields} for _ in range(2)]
    document = {"status": "SUCCESS", "result": {"list": [rows[0], {**rows[1], "platformid": None}]}}
    with pytest.raises(OutcomeUnknownError, match="record 2 of 2"):
        CARRIERS[by](operation, document)
    found = CARRIERS[by](operation, document, skip=True)
    assert len(skipped_in(found)) == 1


@table("row", [None, 7, "hola", [], {}, [GOOD]])
def test_what_is_no_record_is_odd(row: object) -> None:
    with pytest.raises(OutcomeUnknownError, match="record 2 of 2"):
        read(GOOD, row)
    assert len(skipped_in(read(GOOD, row, skip=True))) == 1


def test_a_value_that_differs_from_another_spelling_of_it_is_not_told_in_the_note() -> None:
    odd = {**GOOD, "datetime": None, "MessageId": "2", "Message": "adios"}
    (skipped,) = skipped_in(read(GOOD, odd, skip=True))
    assert (skipped.message_id, skipped.message, skipped.sent) == (None, None, True)


def test_an_answer_is_read_with_every_record_of_it_unless_it_is_said_otherwise() -> None:
    document = json.dumps({"status": "SUCCESS", "result": {"list": [GOOD, {}]}})
    for read_answer in (read_document, read_strictly):
        with pytest.raises(OutcomeUnknownError, match="record 2 of 2"):
            read_answer(catalogue.GET_MESSAGES, Reply(200, {}, document.encode()))


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
    return Conversation(stepwise(lambda: read(*others, skip=True)), SentText.of({"message": "hola"}))


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
            complete(conversation(changed(changes)).settle(baseline, stepwise(lambda: None)))


@pytest.mark.parametrize("changes", IS_NOT)
def test_a_skipped_record_that_is_not_the_message_decides_nothing(changes: dict[str, Any]) -> None:
    assert complete(conversation(changed(changes)).settle(0, stepwise(lambda: None))) is Finding.ABSENT


def test_a_count_that_overlooks_what_was_skipped_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SkippedRecord, "may_be", lambda *_: False)
    with pytest.raises(pytest.fail.Exception):
        test_a_skipped_record_that_may_be_the_message_keeps_it_from_being_absent(MAY_BE[0])


# ---- The fast paths -----------------------------------------------------------------------------------------------


def twice(*rows: object) -> list[tuple[SkippedRecord, ...]]:
    """Read the same frame of SOAP twice with one client: the second time it may be known."""
    codec = soap_codec("document", skip=True)
    body = in_elements("getmessagesResponse", {"status": "SUCCESS", "result": {"list": list(rows)}})
    reply = Reply(200, {"content-type": "text/xml"}, body)
    return [skipped_in(codec.decode(catalogue.GET_MESSAGES, reply)) for _ in range(2)]


@pytest.mark.parametrize("odd", [0, 1, 2])
def test_a_frame_that_holds_an_odd_row_is_told_of_each_time(odd: int) -> None:
    rows = [changed({}, messageid=str(number)) for number in range(3)]
    rows[odd] = changed({"sent": "maybe"})
    assert [len(skipped) for skipped in twice(*rows)] == [1, 1]


def test_a_frame_that_is_proved_without_its_odd_row_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.wire.soap.answers.rows.PartialList", tuple)
    monkeypatch.setattr("afilnet_protocols.wire.soap.answers.rows._goes_on", lambda *_: False)
    with pytest.raises(AssertionError):
        test_a_frame_that_holds_an_odd_row_is_told_of_each_time(2)


# ---- A whole client -----------------------------------------------------------------------------------------------


class Watch:
    """A hook that keeps the number of records that were left out."""

    def __init__(self) -> None:
        self.skipped: list[int] = []

    def before(self, call: CallInfo) -> None:
        pass

    def after(self, call: CallInfo) -> None:
        self.skipped.append(call.skipped)


@pytest.mark.parametrize("protocol", ["http-get", "http-post", "basic", "soap"])
@pytest.mark.parametrize("zone", [None, "Europe/Madrid"])
def test_a_client_notes_what_it_left_out_for_hooks_and_logs(
    protocol: str, zone: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    document: Document = {"status": "SUCCESS", "result": {"list": [GOOD, changed({"datetime": None})]}}
    elements = in_elements("getmessagesResponse", document)
    body = elements if protocol == "soap" else json.dumps(document).encode()
    watch = Watch()
    with ScriptedServer((ask, say(answer(body)), end)) as server:
        origin = f"http://127.0.0.1:{server.port}"
        settings = settings_at(protocol, origin, odd_records="skip", service_timezone=zone)
        with connect(settings, hooks=[watch]) as chat, caplog.at_level(logging.INFO, "afilnet_protocols"):
            found = chat.get_messages(platform="whatsapp", platform_id="100", destination="34600000000")
    assert watch.skipped == [1]
    assert len(found) == len(skipped_in(found)) == 1
    assert (found[0].timestamp.tzinfo is None) == (zone is None)
    (record,) = [each for each in caplog.records if "verdict=done" in each.message]
    assert (record.levelname, record.afilnet_skipped) == ("WARNING", 1)  # type: ignore[attr-defined]  # an extra field
    assert "skipped=1" in record.message


@table(
    ("name", "said"),
    [
        ("x" * 40, "x" * 40),
        ("x" * 41, "…"),
        ("", "…"),
        ("a_b.c-9", "a_b.c-9"),
        ("9a", "…"),
        ("-a", "…"),
        ("_a", "_a"),
        ("hola, señora", "…"),
    ],
)
def test_a_member_is_named_only_if_its_name_can_be_nothing_else(name: str, said: str) -> None:
    assert inside("", name) == said
    assert inside("result", name) == f"result.{said}"
