"""The kill matrix: every broken backend and server is run, and must be caught by the cases that are to catch it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from afilnet_protocols.conformance.case_player import CasePlayer, failed
from afilnet_protocols.conformance.cases import CASES, by_id, process_state
from afilnet_protocols.conformance.cases.case import Case
from afilnet_protocols.conformance.mutants import MUTANTS, Mutant
from afilnet_protocols.conformance.results.outcome import CaseResult, KillResult, Outcome, RunReport
from afilnet_protocols.conformance.targets.stage import Candidate, Stage
from afilnet_protocols.conformance.targets.target import Target
from afilnet_protocols.sandbox.mutants import SERVER_MUTANTS, ServerMutant

EXAMPLES = 150
"""How many sequences a generated case plays on a mutant, at most: it ends with the first that catches it."""

OnKill = Callable[[KillResult, list[CaseResult]], None]
"""Told of every mutant, with the results that speak against it."""


def run_matrix(
    *,
    seed: int,
    mutants: Sequence[Mutant] = MUTANTS,
    servers: Sequence[ServerMutant] = SERVER_MUTANTS,
    exhaustive: bool = False,
    examples: int = EXAMPLES,
    on_kill: OnKill | None = None,
) -> RunReport:
    """Run broken backends and servers.

    Args:
        seed: decides everything that is drawn.
        mutants: the broken backends.
        servers: the broken servers.
        exhaustive: whether every case is played on every mutant, and not only those that are to catch it.
        examples: how many sequences a generated case plays on a mutant, at most.
        on_kill: told of every mutant as it comes.

    Returns:
        A report with ``kills``. Its ``problems`` name the cases that caught nothing that they were to catch, and, if
        all mutants were run, the cases that no mutant needs.
    """
    began = time.monotonic()
    names = (*(mutant.id for mutant in mutants), *(server.id for server in servers))
    report = RunReport(seed=seed, targets=names, started=datetime.now(UTC).isoformat(timespec="seconds"))
    for trial in _trials(mutants, servers):
        kill, results = _judge(trial, seed=seed, exhaustive=exhaustive, examples=examples)
        report.kills.append(kill)
        if on_kill is not None:
            on_kill(kill, results)
    report.problems += _idle(report.kills)
    if not report.kills:
        report.void = "no mutant was run"
    elif len(mutants) == len(MUTANTS) and len(servers) == len(SERVER_MUTANTS):
        report.problems += _useless(report.kills)
    report.seconds = time.monotonic() - began
    return report


@dataclass(frozen=True, slots=True)
class _Trial:
    """A mutant on stage, with the cases that are to catch it."""

    id: str
    about: str
    expected: tuple[str, ...]
    target: Target


def _trials(mutants: Sequence[Mutant], servers: Sequence[ServerMutant]) -> Iterator[_Trial]:
    if mutants:
        with Stage() as stage:
            for mutant in mutants:
                yield _Trial(mutant.id, mutant.about, mutant.expected, stage.target(mutant.candidate()))
    for server in servers:
        with Stage(components=server.components) as stage:
            target = stage.target(Candidate(server.id, server.protocol, plain=True))
            yield _Trial(server.id, server.about, server.expected, target)


def _judge(trial: _Trial, *, seed: int, exhaustive: bool, examples: int) -> tuple[KillResult, list[CaseResult]]:
    """Play the cases that are to catch a mutant; all others too, if they do not or if it is asked for."""
    expected = [by_id(identifier) for identifier in trial.expected]
    others = [case for case in CASES if case not in expected]
    player = CasePlayer([trial.target], seed=seed, examples=examples, draws_wire=False)
    with process_state.kept(), contextlib.closing(player):
        results = _played(player, expected)
        if exhaustive or not any(failed(result) for result in results):
            results += _played(player, others)
    caught = [result for result in results if failed(result)]
    unable = [each for each in results if each.outcome in (Outcome.SETUP_FAILED, Outcome.HARNESS_ERROR)]
    kill = KillResult(
        mutant=trial.id,
        about=trial.about,
        expected=trial.expected,
        killers=tuple(result.case for result in caught),
        invalid=f"{unable[0].case}: {unable[0].reason}" if unable else "",
    )
    return kill, caught


def _played(player: CasePlayer, cases: Sequence[Case]) -> list[CaseResult]:
    return [result for case in cases for result in player.results(case)]


def _idle(kills: Sequence[KillResult]) -> list[str]:
    """Name the cases that did not catch a mutant that they were to catch."""
    return [
        f"{case} was to catch {kill.mutant} ({kill.about}) and did not"
        for kill in kills
        for case in kill.expected
        if not kill.invalid and case not in kill.killers
    ]


def _useless(kills: Sequence[KillResult]) -> list[str]:
    """Name the cases that catch nothing: whatever they ask, no mutant fails to answer."""
    useful = {case for kill in kills if not kill.invalid for case in kill.killers}
    return [f"{case.id} catches no mutant: it may as well not be asked" for case in CASES if case.id not in useful]
