"""The JSON report: everything that a run found, as plain data with a versioned schema; other reports are made of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import TypedDict

from afilnet_protocols import __version__
from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.conformance.cases.case import AREAS, Case
from afilnet_protocols.conformance.results.outcome import NOT_SHOWN, CaseResult, KillResult, Outcome, RunReport
from afilnet_protocols.conformance.results.verdict import judge

FORMAT = "afilnet-conformance-report"
VERSION = 1
"""Raised when a member changes its meaning or goes away; new members may come without it."""


class VerdictData(TypedDict):
    """What the run means."""

    exit_code: int
    word: str
    reasons: list[str]


class CaseData(TypedDict):
    """A case that was run."""

    id: str
    area: str
    area_about: str
    title: str
    requirement: str
    provenance: str
    level: str
    capability: str | None


class StepData(TypedDict):
    """A step of a sequence, as data and as it reads."""

    do: str
    arguments: dict[str, object]
    text: str


class ExchangeData(TypedDict):
    """A message pair on the wire."""

    request: str
    reply: str


class ResultData(TypedDict):
    """How a case ended on a backend."""

    case: str
    backend: str
    outcome: str
    reason: str
    operation: str
    field: str
    expected: Plain
    actual: Plain
    steps: list[StepData]
    wire: dict[str, list[ExchangeData]]
    left_out: int
    seconds: float


class StateData(TypedDict):
    """A state of the model: how often it was visited, and how often it has to be."""

    state: str
    visits: int
    floor: int


class KillData(TypedDict):
    """A broken backend or server, and what caught it."""

    mutant: str
    about: str
    expected: list[str]
    killers: list[str]
    killed: bool
    invalid: str


class ShareData(TypedDict):
    """How much was shown of a target; what it was asked, where that is counted, because people use it."""

    target: str
    shown: int
    not_shown: int
    sends: int | None
    requests: int | None


class Document(TypedDict):
    """A whole report."""

    format: str
    version: int
    suite: dict[str, str]
    verdict: VerdictData
    seed: int
    command: str
    started: str
    seconds: float
    complete: bool
    void: str
    alone: list[str]
    problems: list[str]
    ledger: list[str]
    targets: list[str]
    dialect: str
    shares: list[ShareData]
    counts: dict[str, int]
    cases: list[CaseData]
    results: list[ResultData]
    coverage: list[StateData]
    kills: list[KillData]


def document_of(report: RunReport, cases: Iterable[Case] = ()) -> Document:
    """Return a report as plain data.

    Args:
        report: what was found.
        cases: the cases it is about; those without a result are left out.
    """
    verdict = judge(report)
    counts = Counter(result.outcome for result in report.results)
    states = dict.fromkeys([*report.floors, *report.coverage])
    return Document(
        format=FORMAT,
        version=VERSION,
        suite={"package": "afilnet-protocols", "version": __version__},
        verdict=VerdictData(exit_code=int(verdict.code), word=verdict.word, reasons=list(verdict.reasons)),
        seed=report.seed,
        command=report.command,
        started=report.started,
        seconds=round(report.seconds, 3),
        complete=report.complete,
        void=report.void,
        alone=list(report.alone),
        problems=list(report.problems),
        ledger=list(report.ledger),
        targets=list(report.targets),
        dialect=report.dialect,
        shares=[_share(report, target) for target in report.targets],
        counts={outcome.value: counts[outcome] for outcome in Outcome if counts[outcome]},
        cases=_cases(report, cases),
        results=[_result(result) for result in report.results],
        coverage=[
            StateData(state=state, visits=report.coverage.get(state, 0), floor=report.floors.get(state, 0))
            for state in states
        ],
        kills=[_kill(kill) for kill in report.kills],
    )


def _share(report: RunReport, target: str) -> ShareData:
    found = Counter(result.outcome in NOT_SHOWN for result in report.results if result.backend == target)
    counted = target in report.asked
    return ShareData(
        target=target,
        shown=found[False],
        not_shown=found[True],
        sends=report.sends.get(target, 0) if counted else None,
        requests=report.asked[target] if counted else None,
    )


def as_json(document: Document) -> str:
    """Return the report as JSON, in ASCII, so that text that nothing can carry survives."""
    return json.dumps(document, ensure_ascii=True, indent=1) + "\n"


def _cases(report: RunReport, cases: Iterable[Case]) -> list[CaseData]:
    """Return the cases that have results: the known ones in their order, then those that nobody described."""
    present = dict.fromkeys(result.case for result in report.results)
    known = {case.id: case for case in cases if case.id in present}
    return [_case(identifier, known.get(identifier)) for identifier in (*known, *(present.keys() - known.keys()))]


def _case(identifier: str, case: Case | None) -> CaseData:
    area = identifier.partition("-")[0]
    return CaseData(
        id=identifier,
        area=area,
        area_about=AREAS.get(area, area),
        title=case.title if case else identifier,
        requirement=case.requirement if case else "",
        provenance=case.provenance.value if case else "assumed",
        level=case.level.value if case else "required",
        capability=case.capability if case else None,
    )


def _result(result: CaseResult) -> ResultData:
    return ResultData(
        case=result.case,
        backend=result.backend,
        outcome=result.outcome.value,
        reason=result.reason,
        operation=result.operation,
        field=result.field,
        expected=result.expected,
        actual=result.actual,
        steps=[StepData(do=step.do, arguments=dict(step.arguments), text=str(step)) for step in result.steps],
        wire={
            name: [ExchangeData(request=each.request, reply=each.reply) for each in exchanges]
            for name, exchanges in result.wire.items()
        },
        left_out=result.left_out,
        seconds=round(result.seconds, 4),
    )


def _kill(kill: KillResult) -> KillData:
    return KillData(
        mutant=kill.mutant,
        about=kill.about,
        expected=list(kill.expected),
        killers=list(kill.killers),
        killed=kill.killed,
        invalid=kill.invalid,
    )
