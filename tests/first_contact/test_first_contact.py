"""What a newcomer is told at the wrong address: a table of situations, a few of them here and all with ``--long``."""

from __future__ import annotations

import pytest

from afilnet_protocols.cli import advice
from afilnet_protocols.wire import foreign_codes, verdict, what_answered
from afilnet_protocols.wire.what_answered import Met
from afilnet_protocols.wire.what_answered import what_answered as tell
from tests.first_contact import judging
from tests.first_contact.judging import told_in
from tests.first_contact.situations import SITUATIONS, Situation
from tests.tables import table

BY_NAME = {each.name: each for each in SITUATIONS}
FEW = (
    "login page",
    "legacy OK",
    "apex to www",
    "403, nginx",
    "IP allow list",
    "token: 500",
    "WSDL: a page",
    "SOAP: 404",
)


def wrong(situation: Situation) -> list[str]:
    return [f"{told.command}: {fault}\n{told.text}" for told in told_in(situation) for fault in told.wrong]


def test_there_are_enough_of_them_each_with_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(SITUATIONS) >= 100


@table("name", FEW)
def test_a_few_are_told_for_what_they_are(name: str) -> None:
    assert wrong(BY_NAME[name]) == []


@pytest.mark.proof("test_a_few_are_told_for_what_they_are")
@pytest.mark.parametrize("name", [name for name in BY_NAME if name not in FEW])
def test_all_are_told_for_what_they_are(name: str) -> None:
    assert wrong(BY_NAME[name]) == []


@pytest.mark.parametrize(
    ("where", "attribute", "broken", "name"),
    [
        (what_answered, "_PAGES", (), "login page"),
        (what_answered, "_LEGACY", frozenset(), "legacy OK"),
        (verdict, "redirects_to_host", lambda reply: "", "apex to www"),
        (verdict, "_LIKELY", {}, "403, nginx"),
        (foreign_codes, "_WORDS", (), "IP allow list"),
        (advice, "is_send", lambda operation: True, "login page"),
        (advice, "of_the_token_endpoint", lambda error: False, "token: 500"),
        (judging, "ALARM", judging.re.compile("the service"), "403, nginx"),
    ],
)
def test_a_text_that_says_less_or_frightens_is_noticed(
    monkeypatch: pytest.MonkeyPatch, where: object, attribute: str, broken: object, name: str
) -> None:
    """Sabotage: a page that is not recognized, a redirect that leads nowhere, a read that is taken for a send."""
    monkeypatch.setattr(where, attribute, broken)
    assert wrong(BY_NAME[name])


SECRET = b"canary-7f3a"
"""What stands in every page, as a page that repeats the request would have it."""


@table("due", ["JSON", "XML"])
@table(
    "page",
    [
        b"<html><title>%s</title><input type='password' value='%s'></html>",
        b"Notice: %s in %s on line 3",
        b"<?php $x='%s%s';",
        b"%s%s",
        b'{"%s": "%s"',
        b"<?xml version='1.0'?><%s>%s",
        b"<html>Just a moment... %s %s</html>",
        b"\x89PNG%s%s",
    ],
)
def test_nothing_of_a_page_is_quoted(page: bytes, due: what_answered.Due) -> None:
    met = tell(page % (SECRET, SECRET), {}, due=due)
    assert met is None or SECRET.decode() not in met.told


# Words of the pages that firewalls and hotspots show.
BLOCKED = [
    "The requested URL was rejected. Your support ID is: 1", "Request blocked. We can't connect to the server.",
    "The request is blocked.", "<title>Web Page Blocked!</title> Attack ID: 20000051", "Access Blocked",
    "Access to the web page has been blocked in accordance with company policy.", "<h1>Blocked request</h1>",
    "Your access to this site has been limited by the site owner", "Access to this page has been denied",
    "Our systems have detected unusual traffic", "<title>Site Blocked</title>", "Checking your browser",
]  # fmt: skip
NETWORKS = [
    "<meta http-equiv='refresh' content='0; url=https://n1.network-auth.com/splash/'>", "location='/guest/s/default/'",
    "window.location='http://10.0.0.1:1000/fgtauth?1'", "<meta content='1; url=http://securelogin.example.com/'>",
]  # fmt: skip


@table(("words", "what"), [*((each, "firewall") for each in BLOCKED), *((each, "hotspot") for each in NETWORKS)])
def test_whose_page_it_is_shows_in_its_words(words: str, what: str) -> None:
    met = tell(f"<!DOCTYPE html><html>{words}</html>".encode(), {}, due="JSON")
    assert met is not None
    assert what in met.what


def test_a_document_of_the_service_is_nothing_else() -> None:
    for text in (b'{"status":"SUCCESS","result":[]}', b'\xef\xbb\xbf {"status":"ERROR","error":"maintenance"}'):
        assert tell(text, {"content-type": "text/html"}, due="JSON") is None
    assert tell(b"<Envelope>captcha</Envelope>", {"content-type": "text/xml"}, due="XML") is None


@table("behind", [b"<!-- made in 0.1 s -->", b"1", b"\n\nOK", b" null", b"array(3)"])
def test_json_with_something_behind_it_is_not_cut_off(behind: bytes) -> None:
    for whole in (b'{"status":"SUCCESS","result":[]}', b'\xef\xbb\xbf [1, "caf\xc3\xa9"]'):
        met = tell(whole + behind, {}, due="JSON")
        assert isinstance(met, Met)
        assert met.what == "JSON with something behind it"
        cut = tell(whole[:-1] + behind, {}, due="JSON")
        assert isinstance(cut, Met)
        assert "cut off" in cut.what
    assert "cut off" in str(tell(b"[" * 100_000 + behind, {}, due="JSON"))


def test_a_message_that_reads_like_a_page_is_none() -> None:
    """Words of people inside a document that is only cut off, which no page of a firewall has written."""
    met = tell(b'{"status":"SUCCESS","result":{"list":[{"message":"captcha <b>maintenance</b>', {}, due="JSON")
    assert isinstance(met, Met)
    assert "cut off" in met.what
