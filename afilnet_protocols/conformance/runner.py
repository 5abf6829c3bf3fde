"""Run cases on targets: every result, and what all of them add up to."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from afilnet_protocols.conformance.case_player import EXAMPLES, GENERATED, CasePlayer, Profile
from afilnet_protocols.conformance.cases.case import Case, Effects
from afilnet_protocols.conformance.generated.coverage import STATES
from afilnet_protocols.conformance.mutants.vacuity import what_it_proves
from afilnet_protocols.conformance.results.outcome import CaseResult, Outcome, RunReport
from afilnet_protocols.conformance.targets.live import Budget
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.conformance.targets.target import Target


def run(
    targets: Sequence[Target],
    *,
    cases: Sequence[Case],
    seed: int,
    profile: Profile = "quick",
    on_progress: Callable[[CaseResult], None] | None = None,
    read_only: bool = False,
    max_sends: int | None = None,
    recipients: Collection[str] = (),
    budget: Budget | None = None,
    chosen: bool = False,
) -> RunReport:
    """Run cases on targets.

    Args:
        targets: what is held to the contract, each in a namespace of its own.
        cases: what is asked of them.
        seed: decides everything that is drawn.
        profile: how many sequences the generated cases play.
        on_progress: told of every result as it comes.
        read_only: whether cases that send are left out, as not shown.
        max_sends: the most sends to each target without a world; ``None`` for no limit.
        recipients: whom a service that people use may be asked to write to; without any, nobody.
        budget: what may be asked of it, in place of the three above, where the targets count by the same.
        chosen: whether somebody looks at these cases alone. Where a backend that makes its answers up passes them too,
            the run is then incomplete and names a case to add, instead of void.

    Returns:
        A result for every case on every target, and what they add up to. A run that proves nothing, because nothing
        could be shown or because a backend that only makes its answers up passed all that was asked, is void.
    """
    report = RunReport(seed=seed, targets=tuple(target.name for target in targets))
    report.started = datetime.now(UTC).isoformat(timespec="seconds")
    began = time.monotonic()
    budget = budget or Budget(read_only=read_only, max_sends=max_sends, recipients=tuple(recipients))
    player = CasePlayer(targets, seed=seed, examples=EXAMPLES[profile], budget=budget)
    try:
        for case in _in_order(cases, targets):
            for result in player.results(case):
                report.results.append(result)
                if on_progress is not None:
                    on_progress(result)
    finally:
        player.close()
    places = {case.id: number for number, case in enumerate(cases)}
    report.results.sort(key=lambda result: places[result.case])
    report.coverage = dict(player.coverage.counts)
    if set(GENERATED) <= {case.id for case in cases} and any(target.disposable for target in targets):
        report.floors = dict(STATES)
    shown = {result.case for result in report.results if result.outcome in (Outcome.PASS, Outcome.FAIL)}
    report.complete = not any(result.outcome is Outcome.UNPROVED for result in report.results)
    if not shown:
        report.void = "no case could be shown on any target" + _undeclared(report.results)
    else:
        what_it_proves(report, [case for case in cases if case.id in shown], chosen=chosen)
    report.seconds = time.monotonic() - began
    return report


def _undeclared(results: Sequence[CaseResult]) -> str:
    """Say why nothing was shown where cases are about what a target does not have; else nothing."""
    found = next((result for result in results if result.outcome is Outcome.NOT_DECLARED), None)
    if found is None:
        return ""
    return f": {found.case} on {found.backend}: {found.reason}; add a case about what every backend has: --case SEND-03"


def _in_order(cases: Sequence[Case], targets: Sequence[Target]) -> list[Case]:
    """Return the cases in the order in which they are played: what leaves the least behind first, where it stays."""
    if all(target.disposable for target in targets):
        return list(cases)
    return sorted(cases, key=lambda case: (case.generated, case.effects is Effects.SENDS, Need.FRESH not in case.needs))
