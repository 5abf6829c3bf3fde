"""The reports of a comparison say whether to change over, from what to what, and what was left out; nothing else."""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from afilnet_protocols import ConfigurationError
from afilnet_protocols.conformance.compare.findings import Findings, Security, Verdict
from afilnet_protocols.conformance.compare.reports import FORMS, write_reports
from afilnet_protocols.conformance.compare.reports.account import Account
from afilnet_protocols.migration.diff import Kind, Noticed
from afilnet_protocols.security.levels import Level

HOSTILE = "<script>alert(1)</script>`|\\"
EMPTY = {"br", "meta", "link", "input"}


def account(*, against=False, left_out=0, source="old", target="new"):
    security = Security(Level.LOW, Level.HIGH, ("secret_not_in_url",), ("short_lived_token",) if against else ())
    findings = Findings(source, target, security, slower=2.0)
    findings.asked, findings.calls = Counter({"get_chats": 8}), Counter({"get_chats": 8 - left_out})
    findings.answered, findings.source_ms, findings.target_ms = 5, [10.0, 20.0, 30.0], [30.0, 30.0, 30.0]
    if left_out:
        findings.unsettled["changed whenever they were made again"] = left_out
    findings.skipped["a send, and no more are allowed"] = 1 if left_out else 0
    findings.add("get_chats", [Noticed(Kind.LIMIT, "the encoded request", "9 characters too long", "fits")])
    if against:
        findings.add("get_chats", [Noticed(Kind.VALUE, "returned[].status", HOSTILE, "read")])
    verdict, reasons = findings.judge()
    return Account(
        findings, verdict, reasons, 7, f"afilnet compare --from {source}", "2026-01-02T03:04:05+00:00", "p 1"
    )


class Balanced(HTMLParser):
    """Notes which elements are open at the end, and the text."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.tags = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text.append(data)


def read(text):
    page = Balanced()
    page.feed(text)
    page.close()
    assert not page.open
    return page, " ".join(" ".join(page.text).split())


@pytest.mark.parametrize(
    ("given", "headline", "verdict"),
    [
        ({}, "Go", Verdict.GO),
        ({"against": True}, "No-go", Verdict.NO_GO),
        ({"left_out": 3}, "No verdict", Verdict.COULD_NOT_RUN),
        ({"against": True, "left_out": 3}, "No-go", Verdict.NO_GO),
    ],
)
def test_the_page_is_about_changing_over(given, headline, verdict):
    told = account(**given)
    assert told.verdict is verdict
    page, text = read(FORMS["html"](told))
    assert f"{headline}: from old to new" in text
    assert (
        f"from old to new {'✓' if verdict is Verdict.GO else '✗' if verdict is Verdict.NO_GO else '!'} {headline}"
        in text
    )
    for said in (
        "What an application could notice",
        "secret_not_in_url",
        "20.0 ms",
        "30.0 ms",
        "1.50",
        "2 times as long",
    ):
        assert said in text
    left = given.get("left_out", 0)
    assert f"calls compared {8 - left} of {9 if left else 8}" in text
    if left:
        assert "changed whenever they were made again" in text
        assert "a send, and no more are allowed" in text
    assert ("lost" in text) == bool(given.get("against"))
    for reason in told.reasons:
        assert reason in text
    assert not re.search(r"proved|conformance|case|backend|mutant", text, re.IGNORECASE)
    assert "script" not in page.tags


@pytest.mark.parametrize("form", ["html", "md", "junit", "json"])
def test_names_and_values_of_others_are_no_markup(form):
    text = FORMS[form](account(against=True, source=HOSTILE, target=HOSTILE))
    if form == "html":
        assert "script" not in read(text)[0].tags
        assert "default-src 'none'" in text
    elif form == "md":
        assert "<script>" not in text.replace("\\<script\\>", "").partition("```sh")[0]
    elif form == "junit":
        ElementTree.fromstring(text)
    else:
        json.loads(text)


def test_the_machines_reports_say_the_same():
    for given, failures, errors in (({}, 0, 0), ({"against": True}, 2, 0), ({"left_out": 3}, 0, 1)):
        told = account(**given)
        suite = ElementTree.fromstring(FORMS["junit"](told))[0]
        assert (suite.get("failures"), suite.get("errors")) == (str(failures), str(errors))
        document = json.loads(FORMS["json"](told))
        assert (document["verdict"], document["reasons"]) == (told.verdict.word, list(told.reasons))
        assert document["left_out"]["calls"] == told.findings.whole.left_out
        assert FORMS["md"](told).startswith(f"# {told.headline}: from old to new")


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_reports(account(), [("html", tmp_path / "file" / "page.html")])
