"""A page shows the wire of every protocol also where all is well, in pieces of a known size, and never a secret."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

import pytest

from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.cases import CASES, by_id
from afilnet_protocols.conformance.reports import page
from afilnet_protocols.conformance.reports.document import Document, document_of
from afilnet_protocols.conformance.reports.fitting import MOST_WIRE, embedded, fitted
from afilnet_protocols.conformance.results.outcome import Exchange, Outcome
from afilnet_protocols.conformance.runner import run
from afilnet_protocols.conformance.targets import recorder as tap
from afilnet_protocols.conformance.targets import stage
from afilnet_protocols.conformance.targets import wire_excerpts as wires
from afilnet_protocols.conformance.targets.recorder import MASK, Tap, written
from afilnet_protocols.conformance.targets.stage import Candidate, Stage
from afilnet_protocols.conformance.targets.target import Target
from afilnet_protocols.sandbox.server.exchange import HttpAnswer, HttpRequest
from tests.conformance.example_report import BACKENDS, example

SHOWN = ("SEND-01", "MSGS-05", "MSGS-09", "AUTH-01", "AUTH-04", "AUTH-05", "SEC-01", "SEC-02", "TEXT-07", "LIMIT-04")
METHODS = {"SEND-01": "getmessages", "MSGS-05": "getmessages", "MSGS-09": "", "AUTH-04": "getmessages"}


@pytest.fixture(scope="module")
def theatre() -> Iterator[Stage]:
    with Stage() as running:
        yield running


@pytest.fixture(scope="module")
def targets(theatre: Stage) -> list[Target]:
    return [theatre.target(candidate) for candidate in stage.built_in(plain=True)]


@pytest.fixture(scope="module")
def document(targets: list[Target]) -> Document:
    return document_of(run(targets, cases=[by_id(each) for each in SHOWN], seed=3), CASES)


def secrets(targets: list[Target]) -> set[str]:
    """Every secret of every account, as a protocol may write it, alone and together with the name it belongs to."""
    found: set[str] = set()
    for target in targets:
        assert isinstance(target.world, stage.SandboxWorld)
        account = target.world.account
        for name, secret in ((account.user, account.password), (account.client_id, account.client_secret)):
            found |= written(secret) | written(f"{name}:{secret}")
            # Whatever stands behind it, this much of the base64 is the same.
            whole = len(f"{name}:{secret}".encode()) // 3 * 4
            found.add(base64.b64encode(f"{name}:{secret}".encode()).decode()[:whole])
    return found


def leaks(text: str, targets: list[Target]) -> list[str]:
    found = [form for form in secrets(targets) if form in text or json.dumps(form)[1:-1] in text]
    return found + re.findall(rf"(?i)authorization: [a-z]+ (?!{MASK}|\\u2022)\S+", text)


def test_a_case_that_holds_shows_what_was_asked_and_the_wire_of_each_of_the_five(document: Document) -> None:
    assert document["targets"] == list(BACKENDS)
    for result in document["results"]:
        if result["case"] in METHODS:
            assert result["outcome"] == Outcome.PASS
            assert result["steps"]
            wire = result["wire"][result["backend"]]
            assert 1 <= len(wire) <= wires.MOST_EXCHANGES
            assert METHODS[result["case"]] in wire[-1].get("request", "")
            assert wire[-1]["reply"].startswith("200")
    protocols = {"http-get": "GET /api/http/?", "basic": "authorization: Basic", "soap": "soapaction", "json": "Bearer"}
    for backend, sign in protocols.items():
        shown = next(each for each in document["results"] if (each["case"], each["backend"]) == ("SEND-01", backend))
        assert sign in shown["wire"][backend][-1]["request"]


def test_what_was_played_together_is_shown_alike_for_each_backend(document: Document) -> None:
    together = [result for result in document["results"] if result["case"] == "MSGS-09"]
    assert len({json.dumps(result["steps"]) for result in together}) == 1
    assert len(together) == len(BACKENDS)


def test_what_never_left_has_steps_and_no_exchange(document: Document) -> None:
    refused = [result for result in document["results"] if result["case"] == "TEXT-07"]
    assert all(result["steps"] and result["wire"] == {result["backend"]: []} for result in refused)


def test_no_secret_stands_in_the_page(document: Document, targets: list[Target]) -> None:
    text = page.render(document)
    assert MASK.encode("ascii", "backslashreplace").decode() in text
    assert leaks(text, targets) == []


def test_a_secret_that_is_not_masked_would_be_found(targets: list[Target], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap, "_masked", lambda text, hidden: text)
    for target in targets:
        shown = document_of(run([target], cases=[by_id("AUTH-04")], seed=3), CASES)
        assert leaks(page.render(shown), targets), target.name


def test_pieces_are_of_a_known_size_and_say_what_is_missing(document: Document) -> None:
    large = [result for result in document["results"] if result["case"] == "LIMIT-04"]
    for result in large:
        (exchange,) = result["wire"][result["backend"]][-1:]
        assert len(exchange["reply"]) <= wires.MOST_CHARACTERS + len("… (50000 characters)")
        assert re.search(r"… \(\d+ characters\)$", exchange["reply"])
        assert len(json.dumps(result["steps"])) < 2_000
    assert f"{wires.MOST_EXCHANGES} exchanges at most" in page.render(document)


def test_more_exchanges_than_are_kept_are_counted(theatre: Stage) -> None:
    target = theatre.target(Candidate("one", "http-post", plain=True))
    assert target.world is not None
    chat = target.make()
    target.world.reset()
    for _ in range(wires.MOST_EXCHANGES + 3):
        chat.get_chat_channels()
    result = next(iter(example().results))
    wires.keep(result, target, [Step("get_chat_channels")])
    assert (len(result.wire["one"]), result.left_out) == (wires.MOST_EXCHANGES, 3)
    chat.close()


def test_a_secret_is_masked_before_a_body_is_cut() -> None:
    listening = Tap()
    secret = "a-secret-of-some-length"
    body = b"x" * (tap.LARGEST_SHOWN - 5) + secret.encode()
    request = HttpRequest("POST", "http", "/", "/", b"", {}, body)
    listening._seen.append((request, HttpAnswer(200, body, "text/plain")))
    (exchange,) = listening.exchanges([secret])
    assert secret[:5] not in exchange.request + exchange.reply


def test_a_page_has_a_bounded_wire_and_findings_keep_theirs_longest() -> None:
    report = example()
    for result in report.results:
        if not result.wire:
            result.wire = {result.backend: [Exchange("<" * 4_000, "😀" * 4_000)] * 5}
    full = document_of(report, CASES)
    cut, without = fitted(full)
    assert 0 < without < len(full["results"])
    assert sum(len(embedded(result["wire"])) for result in cut["results"]) <= MOST_WIRE + 2 * len(cut["results"])
    finding = next(result for result in cut["results"] if result["outcome"] == Outcome.FAIL)
    assert finding["wire"]
    text = page.render(full)
    assert f"{without} cells have no wire here" in text
    assert len(text.encode("utf-8", "backslashreplace")) < MOST_WIRE + 300_000
    assert "no wire here" not in page.render(document_of(example(), CASES))
    for result in report.results:
        result.wire = {}
    assert "exchanges at most" not in page.render(document_of(report, CASES))
    # The document itself is whole: it is what the JSON report is made of.
    assert all(result["wire"] for result in full["results"])


def test_a_whole_page_of_five_backends_is_small(document: Document) -> None:
    share = sum(len(embedded(result)) for result in document["results"]) / len(document["results"])
    assert share * len(CASES) * len(BACKENDS) < MOST_WIRE
