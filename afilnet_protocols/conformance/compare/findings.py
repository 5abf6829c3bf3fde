"""`Findings`: what a comparison found, and whether it speaks for changing over."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from afilnet_protocols.conformance.compare.endpoints import Side
from afilnet_protocols.migration.coverage import LEFT_OUT, Coverage
from afilnet_protocols.migration.diff import Noticed
from afilnet_protocols.plural import several
from afilnet_protocols.security.levels import BY_CODE, Level
from afilnet_protocols.security.policy import assess

NO_CALL = "not a call"
"""Why a step of a recording is not made that no application has called."""


class Verdict(IntEnum):
    """What a comparison means; also the exit code."""

    GO = 0
    NO_GO = 1
    COULD_NOT_RUN = 2

    @property
    def word(self) -> str:
        """The verdict in words."""
        return {0: "go", 1: "no-go", 2: "could not run"}[int(self)]


@dataclass(slots=True)
class Found:
    """A difference, and how often it was seen.

    Attributes:
        operation: the call that shows it.
        noticed: the difference as it was first seen.
        call: the number of the call in which it was first seen, from 1.
        count: in how many calls it was seen.
    """

    operation: str
    noticed: Noticed
    call: int
    count: int = 1

    @property
    def is_gain(self) -> bool:
        """Whether it is only that the target can do what the source cannot: carry what is too long for it."""
        return self.noticed.is_gain


@dataclass(frozen=True, slots=True)
class Security:
    """What the settings of both sides amount to.

    Attributes:
        source: the level of the side in use.
        target: the level of the other side.
        gained: what only the target guarantees, by name.
        lost: what only the source guarantees, by name.
    """

    source: Level
    target: Level
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    @classmethod
    def of(cls, source: Side, target: Side) -> Security:
        """Assess both sides."""
        ours, theirs = assess(source.settings), assess(target.settings)
        return cls(
            ours.level,
            theirs.level,
            tuple(BY_CODE[code].name for code in theirs.held if code not in ours.held),
            tuple(BY_CODE[code].name for code in ours.held if code not in theirs.held),
        )


@dataclass(slots=True)
class Findings:
    """What a comparison found.

    Attributes:
        source: the name of the side in use.
        target: the name of the other side.
        security: what their settings amount to.
        asked: how many calls of each operation were to be compared, as far as rules allow.
        calls: how many of them were.
        differences: the differences.
        unsettled: how many were made and nothing can be said of them, by reason.
        skipped: how many calls were not made because a rule forbids it, by reason.
        answered: how many calls the side in use carried out.
        source_ms: how long the reads of the side in use took, in milliseconds.
        target_ms: how long those of the other side took.
        slower: the highest ratio of medians that is still good; ``None`` for any.
        left_out: the share of the calls that may be left out of a verdict.
    """

    source: str
    target: str
    security: Security
    asked: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    differences: dict[tuple[str, str, str, bool], Found] = field(default_factory=dict)
    unsettled: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    source_ms: list[float] = field(default_factory=list)
    target_ms: list[float] = field(default_factory=list)
    slower: float | None = None
    left_out: float = LEFT_OUT

    @property
    def compared(self) -> int:
        """How many calls were compared."""
        return self.calls.total()

    @property
    def coverage(self) -> Coverage:
        """How many of the calls that were made on both sides ended in a verdict."""
        return Coverage(self.asked, self.calls)

    @property
    def whole(self) -> Coverage:
        """How many of all calls ended in a verdict, those counted that a rule forbids."""
        forbidden = self.skipped.total() - self.skipped[NO_CALL]
        return Coverage({"": self.asked.total() + forbidden}, {"": self.compared})

    @property
    def ratio(self) -> float | None:
        """The target's median time over the source's; ``None`` if nothing was measured."""
        if not self.source_ms or not self.target_ms:
            return None
        return statistics.median(self.target_ms) / max(statistics.median(self.source_ms), 1e-6)

    def add(self, operation: str, noticed: Iterable[Noticed]) -> None:
        """Add the differences of one call."""
        for each in noticed:
            found = self.differences.setdefault((operation, *each.key), Found(operation, each, self.compared, 0))
            found.count += 1

    def judge(self) -> tuple[Verdict, tuple[str, ...]]:
        """Return whether to change over, and why not."""
        if self.compared and not self.answered:
            return Verdict.COULD_NOT_RUN, (f"{self.source} carried out none of the calls",)
        against = tuple(self._against())
        if self.compared and against:
            return Verdict.NO_GO, against
        missing = tuple(self._missing())
        return (Verdict.COULD_NOT_RUN, missing) if missing else (Verdict.GO, ())

    def _against(self) -> Iterator[str]:
        for found in self.differences.values():
            if not found.is_gain:
                noticed = found.noticed
                yield f"{found.operation} differs in {noticed.kind} at {noticed.field} ({several(found.count, 'time')})"
        if self.security.target < self.security.source:
            yield f"the security level falls from {self.security.source} to {self.security.target}"
        ratio = self.ratio
        if self.slower is not None and ratio is not None and ratio > self.slower:
            yield f"reads take {ratio:.1f} times as long, and at most {self.slower:g} times is good"

    def _missing(self) -> Iterator[str]:
        """Yield what keeps silence from being consent."""
        if not self.compared:
            yield "no call was compared"
            return
        if self.whole.share > self.left_out:
            told = ", ".join(f"{count} {reason}" for reason, count in (self.unsettled + self.skipped).items())
            yield f"{self.whole} of the calls were left out, and at most {self.left_out:.0%} may be: {told}"
        yield from self.coverage.gaps_of_operations(self.left_out)

    def as_data(self) -> dict[str, object]:
        """Return the findings for programs."""
        verdict, reasons = self.judge()
        ratio = self.ratio
        return {
            "from": self.source,
            "to": self.target,
            "verdict": verdict.word,
            "reasons": list(reasons),
            "compared": self.compared,
            "calls": dict(self.calls),
            "unsettled": dict(self.unsettled),
            "skipped": dict(self.skipped),
            "left_out": {
                "calls": self.whole.left_out,
                "of": self.whole.calls,
                "share": round(self.whole.share, 4),
                "allowed": self.left_out,
            },
            "differences": [
                {
                    "operation": found.operation,
                    "kind": str(found.noticed.kind),
                    "field": found.noticed.field,
                    "from": found.noticed.ours,
                    "to": found.noticed.theirs,
                    "count": found.count,
                    "first_call": found.call,
                    "gain": found.is_gain,
                }
                for found in self.differences.values()
            ],
            "latency": {
                "from_median_ms": round(statistics.median(self.source_ms), 2) if self.source_ms else None,
                "to_median_ms": round(statistics.median(self.target_ms), 2) if self.target_ms else None,
                "ratio": None if ratio is None else round(ratio, 2),
            },
            "security": {
                "from": str(self.security.source),
                "to": str(self.security.target),
                "gained": list(self.security.gained),
                "lost": list(self.security.lost),
            },
        }
