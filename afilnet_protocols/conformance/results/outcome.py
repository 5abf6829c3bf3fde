"""What a conformance run finds: an outcome for every case on every backend, and what they add up to."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.comparison.steps import Step


class Outcome(StrEnum):
    """How one case ended on one backend."""

    PASS = "pass"  # noqa: S105 -- an outcome, not a password
    FAIL = "fail"
    KNOWN_DEVIATION = "known-deviation"
    """It fails as the ledger says."""
    STALE = "stale"
    """The ledger expects a failure, and it passes."""
    DRIFTED = "drifted"
    """The ledger expects a failure, and it fails otherwise."""
    NOT_DECLARED = "not-declared"
    """It depends on a capability that the backend does not declare."""
    OVER_CLAIMED = "over-claimed"
    """The backend declares a capability that it does not have."""
    UNDER_CLAIMED = "under-claimed"
    """The backend has a capability that it does not declare."""
    SETUP_FAILED = "setup-failed"
    """The case could not be begun on this backend."""
    HARNESS_ERROR = "harness-error"
    """The suite itself is at fault."""
    UNPROVED = "unproved"
    """It cannot be shown against this target, such as one that is read-only."""


NOT_SHOWN = frozenset({Outcome.UNPROVED, Outcome.SETUP_FAILED, Outcome.HARNESS_ERROR})
"""The outcomes of which nothing follows about the backend."""


class ExitCode(IntEnum):
    """What a run means, for programs."""

    PROVED = 0
    DISAGREEMENT = 1
    VOID = 2
    """It could not run, ran nothing, or its control passed."""
    INCOMPLETE = 3
    LEDGER = 4


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message pair on the wire of a backend, with secrets masked."""

    request: str
    reply: str


@dataclass(slots=True)
class CaseResult:
    """How one case ended on one backend.

    Attributes:
        case: the case's id, such as ``SEND-03``.
        backend: the backend's name.
        outcome: how it ended.
        reason: what went wrong or why it was not shown, for people; empty for a pass.
        operation: the operation at fault, if one is.
        field: the first place where the outcome differs, such as ``returned[0].message``.
        expected: what should have been there, in canonical form.
        actual: what was there.
        steps: the minimal sequence that shows it; for a case that holds, the one that was played last.
        wire: for each backend, what it exchanges in that sequence; for a case that holds, a short piece of what this
            backend does.
        left_out: how many more exchanges there were than ``wire`` has, for a case that holds.
        seconds: how long it took.
    """

    case: str
    backend: str
    outcome: Outcome
    reason: str = ""
    operation: str = ""
    field: str = ""
    expected: Plain = None
    actual: Plain = None
    steps: tuple[Step, ...] = ()
    wire: dict[str, list[Exchange]] = dataclasses.field(default_factory=dict)
    left_out: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class KillResult:
    """What the suite did to one broken backend or server.

    Attributes:
        mutant: its id, such as ``M05`` or ``S07``.
        about: what is broken in it.
        expected: the cases that are to catch it.
        killers: the cases that did.
        invalid: why it could not run at all; empty if it ran.
    """

    mutant: str
    about: str
    expected: tuple[str, ...]
    killers: tuple[str, ...] = ()
    invalid: str = ""

    @property
    def killed(self) -> bool:
        """Whether a case that was to catch it did."""
        return not self.invalid and bool(set(self.expected) & set(self.killers))


@dataclass(slots=True)
class RunReport:
    """A whole run.

    Attributes:
        seed: what it was run with.
        targets: the backends, in order.
        results: every case on every backend.
        coverage: how often each state of the model was visited, for the floors under vacuity.
        floors: how often each must be visited.
        kills: the kill matrix, if it was asked for.
        problems: of the harness, in words.
        ledger: what is wrong with the ledger of known deviations, in words.
        void: why the run proves nothing; empty if it does.
        alone: why the cases that were chosen prove little by themselves, and what to add.
        complete: whether every required case was shown on every backend.
        started: when it began, in ISO 8601.
        seconds: how long it took.
        command: how to run it again.
        dialect: how the service was said to speak, by name; empty if nobody said so.
        sends: how many messages left to each target that people use.
        asked: how many requests such a target was sent, those that only look around included.
    """

    seed: int
    targets: tuple[str, ...]
    results: list[CaseResult] = dataclasses.field(default_factory=list)
    coverage: dict[str, int] = dataclasses.field(default_factory=dict)
    floors: dict[str, int] = dataclasses.field(default_factory=dict)
    kills: list[KillResult] = dataclasses.field(default_factory=list)
    problems: list[str] = dataclasses.field(default_factory=list)
    ledger: list[str] = dataclasses.field(default_factory=list)
    void: str = ""
    alone: list[str] = dataclasses.field(default_factory=list)
    complete: bool = True
    started: str = ""
    seconds: float = 0.0
    command: str = ""
    dialect: str = ""
    sends: dict[str, int] = dataclasses.field(default_factory=dict)
    asked: dict[str, int] = dataclasses.field(default_factory=dict)
