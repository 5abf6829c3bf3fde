"""`afilnet compare`: every planted difference is found, and none where there is none."""

from __future__ import annotations

import json

import pytest

from afilnet_protocols import ConfigurationError, MessageTooLongError, NotSentError, connect
from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.compare.calls import drawn, excess
from afilnet_protocols.conformance.compare.comparison import Comparison
from afilnet_protocols.conformance.compare.endpoints import Side, Sides, in_sandbox
from afilnet_protocols.conformance.compare.findings import Verdict
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Protocol
from tests.migration.fakes import Changing, Raising
from tests.migration.planted import HERE, KINDS, READS, STEPS, Planted

CHANNEL = {name: HERE[name] for name in ("platform", "platform_id")}


def sides_of(sides):
    return sides.source, sides.again, sides.target


@pytest.fixture(scope="module")
def planted():
    return Planted()


@pytest.fixture(scope="module")
def sides(planted):
    with (
        Sandbox(components=planted.components) as sandbox,
        in_sandbox(sandbox, "http-post", "json", plain=True) as made,
    ):
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_difference_is_found(sides, planted, kind):
    comparison = Comparison(sides)
    comparison.begin()
    comparison.play(STEPS)
    planted.kind, planted.hits = kind, 0
    try:
        findings = comparison.play(READS)
    finally:
        planted.kind = None
    assert planted.hits
    assert findings.differences
    assert findings.judge()[0] is Verdict.NO_GO


def test_there_are_at_least_twelve_kinds():
    assert len(KINDS) >= 12


@pytest.mark.parametrize("target", ["http-get", "basic", "soap", "json"])
def test_nothing_is_reported_where_nothing_differs(target, sandbox):
    with in_sandbox(sandbox, "http-post", target, plain=True) as sides:
        comparison = Comparison(sides)
        for chapter in drawn(60, seed=7):
            comparison.begin()
            comparison.play(chapter)
    assert comparison.findings.compared == 60
    assert comparison.findings.differences == {}
    assert not comparison.findings.unsettled


def test_what_one_side_does_differently_each_time_is_noise(sandbox):
    with in_sandbox(sandbox, "http-post", "json", plain=True) as sides:
        turns = iter(range(1000))
        change = lambda result: result[next(turns) % 3 :]  # noqa: E731
        fickle = [Side(side.name, side.settings, Changing(side.chat, change)) for side in (sides.source, sides.again)]
        comparison = Comparison(Sides(*fickle, sides.target, tick=sides.tick))
        comparison.play([Step("get_chat_channels")] * 6)
    assert comparison.findings.unsettled
    assert comparison.findings.differences == {}
    assert comparison.findings.judge()[0] is Verdict.COULD_NOT_RUN


def test_outside_a_sandbox_nothing_is_sent_unless_it_is_allowed(sandbox):
    account = sandbox.account()
    settings = [sandbox.settings(protocol, account=account, plain=True) for protocol in ("http-post", "json")]
    chats = [connect(each) for each in (settings[0], settings[0], settings[1])]
    sides = Sides(*(Side(f"side-{n}", settings[n // 2], chat) for n, chat in enumerate(chats)))
    steps = [
        Step("send_message", {**HERE, "message": "one"}),
        Step("send_message", {**HERE, "destination": "somebody else", "message": "two"}),
        Step("get_unread_messages", HERE),
        Step("get_messages", HERE),
    ]
    Comparison(sides).play(steps)
    assert [arrived.operation for arrived in sandbox.journal(account)] == ["get_messages"] * 2
    sandbox.reset(account)
    findings = Comparison(sides, max_sends=3, recipients=[HERE["destination"]], unread=True).play(steps * 2)
    sends = [arrived for arrived in sandbox.journal(account) if arrived.operation == "send_message"]
    assert [arrived.arguments["message"] for arrived in sends] == ["one", "one"]
    assert findings.skipped == {"a send to somebody who is not on the list": 2, "a send, and no more are allowed": 1}
    assert any(arrived.operation == "get_unread_messages" for arrived in sandbox.journal(account))
    for chat in chats:
        chat.close()


@pytest.mark.parametrize("length", [3000, 5000])
@pytest.mark.parametrize(
    ("protocol", "verb"), [("http-get", "POST"), ("basic", "GET"), ("basic", "POST"), ("json", "POST")]
)
def test_what_is_too_long_is_known_without_sending(sandbox, protocol, verb, length):
    step = Step("send_message", {**HERE, "message": "ñ +" * (length // 10)})
    settings = sandbox.settings(protocol, plain=True, http_verb=verb)
    with connect(settings) as chat:
        over = None
        try:
            chat.send_message(**step.arguments)
        except MessageTooLongError as error:
            over = error.actual - error.limit
    assert excess(settings, step) == over


def test_a_limit_counts_against_the_side_that_has_it_only(sandbox):
    long = [Step("send_message", {**HERE, "message": "x" * 5000}), Step("get_chat_channels")]
    for source, target, verdict in (("http-get", "basic", Verdict.GO), ("basic", "http-get", Verdict.NO_GO)):
        with in_sandbox(sandbox, source, target, plain=True) as sides:
            findings = Comparison(sides).play(long)
        assert [str(found.noticed.kind) for found in findings.differences.values()] == ["limit"]
        assert findings.judge()[0] is verdict


def test_a_side_that_answers_nothing_is_no_verdict(sandbox):
    with in_sandbox(sandbox, "http-post", "json", plain=True) as sides:
        sides.source.chat.close()
        findings = Comparison(sides).play([Step("get_chat_channels")])
        assert findings.judge()[0] is Verdict.COULD_NOT_RUN
    assert Comparison(sides).findings.judge()[0] is Verdict.COULD_NOT_RUN


def test_two_sides_without_an_answer_agree_on_nothing(sandbox):
    silent = lambda: Raising(lambda: NotSentError("no connection"))  # noqa: E731
    with in_sandbox(sandbox, "http-post", "json", plain=True) as sides:
        working = Comparison(sides).play([Step("get_chat_channels")])
        source, again, target = (Side(side.name, side.settings, silent()) for side in sides_of(sides))
        both = Comparison(Sides(source, again, target, tick=sides.tick))
        both.findings.calls, both.findings.asked = working.calls, working.asked
        both.findings.answered = 1
        findings = both.play([Step("get_chats", CHANNEL)])
        assert findings.unsettled == {"brought no answer of the side in use": 1}
        assert findings.judge()[0] is Verdict.COULD_NOT_RUN
        assert "1 of 1 (100%) of get_chats were left out" in " ".join(findings.judge()[1])
        one = Comparison(Sides(sides.source, sides.again, target, tick=sides.tick)).play([Step("get_chats", CHANNEL)])
        assert one.judge()[0] is Verdict.NO_GO
        assert one.ratio is None


def test_the_findings_tell_no_text(sides, planted):
    comparison = Comparison(sides)
    comparison.begin()
    comparison.play([Step("send_message", {**HERE, "message": "  a private word"})])
    planted.kind = "blanks at the edges are stripped"
    try:
        told = json.dumps(comparison.play([Step("get_messages", HERE)]).as_data())
    finally:
        planted.kind = None
    assert "private" not in told
    assert "text of 16 characters, U+0020 at 0" in told


def test_a_sandbox_cannot_be_compared_with_a_profile(tmp_path, monkeypatch):
    from afilnet_protocols.conformance.compare.endpoints import opened

    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="hold different conversations"), opened("sandbox:json", "prod"):
        pass
    with pytest.raises(ConfigurationError, match="did you mean 'json'"), opened("sandbox:jsno", "sandbox:soap"):
        pass


def test_every_protocol_can_be_named():
    from afilnet_protocols.conformance.compare.endpoints import _protocol

    assert [_protocol(f"sandbox:{protocol}") for protocol in Protocol] == list(Protocol)
