"""The suite can fail: every broken backend and server is caught by the cases that are for it, in few words."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from afilnet_protocols.conformance.cases import CASES, by_id
from afilnet_protocols.conformance.mutants import MUTANTS, Mutant, kill_matrix
from afilnet_protocols.conformance.mutants.controls import CONTROLS
from afilnet_protocols.conformance.mutants.kill_matrix import run_matrix
from afilnet_protocols.conformance.results.outcome import CaseResult, KillResult, Outcome, RunReport
from afilnet_protocols.conformance.runner import run
from afilnet_protocols.conformance.targets.stage import Stage
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.registry import connect
from afilnet_protocols.sandbox.mutants import SERVER_MUTANTS
from afilnet_protocols.sandbox.mutants import by_id as server_by_id
from afilnet_protocols.settings import Settings
from tests.time_limit import HANGS

HANDFUL = 5
SEED = 20_240_229
FEW = 2
"""Sequences for each generated case where all of them are played to no effect."""


@pytest.fixture(scope="module")
def matrix(request: pytest.FixtureRequest) -> tuple[RunReport, dict[str, list[CaseResult]]]:
    against: dict[str, list[CaseResult]] = {}

    def on_kill(kill: KillResult, results: list[CaseResult]) -> None:
        against[kill.mutant] = results

    exhaustive = bool(request.config.getoption("--long"))
    return run_matrix(seed=SEED, exhaustive=exhaustive, on_kill=on_kill), against


Matrix = tuple[RunReport, dict[str, list[CaseResult]]]


def test_there_are_enough_of_them_and_their_ids_are_unique() -> None:
    assert len(MUTANTS) >= 28
    assert len(SERVER_MUTANTS) >= 12
    names = [each.id for each in (*MUTANTS, *SERVER_MUTANTS, *CONTROLS)]
    assert len(names) == len(set(names))


def test_all_are_killed_and_by_every_case_that_is_named_for_them(matrix: Matrix) -> None:
    report, _ = matrix
    assert [kill.mutant for kill in report.kills if not kill.killed] == []
    assert (report.problems, report.void) == ([], "")
    assert len(report.kills) == len(MUTANTS) + len(SERVER_MUTANTS)


def test_every_case_kills_something(matrix: Matrix) -> None:
    report, _ = matrix
    assert {case.id for case in CASES} <= {case for kill in report.kills for case in kill.killers}


def test_every_message_names_operation_field_and_backend_in_at_most_a_handful_of_steps(matrix: Matrix) -> None:
    report, against = matrix
    for kill in report.kills:
        for result in against[kill.mutant]:
            where = f"{kill.mutant} {result.case}\n{result.reason}"
            assert 1 <= len(result.steps) <= HANDFUL, where
            assert result.steps[-1].do == result.operation, where
            assert result.field, where
            assert result.backend == kill.mutant, where
            for word in (kill.mutant, result.operation, result.field):
                assert word in result.reason, where


def broken(expected: tuple[str, ...], make: object) -> Mutant:
    return Mutant(id="M00", about="made for a test", protocol="http-post", make=make, expected=expected)  # type: ignore[arg-type]


@pytest.fixture
def few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few others be asked where the case that was to catch a mutant does not."""
    monkeypatch.setattr(kill_matrix, "CASES", [by_id(each) for each in ("SEND-01", "TEXT-03", "MSGS-01")])


@pytest.mark.usefixtures("few_cases")
def test_a_mutant_that_survives_is_red() -> None:
    report = run_matrix(seed=SEED, mutants=[broken(("CHAN-01",), connect)], servers=[], examples=FEW)
    assert not report.kills[0].killed
    assert report.kills[0].killers == ()
    assert report.problems == ["CHAN-01 was to catch M00 (made for a test) and did not"]


@pytest.mark.usefixtures("few_cases")
def test_a_mutant_that_only_an_unrelated_case_kills_is_red() -> None:
    stripped = next(mutant for mutant in MUTANTS if mutant.id == "M09")
    report = run_matrix(seed=SEED, mutants=[broken(("CHAN-01",), stripped.make)], servers=[], examples=FEW)
    assert not report.kills[0].killed
    assert "TEXT-03" in report.kills[0].killers


def test_a_mutant_that_cannot_run_is_invalid_and_not_killed() -> None:
    def make(settings: Settings) -> object:
        raise ImportError("no such library")

    report = run_matrix(seed=SEED, mutants=[broken(("CHAN-01",), make)], servers=[])
    assert not report.kills[0].killed
    assert "no such library" in report.kills[0].invalid


def test_a_case_that_kills_nothing_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    few = [mutant for mutant in MUTANTS if mutant.id in ("M01", "M02")]
    monkeypatch.setattr(kill_matrix, "MUTANTS", few)
    monkeypatch.setattr(kill_matrix, "SERVER_MUTANTS", ())
    problems = run_matrix(seed=SEED, mutants=few, servers=[], examples=FEW).problems
    assert "TEXT-03 catches no mutant: it may as well not be asked" in problems
    assert not [problem for problem in problems if problem.startswith("CHATS-02")]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_a_control_fails_in_almost_everything(control: object) -> None:
    with Stage() as stage:
        report = run([stage.target(control.candidate())], cases=CASES, seed=SEED)  # type: ignore[attr-defined]
    passed = [result.case for result in report.results if result.outcome is Outcome.PASS]
    assert len(passed) <= len(CASES) // 5, passed


def test_a_broken_server_is_chosen_by_its_id() -> None:
    assert server_by_id("s07").id == "S07"
    with pytest.raises(ConfigurationError, match="S01 to S"):
        server_by_id("nothing")


def test_the_command_line_serves_a_broken_server() -> None:
    command = [sys.executable, "-m", "afilnet_protocols", "sandbox", "--mutant", "S07", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            described = json.loads(process.stdout.readline())
            settings = Settings(
                protocol="http-post",
                base_url=described["base_url"],
                ca_file=described["ca_file"],
                user="user",
                password="w",
            )
            with connect(settings) as chat:
                assert chat.get_chat_channels()
            process.send_signal(signal.SIGTERM)
            assert process.wait(HANGS) == 0
        finally:
            process.kill()
    ended = subprocess.run([*command[:-2], "S99", "--json"], capture_output=True, text=True, check=False, timeout=HANGS)
    assert ended.returncode == 2
    assert "S99" in ended.stderr


def test_expected_cases_exist() -> None:
    for mutant in (*MUTANTS, *SERVER_MUTANTS):
        assert mutant.expected
        for identifier in mutant.expected:
            by_id(identifier)
