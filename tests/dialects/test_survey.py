"""A survey gives back how the service speaks, makes few and harmless calls, and tells nothing that the service said."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from afilnet_protocols.catalogue import by_method
from afilnet_protocols.cli.app import run
from afilnet_protocols.dialects import NAMED, Dialect, dumps, loads
from afilnet_protocols.errors import AfilnetError, AuthenticationError, NotSentError, SecurityPolicyError
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.sandbox.protocols import speech
from afilnet_protocols.sandbox.server.exchange import Endpoint, HttpAnswer, HttpRequest
from afilnet_protocols.survey import asking, purposes, report
from afilnet_protocols.survey.examination import Consent, Survey, examine, plan
from afilnet_protocols.survey.facts import FACTS
from afilnet_protocols.transport import Transport
from afilnet_protocols.wire import Reply, Request
from tests.dialects.surveyed import drawn, survey
from tests.tables import table

BY_CONSENT = {fact.name for fact in FACTS if fact.consent}
UNSAID = {"tls.version", "basic.charset", "http.get_counted"}
"""What shows only over TLS, if the challenge names an encoding, and if there is a limit."""


@table("name", NAMED)
def test_a_survey_of_a_built_in_dialect_gives_it_back(name: str) -> None:
    found = survey(NAMED[name])
    assert NAMED[name].differences(found.dialect) == {}
    assert {fact.name for fact in FACTS} - UNSAID <= set(found.seen)
    assert loads(dumps(found.dialect)) == NAMED[name]
    assert len(found.calls) <= purposes.MOST_CALLS


@pytest.mark.proof(short="test_a_survey_of_a_built_in_dialect_gives_it_back")
def test_a_survey_of_a_drawn_dialect_gives_it_back(request: pytest.FixtureRequest) -> None:
    for seed in range(200 if request.config.getoption("--long") else 12):
        dialect = drawn(seed)
        assert dialect.differences(survey(dialect).dialect) == {}, seed


def test_without_consent_nothing_is_sent_and_no_login_is_spoiled_and_most_facts_show() -> None:
    pauses: list[float] = []
    found = survey(Dialect(), consent=False, sleep=pauses.append)
    assert {fact.name for fact in FACTS} - set(found.seen) == BY_CONSENT | {"tls.version"}
    assert pauses == [asking.PAUSE] * (len(found.calls) - 1)
    planned = purposes.planned(send_to=False, wrong_password=False, party=False)
    assert {made.purpose for made in found.calls} <= set(planned)
    assert sum(planned.values()) <= purposes.MOST_CALLS
    everything = purposes.planned(send_to=True, wrong_password=True, party=True)
    assert sum(everything.values()) <= purposes.MOST_CALLS
    assert {made.purpose for made in survey(Dialect(http_get_limit="served")).calls} <= set(everything)


def test_the_service_sees_reads_and_refusals_only() -> None:
    with Sandbox() as sandbox, asking.asking(sandbox.settings(), sleep=lambda seconds: None) as asker:
        found = examine(sandbox.settings(), asker)
        arrived = sandbox.journal(everything=True)
    assert found.seen["tls.version"] == "TLSv1.3"
    assert arrived
    for call in arrived:
        operation = by_method(str(call.arguments.get("method")))
        assert operation is None or operation.repeatable, call
        assert call.outcome != "INCORRECT_USER_PASSWORD"


def test_what_may_be_told_is_explained_and_planned(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFILNET_USER", "somebody")
    monkeypatch.setenv("AFILNET_PASSWORD", "a-password-1")
    assert run(["survey", "--dry-run", "--send-to", "whatsapp/100/1"]) == 0
    assert "a message to who agreed to it" in capsys.readouterr().out
    known = purposes.planned(send_to=True, wrong_password=True, party=True)
    for fact in FACTS:
        assert run(["survey", "--explain", fact.name]) == 0
        printed = capsys.readouterr().out
        assert all(f"{str(value.value).lower()}: " in printed.lower() for value in fact.dimension.values)
        assert report.OPTIONS.get(fact.consent, "") in printed
        assert set(fact.asked_by.split("; ")) <= {*known, purposes.EVERY, purposes.DESCRIPTION}
        further = {name for each, calls in purposes.BY_CONSENT.items() if each != fact.consent for name in calls}
        assert not further & set(fact.asked_by.split("; "))
    assert run(["survey", "--explain", "json.stat"]) != 0
    assert run(["survey", "--send-to", "34600000000"]) != 0


REFUSED = (
    ({}, ["--party", "whatsap/100/1"], "whatsapp"),
    ({}, ["--send-to", "1"], "--send-to"),
    ({}, ["--output", "/dev/null/file"], "--output"),
    ({}, ["nosuch"], "nosuch"),
    ({"AFILNET_PASSWORD": ""}, [], "password"),
    ({"AFILNET_MINIMUM_SECURITY": "high"}, [], "high"),
    ({"AFILNET_TIMEOUT": "soon"}, [], "timeout"),
    ({}, ["a", "--profile", "b"], "--profile"),
)


def test_a_dry_run_refuses_what_a_survey_would(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for variables, words, names in REFUSED:
        with monkeypatch.context() as patched:
            for name, value in {"AFILNET_USER": "u", "AFILNET_PASSWORD": "a-password-1", **variables}.items():
                patched.setenv(name, value)
            told = []
            for more in ([], ["--dry-run"]):
                assert run(["survey", *words, *more]) == 2, words
                told.append(capsys.readouterr().err)
            assert told[0] == told[1]
            assert names in told[0]


def dry_and_made(sandbox: Sandbox, tmp_path: Path, protocol: str, *, wsdl: bool) -> tuple[set[str], set[str]]:
    """Return the calls that a plan names, and those that are made."""
    described = tmp_path / "chat.wsdl"
    described.write_bytes(Path(sandbox.settings("soap").soap_wsdl or "").read_bytes() if wsdl else b"<none/>")
    settings = sandbox.settings(protocol, user="user", password="password")
    settings = settings.but(soap_wsdl=str(described), soap_endpoint=sandbox.soap_url)
    consent = Consent(wrong_password=True)
    with asking.asking(settings, sleep=lambda seconds: None) as asker:
        made = examine(settings, asker, consent).calls
    return set(plan(settings, consent)), {each.purpose for each in made}


@pytest.mark.parametrize(("protocol", "wsdl"), [("json", True), ("http-post", False)])
def test_a_dry_run_names_the_calls_that_are_made(tmp_path: Path, protocol: str, wsdl: bool) -> None:
    with Sandbox() as sandbox:
        planned, made = dry_and_made(sandbox, tmp_path, protocol, wsdl=wsdl)
    assert {*purposes.SOAP_CALLS, *purposes.JSON_CALLS} & planned == {
        *purposes.SOAP_CALLS,
        *purposes.JSON_CALLS,
    } & made
    assert bool(planned & {*purposes.SOAP_CALLS}) is wsdl
    assert made <= planned


def test_sabotage_a_dry_run_that_does_not_look_at_the_settings_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afilnet_protocols.survey.soap_manner.calls_of", lambda settings: set(purposes.SOAP_CALLS))
    with pytest.raises(AssertionError):
        test_a_dry_run_names_the_calls_that_are_made(tmp_path, "http-post", wsdl=False)


def test_programs_are_told_why_a_fact_was_not_seen(capsys: pytest.CaptureFixture[str]) -> None:
    found = survey(Dialect(), consent=False)
    reasons = {str(row["fact"]): row["not_seen"] for row in report.told(found)}
    lines = report.unseen(found)
    for name, reason in reasons.items():
        assert (reason is None) == (name in found.seen)
        assert reason is None or any(line.startswith(f"  {reason}: ") and name in line for line in lines)
    assert run(["survey", "--explain", "sends.twice", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["fact"], told["takes"], told["not_seen"]) == ("sends.twice", ["--send-to"], "with --send-to")


def test_a_wrong_password_in_the_profile_is_tried_once() -> None:
    with Sandbox(like="nusoap") as sandbox:
        settings = sandbox.settings(password="wrong")
        with asking.asking(settings, sleep=lambda seconds: None) as asker, pytest.raises(AuthenticationError):
            examine(settings, asker)
        assert [call.outcome for call in sandbox.journal(everything=True)] == ["INCORRECT_USER_PASSWORD"]


def test_a_file_that_cannot_be_written_is_said_before_anything_is_asked(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = len(sandbox.journal(everything=True))
    (tmp_path / "file").touch()
    words = ["--base-url", sandbox.base_url, "--ca-file", sandbox.ca_file, "--user", "user"]
    assert run(["survey", *words, "--output", str(tmp_path / "file/dialect.toml")]) != 0
    assert "cannot write" in capsys.readouterr().err
    assert len(sandbox.journal(everything=True)) == asked


def test_a_survey_that_ends_early_leaves_no_file(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is interrupted says what may have been done, if more than harmless calls were permitted."""
    words = ["--base-url", sandbox.base_url, "--ca-file", sandbox.ca_file, "--user", "user"]
    monkeypatch.setenv("AFILNET_PASSWORD", "password")

    def interrupted(*_: object) -> Survey:
        raise KeyboardInterrupt

    monkeypatch.setattr("afilnet_protocols.survey.examination.examine", interrupted)
    for more, verdict in (([], "not_sent"), (["--send-to", "whatsapp/100/34600000000"], "unknown")):
        assert run(["survey", *words, *more, "--json", "--output", str(tmp_path / "dialect.toml")]) == 130
        assert json.loads(capsys.readouterr().err)["error"]["delivery"] == verdict
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_is_told_how_far_a_survey_is_and_a_program_is_not(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--base-url", sandbox.base_url, "--ca-file", sandbox.ca_file, "--user", "user"]
    monkeypatch.setenv("AFILNET_PASSWORD", "password")
    monkeypatch.setattr("afilnet_protocols.cli.terminal.progress._PAUSE", 0.0)
    monkeypatch.setattr("afilnet_protocols.cli.survey.time", mock.Mock())  # a second between two calls
    for more, said in (([], True), (["--json"], False)):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        assert run(["survey", *words, *more]) == 0
        assert ("asking [#" in capsys.readouterr().err) is said


def test_who_is_on_no_platform_is_told_before_anything_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["survey", "--party", "whatsap/100/34600"]) == 2
    assert "did you mean 'whatsapp'" in capsys.readouterr().err


def test_a_password_is_not_surveyed_with_where_the_policy_forbids_it(sandbox: Sandbox) -> None:
    """The profile speaks JSON, which its level allows; a survey asks the other protocols too."""
    high = sandbox.settings("json", minimum_security="high", user="user", password="password")
    asked = len(sandbox.journal(everything=True))
    with pytest.raises(SecurityPolicyError), asking.asking(high, sleep=lambda seconds: None) as asker:
        examine(high, asker)
    assert len(sandbox.journal(everything=True)) == asked


def test_sabotage_a_survey_that_asks_its_own_protocol_only_is_noticed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "check_settings", lambda settings: None)
    with pytest.raises(pytest.fail.Exception):
        test_a_password_is_not_surveyed_with_where_the_policy_forbids_it(sandbox)


def test_where_no_service_answers_it_is_said_as_a_client_says_it(sandbox: Sandbox) -> None:
    """Nothing listens there; a web page is there."""
    with Sandbox() as gone:
        silent = gone.settings(plain=True)
    elsewhere = sandbox.settings(base_url=f"{sandbox.base_url}/elsewhere")
    for settings, kind in ((silent, NotSentError), (elsewhere, AfilnetError)):
        with asking.asking(settings, sleep=lambda seconds: None) as asker, pytest.raises(kind):
            examine(settings, asker)
        assert len(asker.made) == 1


def answering(status: int, headers: tuple[tuple[str, str], ...] = ()) -> Components:
    """Return a service that answers so to everything but the channels."""

    def around(path: str, endpoint: Endpoint) -> Endpoint:
        def answered(request: HttpRequest) -> HttpAnswer:
            known = b"method=getchatchannels" in request.body
            return endpoint(request) if known else HttpAnswer(status, b"", "", headers)

        return answered

    return Components(around=around)


def test_a_service_that_wants_no_more_calls_gets_none() -> None:
    sandbox = Sandbox(components=answering(429))
    with sandbox, asking.asking(sandbox.settings(), sleep=lambda seconds: None) as asker:
        found = examine(sandbox.settings(), asker)
    assert found.seen["limits.told"] == "refused"
    assert [made.status for made in found.calls] == [200, 429]


def test_a_service_that_is_gone_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Transport.exchange

    def gone(self: Transport, request: Request, **given: Any) -> Reply:
        if b"getchatchannels" in request.body:
            return whole(self, request, **given)
        raise NotSentError("nobody is there")

    monkeypatch.setattr(Transport, "exchange", gone)
    with Sandbox() as sandbox, asking.asking(sandbox.settings(), sleep=lambda seconds: None) as asker:
        found = examine(sandbox.settings(), asker)
    assert [made.status for made in found.calls] == [200, *[0] * asking.MOST_SILENCES]


def test_no_survey_makes_more_calls_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(asking.Asker.__init__.__kwdefaults__, "most", 3)
    with pytest.raises(NotSentError, match="has made 3 calls"):
        survey(Dialect())


# ---- What cannot fail proves nothing --------------------------------------------------------------------------------


def test_sabotage_a_sandbox_that_ignores_its_dialect_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = speech.tree
    monkeypatch.setattr(speech, "word", lambda status, dialect: status)
    assert whole is speech.tree
    assert set(NAMED["nusoap"].differences(survey(NAMED["nusoap"]).dialect)) == {"json.status"}
