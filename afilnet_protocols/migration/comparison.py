"""`Comparison`: the same calls on both sides, and what an application could notice of the difference."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from afilnet_protocols.catalogue import GET_UNREAD_MESSAGES, Operation, by_name
from afilnet_protocols.conformance.canonical import Plain
from afilnet_protocols.conformance.steps import RECEIVE, Step
from afilnet_protocols.migration.calls import excess
from afilnet_protocols.migration.forwarding import outcome_of
from afilnet_protocols.migration.noticing import Kind, Noticed, confirmed, notice
from afilnet_protocols.migration.sides import Side, Sides
from afilnet_protocols.security.levels import BY_CODE, Level
from afilnet_protocols.security.policy import assess


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
        return self.noticed.kind is Kind.LIMIT and "too long" in self.noticed.ours


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
        calls: how often each operation was compared.
        differences: the differences.
        noise: how many calls differed on one and the same side too, or no longer when they were repeated.
        skipped: how many calls were not made, by reason.
        answered: how many calls the side in use carried out.
        source_ms: how long the reads of the side in use took, in milliseconds.
        target_ms: how long those of the other side took.
        slower: the highest ratio of medians that is still good; ``None`` for any.
    """

    source: str
    target: str
    security: Security
    calls: Counter[str] = field(default_factory=Counter)
    differences: dict[tuple[str, str, str], Found] = field(default_factory=dict)
    noise: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    source_ms: list[float] = field(default_factory=list)
    target_ms: list[float] = field(default_factory=list)
    slower: float | None = None

    @property
    def compared(self) -> int:
        """How many calls were compared."""
        return self.calls.total()

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
        if not self.compared:
            return Verdict.COULD_NOT_RUN, ("no call was compared",)
        if not self.answered:
            return Verdict.COULD_NOT_RUN, (f"{self.source} carried out none of the calls",)
        against = [
            f"{found.operation} differs in {found.noticed.kind} at {found.noticed.field} ({found.count} times)"
            for found in self.differences.values()
            if not found.is_gain
        ]
        if self.security.target < self.security.source:
            against.append(f"the security level falls from {self.security.source} to {self.security.target}")
        ratio = self.ratio
        if self.slower is not None and ratio is not None and ratio > self.slower:
            against.append(f"reads take {ratio:.1f} times as long, and at most {self.slower:g} times is good")
        return (Verdict.NO_GO, tuple(against)) if against else (Verdict.GO, ())

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
            "noise": self.noise,
            "skipped": dict(self.skipped),
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


class Comparison:
    """Makes the same calls on both sides.

    Args:
        sides: the sides. In a sandbox everything is done; elsewhere reads, and sends as far as they are allowed.
        max_sends: how many messages and files may be sent outside a sandbox, both sides together.
        recipients: to whom.
        unread: whether ``get_unread_messages`` is called outside a sandbox: it may mark messages as read.
        slower: the highest ratio of median read times that is still good; ``None`` for any.
    """

    def __init__(
        self,
        sides: Sides,
        *,
        max_sends: int = 0,
        recipients: Collection[str] = (),
        unread: bool = False,
        slower: float | None = None,
    ) -> None:
        self._sides, self._recipients, self._unread = sides, frozenset(recipients), unread
        self._sends_left = max_sends
        security = Security.of(sides.source, sides.target)
        self.findings = Findings(sides.source.name, sides.target.name, security, slower=slower)

    def begin(self) -> None:
        """Empty the accounts of a sandbox."""
        for side in (self._sides.source, self._sides.again, self._sides.target):
            side.reset()

    def play(self, steps: Iterable[Step]) -> Findings:
        """Make calls, one after the other, and return what was found so far.

        Args:
            steps: the calls; what happens around them only happens in a sandbox.
        """
        for step in steps:
            if self._sides.tick is not None:
                self._sides.tick()
            operation = by_name(step.do)
            if operation is not None:
                self._call(operation, step)
            elif step.do == RECEIVE and self._sides.in_sandbox:
                for side in (self._sides.source, self._sides.again, self._sides.target):
                    side.receive(**step.arguments)
            else:
                self.findings.skipped["not a call"] += 1
        return self.findings

    def _call(self, operation: Operation[object], step: Step) -> None:
        over = [excess(side.settings, step) for side in (self._sides.source, self._sides.target)]
        if (over[0] is None) != (over[1] is None):
            self.findings.calls[operation.name] += 1
            told = [f"{more} characters too long" if more else "fits" for more in over]
            self.findings.add(operation.name, [Noticed(Kind.LIMIT, "the encoded request", *told)])
            return
        reason = self._reason_to_skip(operation, step)
        if reason:
            self.findings.skipped[reason] += 1
            return
        arguments = {name: None if value is None else str(value) for name, value in step.arguments.items()}
        ours, seconds = outcome_of(self._sides.source.chat, operation, arguments)
        theirs, their_seconds = outcome_of(self._sides.target.chat, operation, arguments)
        if operation.repeatable:
            self.findings.source_ms.append(seconds * 1000)
            self.findings.target_ms.append(their_seconds * 1000)
        # A send outside a sandbox is not made a third time; what two sides answer to it does not change meanwhile.
        again = ours
        if operation.repeatable or self._sides.in_sandbox:
            again, _ = outcome_of(self._sides.again.chat, operation, arguments)
        self._compare(operation.name, ours, theirs, again)

    def _reason_to_skip(self, operation: Operation[object], step: Step) -> str:
        """Return why a call is not made; empty if it is. A send that is made is taken off the budget."""
        if operation.repeatable or self._sides.in_sandbox:
            return ""
        if operation is GET_UNREAD_MESSAGES:
            return "" if self._unread else "reading unread messages may mark them as read"
        if step.arguments.get("destination") not in self._recipients:
            return "a send to somebody who is not on the list"
        if self._sends_left < 2:
            return "a send, and no more are allowed"
        self._sends_left -= 2
        return ""

    def _compare(self, operation: str, ours: Plain, theirs: Plain, again: Plain) -> None:
        self.findings.calls[operation] += 1
        self.findings.answered += isinstance(ours, dict) and "returned" in ours
        if notice(ours, theirs):
            remaining = confirmed(ours, theirs, again)
            if remaining:
                self.findings.add(operation, remaining)
            else:
                self.findings.noise += 1
        elif notice(ours, again):
            self.findings.noise += 1
