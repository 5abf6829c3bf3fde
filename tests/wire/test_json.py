"""Strict JSON, the envelope, and what an answer means that is neither."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import catalogue
from afilnet_protocols.errors import (
    AfilnetError,
    OutcomeUnknownError,
    RateLimitedError,
    UnknownServiceError,
)
from afilnet_protocols.records import Channel, Message
from afilnet_protocols.wire import Reply, strict_json
from afilnet_protocols.wire.json_envelope import read_document
from afilnet_protocols.wire.strict_json import NotStrictJson, loads
from tests.tables import table

pytestmark = pytest.mark.smoke

MESSAGE = {
    "platformid": "100",
    "platform": "whatsapp",
    "message": "hola",
    "destination": "34600000000",
    "messageid": "1",
    "sent": True,
    "status": "sent",
    "datetime": "2026-11-22 10:00:00",
}

ODD = Reply(200, {}, b'{"status": "SUCCESS", "status": "SUCCESS", "result": []}')


def what_becomes_of_a_send(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> str:
    """Return the name of the error of a send with an odd answer for whose reader there is no room any more."""

    def load(*_: object) -> None:
        raise failure

    monkeypatch.setattr(strict_json, "_decoder", load)
    try:
        read_document(catalogue.SEND_MESSAGE, ODD)
    except Exception as error:
        return type(error).__name__
    return ""


@pytest.mark.parametrize("failure", [ImportError(), OSError(24, "Too many open files")])
def test_what_cannot_be_read_because_its_reader_cannot_be_loaded_is_an_unknown_outcome(monkeypatch, failure) -> None:
    assert what_becomes_of_a_send(monkeypatch, failure) == "OutcomeUnknownError"


def test_a_failure_that_passes_through_is_noticed(monkeypatch) -> None:
    """Sabotage: the reader fails in a way that nobody has thought of."""
    assert what_becomes_of_a_send(monkeypatch, RuntimeError()) == "RuntimeError"


def test_the_reader_of_odd_answers_is_loaded_when_it_is_needed(monkeypatch) -> None:
    strict_json._decoder.cache_clear()
    monkeypatch.setitem(sys.modules, "json", None)
    with pytest.raises(NotStrictJson, match="could not be loaded"):
        loads(b"{}")
    monkeypatch.undo()
    assert loads(b"{}") == {}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**60), 10**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def answer(document: object, status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, json.dumps(document).encode())


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), values, max_size=5), st.booleans()
)
def test_strict_json_reads_what_json_writes(document, ascii_only):
    assert loads(json.dumps(document, ensure_ascii=ascii_only).encode()) == document


@table(
    "body",
    [
        b"", b"null", b"[]", b'"SUCCESS"', b"{", b"{}x", b"{'a':1}", b'{"a":1,}', b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}", b'{"a":0.' + b"9" * 5000 + b"}", b'{"a":"\xff"}', b'{"a":"\x00"}',
        b'\xff\xfe{\x00}\x00', b'{"a":"\n"}',
        b'{"a":' * 100_000, b"[" * 100_000, b'{"a":' * 65 + b"1" + b"}" * 65, b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b'{"a":"\xed\xa0\x80"}', b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":"\\x"}',
    ],
)  # fmt: skip
def test_what_two_readers_could_understand_differently_is_refused(body):
    with pytest.raises(NotStrictJson) as caught:
        loads(body)
    assert caught.value.__context__ is None


def test_deep_but_allowed_and_brackets_in_strings_are_read():
    assert loads(b'{"a":' * 64 + b"1" + b"}" * 64)
    assert loads(b'{"a":"' + b"[{" * 1000 + b'\\"' + b'"}') == {"a": "[{" * 1000 + '"'}
    assert loads(b"\xef\xbb\xbf{}") == {}
    assert loads(b'{"a":"\\ud83d\\ude00"}') == {"a": "\U0001f600"}


@table("status", ["SUCCESS", "success", "Success"])
@table("result", [..., None, "", [], {}, 7, {"messageid": 1}])
def test_any_result_of_a_confirmed_send_is_none(status, result):
    envelope = {"status": status} if result is ... else {"status": status, "result": result}
    assert read_document(catalogue.SEND_MESSAGE, answer(envelope)) is None


@table(
    "result",
    [..., None, "", [], {}, {"list": None}, {"list": ""}, {"list": []}, {"list": {}}],
)
def test_an_empty_list_has_many_spellings(result):
    envelope = {"status": "SUCCESS"} if result is ... else {"status": "SUCCESS", "result": result}
    assert read_document(catalogue.GET_MESSAGES, answer(envelope)) == []


@table("container", [lambda item: [item], lambda item: {"0": item}, lambda item: {"17": item}])
@table("spelling", ["sent", "issent"])
@table(("flag", "sent"), [(True, True), (1, True), ("1", True), ("TRUE", True), (0, False), ("false", False)])
def test_a_record_is_read_however_the_service_spells_it(container, spelling, flag, sent):
    item = {name: value for name, value in MESSAGE.items() if name != "sent"}
    item |= {spelling: flag, "messageid": 1, "platformid": 100, "extra": ["ignored"]}
    (message,) = read_document(
        catalogue.GET_MESSAGES, answer({"status": "SUCCESS", "result": {"list": container(item)}})
    )
    assert message == Message(
        "100", "whatsapp", "hola", "34600000000", "1", sent, "sent", datetime(2026, 11, 22, 10, 0, 0)
    )


def test_a_huge_id_keeps_its_digits_and_an_unknown_platform_its_name():
    body = (
        b'{"status":"SUCCESS","result":{"list":[{"platformid":123456789012345678901234,"platform":"new","name":null}]}}'
    )
    assert read_document(catalogue.GET_CHAT_CHANNELS, Reply(200, {}, body)) == [
        Channel("123456789012345678901234", "new", "")
    ]


def test_an_offset_that_the_service_gives_is_kept():
    item = MESSAGE | {"datetime": "2026-11-22T10:00:00+01:00"}
    (message,) = read_document(catalogue.GET_MESSAGES, answer({"status": "SUCCESS", "result": {"list": [item]}}))
    assert message.timestamp.utcoffset() == timedelta(hours=1)


@table("field", sorted(MESSAGE))
@table("operation", [catalogue.GET_MESSAGES, catalogue.GET_CHATS, catalogue.GET_UNREAD_MESSAGES])
def test_a_missing_compulsory_field_is_an_error(field, operation):
    item = {name: value for name, value in MESSAGE.items() if name != field}
    with pytest.raises(OutcomeUnknownError, match=field):
        read_document(operation, answer({"status": "SUCCESS", "result": {"list": [item]}}))


@table(
    ("field", "value"),
    [
        ("platformid", None), ("platformid", 1.5), ("platformid", True), ("platformid", ""), ("messageid", []),
        ("sent", None), ("sent", "maybe"), ("sent", 2), ("datetime", "yesterday"), ("datetime", "2026-13-01 00:00:00"),
        ("datetime", "0000-00-00 00:00:00"), ("datetime", 1_700_000_000), ("datetime", None), ("message", {}),
    ],
)  # fmt: skip
def test_a_field_of_the_wrong_kind_is_an_error(field, value):
    with pytest.raises(OutcomeUnknownError, match=field):
        read_document(
            catalogue.GET_MESSAGES, answer({"status": "SUCCESS", "result": {"list": [MESSAGE | {field: value}]}})
        )


@table(
    "envelope",
    [
        {}, {"status": None}, {"status": True}, {"status": ["SUCCESS"]}, {"status": "OK"}, {"status": "SUCCES"},
        {"result": {"list": []}}, {"Status": "SUCCESS"}, {"status": "SUCCESS", "error": "CHANNEL_NOT_FOUND"},
        {"status": "ERROR"}, {"status": "ERROR", "error": None}, {"status": "ERROR", "error": ""},
        {"status": "ERROR", "error": {"code": 1}}, {"status": "ERROR", "error": "what happened is this"},
        {"status": "SUC CESS"},
    ],
)  # fmt: skip
def test_no_other_document_is_a_success_or_a_refusal(envelope):
    with pytest.raises(OutcomeUnknownError):
        read_document(catalogue.SEND_MESSAGE, answer(envelope))


@table("result", [[1], ["x"], 7, "text", {"list": 7}, {"list": "x"}, {"list": [1]}, {"list": True}])
def test_a_list_that_is_none_is_an_error(result):
    with pytest.raises(OutcomeUnknownError):
        read_document(catalogue.GET_MESSAGES, answer({"status": "SUCCESS", "result": result}))


@table("http_status", [200, 201, 400, 401, 422])
@table("code", sorted(catalogue.ERROR_CODES))
def test_an_error_code_is_read_on_any_status_that_no_intermediary_uses_for_itself(code, http_status):
    with pytest.raises(catalogue.ERROR_CODES[code].error) as caught:
        read_document(catalogue.SEND_MESSAGE, answer({"status": "error", "error": code}, http_status))
    assert (caught.value.code, caught.value.delivery) == (code, "rejected")


def test_an_undocumented_code_proves_nothing_about_delivery():
    with pytest.raises(UnknownServiceError) as caught:
        read_document(catalogue.SEND_MESSAGE, answer({"status": "ERROR", "error": "NO_CREDITS"}))
    assert (caught.value.code, caught.value.delivery) == ("NO_CREDITS", "unknown")


@table(
    ("header", "seconds"),
    [
        ("0", 0.0), ("120", 120.0), ("Sun, 22 Nov 1993 10:00:00 GMT", 0.0), ("-1", None), ("1.5", 1.5), ("", None),
        ("nan", None), ("9" * 5000, None), ("\u0661", None), ("Sun, 22 Nov 99999 10:00:00 GMT", None), ("soon", None),
    ],
)  # fmt: skip
def test_retry_after_is_understood_or_ignored(header, seconds):
    with pytest.raises(RateLimitedError) as caught:
        read_document(catalogue.SEND_MESSAGE, Reply(429, {"retry-after": header}, b""))
    assert caught.value.retry_after == seconds


def test_no_text_of_the_answer_is_quoted():
    marker = "s3cr3t-marker"
    for body in (marker, json.dumps({"status": marker}), json.dumps({"status": "ERROR", "error": f"{marker} !"})):
        with pytest.raises(AfilnetError) as caught:
            read_document(catalogue.SEND_MESSAGE, Reply(200, {}, body.encode()))
        assert marker not in str(caught.value)
        assert caught.value.__context__ is None
