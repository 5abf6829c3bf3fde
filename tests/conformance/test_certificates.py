"""A report is a certificate: it says what was shown, can be compared with an earlier one, and makes a badge."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from afilnet_protocols.cli.app import run as command
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.reports import KINDS, changes
from afilnet_protocols.conformance.reports.changes import ABSENT, Kind, meaning
from afilnet_protocols.conformance.reports.document import Document, document_of
from afilnet_protocols.conformance.results.outcome import CaseResult, ExitCode, Outcome, RunReport
from afilnet_protocols.errors import ConfigurationError
from tests.tables import table

FINE = {Outcome.PASS, Outcome.NOT_DECLARED, Outcome.KNOWN_DEVIATION}
UNKNOWN = {Outcome.UNPROVED, Outcome.SETUP_FAILED, Outcome.HARNESS_ERROR}


def report(outcomes: dict[str, Outcome], *, name: str = "live", seed: int = 7) -> Document:
    made = RunReport(seed=seed, targets=(name,), started="2026-11-28T21:00:00+00:00", dialect="tidy")
    made.results = [CaseResult(case, name, outcome) for case, outcome in outcomes.items()]
    made.sends, made.asked = {name: 3}, {name: 40}
    return document_of(made, CASES)


def kind_of(before: Outcome | None, after: Outcome | None) -> tuple[Kind | None, ExitCode]:
    old = report({} if before is None else {"SEND-01": before})
    new = report({} if after is None else {"SEND-01": after})
    found = changes.changes(old, new)
    return (found[0].kind if found else None), meaning(found)


@table("before", [None, *Outcome])
@table("after", [None, *Outcome])
def test_what_became_of_a_case_and_what_that_means(before: Outcome | None, after: Outcome | None) -> None:
    kind, code = kind_of(before, after)
    known_before, known_after = before not in (None, *UNKNOWN), after not in (None, *UNKNOWN)
    wrong = known_after and after not in FINE
    if wrong and (before in FINE or not known_before):
        assert (kind, code) == (Kind.REGRESSION, ExitCode.DISAGREEMENT)
    elif known_before and not known_after:
        assert (kind, code) == (Kind.LOST, ExitCode.INCOMPLETE)
    else:
        assert code is ExitCode.PROVED
        assert (kind is None) == (before == after or not known_after)


@table(
    ("before", "after", "kind"),
    [
        (None, Outcome.PASS, Kind.GAINED),
        (Outcome.UNPROVED, Outcome.NOT_DECLARED, Kind.GAINED),
        (Outcome.FAIL, Outcome.PASS, Kind.REPAIRED),
        (Outcome.PASS, Outcome.NOT_DECLARED, Kind.OTHER),
        (Outcome.FAIL, Outcome.DRIFTED, Kind.OTHER),
    ],
)
def test_what_is_no_worse_is_newly_shown_repaired_or_otherwise(
    before: Outcome | None, after: Outcome, kind: Kind
) -> None:
    assert kind_of(before, after)[0] is kind


def test_a_report_of_one_backend_is_compared_whatever_it_is_called_and_says_what_was_asked() -> None:
    old, new = report({"SEND-01": Outcome.PASS}, name="live"), report({"SEND-01": Outcome.FAIL}, name="production")
    (change,) = changes.changes(old, new)
    assert change == ("SEND-01", "production", "pass", "fail", Kind.REGRESSION)
    assert changes.changes(old, report({"SEND-01": Outcome.PASS}, name="production")) == []
    assert old["shares"] == [{"target": "live", "shown": 1, "not_shown": 0, "sends": 3, "requests": 40}]
    assert (old["dialect"], old["seed"], old["suite"]["version"] != "") == ("tidy", 7, True)


def test_what_is_no_longer_asked_is_not_forgotten() -> None:
    (change,) = changes.changes(report({"SEND-01": Outcome.PASS}), report({}))
    assert (change.after, change.kind) == (ABSENT, Kind.LOST)


def test_a_comparison_that_takes_what_is_not_known_for_fine_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: a case that was not shown counts as held."""
    monkeypatch.setattr(changes, "NOT_SHOWN", frozenset())
    with pytest.raises(AssertionError):
        test_what_became_of_a_case_and_what_that_means.__wrapped__(Outcome.PASS, Outcome.UNPROVED)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "afilnet-conformance-report", "version": 2}', "[" * 9999])
def test_what_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"a\.json"):
        changes.read(file)
    with pytest.raises(ConfigurationError, match=r"none\.json"):
        changes.read(tmp_path / "none.json")


@table(
    "wrong",
    [
        {"targets": 7},
        {"results": 7},
        {"results": [7]},
        {"results": [{"case": "SEND-01", "backend": "soap", "outcome": 7}]},
        {"results": [{"case": "SEND-01", "outcome": "pass"}]},
    ],
)
def test_what_is_a_report_in_part_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({**report({"SEND-01": Outcome.PASS}), **wrong}))
    with pytest.raises(ConfigurationError, match="it is no afilnet-conformance-report"):
        changes.read(file)


def test_a_report_may_be_as_large_as_is_said_and_no_larger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps(report({"SEND-01": Outcome.PASS})))
    size = file.stat().st_size
    monkeypatch.setattr(changes, "LARGEST", size)
    assert changes.read(file)["results"]
    monkeypatch.setattr(changes, "LARGEST", size - 1)
    with pytest.raises(ConfigurationError, match="it is no afilnet-conformance-report"):
        changes.read(file)
    with pytest.raises(ConfigurationError, match="No such file"):
        changes.read(tmp_path / "none.json")


def test_runs_under_other_conditions_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = report({"SEND-01": Outcome.PASS}), report({"SEND-01": Outcome.FAIL})
    assert changes.unlike(old, new) == {}
    later = {**new, "dialect": "", "suite": {**new["suite"], "version": "9"}}
    assert changes.unlike(old, later) == {"version": (old["suite"]["version"], "9"), "dialect": ("tidy", "samples")}
    for name, each in (("old", old), ("new", later)):
        (tmp_path / name).write_text(json.dumps(each))
    assert command(["conformance", "diff", str(tmp_path / "old"), str(tmp_path / "new")]) == 1
    assert "another dialect: tidy before, samples after" in capsys.readouterr().out


def test_the_command_tells_what_became_worse_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {}
    for name, outcome in (("good", Outcome.PASS), ("bad", Outcome.FAIL), ("gone", Outcome.UNPROVED)):
        names[name] = str(tmp_path / f"{name}.json")
        Path(names[name]).write_text(KINDS["json"](report({"SEND-01": outcome, "CHAN-01": Outcome.PASS})))
    codes = {
        (old, new): command(["conformance", "diff", names[old], names[new], "--json"])
        for old, new in (("good", "good"), ("good", "bad"), ("good", "gone"), ("bad", "good"))
    }
    assert list(codes.values()) == [0, 1, 3, 0]
    assert command(["conformance", "diff", names["good"], str(tmp_path / "none.json")]) == 2
    assert command(["conformance", "diff", names["good"], names["bad"]]) == 1
    assert "regression" in capsys.readouterr().out
    page, badge = tmp_path / "a.html", tmp_path / "a.svg"
    assert command(["conformance", "render", names["good"], "--report", f"html={page},svg={badge}"]) == 0
    assert "SEND-01" in page.read_text()
    assert badge.read_text() == KINDS["svg"](json.loads(Path(names["good"]).read_text()))


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ({"SEND-01": Outcome.PASS}, "1 of 1 cases"),
        ({"SEND-01": Outcome.FAIL, "CHAN-01": Outcome.UNPROVED}, "1 of 2 cases, disagreement"),
        ({}, "0 of 0 cases, proves nothing"),
    ],
)
def test_the_badge_says_how_much_was_shown_and_fetches_nothing(outcomes: dict[str, Outcome], words: str) -> None:
    text = KINDS["svg"](report(outcomes))
    root = ET.fromstring(text)
    assert words in "".join(root.itertext())
    assert words in root.attrib["aria-label"]
    assert not any(word in text for word in ("href", "script", "url(", "@import"))
