"""Whose word is it? Every status and kind of document, on every protocol, against what intermediaries did."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import catalogue
from afilnet_protocols.calls.retry import may_repeat
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import (
    AfilnetError,
    AuthenticationError,
    OutcomeUnknownError,
    RateLimitedError,
)
from afilnet_protocols.oauth.guard import Word, heard
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.wire import Codec, Reply, freshness, verdict, whose_word
from afilnet_protocols.wire.form import FormCodec
from afilnet_protocols.wire.freshness import kept_by_a_cache
from afilnet_protocols.wire.json import JsonCodec
from afilnet_protocols.wire.soap.codec import SoapCodec
from afilnet_protocols.wire.whose_word import ROWS, Proof, row_of
from tests.tables import table

_PAGE = Path(__file__).parents[2] / "docs/reference/errors.md"
_WSDL = Path(__file__).parents[1] / "wsdl" / "document.wsdl"
_SOAP = (
    '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="urn:afilnet:chat">'
    "<e:Body>{}</e:Body></e:Envelope>"
)


class Wire(NamedTuple):
    """A protocol, and how it writes each kind of document."""

    codec: Codec
    success: bytes
    refusal: bytes
    misdirected: bytes
    deeds: tuple[bytes, ...]


def _json(codec: Codec) -> Wire:
    return Wire(
        codec,
        b'{"status":"SUCCESS"}',
        b'{"status":"ERROR","error":"CHANNEL_NOT_FOUND"}',
        b'{"status":"ERROR","error":"MISSING_METHOD"}',
        (b'{"queued":true}', b'{"status":"Sent"}', b'{"data":[{"status":"accepted"}]}'),
    )


def _soap() -> Wire:
    def answered(content: str) -> bytes:
        return _SOAP.format(f"<c:sendmessageResponse>{content}</c:sendmessageResponse>").encode()

    return Wire(
        SoapCodec(_WSDL.read_bytes(), endpoint="https://localhost/", user="user", password=Secret("password")),
        answered("<status>SUCCESS</status>"),
        answered("<status>ERROR</status><error>CHANNEL_NOT_FOUND</error>"),
        b'{"status":"ERROR","error":"MISSING_METHOD"}',  # no intermediary speaks SOAP when it asks for a page
        (
            answered("<queued>true</queued>"),
            answered("<status>Sent</status>"),
            answered("<data><item><status>accepted</status></item></data>"),
        ),
    )


WIRES = {
    "http-get": _json(FormCodec("https://localhost/", in_query=True, user="user", password=Secret("password"))),
    "http-post": _json(FormCodec("https://localhost/", in_query=False, user="user", password=Secret("password"))),
    "basic": _json(FormCodec("https://localhost/", in_query=False)),
    "json": _json(JsonCodec("https://localhost/")),
    "soap": _soap(),
}

NO_DOCUMENTS = {
    "nothing": b"",
    "blanks": b" \r\n",
    "a page": b"<html><body>Welcome</body></html>",
    "half a success": b'{"status":"SUCCE',
    "half an envelope": _SOAP.split("{}", maxsplit=1)[0].encode(),
    "something else": b'{"ok":true}',
    "an error without a code": b'{"status":"ERROR"}',
}

AFTER_AN_EFFECT = {403, 404, 405, 407, 408, 500, 502, 503, 504, *range(300, 400), *range(520, 531), 499, 444, 598, 599}
"""Statuses under which an intermediary, or a program that died, was seen to stand in for the answer to what was carried
out, or which intermediaries by their own pages give when they have lost an answer."""

NEVER_AFTER_AN_EFFECT = {401, 411, 413, 414, 417, 421, 426, 429, 431, 501, 505}
"""Statuses about the request itself, which no intermediary was seen to give after it had passed the request on."""


def judged(wire: Wire, status: int, body: bytes, operation: Operation[object] = catalogue.SEND_MESSAGE) -> str:
    """Return the verdict on an answer, as one word."""
    return told(wire, Reply(status, {}, body), operation)[0]


def told(
    wire: Wire, reply: Reply, operation: Operation[object] = catalogue.SEND_MESSAGE
) -> tuple[str, AfilnetError | None]:
    try:
        wire.codec.decode(operation, reply)
    except AfilnetError as error:
        return str(error.delivery), error
    return "done", None


@pytest.mark.parametrize("name", WIRES)
def test_no_intermediary_can_make_a_send_that_was_carried_out_look_refused(name: str) -> None:
    wire = WIRES[name]
    for status in AFTER_AN_EFFECT:
        for body in (*NO_DOCUMENTS.values(), wire.misdirected, wire.success):
            assert judged(wire, status, body) == "unknown", (status, body)


@table("name", WIRES)
def test_a_success_is_the_services_on_a_status_of_success_only(name: str) -> None:
    wire = WIRES[name]
    done = {status for status in range(200, 600) if judged(wire, status, wire.success) == "done"}
    assert done == {200, 201, 202}
    assert all(judged(wire, status, wire.success) == "unknown" for status in set(range(200, 600)) - done)


@table("name", WIRES)
def test_an_answer_to_a_part_of_a_request_is_no_success_and_what_says_so_was_perhaps_carried_out(name: str) -> None:
    wire = WIRES[name]
    proved = {"a success": (wire.success, "unknown"), "a refusal": (wire.refusal, "rejected")}
    proved |= {what: (body, "not_sent") for what, body in NO_DOCUMENTS.items()}
    for what, (body, expected) in proved.items():
        for headers in ({}, {"x-request-id": "17"}):
            word, error = told(wire, Reply(200, headers, body, asked_whole=False))
            assert word == expected, what
            assert what == "a refusal" or "before the whole request had left" in str(error), what


@table("name", WIRES)
def test_what_tells_of_a_deed_without_being_a_success_is_no_refusal_and_is_not_made_again(name: str) -> None:
    wire = WIRES[name]
    for body in wire.deeds:
        for reply in (
            *(Reply(status, {}, body) for status in sorted(NEVER_AFTER_AN_EFFECT)),
            *(Reply(status, {}, body, asked_whole=False) for status in (200, 413, 503)),
        ):
            word, error = told(wire, reply)
            assert word == "unknown", (reply.status, body)
            assert "it tells of a success, too" in str(error), body
            if name == "json" and reply.status == 401:
                assert heard(reply) is Word.NOTHING, body
        assert judged(wire, 413, body, catalogue.GET_CHAT_CHANNELS) == "rejected", body


@table("name", WIRES)
def test_what_a_cache_kept_carries_nothing_out_that_did_not_leave_whole(name: str) -> None:
    wire = WIRES[name]
    for status in (200, 302, 503):
        for body in (wire.refusal, *NO_DOCUMENTS.values()):
            assert told(wire, Reply(status, {"age": "17"}, body, asked_whole=False))[0] == "not_sent", (status, body)
        assert told(wire, Reply(status, {"age": "17"}, wire.success, asked_whole=False))[0] == "unknown", status


@table("name", WIRES)
def test_a_refusal_is_the_services_on_a_status_that_no_intermediary_uses_for_itself(name: str) -> None:
    wire = WIRES[name]
    for status in (200, 201, 400, 401, 403, 404, 405, 409, 422, 429, 500):
        assert judged(wire, status, wire.refusal) == "rejected", status
    for status in (203, 206, 302, 307, 407, 499, 502, 503, 504, 507, 508, 520, 524, 529, 530, 598, 599):
        assert judged(wire, status, wire.refusal) == "unknown", status


@table("name", WIRES)
def test_without_a_document_only_a_status_that_no_intermediary_gives_after_an_effect_refuses(name: str) -> None:
    wire = WIRES[name]
    for body in NO_DOCUMENTS.values():
        refused = {status for status in range(200, 600) if judged(wire, status, body) == "rejected"}
        assert refused == NEVER_AFTER_AN_EFFECT, body


@given(
    status=st.integers(200, 599),
    kind=st.sampled_from(["success", "refusal", "misdirected", *NO_DOCUMENTS]),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "age", "x-cache", "www-authenticate", "proxy-authenticate", "content-type"]),
        st.sampled_from(
            ["0", "7", "HIT", "MISS", "Sun, 22 Nov 1993 10:00:00 GMT", "soon", "Basic realm=x", "text/html"]
        ),
    ),
    operation=st.sampled_from([catalogue.SEND_MESSAGE, catalogue.GET_MESSAGES]),
)
def test_the_same_answer_has_the_same_verdict_on_all_five(
    status: int, kind: str, headers: dict[str, str], operation: Operation[object]
) -> None:
    seen = set()
    for wire in WIRES.values():
        if wire is WIRES["soap"] and (
            kind == "misdirected" or (operation is catalogue.GET_MESSAGES and kind not in NO_DOCUMENTS)
        ):
            continue  # its documents above are those of a send, and its misdirected ones those of forms
        body = NO_DOCUMENTS.get(kind) or getattr(wire, kind, b"")
        verdict, error = told(wire, Reply(status, headers, body), operation)
        seen.add((verdict, type(error), getattr(error, "code", None), getattr(error, "retry_after", None)))
    assert len(seen) == 1, seen


@table("when", ["", "0", "60", "Sun, 22 Nov 1993 10:00:00 GMT", "-5", "soon", "9" * 5000])
@table("name", WIRES)
def test_a_request_to_slow_down_is_one_whenever_it_says_to_come_back(name: str, when: str) -> None:
    for body in (b"", NO_DOCUMENTS["a page"], WIRES[name].refusal):
        assert type(told(WIRES[name], Reply(429, {"retry-after": when}, body))[1]) is RateLimitedError


@table("name", WIRES)
def test_the_text_says_what_it_most_likely_is_and_to_a_reader_that_nothing_is_at_stake(name: str) -> None:
    for status in (403, 404, 405):
        _, sent = told(WIRES[name], Reply(status, {}, NO_DOCUMENTS["a page"]))
        _, read = told(WIRES[name], Reply(status, {}, NO_DOCUMENTS["a page"]), catalogue.GET_MESSAGES)
        for error, operation in ((sent, catalogue.SEND_MESSAGE), (read, catalogue.GET_MESSAGES)):
            assert isinstance(error, OutcomeUnknownError)
            assert error.lasting
            assert not may_repeat(operation, error, at_least_once=True)
            assert all(word in str(error) for word in ("base_url", "firewall", "error page"))
            verdict.at_stake(operation, error)
        assert "nothing is at stake" in str(read)
        assert "may have been carried out" in str(sent)


def test_a_read_that_may_be_answered_the_next_time_is_repeated() -> None:
    for status in (200, 408, 500, 502, 503, 504, 520, 599):
        error = told(WIRES["json"], Reply(status), catalogue.GET_MESSAGES)[1]
        assert isinstance(error, OutcomeUnknownError)
        assert may_repeat(catalogue.GET_MESSAGES, error)
    assert type(told(WIRES["json"], Reply(401), catalogue.GET_MESSAGES)[1]) is AuthenticationError


KEPT_BY_OTHER_NAMES = [
    {"x-cdn": "HIT"},
    {"x-proxy": "Hit from edge"},
    {"x-nc": "HIT lhr 3"},
    {"server-timing": "cdn-cache; desc=HIT, edge; dur=1"},
    {"server-timing": 'cfCacheStatus;desc="STALE"'},
    {"x-cache-info": "cached"},
    {"x-rack-cache": "fresh"},
    {"x-tyk-cached-response": "1"},
    {"x-cache-lookup": "Hit From MemCache"},
    {"x-cache-lookup": "Cache Hit"},
    {"x-cache-node": "HIT"},
    {"x-cache-server": "edge-7 (hit)"},
    {"x-server-cache": "true"},
]


KEPT_IN_OTHER_WORDS = [
    {"x-cache": "REVALIDATE from www.example.com"},
    {"cache-status": "ExampleCache; fwd=uri-miss; collapsed"},
    {"cache-status": "OriginCache; hit, CDN; fwd=uri-miss"},
    {"cache-status": "ExampleCache; fwd=stale; fwd-status=304"},
    {"cache-status": "ExampleCache; fwd=stale; fwd-status=200, Near; hit"},
    {"cache-status": "HIT"},
    {"cache-status": "EXPIRED, STALE"},
    {"x-cache-hit": "true"},
    {"cache-hit": "yes"},
    {"x-cache-age": "12"},
    {"x-vercel-cache": "PRERENDER"},
    {"wp-super-cache": "Served supercache file from PHP"},
    {"age": "0, 5"},
    {"via": "1.1 edge (ApacheTrafficServer/9.1.2 [cHs f ])"},
    {"via": "http/1.1 edge (ApacheTrafficServer/9.1.2 [uScRs f p eN:t cCHp s ])", "x-id": "1"},
    {"via": "1.1 edge (ApacheTrafficServer/9.1.2 [cHs f ])", "age": "0"},
    {"via": "http/1.1 edge (ApacheTrafficServer/9.1.2 [uScSsNfUpSeN:t cCSi p sS])"},
]


@table(
    "headers",
    [
        {"age": "1"},
        {"x-cache": "HIT"},
        {"cache-control": "no-store", "x-cache": "HIT"},
        {"x-cache": "HIT", "cache-control": "no-store"},
        {"x-cache": "Hit from cloudfront"},
        {"x-cache": "RefreshHit from cloudfront"},
        {"x-cache": "MISS, HIT"},
        {"x-cache": "TCP_MEM_HIT from a.example (AkamaiGHost)"},
        {"x-cache-status": "STALE"},
        {"x-proxy-cache": "UPDATING"},
        {"x-cache-hits": "0, 3"},
        {"x-from-cache": "1"},
        {"x-served-from-cache": "Yes"},
        {"x-cached": "true"},
        {"x-cached": "HIT"},
        {"cf-cache-status": "REVALIDATED"},
        {"cache-status": "ExampleCache; hit; ttl=376"},
        {"x-varnish": "32770 3"},
        {"warning": '110 anderson/1.3.37 "Response is stale"'},
        *KEPT_BY_OTHER_NAMES,
        *KEPT_IN_OTHER_WORDS,
    ],
)
@table("name", WIRES)
def test_an_answer_that_a_cache_kept_says_nothing_about_this_call(name: str, headers: dict[str, str]) -> None:
    wire = WIRES[name]
    for status in (200, 401, 404, 413, 500):
        for body in (wire.success, wire.refusal, b""):
            assert type(told(wire, Reply(status, headers, body))[1]) is OutcomeUnknownError


def test_kept_lists_are_not_believed_either() -> None:
    body = b'{"status":"SUCCESS","result":{"list":[]}}'
    assert told(WIRES["json"], Reply(200, {"age": "9"}, body), catalogue.GET_MESSAGES)[0] == "unknown"


@table(
    "headers",
    [
        {"age": "0"},
        {"cache-control": "no-store, stale-while-revalidate=0"},
        {"x-cache": "MISS from proxy"},
        {"x-cache-lookup": "HIT from proxy:3128"},
        {"x-cache-status": "EXPIRED"},
        {"x-cache-hits": "0"},
        {"x-from-cache": "0"},
        {"x-cached": "MISS"},
        {"x-cache-key": "/api/hit"},
        {"cf-cache-status": "DYNAMIC"},
        {"cache-status": "ExampleCache; fwd=uri-miss; stored"},
        {"cache-status": "ExampleCache; hit=?0; fwd=method"},
        {"x-cache-info": "not cached"},
        {"x-cache": "TCP_REFRESH_MISS"},
        {"server-timing": "cdn-cache; desc=MISS, app; desc=hit"},
        {"set-cookie": "hit=1; Path=/"},
        {"x-request-id": "hit-7"},
        {"x-varnish": "32770"},
        {"via": "1.1 varnish"},
        {"via": "1.1 edge (ApacheTrafficServer/9.1.2 [cMsSfW])"},
        {"cache-status": "hit.example; fwd=miss"},
        {"cache-status": '"hit"; fwd=miss'},
        {"cache-status": "ExampleCache; fwd=uri-miss; collapsed=?0"},
        {"cache-status": "ExampleCache; fwd=stale; fwd-status=200; stored"},
        {"x-cache": "INVALIDATE from www.example.com"},
        {"x-cache": "hit for pass"},
        {"x-cache": "HIT_FOR_MISS"},
        {"x-proxy": "hit for pass"},
        {"x-cache": "not hit"},
        {"x-cache-hit": "false"},
        {"x-cache-age": "0"},
        {"x-cache-storage": "5"},
        {"x-rack-cache": "stale, invalid, store"},
        {"cache-status": "MISS"},
        {"x-cache": "NO_HIT"},
        {"x-cache": "no-hit"},
        {"x-cache-info": "hit=0, stale=false"},
        {"x-cache-policy": "no-cache, must-revalidate, stale-while-revalidate=0"},
        {"x-cache-server": "white.example"},
        {"x-cache-node": "cache-hit-1"},
        {"x-cache-host": "hit.stale.example"},
        {"x-cache-lookup": "Hit From Upstream"},
        {"x-tyk-cached-response": "0"},
        {"via": "http/1.1 edge (ApacheTrafficServer/9.1.2 [uScMsSfWpSeN:t cCMi p sS])"},
        {"via": "1.1 [2001:db8::1], 1.1 edge [cMsSf ]"},
    ],
)
def test_an_answer_that_passed_a_cache_is_still_one(headers: dict[str, str]) -> None:
    assert told(WIRES["json"], Reply(200, headers, WIRES["json"].success))[0] == "done"


@table(
    "value", ["_" * 30_000, "[cH" * 10_000, "[cHcR" * 6_000, "cache" + "_" * 30_000, "served " * 4_000, "[" * 30_000]
)
def test_a_header_as_long_as_heads_may_be_is_looked_through_at_once(value: str) -> None:
    """With an expression that begins anew at each character, this does not end."""
    for name in ("x-cache", "via", "server-timing", "cache-status", "x-cache-hits"):
        kept_by_a_cache(Reply(200, {name: value}))


def test_every_status_stands_in_one_row_with_its_reasons() -> None:
    assert sorted(status for row in ROWS for status in row.statuses) == list(range(200, 600))
    assert all(row.why and row.writer for row in ROWS)
    assert {row.success for row in ROWS if 200 not in row.statuses} == {"nothing"}
    assert all(getattr(row, field) in get_args(Proof) for row in ROWS for field in DOCUMENTS)


@pytest.mark.parametrize("field", ["none", "misdirected", "success"])
def test_sabotage_a_table_that_believes_intermediaries_is_noticed(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    for row in ROWS:
        worse = msgspec.structs.replace(row, **{field: "not carried out", "success": "carried out"})
        monkeypatch.setattr(whose_word, "_BY_STATUS", {**whose_word._BY_STATUS, **dict.fromkeys(row.statuses, worse)})
        monkeypatch.setattr(verdict, "CONFIRMING", verdict.CONFIRMING | row.statuses)
        if row.statuses & AFTER_AN_EFFECT:
            with pytest.raises(AssertionError):
                test_no_intermediary_can_make_a_send_that_was_carried_out_look_refused("http-post")
        monkeypatch.undo()


def test_sabotage_a_reader_that_forgets_caches_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "kept_by_a_cache", lambda reply: False)
    with pytest.raises(AssertionError):
        test_an_answer_that_a_cache_kept_says_nothing_about_this_call.__wrapped__("json", {"age": "1"})


def test_sabotage_a_reader_of_headers_named_after_caches_alone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness, "_HIT", re.compile("(?!)"))
    assert [kept_by_a_cache(Reply(200, headers)) for headers in KEPT_BY_OTHER_NAMES[:3]] == [False] * 3


def test_sabotage_a_reader_of_the_word_hit_alone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_KEPT", "_TRAFFIC_SERVER"):
        monkeypatch.setattr(freshness, name, re.compile(r"(?:^|[^a-z])hit(?![a-z])" if name == "_KEPT" else "(?!)"))
    missed = [headers for headers in KEPT_IN_OTHER_WORDS if not kept_by_a_cache(Reply(200, headers))]
    assert len(missed) >= len(KEPT_IN_OTHER_WORDS) // 2


@pytest.mark.parametrize("name", ["age", "warning", "x-cache", "x-varnish"])
def test_sabotage_a_header_of_caches_taken_for_ordinary_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"age": "1", "warning": "110 - stale", "x-cache": "HIT", "x-varnish": "1 2"}[name]
    assert kept_by_a_cache(Reply(200, {"date": "today", name: value}))
    monkeypatch.setattr(freshness, "ORDINARY_HEADERS", freshness.ORDINARY_HEADERS | {name})
    assert not kept_by_a_cache(Reply(200, {"date": "today", name: value}))


DOCUMENTS = {
    "none": "no document of the service",
    "refusal": "an error with a code",
    "misdirected": "an error of a call that names no class or method",
    "success": "a success",
}
"""What an answer holds, whatever the protocol, by the field of a row that says what it proves then."""


def as_table() -> str:
    """Return the table as the page shows it: one line for each row, and what it proves about a send."""
    titles = ("an answer", "HTTP status", "written by", *DOCUMENTS.values(), "because")
    lines = [
        (row.name, _spans(row.statuses), row.writer, *(getattr(row, field) for field in DOCUMENTS), row.why)
        for row in ROWS
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in (titles, ["---"] * len(titles), *lines))


def _spans(statuses: frozenset[int]) -> str:
    spans: list[list[int]] = []
    for status in sorted(statuses):
        if spans and status == spans[-1][-1] + 1:
            spans[-1].append(status)
        else:
            spans.append([status])
    return ", ".join(str(span[0]) if len(span) == 1 else f"{span[0]} to {span[-1]}" for span in spans)


def test_the_page_shows_the_table_as_it_is() -> None:
    assert as_table() in _PAGE.read_text("utf-8")


def test_what_is_said_of_the_request_or_leads_elsewhere_lasts_and_the_troubles_of_servers_do_not() -> None:
    lasting = {status for status in range(200, 600) if row_of(status).lasting}
    of_the_request = {*range(400, 408), *range(409, 418), *range(421, 425), 426, 428, 429, 431, 451, 501, 505}
    assert lasting == {*range(300, 400), *of_the_request}
