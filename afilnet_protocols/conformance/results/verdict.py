"""What a run means: one exit code, with the reasons for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from afilnet_protocols.conformance.results.outcome import ExitCode, Outcome, RunReport

WORDS = {
    ExitCode.PROVED: "proved",
    ExitCode.DISAGREEMENT: "disagreement",
    ExitCode.VOID: "could not run, or proves nothing",
    ExitCode.INCOMPLETE: "incomplete",
    ExitCode.LEDGER: "the ledger is wrong",
}
"""What each exit code says, in a few words."""

PRECEDENCE = (ExitCode.DISAGREEMENT, ExitCode.LEDGER, ExitCode.VOID, ExitCode.INCOMPLETE)
"""Which code a run gets that has reasons for several: a disagreement that was checked is the most useful fact."""

_MEANING = {
    Outcome.FAIL: ExitCode.DISAGREEMENT,
    Outcome.DRIFTED: ExitCode.DISAGREEMENT,
    Outcome.OVER_CLAIMED: ExitCode.DISAGREEMENT,
    Outcome.UNDER_CLAIMED: ExitCode.DISAGREEMENT,
    Outcome.STALE: ExitCode.LEDGER,
    Outcome.SETUP_FAILED: ExitCode.VOID,
    Outcome.HARNESS_ERROR: ExitCode.VOID,
    Outcome.UNPROVED: ExitCode.INCOMPLETE,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run means.

    Attributes:
        code: the exit code.
        reasons: why it is this code and no better one, in words; empty for a proof.
    """

    code: ExitCode
    reasons: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The code in a few words."""
        return WORDS[self.code]


def judge(report: RunReport) -> Verdict:
    """Return what a run means.

    A void run, such as one whose control passed, proves nothing whatever else it found. Otherwise the first code of
    :data:`PRECEDENCE` that has a reason is taken. A run in which nothing passed is no proof.
    """
    if report.void:
        return Verdict(ExitCode.VOID, (report.void,))
    found = list(_reasons(report))
    for code in PRECEDENCE:
        reasons = tuple(reason for other, reason in found if other is code)
        if reasons:
            return Verdict(code, reasons)
    return Verdict(ExitCode.PROVED)


def _reasons(report: RunReport) -> Iterator[tuple[ExitCode, str]]:
    counts = Counter(result.outcome for result in report.results)
    for outcome, code in _MEANING.items():
        if counts[outcome]:
            yield code, f"{counts[outcome]} {outcome}"
    survivors = [kill.mutant for kill in report.kills if not kill.killed and not kill.invalid]
    if survivors:
        yield ExitCode.DISAGREEMENT, f"not caught by the case that was to catch it: {', '.join(survivors)}"
    invalid = [kill.mutant for kill in report.kills if kill.invalid]
    if invalid:
        yield ExitCode.VOID, f"could not run at all: {', '.join(invalid)}"
    yield from ((ExitCode.LEDGER, problem) for problem in report.ledger)
    yield from ((ExitCode.VOID, problem) for problem in report.problems)
    shown = counts[Outcome.PASS] + counts[Outcome.KNOWN_DEVIATION]
    if not shown and not report.kills:
        yield ExitCode.VOID, "no case was shown on any backend"
    low = [state for state, floor in report.floors.items() if report.coverage.get(state, 0) < floor]
    if low:
        yield ExitCode.INCOMPLETE, f"visited too rarely to prove anything about them: {', '.join(low)}"
    yield from ((ExitCode.INCOMPLETE, f"these cases alone prove little: {reason}") for reason in report.alone)
    if not report.complete:
        yield ExitCode.INCOMPLETE, "a required case was not shown on every backend"
