"""A list that says itself that it is a part of one: read, and told to be a part, on every protocol."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC

import pytest

from afilnet_protocols import catalogue
from afilnet_protocols.backends.zone import in_zone
from afilnet_protocols.catalogue import OPERATIONS, Operation
from afilnet_protocols.records import PartialList, has_more, like
from afilnet_protocols.wire import Reply, contents, more_records
from afilnet_protocols.wire.soap import reader, rows
from tests.carriers import CARRIERS, Carrier, Document, in_elements, soap_codec
from tests.tables import table
from tests.test_answer_contents import LISTS, row

ROWS = [row(catalogue.GET_MESSAGES, number) for number in (1, 2)]
MORE: list[Document] = [
    {"total": 3}, {"count": "3"}, {"totalMessages": 9}, {"hasMore": True}, {"has_next_page": "true"}, {"more": 1},
    {"next": "https://www.example.com/?page=2"}, {"nextPageToken": "x"}, {"next_page": 2}, {"links": {"next": "/2"}},
    {"paging": {"total": "7"}}, {"totalPages": 2, "page": 1}, {"pages": "4"}, {"last": False}, {"complete": "false"},
    {"siguiente": "/2"}, {"total_paginas": 2}, {"total": "9" * 5000}, {"odata.nextLink": "x"}, {"truncated": True},
    {"paging": {"next": {"href": "/2"}}}, {"registros": 5},
]  # fmt: skip
WHOLE: list[Document] = [
    {}, {"total": 2}, {"count": "2"}, {"total": 1}, {"hasMore": False}, {"next": None}, {"next": ""}, {"next": False},
    {"links": {"next": None, "self": "/1"}}, {"totalPages": 1, "page": 1}, {"last": True}, {"complete": "true"},
    {"page_size": 50}, {"limit": 100}, {"took": 30}, {"next": "null"}, {"next": "-1"}, {"pages": 0}, {"credits": 900},
    {"paging": {"next": {"href": ""}}}, {"lastupdate": False}, {"nextcall": 30},
]  # fmt: skip
HEADERS_OF_MORE = [
    {"link": '<https://www.example.com/?page=2>; rel="next", <https://www.example.com/>; rel="first"'},
    {"link": "</2>; rel=next"},
    {"x-total-count": "3"},
    {"x-total": "3", "date": "today"},
    {"content-range": "items 0-1/40"},
]
HEADERS_OF_ALL = [
    {"link": '</style.css>; rel="preload"'},
    {"link": '</next.css>; rel="nextpart"'},
    {"x-total-count": "2"},
    {"x-total-count": "many"},
    {"content-range": "items 0-1/2"},
    {"content-range": "items 0-1/*"},
    {"x-request-id": "3"},
]


@table("read", CARRIERS.values())
@table(("beside", "more"), [*((each, True) for each in MORE), *((each, False) for each in WHOLE)])
def test_what_stands_beside_a_list_says_whether_there_is_more(read: Carrier, beside: Document, more: bool) -> None:
    for result in ({"list": ROWS, **beside}, {"list": ROWS}):
        found = read(catalogue.GET_MESSAGES, {"status": "SUCCESS", "result": result, **beside})
        assert isinstance(found, list)
        assert (len(found), has_more(found)) == (2, more)
        assert isinstance(found, PartialList) is more


@table("operation", LISTS, ids=lambda operation: operation.name)
@table("read", CARRIERS.values())
def test_every_list_can_be_a_part(read: Carrier, operation: Operation[object]) -> None:
    found = read(operation, {"status": "SUCCESS", "result": {"list": [row(operation)], "total": 2}})
    assert has_more(found)


@table(("headers", "more"), [*((each, True) for each in HEADERS_OF_MORE), *((each, False) for each in HEADERS_OF_ALL)])
@table("protocol", ["json", "soap"])
def test_headers_say_it_too(protocol: str, headers: dict[str, str], more: bool) -> None:
    document: Document = {"status": "SUCCESS", "result": {"list": ROWS}}
    codec = soap_codec("document", skip=False)
    elements = in_elements("getmessagesResponse", document)
    for _ in range(2):  # the second time by what was learnt of the first
        if protocol == "soap":
            found: object = codec.decode(
                catalogue.GET_MESSAGES, Reply(200, {**headers, "content-type": "text/xml"}, elements)
            )
        else:
            found = CARRIERS["json"](catalogue.GET_MESSAGES, document, headers=headers)
        assert has_more(found) is more


def test_what_is_made_of_a_part_is_a_part() -> None:
    part = CARRIERS["json"](catalogue.GET_MESSAGES, {"status": "SUCCESS", "result": {"list": ROWS, "total": 3}})
    assert isinstance(part, PartialList)
    for other in (pickle.loads(pickle.dumps(part)), copy.copy(part), copy.deepcopy(part), in_zone(part, UTC)):
        assert has_more(other)
        assert len(other) == 2
    assert has_more(like(part, part[::-1]))
    assert not has_more(like([], part[::-1]))


def test_a_frame_of_soap_that_tells_of_more_is_told_each_time() -> None:
    codec = soap_codec("document", skip=False)
    body = in_elements("getmessagesResponse", {"status": "SUCCESS", "result": {"total": 3, "list": ROWS}})
    for _ in range(3):
        assert has_more(codec.decode(catalogue.GET_MESSAGES, Reply(200, {"content-type": "text/xml"}, body)))


ENCODING = 'xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/"'
ENCODING_12 = 'xmlns:enc="http://www.w3.org/2003/05/soap-encoding"'


@table("style", ["document", "rpc"])
@table(
    ("attributes", "more"),
    [
        (f'{ENCODING} enc:arrayType="c:Message[3]"', True),
        (f'{ENCODING} enc:arrayType="c:Message[2,2]"', True),
        (f'{ENCODING_12} enc:arraySize="3"', True),
        (f'{ENCODING_12} enc:arraySize="* 3"', True),
        ('total="50"', True),
        ('count="3" page="1"', True),
        ('hasMore="true"', True),
        (f'{ENCODING} enc:arrayType="c:Message[2]"', False),
        (f'{ENCODING} enc:arrayType="c:Message[]"', False),
        (f'{ENCODING} enc:arrayType="c:M3[2]"', False),
        (f'{ENCODING_12} enc:arraySize="*"', False),
        ('total="2"', False),
        ('count="2" version="3"', False),
    ],
)
def test_attributes_of_a_list_say_it_too(style: str, attributes: str, more: bool) -> None:
    codec = soap_codec(style, skip=False)
    body = in_elements("getmessagesResponse", {"status": "SUCCESS", "result": {"list": ROWS}})
    written = body.replace(b"<list>", f'<list xmlns:c="urn:afilnet:chat" {attributes}>'.encode())
    assert written != body
    for _ in range(2):
        found = codec.decode(catalogue.GET_MESSAGES, Reply(200, {"content-type": "text/xml"}, written))
        assert isinstance(found, list)
        assert (len(found), has_more(found)) == (2, more)


def test_sabotage_attributes_that_are_dropped_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_counts", lambda _: [])
    with pytest.raises(ExceptionGroup):
        test_attributes_of_a_list_say_it_too()


def test_sabotage_a_frame_that_is_proved_by_its_rows_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PartialList", tuple)
    with pytest.raises(AssertionError):
        test_a_frame_of_soap_that_tells_of_more_is_told_each_time()


def test_sabotage_a_reader_that_leaves_totals_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "tells_of_more", lambda *_: False)
    with pytest.raises(ExceptionGroup):
        test_what_stands_beside_a_list_says_whether_there_is_more()


def test_sabotage_a_reader_of_documents_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(more_records, "_headers_tell_of_more", lambda *_: False)
    with pytest.raises(ExceptionGroup):
        test_headers_say_it_too()


def test_a_send_has_no_records_to_lack() -> None:
    for operation in OPERATIONS:
        if operation.record is None:
            assert CARRIERS["json"](operation, {"status": "SUCCESS", "total": 3, "next": "x"}) is None


def test_json_in_a_total_is_no_reason_to_fail() -> None:
    document: Document = {"status": "SUCCESS", "result": {"list": ROWS, "total": json.dumps({"a": 1})}}
    assert not has_more(CARRIERS["json"](catalogue.GET_MESSAGES, document))
