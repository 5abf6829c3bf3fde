"""Run cases on targets and say how each ended on each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Literal

from afilnet_protocols.conformance.cases.case import Case
from afilnet_protocols.conformance.outcome import CaseResult, RunReport
from afilnet_protocols.conformance.target import Target

Profile = Literal["quick", "ci", "long"]

EXAMPLES: dict[str, int] = {"quick": 10, "ci": 60, "long": 1000}
"""How many sequences each generated case plays, by profile."""


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
        recipients: whom a target without a world may be asked to write to.

    Returns:
        A result for every case on every target, and what they add up to.
    """
    raise NotImplementedError
