"""A run gets one exit code, by a fixed precedence, and never a proof from nothing."""

from __future__ import annotations

import itertools

import pytest

from afilnet_protocols.conformance.results.outcome import CaseResult, ExitCode, KillResult, Outcome, RunReport
from afilnet_protocols.conformance.results.verdict import PRECEDENCE, WORDS, judge
from tests.tables import table


def report_of(*outcomes: Outcome) -> RunReport:
    results = [CaseResult(f"SEND-{number:02}", "soap", outcome) for number, outcome in enumerate(outcomes, 1)]
    return RunReport(seed=7, targets=("soap",), results=results)


CAUSES = {
    ExitCode.DISAGREEMENT: Outcome.FAIL,
    ExitCode.LEDGER: Outcome.STALE,
    ExitCode.VOID: Outcome.SETUP_FAILED,
    ExitCode.INCOMPLETE: Outcome.UNPROVED,
}

EXPECTED = {
    Outcome.PASS: ExitCode.PROVED,
    Outcome.KNOWN_DEVIATION: ExitCode.PROVED,
    Outcome.NOT_DECLARED: ExitCode.PROVED,
    Outcome.FAIL: ExitCode.DISAGREEMENT,
    Outcome.DRIFTED: ExitCode.DISAGREEMENT,
    Outcome.OVER_CLAIMED: ExitCode.DISAGREEMENT,
    Outcome.UNDER_CLAIMED: ExitCode.DISAGREEMENT,
    Outcome.STALE: ExitCode.LEDGER,
    Outcome.SETUP_FAILED: ExitCode.VOID,
    Outcome.HARNESS_ERROR: ExitCode.VOID,
    Outcome.UNPROVED: ExitCode.INCOMPLETE,
}


@table("outcome", Outcome)
def test_one_outcome_beside_a_pass_decides(outcome: Outcome) -> None:
    assert judge(report_of(Outcome.PASS, outcome)).code is EXPECTED[outcome]


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(CAUSES, 2)))
def test_of_two_reasons_the_more_useful_one_decides(one: ExitCode, other: ExitCode) -> None:
    verdict = judge(report_of(Outcome.PASS, CAUSES[one], CAUSES[other]))

    assert verdict.code is min(one, other, key=PRECEDENCE.index)
    assert verdict.reasons
    assert all(str(CAUSES[verdict.code]) in reason for reason in verdict.reasons)


@pytest.mark.parametrize("outcome", [None, Outcome.NOT_DECLARED, Outcome.UNPROVED])
def test_nothing_shown_is_no_proof(outcome: Outcome | None) -> None:
    assert judge(report_of(*([outcome] if outcome else []))).code is ExitCode.VOID


@table("outcome", Outcome)
def test_a_control_that_passes_makes_every_run_void(outcome: Outcome) -> None:
    report = report_of(Outcome.PASS, outcome)
    report.void = "the control passed"

    assert judge(report) == judge(report)
    assert (judge(report).code, judge(report).reasons) == (ExitCode.VOID, ("the control passed",))


def test_a_surviving_mutant_is_a_disagreement_and_one_that_cannot_run_is_void() -> None:
    report = report_of(Outcome.PASS)
    report.kills = [KillResult("M01", "", ("SEND-01",), ("SEND-01",))]
    assert judge(report).code is ExitCode.PROVED

    report.kills.append(KillResult("M02", "", ("SEND-01",), ("SEND-02",)))
    assert judge(report).code is ExitCode.DISAGREEMENT
    assert "M02" in judge(report).reasons[0]

    report.kills[1:] = [KillResult("M03", "", ("SEND-01",), ("SEND-01",), invalid="cannot be imported")]
    assert judge(report).code is ExitCode.VOID


def test_problems_states_never_visited_and_missing_cases_count() -> None:
    report = report_of(Outcome.PASS)
    report.complete = False
    assert judge(report).code is ExitCode.INCOMPLETE

    report = report_of(Outcome.PASS)
    report.coverage, report.floors = {"an unread message": 4}, {"an unread message": 5}
    assert judge(report).code is ExitCode.INCOMPLETE
    report.floors = {"an unread message": 4, "one that nobody came to": 1}
    assert judge(report).code is ExitCode.INCOMPLETE
    report.floors = {"an unread message": 4}
    assert judge(report).code is ExitCode.PROVED

    report.problems = ["the sandbox is gone"]
    assert judge(report).code is ExitCode.VOID

    report.ledger = ["an entry matches nothing"]
    assert judge(report).code is ExitCode.LEDGER


def test_every_code_has_a_word() -> None:
    assert set(WORDS) == set(ExitCode)
    assert judge(report_of(Outcome.FAIL)).word == "disagreement"
