"""What a run is told as, on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from afilnet_protocols.cli.conformance.run_request import Wanted
from afilnet_protocols.cli.terminal.output import print_table, print_text
from afilnet_protocols.cli.terminal.progress import progress
from afilnet_protocols.conformance import examination as harness
from afilnet_protocols.conformance.reports.symbols import QUIET
from afilnet_protocols.conformance.results.causes import Sign, grouped, sign
from afilnet_protocols.conformance.results.outcome import CaseResult, Outcome, RunReport
from afilnet_protocols.conformance.results.verdict import Verdict
from afilnet_protocols.plural import several

STYLES = {"ok": "green", "failed": "bold red"}


def tell(report: RunReport, verdict: Verdict, checks: Sequence[harness.Check], wanted: Wanted) -> None:
    """Print what a run found, and what it means."""
    if report.void and not report.results:
        rows = [(check.step, "ok" if check.holds else "failed", check.seen) for check in checks]
        print_table(["doctor", "state", "what was seen"], rows, styles=STYLES)
        print_text("")
    else:
        _print_areas(report)
        for first, *others in grouped(_loud(report), _sign_of):
            reason = first.reason.replace("\n", "\n  ")
            print_text(f"\n{first.case} on {first.backend}: {first.outcome}\n  {reason}")
            if others:
                print_text(f"  the same in {len(others)} more: {', '.join(other.case for other in others)}")
    if report.kills:
        print_text("")
        print_kills(report)
    print_text(f"\n{verdict.word}" + "".join(f"\n  {reason}" for reason in verdict.reasons))
    print_text(f"the same again: {report.command}")
    for kind, file in wanted.reports:
        print_text(f"report ({kind}): {file}")


def _loud(report: RunReport) -> list[CaseResult]:
    return [result for result in report.results if result.outcome not in QUIET]


def _sign_of(result: CaseResult) -> Sign:
    # Without an operation, the reason is all that is known.
    return sign(
        backend=result.backend,
        outcome=result.outcome,
        operation=result.operation or result.reason,
        field=result.field,
        expected=result.expected,
        actual=result.actual,
    )


def _print_areas(report: RunReport) -> None:
    """Print how many cases of each area passed on each backend; what is not shown is said, and never counts."""
    areas = dict.fromkeys(result.case.partition("-")[0] for result in report.results)
    rows = [[area, *(_share(report, area, target) for target in report.targets)] for area in areas]
    print_table(["area", *report.targets], rows)
    counts = Counter(result.outcome for result in report.results)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
    print_text(f"\n{told}; {report.seconds:.1f} s, seed {report.seed}")
    for target, requests in report.asked.items():
        print_text(f"{target}: {several(requests, 'request')}, {report.sends.get(target, 0)} of them sends")
    _print_not_shown(report)


def _print_not_shown(report: RunReport) -> None:
    """Say why cases were not shown, and what would show them."""
    reasons = Counter(result.reason for result in report.results if result.outcome is Outcome.UNPROVED)
    for reason, count in reasons.most_common():
        print_text(f"  {count} not shown: {reason}")


def _share(report: RunReport, area: str, target: str) -> str:
    found = Counter(
        result.outcome
        for result in report.results
        if result.backend == target and result.case.partition("-")[0] == area
    )
    others = [f"{count} {outcome}" for outcome, count in found.items() if outcome is not Outcome.PASS]
    return ", ".join([f"{found[Outcome.PASS]}/{found.total()}", *others])


def print_kills(report: RunReport) -> None:
    """Print the kill matrix."""
    rows = [
        (
            kill.mutant,
            kill.about,
            ", ".join(kill.expected),
            ", ".join(kill.killers),
            kill.invalid or ("caught" if kill.killed else "SURVIVED"),
        )
        for kill in report.kills
    ]
    print_table(
        ["id", "what is broken", "to be caught by", "caught by", "verdict"],
        rows,
        styles={"caught": "green", "SURVIVED": "bold red"},
    )
    print_text(f"\n{sum(kill.killed for kill in report.kills)} of {len(report.kills)} caught")


def kill_report(*, seed: int = 1, silent: bool = False) -> RunReport:
    """Run every broken backend and server, and return the matrix as a report."""
    from afilnet_protocols.conformance.mutants import MUTANTS
    from afilnet_protocols.conformance.mutants.kill_matrix import run_matrix
    from afilnet_protocols.sandbox.mutants import SERVER_MUTANTS

    with progress(len(MUTANTS) + len(SERVER_MUTANTS), "breaking", patience=0, silent=silent) as advance:
        return run_matrix(seed=seed, on_kill=lambda kill, _: advance(kill.mutant))
