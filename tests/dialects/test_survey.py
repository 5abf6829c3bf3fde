"""A survey gives back how the service speaks, makes few and harmless calls, and tells nothing that the service said."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from afilnet_protocols.catalogue import by_method
from afilnet_protocols.cli.app import run
from afilnet_protocols.dialects import DIMENSIONS, NAMED, Dialect, dumps, loads
from afilnet_protocols.dialects.dimensions import Dimension
from afilnet_protocols.errors import NotSentError
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.protocols import speech
from afilnet_protocols.survey import asking, reading, report
from afilnet_protocols.vocabulary import Platform
from tests.dialects.surveyed import drawn, survey

BY_CONSENT = {"records.sent", "sends.result", "unread.reading"}


@pytest.mark.parametrize("name", NAMED)
def test_a_survey_of_a_built_in_dialect_gives_it_back(name: str) -> None:
    found = survey(NAMED[name])
    assert NAMED[name].differences(found.dialect) == {}
    assert set(found.seen) == {dimension.name for dimension in DIMENSIONS}
    assert loads(dumps(found.dialect)) == NAMED[name]
    assert len(found.calls) <= asking.MOST_CALLS


@pytest.mark.proof(short="test_a_survey_of_a_built_in_dialect_gives_it_back")
def test_a_survey_of_a_drawn_dialect_gives_it_back(request: pytest.FixtureRequest) -> None:
    for seed in range(200 if request.config.getoption("--long") else 12):
        dialect = drawn(seed)
        assert dialect.differences(survey(dialect).dialect) == {}, seed


def test_without_consent_nothing_is_sent_and_no_login_is_spoiled_and_most_facts_show() -> None:
    pauses: list[float] = []
    found = survey(Dialect(), consent=False, sleep=pauses.append)
    assert {dimension.name for dimension in DIMENSIONS} - set(found.seen) == BY_CONSENT
    assert pauses == [asking.PAUSE] * (len(found.calls) - 1)
    planned = report.planned(send_to=False, wrong_password=False, party=False)
    assert {made.purpose for made in found.calls} <= set(planned)
    assert sum(planned.values()) <= asking.MOST_CALLS
    everything = report.planned(send_to=True, wrong_password=True, party=True)
    assert sum(everything.values()) <= asking.MOST_CALLS


def test_the_service_sees_reads_and_refusals_only(account_survey: tuple[Sandbox, str, Path]) -> None:
    sandbox, _, _ = account_survey
    arrived = sandbox.journal(everything=True)
    assert arrived
    for call in arrived:
        operation = by_method(str(call.arguments.get("method")))
        assert operation is None or operation.repeatable, call
        assert call.outcome != "INCORRECT_USER_PASSWORD"


CANARY = "Zoë/Canary-4711"
NUMBER = "34611223344"


@pytest.fixture
def account_survey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """A survey by the command line of an account all of whose fields hold a canary; what it printed and wrote."""
    monkeypatch.setattr(asking, "PAUSE", 0.0)
    channel = Channel(platform=Platform.WHATSAPP, platform_id=f"id-{CANARY}", name=f"name {CANARY}")
    with Sandbox(like="strict") as sandbox:
        account = sandbox.account(f"user-{CANARY}", password=f"password-{CANARY}", channels=[channel])
        for _ in range(2):
            account.receive(
                platform="whatsapp", platform_id=f"id-{CANARY}", destination=NUMBER, message=f"text {CANARY}"
            )
        file = tmp_path / "dialect.toml"
        monkeypatch.setenv("AFILNET_PASSWORD", account.password)
        words = ["survey", "--base-url", sandbox.base_url, "--ca-file", sandbox.ca_file, "--user", account.user]
        assert run([*words, "--output", str(file)]) == 0
        assert run([*words, "--json"]) == 0
        yield sandbox, capsys.readouterr().out, file


def forms(text: str) -> list[str]:
    """Return a text as it stands, and as encodings write it."""
    raw = text.encode()
    return [text, quote(text), quote(text, safe=""), base64.b64encode(raw).decode(), json.dumps(text)[1:-1], raw.hex()]


def leaks(written: str) -> list[str]:
    parts = ["Canary", "4711", CANARY, NUMBER, f"id-{CANARY}", f"password-{CANARY}", f"text {CANARY}"]
    return [each for part in parts for each in forms(part) if each.casefold() in written.casefold()]


def test_no_field_of_the_account_occurs_in_any_output(account_survey: tuple[Sandbox, str, Path]) -> None:
    _, printed, file = account_survey
    assert "facts seen" in printed
    assert leaks(printed + file.read_text("utf-8")) == []


def test_what_may_be_told_is_explained_and_planned(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["survey", "--dry-run", "--send-to", "whatsapp/100/1"]) == 0
    assert "a message to who agreed to it" in capsys.readouterr().out
    for dimension in DIMENSIONS:
        assert run(["survey", "--explain", dimension.name]) == 0
        printed = capsys.readouterr().out
        assert all(f"{value.value}: " in printed for value in dimension.values)
        calls, _ = report.how(dimension.name)
        known = report.planned(send_to=True, wrong_password=True, party=True)
        assert calls == "every answer" or set(calls.split("; ")) <= set(known)
    assert run(["survey", "--explain", "json.stat"]) != 0
    assert run(["survey", "--send-to", "34600000000"]) != 0


def test_no_survey_makes_more_calls_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking.Asker.__init__, "__kwdefaults__", {"sleep": lambda seconds: None, "most": 3})
    with pytest.raises(NotSentError, match="has made 3 calls"):
        survey(Dialect())


# ---- What cannot fail proves nothing --------------------------------------------------------------------------------


def test_sabotage_a_survey_that_leaks_a_name_is_noticed() -> None:
    assert leaks(f"fact: {quote(CANARY)}")
    assert leaks(base64.b64encode(CANARY.encode()).decode())
    assert leaks(f"destination {NUMBER}")


def test_sabotage_a_survey_that_tells_what_the_service_said_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # As if the word of a record went into the report instead of its kind.
    monkeypatch.setattr(reading, "id_manner", lambda rows: [("records.names", str(rows[0]["name"]))])
    assert not leaks(_printed(monkeypatch, capsys))
    monkeypatch.setattr(Dimension, "value", lambda self, answer: answer)
    assert leaks(_printed(monkeypatch, capsys))


def _printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(asking, "PAUSE", 0.0)
    channel = Channel(platform=Platform.WHATSAPP, platform_id="1", name=CANARY)
    with Sandbox() as sandbox:
        account = sandbox.account(channels=[channel])
        monkeypatch.setenv("AFILNET_PASSWORD", account.password)
        words = ["survey", "--base-url", sandbox.base_url, "--ca-file", sandbox.ca_file, "--user", account.user]
        assert run([*words, "--json"]) == 0
    return capsys.readouterr().out


def test_sabotage_a_sandbox_that_ignores_its_dialect_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = speech.tree
    monkeypatch.setattr(speech, "word", lambda status, dialect: status)
    assert whole is speech.tree
    assert set(NAMED["nusoap"].differences(survey(NAMED["nusoap"]).dialect)) == {"json.status"}
