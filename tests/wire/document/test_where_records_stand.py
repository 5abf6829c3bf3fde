"""What is taken for a list of records, at the edges: by how many fields, how deep, and what stands beside."""

from __future__ import annotations

import json

import pytest

from afilnet_protocols.catalogue import GET_CHAT_CHANNELS, GET_MESSAGES, Operation
from afilnet_protocols.errors import OutcomeUnknownError
from afilnet_protocols.records import has_more
from afilnet_protocols.wire.document import contents
from afilnet_protocols.wire.document.contents import Contents
from afilnet_protocols.wire.malformed import Malformed
from afilnet_protocols.wire.strict_json import MAX_DEPTH
from tests.tables import table
from tests.wire.carriers import CARRIERS, Carrier, Document

TWO: Document = {"messageid": "17", "sent": True}
"""As few of a message's own fields as make it one in a list."""

OTHER: Document = {"messageid": "18", "issent": False}
THREE: Document = {**TWO, "datetime": ""}
WHOLE: Document = {
    "platformid": "100", "platform": "whatsapp", "message": "hola", "destination": "346", **THREE,
    "status": "read", "datetime": "2026-01-02 03:04:05",
}  # fmt: skip


def found(document: Document, operation: Operation[object] = GET_MESSAGES) -> object:
    """Return the records that a success holds, or what is said of it."""
    try:
        return Contents(operation, {"status": "SUCCESS", **document}).listing().items
    except Malformed as error:
        return str(error)


def unread(places: str) -> str:
    return f"what it holds cannot be read as a list of records: {places}"


@table(
    ("document", "records"),
    [
        ({"data": [TWO]}, [TWO]),
        ({"data": [OTHER]}, [OTHER]),
        ({"data": [{"messageid": "17", "platform": "x"}]}, unread("data, data[0]")),
        ({"result": TWO}, unread("result")),
        ({"result": THREE}, [THREE]),
        (THREE, unread("the answer itself")),
        ({"result": {"a": TWO, "b": OTHER}}, [TWO, OTHER]),
        ({"data": {"list": TWO, "b": OTHER}}, [TWO, OTHER]),
        ({"result": {"list": {"a": TWO}}}, [TWO]),
        ({"result": {"list": {"a": TWO, "b": OTHER, "total": 2, "errors": []}}}, [TWO, OTHER]),
        ({"result": {"list": TWO, "last": OTHER}}, unread("result.list")),
        ({"result": {"list": {"0": "hola"}}}, ["hola"]),
        ({"result": {"list": [17]}}, [17]),
        ({"result": {"list": [{"id": 1}]}}, unread("result.list[0]")),
        ({"result": {"item": {"id": 1}}}, unread("result.item")),
        ({"result": {"x": {"y": "hola"}}}, unread("result.x.y, result.x")),
        ({"result": {"list": [], "messages": '[{"messageid":'}}, unread("result.messages")),
        ({"result": {"list": [], "total": "1 message"}}, "it tells of records and lists none: result.total"),
        ({"result": {"a": "x", "b": "x", "c": "x"}}, unread("result.a, result.b, result.c")),
        ({"result": {"a": "x", "b": "x", "c": "x", "d": "x"}}, unread("result.a, result.b, result.c, …")),
    ],
)
def test_a_list_is_one_by_so_many_fields_and_so_deep(document: Document, records: object) -> None:
    assert found(document) == records


def in_texts(value: object, depth: int, times: int = 1) -> object:
    """Return a text that holds JSON: so many objects in one another, with a value or another text in the last."""
    for _ in range(times):
        value = '{"x":' * depth + json.dumps(value) + "}" * depth
    return value


@table(
    ("depth", "records"),
    [(MAX_DEPTH - 3, [TWO]), (MAX_DEPTH - 2, unread(".".join(["result.list", *["x"] * (MAX_DEPTH - 2)])))],
)
def test_a_text_is_looked_into_that_stands_no_deeper_than_an_answer_goes(depth: int, records: object) -> None:
    assert found({"result": {"list": in_texts(json.dumps([TWO]), depth)}}) == records


def test_of_texts_in_texts_the_end_is_an_error_of_ours() -> None:
    assert str(found({"result": {"list": in_texts("hola", 60, times=8)}})).startswith(unread("result.list.x"))


def test_who_wrote_it_is_a_field_of_messages_alone() -> None:
    assert found({"data": [{"name": "x", "sent": True}]}, GET_CHAT_CHANNELS) == unread("data, data[0].name, data[0]")


def test_a_limit_of_one_says_nothing_of_a_list_of_none() -> None:
    assert Contents(GET_MESSAGES, {"status": "SUCCESS", "result": {"list": [], "limit": 1}}).listing().more is False


def test_an_error_beside_the_fields_of_a_lone_record_is_a_refusal() -> None:
    assert Contents(GET_MESSAGES, {"result": {**THREE, "error": "NO_CREDITS", "success": False}}).refusals == [
        "result.error"
    ]


# Records that are the members of an object, and what stands beside them there


on_every_carrier = pytest.mark.parametrize("read", CARRIERS.values(), ids=CARRIERS)
AS_MEMBERS = [lambda members: {"list": members}, lambda members: members]


def among_records(read: Carrier, around: object, beside: Document) -> object:
    members = {"first": WHOLE, "second": {**WHOLE, "messageid": "18"}, **beside}
    return read(GET_MESSAGES, {"status": "SUCCESS", "result": around(members)})  # type: ignore[operator]


@on_every_carrier
@table("around", AS_MEMBERS)
@table("beside", [{"error": "NO_CREDITS"}, {"errors": {"code": 7}}, {"success": False}, {"error_code": 31}])
def test_a_refusal_among_records_is_no_record_and_ends_a_success(
    read: Carrier, around: object, beside: Document
) -> None:
    with pytest.raises(OutcomeUnknownError, match="a success and an error at once"):
        among_records(read, around, beside)


@on_every_carrier
@table("around", AS_MEMBERS)
@table(("beside", "more"), [({"hasMore": True}, True), ({"total": 9}, True), ({"total": 2, "errors": []}, False)])
def test_what_is_told_of_more_among_records_is_heard(
    read: Carrier, around: object, beside: Document, more: bool
) -> None:
    records = among_records(read, around, beside)
    assert isinstance(records, list)
    assert (len(records), has_more(records)) == (2, more)


def test_sabotage_what_stands_among_records_and_is_passed_over_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contents, "is_refusal", lambda *_: False)
    monkeypatch.setattr(Contents, "_member", lambda *_: None)
    with pytest.raises(ExceptionGroup):
        test_a_refusal_among_records_is_no_record_and_ends_a_success(CARRIERS["json"])
