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
from afilnet_protocols.wire import Reply, json_envelope
from afilnet_protocols.wire.document import contents, more_in_headers, more_records
from afilnet_protocols.wire.soap.answers import reader, rows
from tests.tables import table
from tests.wire.carriers import CARRIERS, Carrier, Document, in_elements, soap_codec
from tests.wire.document.test_contents import LISTS, row

ROWS = [row(catalogue.GET_MESSAGES, number) for number in (1, 2)]
MORE: list[Document] = [
    {"total": 3}, {"count": "3"}, {"totalMessages": 9}, {"hasMore": True}, {"has_next_page": "true"}, {"more": 1},
    {"next": "https://www.example.com/?page=2"}, {"nextPageToken": "x"}, {"next_page": 2}, {"links": {"next": "/2"}},
    {"paging": {"total": "7"}}, {"totalPages": 2, "page": 1}, {"pages": "4"}, {"last": False}, {"complete": "false"},
    {"siguiente": "/2"}, {"total_paginas": 2}, {"total": "9" * 5000}, {"odata.nextLink": "x"}, {"truncated": True},
    {"paging": {"next": {"href": "/2"}}}, {"registros": 5}, {"last_page": 4}, {"paginas": 2},
    {"limit": 2}, {"per_page": "2"}, {"meta": {"pageSize": 1}}, {"maxResults": 2}, {"registrosPorPagina": 2},
    {"page": 2}, {"page": 2, "pages": 1}, {"startIndex": 3}, {"offset": 50}, {"skip": "1"}, {"remainingItemCount": 5},
    {"prev": "/1"}, {"previous_page": 1}, {"links": [{"rel": "next", "href": "/2"}]}, {"anterior": "/1"},
    {"cursor": "x"}, {"paging": {"cursors": {"after": "x"}}}, {"LastEvaluatedKey": {"id": "5"}}, {"_scroll_id": "x"},
    {"cursor": "x", "hasMore": None}, {"hasPreviousPage": True}, {"partial": True}, {"incomplete_results": "true"},
    {"end": False}, {"done": "false"}, {"first": False}, {"hits": {"total": {"value": 5}}},
    {"timed_out": True}, {"stale": "true"}, {"fromCache": True}, {"ready": False}, {"is_loading": 1},
    {"total": "3 messages"}, {"total": "1,234"}, {"count": "3.0"}, {"total": "100+"}, {"page": "1 of 3"},
    {"page": "1/2"}, {"syncing": True}, {"pending": "true"}, {"state": "In progress"}, {"state": "processing"},
    {"hidden": 3}, {"omitted": "1"}, {"warning": "a replica is late"}, {"served_stale": True}, {"maintenance": 1},
    {"message": "Service degraded, try again later"}, {"notice": "Only the last 30 days are shown"},
    {"info": "Timed out while reading"}, {"aviso": "Se muestran los \N{LATIN SMALL LETTER U WITH ACUTE}ltimos 50"},
    {"hint": "The index is being rebuilt"}, {"details": "Some messages couldn\u2019t be loaded"},
    {"message": "Too many results"}, {"info": "History is disabled for this channel"},
    {"aviso": "Servicio en mantenimiento"}, {"mensaje": "El historial est\u00e1 desactivado"},
    {"note": "The archive is temporarily away"}, {"detail": "Not yet available"},
    {"synced": False}, {"cursor": "x", "is_synced": True},
    {"info": "Disabled: see https://example.com/"}, {"info": "In maintenance and/or suspended"},
    {"range": "0-1/7"}, {"showing": "1-2 of 40"}, {"range": "50-51/52"}, {"shown": "2 de 3"},
    {"showing": "3-4 of 4"}, {"showing": "1-3 of 3"}, {"range": "1-5/*"}, {"range": "2-2/2"},
    {"cursor": "x", "version": 1},
    # As services with chats, mail or tables tell of it: Twilio, Mattermost, Matrix, Zulip, Instagram, S3, Salesforce.
    {"next_page_uri": "/2"}, {"prev_post_id": "a"}, {"next_batch": "s1"}, {"prev_batch": "s0"}, {"found_oldest": False},
    {"history_limited": True}, {"has_older": True}, {"next_max_id": 17}, {"more_available": True},
    {"NextContinuationToken": "x"}, {"nextRecordsUrl": "/2"}, {"totalSize": 3}, {"next_results": "?max_id=1"},
    {"next_page_number": 2}, {"nextPageExists": True}, {"older": "/1"}, {"newer_messages_url": "/3"},
    {"has_older_messages": "true"}, {"hasNextBatch": True}, {"more_data": 1}, {"can_load_more": True},
    {"all_loaded": False}, {"reachedEnd": "false"}, {"no_more_messages": False}, {"list_truncated": True},
    {"exceededTransferLimit": True}, {"max_results_reached": True}, {"overflow": True}, {"cursorMark": "x"},
    {"paging_state": "x"}, {"pageToken": "x"}, {"full_count": 3}, {"estimated_total": 9}, {"approximateCount": "~9"},
    {"next_cursor": "x", "has_more": True}, {"next_token": "x"}, {"hasMore": False, "next_page_url": "/2"},
    {"cursor": "x", "has_prev": False}, {"cursor": "x", "cached": False}, {"next_cursor": "x", "timed_out": "false"},
    {"cursor": "x", "first": True}, {"next_token": "x", "is_stale": False}, {"cursor": "x", "ready": True},
    {"marker": "x", "primera": True}, {"marker": "x", "maintenance": 0}, {"cursor": "x", "from_cache": False},
    {"resultSizeEstimate": 3}, {"mensajes_totales": 3}, {"hay_mas_mensajes": True}, {"no_of_pages": 2},
    {"more": 48}, {"more": "48 more"}, {"has_more": "/2"}, {"load_more": "/2"}, {"more_url": "/2"}, {"nbPages": 2},
    {"total": "2+"}, {"total": "\u22652"}, {"total": {"value": 2, "relation": "gte"}}, {"not_shown": 3},
    {"mock": True}, {"sandbox_mode": "true"}, {"is_test": 1}, {"cursor": "x", "dry_run": False},
    {"info": "1 - 2 of 50"}, {"message": "Showing 1 to 2 of 50 entries"}, {"aviso": "Mostrando 2 de 50 mensajes"},
]  # fmt: skip
WHOLE: list[Document] = [
    {"warning": "0.5"}, {"warnings": "true"},
    {}, {"total": 2}, {"count": "2"}, {"total": 1}, {"hasMore": False}, {"next": None}, {"next": ""}, {"next": False},
    {"links": {"next": None, "self": "/1"}}, {"totalPages": 1, "page": 1}, {"last": True}, {"complete": "true"},
    {"page_size": 50}, {"limit": 100}, {"took": 30}, {"next": "null"}, {"next": "-1"}, {"pages": 0}, {"credits": 900},
    {"paging": {"next": {"href": ""}}}, {"lastupdate": False}, {"nextcall": 30}, {"limit": 3}, {"limit": 0},
    {"limit": True}, {"per_page": "fifty"}, {"page": 1}, {"page": 0}, {"page": "inbox"}, {"startIndex": 1},
    {"offset": 0},
    {"prev": None}, {"previous": ""}, {"links": [{"rel": "self", "href": "/1"}]}, {"cursor": None}, {"cursor": ""},
    {"cursor": "x", "hasMore": False}, {"endCursor": "x", "hasNextPage": "false"}, {"cursor": "x", "done": True},
    {"partial": False}, {"end": True}, {"first": True}, {"done": None}, {"hits": {"total": {"value": 2}}},
    {"total": "2 messages"}, {"total": "2.00"}, {"total": "many"}, {"page": "1 of 1"}, {"page": "1/1"},
    {"state": "done"}, {"state": "progress"}, {"hidden": 0}, {"warning": "none"}, {"warnings": []}, {"maintenance": 0},
    {"message": "2 messages found"}, {"message": "Messages retrieved successfully"}, {"info": "none"}, {"note": "30"},
    {"message": "All messages are available"}, {"synced": True},
    {"message": "Version 1 will be disabled in 2027"}, {"url": "https://acme-limited.example/maintenance"},
    {"href": "/messages?show=disabled"}, {"info": "All of it; see https://example.com/not-all/cached"},
    {"text": "the last of them"}, {"name": "Only 24 hours"}, {"hint": f"{'x' * 200} only 5"},
    {"timed_out": False}, {"cached": "no"}, {"ready": True},
    {"range": "0-1/2"}, {"range": "1-2/2"}, {"range": "0-1/*"}, {"showing": "1-2 of 2"}, {"showing": "all"},
    {"range": "A1"}, {"remaining": 480}, {"messagesLeft": 480}, {"end": 2}, {"last_page": 1},
    {"range": "1-2/*"}, {"offset": {"unit": "rows"}}, {"next": -1}, {"cursor": "x", "more": False},
    {"cursor": "x", "incomplete": False},
    {"next_page_uri": None}, {"prev_post_id": ""}, {"next_batch": ""}, {"found_oldest": True}, {"has_older": False},
    {"nextSyncToken": "x"}, {"next_message": "hola"}, {"nextid": 9}, {"nextPageExists": False}, {"older": 0},
    {"totalSize": 2}, {"full_count": 1}, {"reachedEnd": True}, {"history_limited": False}, {"overflow": 0},
    {"cursorMark": "x", "has_older": False}, {"hay_mas_mensajes": "false"}, {"no_of_pages": 1}, {"next_poll": 30},
    {"has_more": False, "next_cursor": "x"}, {"nextPageToken": "x", "is_last": True}, {"full_size": 2048},
    {"estimatedSize": 2048}, {"sandbox": False}, {"test": "blue"}, {"demo": ""},
    {"more": 0}, {"more": "0"}, {"load_more": ""}, {"nbPages": 1}, {"total": "1+"},
    {"total": {"value": 2, "relation": "eq"}}, {"message": "Showing 1 to 2 of 2 entries"}, {"not_shown": 0},
    {"message": "Showing all of it"}, {"info": "1 of 2"}, {"info": "a word of 50"},
]  # fmt: skip
HEADERS_OF_MORE = [
    {"link": '<https://www.example.com/?page=2>; rel="next", <https://www.example.com/>; rel="first"'},
    {"link": "</2>; rel=next"},
    {"x-total-count": "3"},
    {"x-total": "3", "date": "today"},
    {"content-range": "items 0-1/40"},
    {"content-range": "50-51/*"},
    {"content-range": "50-51/52"},
    {"link": "</1>; rel='prev'"},
    {"x-next-page": "2"},
    {"x-total-pages": "3"},
    {"x-wp-totalpages": "2"},
    {"x-per-page": "2"},
    {"x-page": "2"},
    {"x-pagination": '{"TotalCount": 7}'},
    {"x-ms-continuation": "x"},
    {"x-continuation-token": "x"},
    {"pagination-count": "3"},
    {"x-paging-total": "3"},
    {"x-has-more": "true"},
    {"x-stale": "true"},
    {"x-fallback": "1"},
    {"x-mock": "true"},
    {"x-total-count": "1,234"},
    {"retry-after": "5"},
]
HEADERS_OF_ALL = [
    {"link": '</style.css>; rel="preload"'},
    {"link": '</next.css>; rel="nextpart"'},
    {"x-total-count": "2"},
    {"warning": '299 - "this version ends in May"'},
    {"x-total-count": "many"},
    {"content-range": "items 0-1/2"},
    {"content-range": "items 0-1/*"},
    {"content-range": "items 1-2/2"},
    {"x-request-id": "3"},
    {"x-next-page": ""},
    {"x-total-pages": "1"},
    {"x-page": "1", "x-per-page": "50", "x-prev-page": ""},
    {"x-pagination": '{"TotalCount": 2}'},
    {"x-pagination": "{"},
    {"x-ratelimit-limit": "2"},
    {"x-ms-request-id": "4"},
]


@table("read", CARRIERS.values())
@table(("beside", "more"), [*((each, True) for each in MORE), *((each, False) for each in WHOLE)])
def test_what_stands_beside_a_list_says_whether_there_is_more(read: Carrier, beside: Document, more: bool) -> None:
    for result in ({"list": ROWS, **beside}, {"list": ROWS}):
        found = read(catalogue.GET_MESSAGES, {"status": "SUCCESS", "result": result, **beside})
        assert isinstance(found, list)
        assert (len(found), has_more(found)) == (2, more)
        assert isinstance(found, PartialList) is more


@table("read", CARRIERS.values())
@table(
    ("beside", "more"),
    [
        ({"next": "/2"}, True), ({"page": 2, "pages": 2}, True), ({"pages": 3}, True), ({"offset": 50}, True),
        ({"cursor": "x"}, True), ({"last": False}, True), ({"prev": "/1"}, True), ({"lastKey": {"a": "b"}}, True),
        ({}, False), ({"total": 0}, False), ({"limit": 50}, False), ({"page": 1, "pages": 1}, False),
        ({"next": None}, False), ({"pages": 0}, False),
    ],
)  # fmt: skip
def test_a_list_of_none_can_be_a_part_as_well(read: Carrier, beside: Document, more: bool) -> None:
    """Pages of what was looked through last, or after the last one, are empty: what is looked for is on another."""
    found = read(catalogue.GET_MESSAGES, {"status": "SUCCESS", "result": {"list": [], **beside}})
    assert (found, has_more(found)) == ([], more)


def test_names_with_the_prefix_of_a_namespace_say_it_too() -> None:
    """As JSON-LD writes them, and API Platform with it."""
    for beside, more in (
        ({"hydra:totalItems": 3}, True),
        ({"hydra:view": {"@id": "/1", "hydra:next": "/2"}}, True),
        ({"hydra:totalItems": 2, "hydra:view": {"@id": "/1"}}, False),
    ):
        found = CARRIERS["json"](catalogue.GET_MESSAGES, {"status": "SUCCESS", "result": {"list": ROWS, **beside}})
        assert has_more(found) is more, beside


def test_sabotage_an_empty_page_that_is_taken_for_the_whole_list_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = more_records.tell_of_more
    monkeypatch.setattr(contents, "tell_of_more", lambda members, listed: listed > 0 and told(members, listed))
    with pytest.raises(ExceptionGroup):
        test_a_list_of_none_can_be_a_part_as_well()


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


def test_a_list_that_was_accepted_and_no_more_may_yet_become_longer() -> None:
    document = json.dumps({"status": "SUCCESS", "result": {"list": ROWS}}).encode()
    for status, more in ((200, False), (201, False), (202, True)):
        for headers in ({}, {"date": "today", "x-other": "y"}):
            assert (
                has_more(json_envelope.read_document(catalogue.GET_MESSAGES, Reply(status, headers, document))) is more
            )


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
        ('limit="2"', True),
        ('page="2"', True),
        ('count="2" version="3"', False),
        ('limit="3"', False),
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
    monkeypatch.setattr(contents, "tell_of_more", lambda *_: False)
    with pytest.raises(ExceptionGroup):
        test_what_stands_beside_a_list_says_whether_there_is_more()


def test_sabotage_words_beside_a_list_that_are_passed_over_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(more_records, "_NOT_ALL", more_records.late("(?!)"))
    with pytest.raises(ExceptionGroup):
        test_what_stands_beside_a_list_says_whether_there_is_more()


def test_sabotage_a_reader_of_documents_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(more_in_headers, "_headers_tell_of_more", lambda *_: False)
    with pytest.raises(ExceptionGroup):
        test_headers_say_it_too()


def test_a_send_has_no_records_to_lack() -> None:
    for operation in OPERATIONS:
        if operation.record is None:
            document: Document = {"status": "SUCCESS", "total": 3, "next": "x"}
            assert CARRIERS["json"](operation, document, headers={"x-total-count": "3"}) is None


def test_json_in_a_total_is_no_reason_to_fail() -> None:
    document: Document = {"status": "SUCCESS", "result": {"list": ROWS, "total": json.dumps({"a": 1})}}
    assert not has_more(CARRIERS["json"](catalogue.GET_MESSAGES, document))


@table("name", sorted(more_records._FORM))
def test_what_the_documented_form_is_made_of_would_say_nothing_anyhow(name: str) -> None:
    assert not more_records.says_how_many(name)
