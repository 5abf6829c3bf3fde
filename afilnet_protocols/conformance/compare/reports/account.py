"""`Account`: what is told of a comparison, whatever it is written as."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.conformance.compare.findings import NO_CALL, Findings, Found, Verdict

HEADLINES = {Verdict.GO: "Go", Verdict.NO_GO: "No-go", Verdict.COULD_NOT_RUN: "No verdict"}
"""What a report says first."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is told of a comparison.

    Attributes:
        findings: what it found.
        verdict: what it means.
        reasons: why.
        seed: what its calls were drawn from; ``None`` if they were not drawn.
        command: what does the same again.
        begun: when it began, in ISO 8601.
        package: the library and its version.
    """

    findings: Findings
    verdict: Verdict
    reasons: tuple[str, ...]
    seed: int | None
    command: str
    begun: str
    package: str

    @property
    def headline(self) -> str:
        """The verdict as a headline."""
        return HEADLINES[self.verdict]

    @property
    def operations(self) -> list[tuple[str, int, int, list[Found]]]:
        """Each operation that was called: its name, how often, how often it was compared, and its differences."""
        found = self.findings
        return [
            (
                operation.name,
                found.asked[operation.name],
                found.calls[operation.name],
                [each for each in found.differences.values() if each.operation == operation.name],
            )
            for operation in OPERATIONS
            if found.asked[operation.name]
        ]

    @property
    def differences(self) -> list[tuple[object, ...]]:
        """Each difference: the operation, what differs, where, what either side says, and in how many calls."""
        return [
            (
                each.operation,
                f"{each.noticed.kind}{' (a gain)' if each.is_gain else ''}",
                each.noticed.field,
                each.noticed.ours,
                each.noticed.theirs,
                each.count,
            )
            for each in self.findings.differences.values()
        ]

    @property
    def left_out(self) -> list[tuple[str, int]]:
        """Why calls were left out, and how many."""
        reasons = self.findings.unsettled + self.findings.skipped
        return [(reason, count) for reason, count in reasons.items() if reason != NO_CALL]

    @property
    def times(self) -> tuple[str, str, str]:
        """The median times of a read on both sides, and their ratio, in words."""
        found, ratio = self.findings, self.findings.ratio
        if ratio is None:
            return ("not measured",) * 3
        ours, theirs = statistics.median(found.source_ms), statistics.median(found.target_ms)
        return f"{ours:.1f} ms", f"{theirs:.1f} ms", f"{ratio:.2f}"

    def as_data(self) -> dict[str, object]:
        """Return what is told for programs."""
        return self.findings.as_data() | {
            "verdict": self.verdict.word,
            "reasons": list(self.reasons),
            "seed": self.seed,
            "command": self.command,
            "begun": self.begun,
        }
