"""Text arrives exactly: what one protocol takes in, every other gives back."""

from __future__ import annotations

import html
import http.client
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.speak import CONVERSATION, FORM, SPEAKERS, fields, http_call
from tests.sizes import examples
from tests.tables import table
from tests.time_limit import HANGS

XML_TEXT = st.text(
    st.one_of(
        st.sampled_from("\t\n\r +&%<>\"'=;]\u00a0\u200f\u2028"),
        st.characters(
            min_codepoint=0x20, max_codepoint=0x10FFFF, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"
        ),
    ),
    min_size=1,
    max_size=60,
)
HARD = [
    "\r",
    "\r\n",
    "a\rb\nc\r\nd",
    " lead and trail ",
    "]]>",
    "a+b & c%20d",
    "<b>&amp;</b>",
    "مرحبا 😀 שלום",
    "\u0085\u2028",
    "%zz",
]


READERS = ("http-get", "soap", "soap-rpc", "soap-generic", "json")


@pytest.mark.parametrize("writer", SPEAKERS)
def test_hard_text_from_each_protocol_to_each(sandbox, account, writer):
    send = SPEAKERS[writer](sandbox)
    for text in HARD:
        send.send(fields(account, "sendmessage", {**CONVERSATION, "message": text}))
    for reader in READERS:
        items = SPEAKERS[reader](sandbox).send(fields(account, "getmessages", CONVERSATION))
        assert [item["message"] for item in items] == HARD, reader


@pytest.mark.parametrize("protocol", SPEAKERS)
@settings(max_examples=examples(10, proof=30))
@given(text=XML_TEXT)
def test_any_text(sandbox, protocol, text):
    speaker, account = SPEAKERS[protocol](sandbox), sandbox.account()
    speaker.send(fields(account, "sendmessage", {**CONVERSATION, "message": text}))
    (item,) = speaker.send(fields(account, "getmessages", CONVERSATION))
    assert item["message"] == text
    sandbox.drop(account)


@table("text", ["\x00", "a\x0bb", "\ufffe", "\uffff", "\x1f"])
@table("protocol", SPEAKERS)
def test_text_that_xml_cannot_carry_is_refused_everywhere(sandbox, account, protocol, text):
    speaker = SPEAKERS[protocol](sandbox)
    answer = speaker.call(fields(account, "sendmessage", {**CONVERSATION, "message": text}))
    assert (answer.status, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert all(arrival.outcome != "SUCCESS" for arrival in sandbox.journal(account))


def test_a_raw_form_may_leave_utf8_unescaped(sandbox, account):
    body = f"class=chat&method=sendmessage&user={account.user}&password={account.password}"
    body += "&platform=whatsapp&platformid=100&destination=1&message=mañana 😀"
    answer = http_call(sandbox.plain_url, "POST", "/api/http/", body=body.encode(), headers={"Content-Type": FORM})
    assert answer.body == b'{"status":"SUCCESS"}'
    assert sandbox.journal(account)[-1].arguments["message"] == "mañana 😀"


@pytest.mark.parametrize("path", ["/api/http/", "/api/basic/"])
def test_the_limit_of_get_counts_the_whole_address(sandbox, account, path):
    pairs = f"class=chat&method=getchatchannels&user={account.user}&password={account.password}&x="
    start = f"{sandbox.plain_url}{path}?{pairs}"
    for length, status in ((4000, 200), (4001, 414)):
        target = (start + "x" * (length - len(start)))[len(sandbox.plain_url) :]
        host = urlsplit(sandbox.plain_url)
        connection = http.client.HTTPConnection(host.hostname, host.port, timeout=HANGS)
        connection.request("GET", target, headers={"Authorization": "Basic bm9ib2R5Ondyb25nLXBhc3N3b3Jk"})
        answer = connection.getresponse().status
        connection.close()
        assert answer == (401 if status == 200 and path == "/api/basic/" else status)


@pytest.mark.parametrize(
    "protocol", ["http-post", "http-post-multipart", "basic-post", "json", "soap", "soap-rpc", "soap-generic"]
)
def test_without_get_a_message_may_be_long(sandbox, account, protocol):
    speaker, text = SPEAKERS[protocol](sandbox), "0123456789" * 100_000
    speaker.send(fields(account, "sendmessage", {**CONVERSATION, "message": text}))
    (item,) = speaker.send(fields(account, "getmessages", CONVERSATION))
    assert item["message"] == text


def test_the_check_sees_a_carriage_return_that_is_written_bare(sandbox, account, monkeypatch):
    speaker = SPEAKERS["soap"](sandbox)
    speaker.send(fields(account, "sendmessage", {**CONVERSATION, "message": "a\r\nb"}))
    monkeypatch.setattr("afilnet_protocols.sandbox.protocols.soap.escape", html.escape)
    (item,) = speaker.send(fields(account, "getmessages", CONVERSATION))
    assert item["message"] == "a\nb"
