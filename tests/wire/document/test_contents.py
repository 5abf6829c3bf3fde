"""What an answer holds is read or refused, never dropped; what contradicts a success ends it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import OPERATIONS, Operation
from afilnet_protocols.errors import AfilnetError, NotFoundError, OutcomeUnknownError, RejectedRequestError
from afilnet_protocols.wire import Reply, envelope
from afilnet_protocols.wire.document import contents, not_done, own_words, refusal
from afilnet_protocols.wire.document.contents import Contents, Listing
from afilnet_protocols.wire.document.refusal import refuses
from afilnet_protocols.wire.form import FormCodec
from afilnet_protocols.wire.json import JsonCodec
from tests.sizes import examples
from tests.tables import table
from tests.wire.carriers import CARRIERS, Carrier, Document, by_json, in_elements, soap_codec

LISTS = [operation for operation in OPERATIONS if operation.record is not None]
SENDS = [operation for operation in OPERATIONS if operation.record is None]

on_every_carrier = pytest.mark.parametrize("read", CARRIERS.values(), ids=CARRIERS)


def row(operation: Operation[object], number: int = 1) -> Document:
    values = {
        "platformid": "100", "platform": "whatsapp", "name": "WhatsApp", "message": "hola", "destination": "346",
        "messageid": str(number), "sent": True, "issent": True, "status": "failed", "datetime": "2026-01-02 03:04:05",
    }  # fmt: skip
    return {field.wire: values[field.wire] for field in operation.fields}


def rows_read(read: Carrier, operation: Operation[object], document: Document) -> object:
    """Return the records, or the class of the error."""
    try:
        return read(operation, document)
    except AfilnetError as error:
        return type(error)


def expected(operation: Operation[object], rows: list[Document]) -> object:
    return by_json(operation, {"status": "SUCCESS", "result": {"list": rows}})


# ---- Lists that stand elsewhere -----------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["list", "List", "LIST", "result", "Result", "data", "messages", "channels", "chats", "items", "rows", "item", "x"]
)
BESIDE = st.dictionaries(
    st.sampled_from(["total", "count", "page", "perpage", "next", "errors", "error", "paging", "time", "message"]),
    st.sampled_from([0, "0", None, "", 3, "ok", [], {}, {"page": 1, "next": None}]),
    max_size=2,
)


@st.composite
def placed(draw: st.DrawFn, *, texts: bool = True) -> tuple[Operation[object], list[Document], Document]:
    """Draw an operation, rows, and a success that holds them somewhere, in some form, beside this and that."""
    operation = draw(st.sampled_from(LISTS))
    rows = [row(operation, number) for number in range(1, draw(st.integers(1, 3)) + 1)]
    forms: list[object] = [rows, {str(number): each for number, each in enumerate(rows)}, {"item": rows}, [rows]]
    forms += [[{"row": each} for each in rows]]
    forms += [rows[0], {"item": rows[0]}] if len(rows) == 1 else []
    forms += [json.dumps(rows), json.dumps({"list": rows})] if texts else []
    value = draw(st.sampled_from(forms))
    for name in reversed(draw(st.lists(NAMES, min_size=1, max_size=4))):
        beside = {key: other for key, other in draw(BESIDE).items() if not refuses(key, other)}
        value = {**beside, name: value}
    return operation, rows, {**value, "status": "SUCCESS"}


def nothing_is_dropped(read: Carrier, operation: Operation[object], rows: list[Document], document: Document) -> None:
    found = rows_read(read, operation, document)
    assert found in (expected(operation, rows), OutcomeUnknownError), document


@on_every_carrier
@given(case=placed())
def test_rows_at_any_place_are_read_or_refused(
    read: Carrier, case: tuple[Operation[object], list[Document], Document]
) -> None:
    nothing_is_dropped(read, *case)


@on_every_carrier
@table("operation", LISTS, ids=lambda operation: operation.name)
@table(
    "around",
    [
        lambda rows: {"result": {"messages": rows}},
        lambda rows: {"result": {"LIST": rows}},
        lambda rows: {"Result": {"List": rows}},
        lambda rows: {"result": rows},
        lambda rows: {"list": rows},
        lambda rows: {"data": rows},
        lambda rows: {"data": {"items": rows}},
        lambda rows: {"result": {"result": {"list": rows}}},
        lambda rows: {"result": json.dumps({"list": rows})},
        lambda rows: {"result": {"list": json.dumps(rows)}},
        lambda rows: {"result": {"list": {"item": rows}}},
        lambda rows: {"result": {"list": {str(place): each for place, each in enumerate(rows)}}},
        lambda rows: {"result": {"list": [{"row": each} for each in rows]}},
        lambda rows: {"result": {"list": [rows]}},
        lambda rows: {"result": None, "data": rows},
        lambda rows: {"result": {"list": rows, "total": 9, "paging": {"page": 1}, "errors": [], "links": ["x"]}},
        lambda rows: {"result": {"list": rows}, "data": rows},
        lambda rows: {"result": {"list": rows[0]}} if len(rows) == 1 else {"result": {"list": rows}},
        lambda rows: {"result": {"chat": rows[0]}} if len(rows) == 1 else {"result": {"list": rows}},
    ],
)  # fmt: skip
@table("count", [1, 2])
def test_rows_at_one_clear_place_are_read(read: Carrier, operation: Operation[object], around: Any, count: int) -> None:
    rows = [row(operation, number) for number in range(1, count + 1)]
    assert read(operation, {"status": "SUCCESS", **around(rows)}) == expected(operation, rows)


COUNTED = {
    "count": "2", "num_results": 2, "totalMessages": 1, "unread_count": "3", "messagecount": 1, "numberOfElements": 1,
    "hasMore": True, "has_next_page": "true", "isTruncated": True, "more": "1",
    "unreadMessages": 3, "new_messages": "1", "total_mensajes": 2, "cantidad": "2", "registros": 1, "sin_leer": 1,
    "numFound": 2, "recordsFiltered": 3, "iTotalRecords": 3, "odata.count": 1, "nbHits": 4, "list_length": 2,
    "totalElements": 5, "rowCount": 1, "messages_total": 2, "items": 2, "unread": 1,
}  # fmt: skip


@table(
    ("result", "place"),
    [
        ({"list": [], "messages": [row(catalogue.GET_MESSAGES)]}, "result.list"),
        ({"list": [], "listing": [row(catalogue.GET_MESSAGES)]}, "result.listing"),
        ({"list": None, "messages": [row(catalogue.GET_MESSAGES)]}, "result.messages"),
        ({"list": None, "message": "Too many results"}, "result.message"),
        ({"list": None, "motivo": "mantenimiento"}, "result.motivo"),
        ({"list": None, "location": "/messages/17"}, "result.location"),
        ({"a": [row(catalogue.GET_MESSAGES, 1)], "b": [row(catalogue.GET_MESSAGES, 2)]}, "result.b"),
        ({"list": {"a": [row(catalogue.GET_MESSAGES, 1)], "b": [row(catalogue.GET_MESSAGES, 2)]}}, "result.list.b"),
        ({"messages": [{"id": 1, "text": "hola"}]}, "result.messages"),
        ({"list": [], "messages": [{"id": 1, "text": "hola"}]}, "result.messages"),
        ({"list": {"item": {"id": 1}}}, "result.list"),
        ({"list": {"item": ""}}, "result.list"),
        ({"list": {"data": [], "encoded": "eJyLjgUAARUAuQ"}}, "result.list"),
        ({"list": {"rows": [], "more": {"id": "a"}}}, "result.list"),
        ({"list": {"data": None}}, "result.list"),
        ({"list": {"content": "", "id": 7}}, "result.list"),
        ({"list": {"content": "", "time": "2026-01-02 03:04:05"}}, "result.list"),
        ({"list": {"messages": "a:1:{i:0;s:4}"}}, "result.list"),
        ({"list": {"items": [], "row": {"content": "", "id": 7}}}, "result.list.row"),
        ({"list": {"items": [], "links": [{"label": "1", "id": 7}]}}, "result.list.links"),
        ({"list": {"items": [], "meta": {"rows": [{"id": 7, "text": "hola"}]}}}, "result.list.meta.rows"),
        ({"list": [], "meta": {"rows": [{"message": {"id": 7, "text": "hola"}}]}}, r"result.meta.rows\[0\]"),
        ({"list": {"items": [], "label": "hola"}}, "result.list"),
        ({"list": {"content": [], "size": 20, "empty": False}}, "result.list.empty"),
        ({"list": {"item": "hola"}}, "result.list"),
        ({"messages": {"item": {"id": 1}}}, "result.messages"),
        ({"messages": "a:1:{i:0;s:4}"}, "result.messages"),
        ({"messages": '[{"messageid":'}, "result.messages"),
        ({"list": [], "total": 2}, "result.total"),
        *(({"list": [], name: value}, f"result.{name}") for name, value in COUNTED.items()),
        ({"list": False}, "result.list"),
        ("nothing found", "result"),
        ({"messages": ["hola"]}, "result.messages"),
        ({"item": "17"}, "result"),
        (
            {"list": [], "inbox": row(catalogue.GET_MESSAGES, 1), "outbox": row(catalogue.GET_MESSAGES, 2)},
            "result.list",
        ),
        ({"list": [], "messages": True}, "result.messages"),
        ({"last": {"messageid": "1", "message": "hola"}}, "result.last"),
    ],
)
@on_every_carrier
def test_what_is_not_clear_is_refused_with_its_place(read: Carrier, result: object, place: str) -> None:
    place = place if read in (by_json, CARRIERS["string"]) else r"result"
    with pytest.raises(OutcomeUnknownError, match=place):
        read(catalogue.GET_MESSAGES, {"status": "SUCCESS", "result": result})


LARAVEL: Document = {
    "current_page": 1, "data": [], "first_page_url": "/api?page=1", "from": None, "last_page": 1, "path": "/api",
    "last_page_url": "/api?page=1", "next_page_url": None, "per_page": 15, "prev_page_url": None, "to": None,
    "total": 0, "links": [
        {"url": None, "label": "&laquo; Previous", "page": None, "active": False},
        {"url": "/api?page=1", "label": "1", "page": 1, "active": True},
    ],
}  # fmt: skip
BY_NOTHING = {"empty": True, "sorted": False, "unsorted": True}
ORDER = {
    "direction": "DESC", "property": "id", "ignoreCase": False, "nullHandling": "NATIVE", "ascending": False,
    "descending": True,
}  # fmt: skip
PAGEABLE: Document = {
    "pageNumber": 0, "pageSize": 20, "sort": BY_NOTHING, "offset": 0, "paged": True, "unpaged": False,
}  # fmt: skip
SPRING: Document = {
    "content": [], "last": True, "totalElements": 0, "totalPages": 0, "size": 20, "number": 0, "sort": BY_NOTHING,
    "first": True, "numberOfElements": 0, "empty": True, "pageable": PAGEABLE,
}  # fmt: skip
JSON_API: Document = {
    "data": [], "meta": {"total": 0}, "jsonapi": {"version": "1.0"},
    "links": {"self": "https://www.example.com/", "first": "https://www.example.com/?page=1", "next": None},
}  # fmt: skip
STRIPE: Document = {"object": "list", "url": "/v1/messages", "has_more": False, "data": []}
"""The page of none that the paginators of these frameworks write, and that of two ways to write an API."""


@table(
    "document",
    [
        {"result": {"list": [], "total": 0, "page": 1, "limit": 50, "errors": []}},
        {"result": {"list": [], "paging": {"page": 1, "next": None}, "message": "none", "links": [{"rel": "self"}]}},
        {"result": {"total": 0}},
        {"result": {"platform": "whatsapp", "platformid": "100", "destination": "346", "list": []}},
        {"result": {"messages": []}},
        {"result": {"list": {"data": [], "total": 0, "path": "/api", "first_page_url": "/api?page=1", "to": None}}},
        {"result": {"list": {"items": [], "meta": {"page": 1, "total": 0}, "links": {"first": "/1", "next": None}}}},
        {"result": {"list": {"rows": [], "page": 1, "per_page": "15", "has_more": False, "last": True}}},
        {"result": {"list": LARAVEL}},
        {"result": {"list": [], "links": LARAVEL["links"], "meta": {"links": LARAVEL["links"]}}},
        {"result": {"list": {"data": [], "links": {"first": "/1"}, "meta": {"links": LARAVEL["links"], "total": 0}}}},
        {"result": {"list": SPRING}},
        {"result": {"list": {**SPRING, "sort": {"empty": False, "sorted": True, "unsorted": False}}}},
        {"result": {"list": {**SPRING, "sort": [ORDER], "pageable": {**PAGEABLE, "sort": [ORDER]}}}},
        {"result": {"list": {"items": [], "_links": {"self": {"href": "/1"}}, "_meta": {"totalCount": 0}}}},
        *({"result": page} for page in (LARAVEL, SPRING, JSON_API, STRIPE)),
        *(page for page in (LARAVEL, SPRING, JSON_API, STRIPE)),
        {"result": {"list": {"messages": "0 messages"}}},
        {"result": {"list": None, "message": "ok", "user": "juan", "total": 0}},
        {"result": {"list": [], "message": "Nothing new", "warning": "none"}},
        {"message": "success"},
        {"ok": True, "success": "true", "cached": False, "data": True},
        {"data": -1, "took": 0.03, "content": "1.5"},
        {"result": {"ok": True, "message": "OK", "code": "SUCCESS"}},
        {"time": "2026-01-02T03:04:05Z", "date": "2026-01-02 03:04:05 UTC", "now": "2026-01-02T03:04:05.123+01:00"},
        {"class": "chat", "method": "getmessages"},
        {"result": {"class": "chat", "method": "GetMessages", "platform": "whatsapp"}},
        {"page": "1", "pages": "1", "time": 0.3},
        {"result": "[]"},
        {"result": {"list": "[]"}},
        {"result": {"list": "  "}},
        {"message": "ok", "datetime": "2026-01-02 03:04:05", "result": {"list": []}},
        {"error": None, "errors": {"code": 0, "text": ""}},
        *({"result": {"list": [], name: 0}} for name in COUNTED),
        {"result": {"list": [], "page_size": 20, "length": 20, "took": 3, "saldo": 9, "pagina": 1, "max_results": 50}},
        {"result": {"list": [], "size": 20, "number": 1, "totalpages": 1, "countrycode": 34, "pagecount": 1}},
        {
            "result": {
                "list": [],
                "messagelength": 160,
                "statustext": "404 messages read",
                "outcome": "412 ms",
            }
        },
    ],
)
@on_every_carrier
def test_what_is_empty_is_empty_whatever_is_told_beside(read: Carrier, document: Document) -> None:
    assert read(catalogue.GET_MESSAGES, {"status": "SUCCESS", **document}) == []


@on_every_carrier
@table(
    "document",
    [
        {"access_token": "x", "expires_in": 60}, {"data": {"token": "x"}}, {"details": {"job": "a-7"}},
        {"version": "v2"}, {"server": "web-3"}, {"class": "chat", "method": "getchats"}, {"class": "user"},
        {"result": {"version": "v2"}},
        # Pages that do not say that there are none, or say it of a part, or something else.
        {"result": {**JSON_API, "meta": {}}}, {"result": {**JSON_API, "meta": {"unread_total": 0}}},
        {"result": {**STRIPE, "data": None}}, {**STRIPE, "has_more": None}, {"result": {**LARAVEL, "total": 3}},
        {"result": {**STRIPE, "messages": "see the archive"}}, {"result": {**STRIPE, "rows": False}},
        {"result": {**LARAVEL, "message": "The index is being built"}},
        {"result": {**STRIPE, "chats": {"a": {"b": "c"}}}},
    ],
)  # fmt: skip
def test_what_stands_in_the_place_of_a_result_is_not_nothing(read: Carrier, document: Document) -> None:
    with pytest.raises(OutcomeUnknownError):
        read(catalogue.GET_MESSAGES, {"status": "SUCCESS", **document})


@on_every_carrier
@table("around", [{}, {"result": None}])
def test_what_is_said_where_no_list_is_may_be_why(read: Carrier, around: Document) -> None:
    with pytest.raises(OutcomeUnknownError, match="message"):
        read(catalogue.GET_MESSAGES, {"status": "SUCCESS", "message": "The index is being built", **around})


NONE_THERE = [
    "No messages found", "No messages.", "There are no records", "0 results", "no conversations yet",
    "You have no chats", "No hay mensajes", "Sin resultados", "Ningún mensaje encontrado", "Nothing found",
    "Empty list", "vacío",
]  # fmt: skip
NOT_NONE = ["No new messages", "No unread messages", "No hay mensajes nuevos", "no mensajes sin leer"]
NO_SAYING = [
    "No messages could be read", "No more messages", "Messages", "No database", "0 of 5 shards answered",
    "No messages found: the index is being built", "Nothing", "No data", "not found", "Channel not found",
]  # fmt: skip


@on_every_carrier
@table("document", [{}, {"result": None}, {"result": {"list": None}}])
def test_words_that_say_that_there_is_nothing_are_an_empty_list(read: Carrier, document: Document) -> None:
    for operation in LISTS:
        for words in NONE_THERE:
            assert read(operation, {"status": "SUCCESS", "message": words, **document}) == []
    for words in NOT_NONE:
        assert read(catalogue.GET_UNREAD_MESSAGES, {"status": "SUCCESS", "message": words, **document}) == []


@on_every_carrier
@table("words", NOT_NONE + NO_SAYING)
def test_words_that_say_less_or_more_are_none(read: Carrier, words: str) -> None:
    """That nothing is new says nothing of what is old."""
    with pytest.raises(OutcomeUnknownError, match="message"):
        read(catalogue.GET_MESSAGES, {"status": "SUCCESS", "message": words, "result": None})


def test_sabotage_words_that_say_that_nothing_is_new_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "GET_UNREAD_MESSAGES", catalogue.GET_MESSAGES)
    with pytest.raises(ExceptionGroup):
        test_words_that_say_less_or_more_are_none(by_json)


def test_sabotage_words_in_the_place_of_a_list_that_are_passed_over_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contents, "PROSE", re.compile("(?!)"))
    with pytest.raises(ExceptionGroup):
        test_what_is_said_where_no_list_is_may_be_why(by_json)


@on_every_carrier
@table("data", ["hola", ["hola"], {"messageid": "1", "message": "hola"}, {"item": {"id": 1}}])
def test_what_stands_in_another_holder_is_not_nothing(read: Carrier, data: object) -> None:
    with pytest.raises(OutcomeUnknownError, match="data"):
        read(catalogue.GET_MESSAGES, {"status": "SUCCESS", "data": data})


def test_counts_that_are_passed_over_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "COUNTS", re.compile("(?!)"))
    monkeypatch.setattr(contents, "MORE", ())
    for name, value in COUNTED.items():
        document = {"status": "SUCCESS", "result": {"list": [], name: value}}
        assert by_json(catalogue.GET_MESSAGES, document) == []


def test_a_place_is_named_without_what_the_service_may_have_put_into_a_name() -> None:
    document = {"status": "SUCCESS", "result": {"34600000000 said": [{"id": 1}]}}
    with pytest.raises(OutcomeUnknownError) as caught:
        by_json(catalogue.GET_MESSAGES, document)
    assert "34600000000" not in str(caught.value)


def test_a_reader_of_the_documented_place_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def listing(self: Contents) -> Listing:
        home = [each for each in self._listings if each.place == "result.list"]
        return home[0] if home else Listing([], "result.list")

    monkeypatch.setattr(Contents, "listing", listing)
    with pytest.raises(AssertionError):
        test_rows_at_any_place_are_read_or_refused(by_json)


# ---- A success around a refusal -----------------------------------------------------------------------------------

REFUSALS: list[Document] = [
    {"error": "NO_CREDITS"}, {"errors": ["CHANNEL_NOT_FOUND"]}, {"errors": {"0": "x"}}, {"errors": 2}, {"Error": "x"},
    {"error": {"code": 7}}, {"error_code": 31}, {"errorMessage": "no"}, {"exception": "x"}, {"failed": ["346"]},
    {"status": "ERROR"}, {"status": "error"}, {"Status": "Failed"}, {"status": False}, {"status": 403},
    {"status": "Error: no credits"}, {"status": ["ERROR"]}, {"state": ["hola", "ERROR"]}, {"state": {"value": 500}},
    {"resultcode": [1, 500]},
    {"code": "NO_CREDITS"}, {"success": False}, {"ok": 0},
    {"code": "CHANNEL_NOT_FOUND"}, {"status": "INCORRECT_USER_PASSWORD"}, {"err": "x"}, {"errno": 4},
    {"isSuccess": False}, {"succeeded": "false"}, {"statusText": "ERROR"}, {"result_code": 500}, {"state": "blocked"},
    {"success": "no"}, {"ok": "KO"}, {"isok": "N"}, {"succeeded": "failed"}, {"errorCode": "0017"},
    {"status": "not sent"}, {"state": "Not delivered: no route"}, {"status": "no enviado"}, {"estado": "fallido"},
    {"exito": False}, {"status": {"id": 5, "name": "FAILED"}}, {"status": {"groupName": "REJECTED", "id": 5}},
    {"problem": "x"}, {"fallidos": 1}, {"http_code": "403"}, {"httpStatus": 500}, {"status": "EXPIRED"},
    {"fallos": ["346"]}, {"errortext": "n"}, {"error": "no credits"}, {"errors": "ninguno enviado"}, {"stat": "fail"},
    {"authorised": False}, {"codigo": "ERROR"}, {"authenticated": False}, {"logged_in": "no"},
    {"login_required": True}, {"session_expired": 1}, {"violations": [{"propertyPath": "destination"}]},
    {"ResponseMetadata": {"HTTPStatusCode": 400}},
]  # fmt: skip
AGREED: list[Document] = [
    {}, {"error": None}, {"error": ""}, {"errors": []}, {"errors": {}}, {"error": False}, {"error": 0}, {"error": "0"},
    {"errors": 0}, {"status": "SUCCESS"}, {"status": "queued"}, {"status": "MESSAGE_SENT"}, {"status": "no_reply"},
    {"status": 200}, {"success": True}, {"messageid": "17"}, {"credits": 0}, {"failed": []},
    {"message": "error", "id": 7},
    {"code": 0}, {"noErrors": True}, {"result": "No errors"}, {"error": "none"}, {"error": "NO_ERROR"},
    {"error": "null"}, {"errors": "No errors"}, {"errorMessage": "OK"}, {"errno": 0}, {"sent": True}, {"sent": 1},
    {"denied": False}, {"invalid": []}, {"delivered": False}, {"countrycode": 420}, {"errorCode": "000"},
    {"state": {"name": "queued", "description": "not yet sent"}}, {"deliverystatus": "pending"}, {"delivery": "now"},
    {"reason": "hola"}, {"warnings": ["no picture"]}, {"message": "NO_CREDITS, they say"}, {"tag": "NOTE_7"},
    {"httpcode": 200},
    {"estado": "enviado"}, {"exito": True}, {"problems": []}, {"status": "no route needed"},
    {"ack": "Success"}, {"response": "queued"}, {"statusText": "accepted, 0 failed"}, {"state": "sent without failure"},
    {"state": "not rejected"}, {"retcode": 0}, {"http_status": "200 OK"}, {"skipped": []}, {"blacklisted": 0},
    {"canceled": False}, {"expires": "2026-01-02"}, {"dry_run": False}, {"test_mode": 0}, {"partial": "false"},
    {"code": "EUR"}, {"recipients": 1}, {"enviados": 1}, {"valid": True}, {"fallback": "sms"}, {"code": "E"},
    {"note": "NOTICE_NOT_READ"}, {"timeout": 30}, {"errors": "no"}, {"error": "No"}, {"has_errors": "n"},
    {"failed": "no"}, {"error": "Sin errores"}, {"errors": "ninguno"}, {"errorText": "No hay errores"},
    {"accepted": ["346"]}, {"result": "It was sent"}, {"result": "accepted, 0 failed"}, {"recipients": ["346"]},
    {"response": "Accepted. It has not been delivered yet."}, {"response": "A\u00fan no ha sido entregado"},
    {"result": "17"}, {"delivered": ""}, {"result": "not yet sent"},
    {"error": "N/A"}, {"errno": "0000"}, {"success": "yes"}, {"ok": "OK"}, {"error": "0.0"},
    {"response": {"id": "1", "final": False}}, {"delivery": {"message": "Error: my order", "confirmed": False}},
    {"response": "Accepted; a failed attempt is repeated"}, {"deliverystatus": {"name": "PENDING", "final": False}},
    {"statusmessage": "500 messages left"}, {"recipients": "-123456789"}, {"blacklisted": "no"}, {"dry_run": "N"},
    {"state": "unknown"}, {"ignored": []}, {"throttled": False}, {"duplicates": 0}, {"sandbox": "false"},
    {"authenticated": True}, {"session_expired": False}, {"state": "time"}, {"message": "skipped"},
    {"message": "It could not be sent", "id": 7}, {"text": "It could not be sent"}, {"reason": "not yet sent"},
    {"sms_sent": 1}, {"ko": 0}, {"quota_exceeded": False}, {"spam": "no"}, {"level": "no error"}, {"codigo": 0},
    {"authorised": True}, {"sent": 0, "queued": 1}, {"messageSent": True, "messageQueued": False},
    {"test_mode": "off"}, {"code": "E00"}, {"retcode": "ERR_000"}, {"failover": "sms"}, {"state": {"test": False}},
    {"processed": False}, {"done": False}, {"messageid": None}, {"access": "granted"}, {"access": "private"},
    {"permissions": ["read", "write"]}, {"access": {"public": False}},
    {"msgid": 0}, {"smsid": None}, {"msgid": ""}, {"id": -100}, {"smsid": "-1a"},
    {"result": "Sent: 1, failed: 0"}, {"result": "Failed: 0, sent: 1"}, {"status": "Errors: none"},
    {"status": "Error count: 0"}, {"deliverystatus": "Rejected: 0"}, {"state": "Not delivered yet"},
    {"state": "No entregado todav\u00eda"}, {"state": "Nothing failed"}, {"violations": []}, {"livemode": True},
    {"HTTPStatusCode": 200}, {"test": False}, {"captcha_required": 0}, {"type": "image"}, {"confirmation": "c-17"},
    {"template": "hello"}, {"severity": "info"}, {"state": "not_read"}, {"state": "Pending approval"}, {"draft": ""},
]  # fmt: skip
CODES_ELSEWHERE: list[Document] = [
    {"reason": "NO_CREDITS"}, {"warning": "CHANNEL_NOT_FOUND"}, {"warnings": ["CHANNEL_NOT_FOUND"]},
    {"info": "NO_CREDITS: top up"}, {"notice": "MESSAGE_NOT_SENT"}, {"why": "INSUFFICIENT_CREDITS"},
    {"message": "CHANNEL_NOT_FOUND"}, {"message": "NO_CREDITS"}, {"note": ["x", "INCORRECT_FILEURL"]},
    {"warnings": [["x", "CHANNEL_NOT_FOUND"], "x"]},
]  # fmt: skip
REFUSALS_OF_A_SEND: list[Document] = [
    {"sent": False}, {"sent": 0}, {"issent": "0"}, {"queued": False}, {"denied": True}, {"invalid": ["346"]},
    {"queued": "no"}, {"sent": 0, "queued": 0}, {"sent": -1, "queued": 1}, {"accepted": 0, "queued": 1},
    {"blocked": 1}, {"refused": "spam"}, {"undelivered": ["346"]}, {"code": -1}, {"result_code": "-3"}, {"unsent": 1},
    {"deliverystatus": "REJECTED"}, {"delivery": "failed"}, {"delivery_report": {"name": "UNDELIVERED"}},
    {"enviado": False}, {"msgStatus": "ERR"}, {"ack": "Failure"}, {"ack": "NACK"}, {"response": "FAILED"},
    {"retcode": -1}, {"returnValue": "-5"}, {"http_status": "500 Internal Server Error"}, {"skipped": ["346"]},
    {"blacklisted": ["346"]}, {"unsubscribed": 1}, {"state": "nack"}, {"state": "no"}, {"state": "Sending failed"},
    {"statusText": "The message could not be sent"}, {"state": "El mensaje no pudo ser enviado"},
    {"accepted": []}, {"sent": []}, {"recipients": ""}, {"success": ""}, {"enviados": []}, {"ok": []},
    {"result": "The message could not be sent"}, {"result": "Sending failed"}, {"response": "It was not delivered."},
    {"result": "El mensaje no ha sido enviado"}, {"response": "500: it could not be queued"},
    {"no_enviados": 1}, {"enviados": 0}, {"sent_count": "0"}, {"recipients": 0}, {"valid": False}, {"allowed": "no"},
    {"canceled": True}, {"aborted": 1}, {"expired": True}, {"code": "E1001"}, {"code": "ERR_17"}, {"dry_run": True},
    {"state": "skipped"}, {"state": "Timed out"}, {"deliverystatus": "Duplicate"}, {"state": "timeout: no route"},
    {"ignored": True}, {"throttled": 1}, {"rate_limited": True}, {"duplicate": "yes"}, {"sandbox": True},
    {"reason": "It was not delivered"}, {"motivo": "El mensaje no ha sido enviado"}, {"cause": "message not sent"},
    {"result": ["It was not sent"]}, {"result": {"item": "It was not sent"}}, {"result": "Insufficient credits"},
    {"state": "Saldo insuficiente"}, {"state": "At the carrier it failed"},
    {"was_sent": False}, {"sms_sent": 0}, {"messages_sent": []}, {"message_accepted": "no"},
    {"was_successful": False}, {"success_count": 0}, {"ko": 1}, {"nok": ["346"]}, {"total_ko": "1"}, {"nack": True},
    {"quota_exceeded": True}, {"insufficient_credits": 1}, {"no_credits": True}, {"out_of_credit": "yes"},
    {"banned": True}, {"suspended": True}, {"spam": 1}, {"unauthorised": True}, {"forbidden": True}, {"codigo": -1},
    {"simulated": "true"}, {"test_mode": 1}, {"partial": True}, {"status_detail": "REJECTED"},
    {"access": "denied"}, {"access": False}, {"permission": "Forbidden: no channel"}, {"acceso": "denegado"},
    *CODES_ELSEWHERE,
    {"msgid": False}, {"msg_id": "false"}, {"idmensaje": -1}, {"smsid": "-1"}, {"delivery_status": "UNDELIV"},
    {"result": "Sent: 0, failed: 1"}, {"result": "Failed: 0 sent"}, {"status": "Errors: 1"}, {"state": "Not delivered"},
    {"state": "Error: no channel"}, {"state": "Error channel: none"}, {"result": "Rejected balance: 0"},
    {"status": "draft"}, {"state": "not_queued"}, {"state": "Not found: 346"}, {"deliverystatus": "opted_out"},
    {"deliverystatus": "Unreachable"}, {"is_test": True}, {"test": 1}, {"livemode": False}, {"validate_only": True},
    {"noop": True}, {"opted_out": True}, {"captcha": "https://www.example.com/"}, {"captcha_required": True},
    {"requires_confirmation": True}, {"payment_needed": 1}, {"type": "error"}, {"severity": "ERROR"},
    {"status": "Insufficient credits: 0"}, {"result": "Sent: 0, failed: 0"}, {"state": "Failed: 0, sent: 0"},
]  # fmt: skip
SAYING_NO = [
    False, "false", "ERROR", "CHANNEL_NOT_FOUND", {"status": "ERROR"}, ["NO_CREDITS"], "Failed to send",
]  # fmt: skip


@st.composite
def around(draw: st.DrawFn, inside: list[Document]) -> Document:
    """Draw a success that holds one of these members somewhere."""
    value: object = dict(draw(st.sampled_from(inside)))
    path = draw(st.lists(st.sampled_from(["result", "data", "details", "0", "[]", "text"]), max_size=3))
    for name in reversed(path):
        if name == "[]":
            value = [value]
        else:
            value = {name: json.dumps(value)} if name == "text" else {"messageid": "17", name: value}
    if isinstance(value, list) or {"status", "Status"} & value.keys():
        value = {"result": value}
    return {"status": "SUCCESS", **value}


def a_refusal_ends_a_success(read: Carrier, operation: Operation[object], document: Document) -> None:
    with pytest.raises(OutcomeUnknownError):
        read(operation, document)


@on_every_carrier
@given(operation=st.sampled_from(OPERATIONS), document=around(REFUSALS))
def test_a_success_around_a_refusal_is_none(read: Carrier, operation: Operation[object], document: Document) -> None:
    a_refusal_ends_a_success(read, operation, document)


@on_every_carrier
@given(operation=st.sampled_from(SENDS), document=around(AGREED))
def test_a_success_that_tells_more_stays_one(read: Carrier, operation: Operation[object], document: Document) -> None:
    assert read(operation, document) is None


@on_every_carrier
@given(operation=st.sampled_from(SENDS), document=around(REFUSALS_OF_A_SEND))
def test_what_a_send_alone_can_be_refused_by(read: Carrier, operation: Operation[object], document: Document) -> None:
    a_refusal_ends_a_success(read, operation, document)


@on_every_carrier
@table("operation", SENDS, ids=lambda operation: operation.name)
@table(
    ("member", "refused"),
    [*((each, True) for each in [*REFUSALS, *REFUSALS_OF_A_SEND]), *((each, False) for each in AGREED)],
)
def test_each_of_these_members_counts_alone(
    read: Carrier, operation: Operation[object], member: Document, refused: bool
) -> None:
    document = {"status": "SUCCESS", "result": {"messageid": "17", **member}}
    if refused:
        a_refusal_ends_a_success(read, operation, document)
    else:
        assert read(operation, document) is None


@on_every_carrier
@table("result", [0, "0", -1, "-1", False])
@table("operation", SENDS, ids=lambda operation: operation.name)
def test_a_send_with_nought_or_less_as_its_result_is_not_confirmed(
    read: Carrier, operation: Operation[object], result: object
) -> None:
    a_refusal_ends_a_success(read, operation, {"status": "SUCCESS", "result": result})


@on_every_carrier
@table("beside", REFUSALS_OF_A_SEND)
@table("operation", LISTS, ids=lambda operation: operation.name)
def test_what_is_told_of_what_is_listed_is_no_refusal(
    read: Carrier, operation: Operation[object], beside: Document
) -> None:
    told = {} if {"sent", "issent"} & beside.keys() else beside  # which in a record say who wrote a message
    rows = [row(operation, number) for number in (1, 2)]
    document = {"status": "SUCCESS", "result": {"list": [{**told, **each} for each in rows]}}
    assert read(operation, document) == expected(operation, rows)


@table("result", SAYING_NO)
@table("operation", OPERATIONS, ids=lambda operation: operation.name)
@on_every_carrier
def test_a_result_that_says_no_is_no_success(read: Carrier, operation: Operation[object], result: object) -> None:
    a_refusal_ends_a_success(read, operation, {"status": "SUCCESS", "result": result})


@on_every_carrier
@given(operation=st.sampled_from(LISTS), beside=st.sampled_from(REFUSALS), inside=st.booleans())
def test_a_refusal_beside_rows_ends_a_success(
    read: Carrier, operation: Operation[object], beside: Document, inside: bool
) -> None:
    result = {"list": [row(operation)]}
    document = {"result": {**result, **beside}} if inside else {"result": result, "details": beside}
    a_refusal_ends_a_success(read, operation, {"status": "SUCCESS", **document})


@on_every_carrier
@table("operation", LISTS, ids=lambda operation: operation.name)
def test_what_a_record_says_of_itself_refuses_nothing(read: Carrier, operation: Operation[object]) -> None:
    rows = [{**row(operation), "error": "not delivered", "success": False}, row(operation, 2)]
    found = read(operation, {"status": "SUCCESS", "result": {"list": rows}})
    assert isinstance(found, list)
    assert len(found) == 2


ASSENTS: list[Document] = [
    {"sent": True}, {"sent": 1, "failed": 1}, {"success": "true"}, {"queued": 1}, {"delivered": "yes"},
    {"partial": True}, {"accepted": ["346"]}, {"enviados": 2}, {"result": "SUCCESS"}, {"state": "sent"},
    {"estado": "enviado"},
    {"deliveryStatus": " Queued "}, {"Status": "SUCCESS"}, {"sentCount": "3"}, {"sent": "1 message"},
]  # fmt: skip
NO_ASSENTS: list[Document] = [
    {}, {"sent": False}, {"sent": 0, "failed": 1}, {"success": "false"}, {"accepted": []}, {"statusText": "OK"},
    {"code": 200}, {"messageid": "17"}, {"result": None}, {"result": {"list": []}}, {"warning": "sent"},
    {"message": "sent"}, {"state": "not sent"}, {"sent": "2026-01-02 03:04:05"}, {"delivered": ""}, {"partial": None},
]  # fmt: skip


@on_every_carrier
@given(operation=st.sampled_from(SENDS), inside=st.sampled_from(ASSENTS), path=st.lists(st.sampled_from(["data", "x"])))
def test_a_refusal_around_a_success_is_none(
    read: Carrier, operation: Operation[object], inside: Document, path: list[str]
) -> None:
    """A thumbnail may be wrong and the file sent all the same: one document says both, and nobody can tell."""
    for name in path or (["data"] if "Status" in inside else []):
        inside = {name: inside}
    with pytest.raises(OutcomeUnknownError):
        read(operation, {"status": "ERROR", "error": "INCORRECT_THUMBURL", **inside})


@on_every_carrier
@table("operation", SENDS, ids=lambda operation: operation.name)
@table("beside", NO_ASSENTS)
def test_a_refusal_that_tells_more_stays_one(read: Carrier, operation: Operation[object], beside: Document) -> None:
    with pytest.raises(NotFoundError):
        read(operation, {"status": "ERROR", "error": "CHANNEL_NOT_FOUND", **beside})


@table("status", [200, 400, 401, 413, 429])
def test_no_status_proves_what_its_document_contradicts(status: int) -> None:
    document = {"status": "ERROR", "error": "INCORRECT_THUMBURL", "result": {"messageid": "17", "sent": True}}
    for codec in (JsonCodec("https://localhost/"), FormCodec("https://localhost/", in_query=False)):
        with pytest.raises(OutcomeUnknownError, match=r"an error and a success at once: see result\.sent"):
            codec.decode(catalogue.SEND_FILE, Reply(status, {}, json.dumps(document).encode()))


def test_a_fault_that_tells_of_a_success_proves_nothing() -> None:
    fault = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Client</faultcode>'
        "<faultstring>{0}</faultstring><detail><error>INCORRECT_THUMBURL</error>{1}</detail></e:Fault></e:Body>"
        "</e:Envelope>"
    )
    codec = soap_codec("document", skip=False)
    for told in ("<sent>true</sent>", "<r><status>SUCCESS</status></r>", '<r sent="1"/>'):
        with pytest.raises(OutcomeUnknownError, match="a Fault that tells of a success"):
            codec.decode(catalogue.SEND_FILE, Reply(500, {}, fault.format("No.", told).encode()))
    for told in ("", "<sent>false</sent>", "<r><status>ERROR</status></r>"):
        with pytest.raises(RejectedRequestError):
            codec.decode(catalogue.SEND_FILE, Reply(500, {}, fault.format("sent", told).encode()))


def test_sabotage_a_success_inside_a_refusal_that_is_passed_over_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(envelope, "assent_in", lambda *_: "")
    with pytest.raises(RejectedRequestError):
        test_a_refusal_around_a_success_is_none(by_json)
    with pytest.raises(ExceptionGroup):
        test_no_status_proves_what_its_document_contradicts()


WORDS = ["Error failed scope token hit blocked", "NO_CREDITS", "500 Internal Server Error", "not sent", "Rechazado"]


@on_every_carrier
@table("operation", LISTS, ids=lambda operation: operation.name)
@table("word", WORDS)
def test_what_people_write_and_how_their_channels_are_named_refuses_nothing(
    read: Carrier, operation: Operation[object], word: str
) -> None:
    rows = [{name: word if name in ("name", "message", "status") else value for name, value in row(operation).items()}]
    for result in ({"list": rows}, {"list": rows, "statustext": "404 messages found", "total": 1}, {"list": rows * 2}):
        assert read(operation, {"status": "SUCCESS", "result": result}) == expected(operation, result["list"])


@on_every_carrier
@table("name", ["Status", "STATUS", "sta_tus"])
@table("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_second_status_that_says_no_is_no_success(read: Carrier, operation: Operation[object], name: str) -> None:
    a_refusal_ends_a_success(read, operation, {"status": "SUCCESS", name: "ERROR"})


@table("status", ["\u017fuccess", "SUCCE\u017fS", "SUCCESS.", "SUCCESS ERROR", "OK", ["SUCCESS"], True])
@table("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_only_the_word_itself_confirms(operation: Operation[object], status: object) -> None:
    a_refusal_ends_a_success(by_json, operation, {"status": status, "result": {"list": []}})


@table("name", ["error", "errors", "code", "reason", "status", "info"])
@table("word", ["NO_ERROR", "NO_ERRORS", "No errors"])
def test_no_error_is_no_code_of_one(name: str, word: str) -> None:
    assert by_json(SENDS[0], {"status": "SUCCESS", "result": {name: word}}) is None


@on_every_carrier
@table(("identifier", "refused"), [(False, True), (-1, True), ("-1", True), (0, False), ("17", False)])
def test_a_message_that_got_no_identifier_was_not_sent(read: Carrier, identifier: object, refused: bool) -> None:
    for document in ({"result": {"messageid": identifier}}, {"messageId": identifier}):
        if refused:
            a_refusal_ends_a_success(read, SENDS[0], {"status": "SUCCESS", **document})
        else:
            assert read(SENDS[0], {"status": "SUCCESS", **document}) is None


NOT_DONE: list[Document] = [
    {"message": "The message could not be sent"}, {"msg": "Message not sent"}, {"info": "It hasn't been sent."},
    {"detail": "The file was not accepted", "result": None}, {"aviso": "El mensaje no se pudo enviar", "messageid": 7},
    {"message": "It was not delivered", "result": [], "error": ""}, {"message": "It was not sent", "code": 0},
    {"message": "It was not sent", "error": False, "errno": "00"}, {"warnings": ["Low on credits", "It was not sent"]},
    {"notes": {"string": ["It was not sent"]}},
]  # fmt: skip
MAY_BE_REPEATED: list[Document] = [
    {"message": "The parcel could not be sent", "messageid": 7}, {"result": {"message": "It could not be sent"}},
    {"text": "It could not be sent"}, {"message": "It was not delivered", "destination": "346"},
    {"msg": "not yet sent"}, {"message": "Message sent"}, {"info": "0 messages could be sent twice"},
    {"result": {"msg": "It was not sent"}}, {"message": ["It was not sent"], "messageid": 7},
]  # fmt: skip


@on_every_carrier
@table("document", NOT_DONE)
def test_a_success_that_says_in_words_that_nothing_was_sent_is_none(read: Carrier, document: Document) -> None:
    a_refusal_ends_a_success(read, SENDS[0], {"status": "SUCCESS", **document})


@on_every_carrier
@table("document", MAY_BE_REPEATED)
def test_what_may_repeat_the_text_that_was_sent_is_not_heard_as_a_refusal(read: Carrier, document: Document) -> None:
    assert read(SENDS[0], {"status": "SUCCESS", **document}) is None


def test_sentences_beside_a_status_that_are_passed_over_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_words, "says_not_done", lambda _: False)
    for document in NOT_DONE:
        assert by_json(SENDS[0], {"status": "SUCCESS", **document}) is None


def test_sentences_that_are_passed_over_and_a_send_to_nobody_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refusal, "says_not_done", lambda _: False)
    assert by_json(SENDS[0], {"status": "SUCCESS", "response": "It was not delivered."}) is None
    monkeypatch.setattr(refusal, "_ASSENTS_TO_A_SEND", re.compile("(?!)"))
    assert by_json(SENDS[0], {"status": "SUCCESS", "recipients": []}) is None


def test_codes_in_other_members_that_are_passed_over_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_words, "holds_a_code", lambda *_, **__: False)
    for beside in CODES_ELSEWHERE:
        with pytest.raises(pytest.fail.Exception):
            a_refusal_ends_a_success(by_json, SENDS[0], {"status": "SUCCESS", "result": beside})


def test_a_status_of_which_the_first_word_alone_is_heard_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal, "_NO", refusal._NO - {"notsent", "noenviado"})
    monkeypatch.setattr(not_done, "_NONE_DONE", re.compile("(?!)"))
    for status in ("not sent", "no enviado"):
        with pytest.raises(pytest.fail.Exception):
            a_refusal_ends_a_success(by_json, SENDS[0], {"status": "SUCCESS", "result": {"status": status}})


def test_a_reader_that_takes_each_flag_and_number_for_a_refusal_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refusal, "_WHAT_IS_SAID", ("result",))
    monkeypatch.setattr(refusal, "_HTTP_REFUSAL", re.compile("[45][0-9][0-9](?: [A-Za-z ]+)?"))
    for member in ({"response": {"message": "Error: my order"}}, {"statusmessage": "500 messages left"}):
        with pytest.raises(OutcomeUnknownError):
            by_json(SENDS[0], {"status": "SUCCESS", "result": member})
    with pytest.raises(OutcomeUnknownError):
        test_what_people_write_and_how_their_channels_are_named_refuses_nothing.__wrapped__(by_json, LISTS[0], "x")


def test_a_second_status_that_is_passed_over_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Contents._member
    monkeypatch.setattr(Contents, "_member", lambda self, name, *more: name == "Status" or real(self, name, *more))
    with pytest.raises(pytest.fail.Exception):
        test_a_second_status_that_says_no_is_no_success.__wrapped__(by_json, OPERATIONS[0], "Status")


def test_a_success_that_is_not_looked_into_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "refuses", lambda *_: False)
    with pytest.raises(pytest.fail.Exception):
        test_a_success_around_a_refusal_is_none(by_json)


def test_an_answer_to_a_send_that_is_read_like_a_list_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_words, "refuses_a_send", lambda *_: False)
    with pytest.raises(pytest.fail.Exception):
        test_what_a_send_alone_can_be_refused_by(by_json)


# ---- What only elements can do ------------------------------------------------------------------------------------

FIELDS = "".join(f"<{name}>{value}</{name}>" for name, value in row(catalogue.GET_CHAT_CHANNELS).items())
ATTRIBUTES = " ".join(f'{name}="{value}"' for name, value in row(catalogue.GET_CHAT_CHANNELS).items())


def channels(content: str) -> object:
    """Read the list of channels from the content of an answer's element; the class of the error if it is refused."""
    empty = in_elements("getchatchannelsResponse", {"here": ""})
    whole = re.sub(rb"<here ?/>|<here></here>", content.encode(), empty)
    whole = whole.replace(b"xmlns:", b'xmlns:x="urn:x" xmlns:', 1)
    try:
        reply = Reply(200, {"content-type": "text/xml"}, whole)
        return soap_codec("document", skip=False).decode(catalogue.GET_CHAT_CHANNELS, reply)
    except OutcomeUnknownError as error:
        return type(error)


OK = "<status>SUCCESS</status>"
ONE = expected(catalogue.GET_CHAT_CHANNELS, [row(catalogue.GET_CHAT_CHANNELS)])


@table(
    ("content", "wanted"),
    [
        (f"{OK}<result><list><item>{FIELDS}</item></list></result>", ONE),
        (f"{OK}<x:result><x:list><x:item>{FIELDS}</x:item></x:list></x:result>", ONE),
        (f"{OK}<result><list><row>{FIELDS}</row></list></result>", ONE),
        (f"{OK}<result><channels><channel>{FIELDS}</channel></channels></result>", ONE),
        (f"{OK}<channels><channel>{FIELDS}</channel></channels>", ONE),
        (f"{OK}<result>{FIELDS}</result>", ONE),
        (f"{OK}<result><list><item {ATTRIBUTES}/></list></result>", ONE),
        (f"<return>{OK}</return><channels><item>{FIELDS}</item></channels>", ONE),
        (f"{OK}<result><list/></result>", []),
        (f'{OK}<result><list count="0"/></result>', []),
        (f'{OK}<result><list count="1"/></result>', OutcomeUnknownError),
        (f'{OK}<result><list id="7"/></result>', []),
        (f"{OK}<result><list><item/></list></result>", OutcomeUnknownError),
        (f"{OK}<result><list>what</list></result>", OutcomeUnknownError),
        (f"<return>{OK}</return><error>NO_CREDITS</error>", OutcomeUnknownError),
        (f"<return>{OK}</return><x:error>NO_CREDITS</x:error>", OutcomeUnknownError),
        (f'{OK}<error code="7"/>', OutcomeUnknownError),
        ("<x:status>SUCCESS</x:status>", OutcomeUnknownError),
        (f"{OK}<x:status>ERROR</x:status>", OutcomeUnknownError),
        (f"<a>{OK}</a><b>{OK}</b>", OutcomeUnknownError),
        ('<status error="NO_CREDITS">SUCCESS</status>', OutcomeUnknownError),
        (f'{OK}<result error="NO_CREDITS"><list><item>{FIELDS}</item></list></result>', OutcomeUnknownError),
        (f'{OK}<result x:errorCode="12"><list/></result>', OutcomeUnknownError),
        (f'{OK}<result errors="0" page="1"><list><item>{FIELDS}</item></list></result>', ONE),
    ],
)
def test_nothing_in_an_element_is_dropped(content: str, wanted: object) -> None:
    assert channels(content) == wanted


def test_a_reader_that_drops_what_is_not_described_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.wire.soap.answers.reader._loose_or_nil", lambda _: None)
    with pytest.raises(AssertionError):
        test_nothing_in_an_element_is_dropped.__wrapped__(f"{OK}<channels><channel>{FIELDS}</channel></channels>", ONE)


def test_a_reader_that_sees_no_attributes_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.wire.soap.answers.answer._told_by_attributes", lambda _: {})
    with pytest.raises(AssertionError):
        test_nothing_in_an_element_is_dropped.__wrapped__(
            '<status error="NO_CREDITS">SUCCESS</status>', OutcomeUnknownError
        )


# ---- One meaning, however it is carried ----------------------------------------------------------------------------

TOLD = st.sampled_from(
    [
        None, "", 0, 1, 2, 404, -1, True, False, "0", "OK", "ERROR", "hola", "none", "no", "yes", "v2", "2 messages",
        "[]", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05", "CHANNEL_NOT_FOUND", "Message not sent", "failed", "sent",
    ]
)  # fmt: skip
MEMBERS = st.sampled_from(
    [
        "result", "list", "data", "messages", "message", "error", "errors", "code", "success", "ok", "sent", "total",
        "count", "status", "state", "next", "page", "hasmore", "info", "response", "warning", "failed", "detail",
        "class", "platform", "id", "reason", "delivery", "resultcode", "version", "accepted", "limit", "cursor",
    ]
)  # fmt: skip


def of_members(values: st.SearchStrategy[object]) -> st.SearchStrategy[Document]:
    return st.dictionaries(MEMBERS, values, max_size=3)


@st.composite
def told(draw: st.DrawFn) -> Document:
    """Draw what both can say, without lists, of which XML has neither those of none nor those in one another."""
    document = draw(of_members(TOLD | of_members(TOLD | of_members(TOLD))))
    if draw(st.booleans()):
        place = draw(st.sampled_from(["list", "data", "messages", "message"]))
        result = document.get("result")
        held = result if isinstance(result, dict) else {}
        document = {**document, "result": {**held, place: row(catalogue.GET_MESSAGES)}}
    return document


def what_it_means(read: Carrier, operation: Operation[object], document: Document) -> object:
    found = rows_read(read, operation, document)
    return (found, getattr(found, "more", False)) if isinstance(found, list) else found


def one_meaning(read: Carrier, operation: Operation[object], document: Document) -> None:
    assert what_it_means(read, operation, document) == what_it_means(by_json, operation, document)


@pytest.mark.parametrize("read", [CARRIERS["document"], CARRIERS["string"]], ids=["document", "string"])
@settings(max_examples=examples(100, proof=1000), derandomize=True)  # forms of XML that nobody writes may differ
@given(
    operation=st.sampled_from([catalogue.GET_MESSAGES, catalogue.SEND_MESSAGE]),
    document=told(),
    status=st.sampled_from(["SUCCESS", "SUCCESS", "ERROR"]),
)
def test_elements_mean_what_json_means(
    read: Carrier, operation: Operation[object], document: Document, status: str
) -> None:
    one_meaning(read, operation, {**document, "status": status})


def test_sabotage_a_flag_that_is_a_word_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.wire.document.words._NO_WORDS", re.compile("(?!)"))
    with pytest.raises(AssertionError):
        one_meaning(CARRIERS["document"], catalogue.GET_MESSAGES, {"status": "SUCCESS", "ok": True})


# ---- Half a character, as of a text that was cut ----------------------------------------------------------------

HALF = {"preview": "hola \ud83d", "\ude00": "\ud83d"}
AS_JSON = pytest.mark.parametrize("read", [by_json, CARRIERS["string"]], ids=["json", "string"])


@AS_JSON
def test_half_a_character_in_what_nobody_reads_takes_nothing_from_an_answer(read: Carrier) -> None:
    assert read(catalogue.SEND_MESSAGE, {"status": "SUCCESS", "message": "\ud83d queued", "result": HALF}) is None
    assert read(catalogue.GET_MESSAGES, {"status": "SUCCESS", "result": {"list": [], **HALF}, **HALF}) == []
    with pytest.raises(NotFoundError):
        read(catalogue.SEND_MESSAGE, {"status": "ERROR", "error": "CHAT_NOT_FOUND", "message": "no \ud83d", **HALF})


@AS_JSON
@table("document", [{"status": "SUCCESS\ud83d"}, {"status": "ERROR", "error": "CHAT_NOT_FOUND\ud83d"}])
def test_half_a_character_in_what_decides_leaves_the_outcome_open(read: Carrier, document: Document) -> None:
    assert rows_read(read, catalogue.SEND_MESSAGE, document) is OutcomeUnknownError


def test_why_the_json_in_an_element_cannot_be_read_is_said() -> None:
    with pytest.raises(OutcomeUnknownError, match="a text in it is no strict JSON: a number of more than 64 digits"):
        CARRIERS["string"](catalogue.SEND_MESSAGE, {"status": "SUCCESS", "result": 10**64})


# ---- Where the code of a refusal stands ---------------------------------------------------------------------------

CODED: list[Document] = [
    {"error": "CHAT_NOT_FOUND"}, {"errors": ["CHAT_NOT_FOUND"]}, {"errors": {"code": "CHAT_NOT_FOUND", "text": "x y"}},
    {"error": {"code": "CHAT_NOT_FOUND", "message": "No such chat"}}, {"error": ["CHAT_NOT_FOUND"]},
    {"error": "CHAT_NOT_FOUND: there is none"}, {"error": "[CHAT_NOT_FOUND] there is none"},
    {"code": "CHAT_NOT_FOUND"}, {"error": "No such chat", "code": "CHAT_NOT_FOUND"}, {"errorCode": "chat_not_found"},
    {"error": "No such chat", "error_code": "CHAT_NOT_FOUND"}, {"code": 404, "error": "CHAT_NOT_FOUND"},
    {"error": "CHAT_NOT_FOUND", "errors": ["CHANNEL_NOT_FOUND"]}, {"error": "ChatNotFound"}, {"code": "chat-not-found"},
    {"result": {"error": "CHAT_NOT_FOUND"}}, {"error": "There is none", "result": {"error_code": "chat_not_found"}},
    {"error": None, "result": {"code": "CHAT_NOT_FOUND", "message": "No such chat"}},
]  # fmt: skip
NOT_CODED: list[Document] = [
    {}, {"error": "it says CHAT_NOT_FOUND"}, {"message": "CHAT_NOT_FOUND"}, {"result": "CHAT_NOT_FOUND"},
    {"error": "No such chat", "code": 404}, {"code": "CHAT_NOT_FOUND", "errors": ["CHANNEL_NOT_FOUND"]},
    {"result": {"code": "EUR"}}, {"result": {"message": "CHAT_NOT_FOUND"}}, {"error": "CHAT NOT FOUND"},
    {"result": {"code": "CHAT_NOT_FOUND", "error": "CHANNEL_NOT_FOUND"}},
    {"data": {"request": {"code": "CHAT_NOT_FOUND"}}}, {"error": "CHAT_NOT_FOUND is no code"},
    {"error": True}, {"error": "true"}, {"error": "None"}, {"code": "false"},
    {"errors": ["CHAT_NOT_FOUND", "CHANNEL_NOT_FOUND"]},
]  # fmt: skip


def codes_are_read(read: Carrier, documents: list[Document]) -> None:
    for document in documents:
        for operation in SENDS:
            with pytest.raises(NotFoundError) as caught:
                read(operation, {"status": "ERROR", **document})
            assert (caught.value.code, caught.value.delivery) == ("CHAT_NOT_FOUND", "rejected"), document


@on_every_carrier
def test_the_code_of_an_error_is_read_from_where_services_put_it(read: Carrier) -> None:
    codes_are_read(read, CODED)


@on_every_carrier
@table("document", NOT_CODED)
def test_an_error_whose_code_is_not_clear_leaves_the_outcome_open(read: Carrier, document: Document) -> None:
    assert rows_read(read, catalogue.SEND_MESSAGE, {"status": "ERROR", **document}) is OutcomeUnknownError


def test_a_reader_of_error_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.wire.envelope._CODE_MEMBERS", ())
    with pytest.raises(OutcomeUnknownError):
        codes_are_read(by_json, CODED)
