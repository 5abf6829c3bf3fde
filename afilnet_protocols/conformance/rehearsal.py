"""What a run would ask of a live service, call by call, found out on the model and without a single request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.case_player import CasePlayer
from afilnet_protocols.conformance.cases import Case
from afilnet_protocols.conformance.results.outcome import Outcome
from afilnet_protocols.conformance.targets.live import Budget
from afilnet_protocols.conformance.targets.made_up_world import MadeUpWorld
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.conformance.targets.target import Target


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a case would do.

    Attributes:
        case: its id.
        calls: the calls that would reach the service, in order; those that set it up are among them.
        sends: how many messages would be sent.
        left_out: why it would not be played, or would not get to its end; empty if it would.
    """

    case: str
    calls: tuple[Step, ...]
    sends: int = 0
    left_out: str = ""


def rehearse(
    cases: Sequence[Case], budget: Budget, *, party: bool = False, given: Iterable[Need] = ()
) -> list[Rehearsed]:
    """Play cases on a live service that is made up, and return the calls that each would make.

    The channels are made up as well; a run takes those of the service. What a run looks at beside the cases, to know
    what was there before, is not among the calls.

    Args:
        cases: the cases.
        budget: what may be asked.
        party: whether somebody writes to the account.
        given: what else the run is given, such as that wrong passwords may be shown.
    """
    offers = {*given, *(Need.JOURNAL, Need.WIRE, Need.CLIENTS, Need.SECRETS, Need.TOKENS, Need.FRESH)}
    offers |= {Need.PARTY} if party else set()
    world = MadeUpWorld(lambda person: budget.spend(_NAME, person), budget.recipients, frozenset(offers))
    player = CasePlayer([Target(_NAME, world.client, world=world)], seed=0, examples=1, budget=budget)
    found = []
    try:
        for case in cases:
            world.calls.clear()
            before = budget.spent.get(_NAME, 0)
            reason = ""
            for result in player.results(case):
                if result.outcome is Outcome.UNPROVED:
                    reason = result.reason
            found.append(Rehearsed(case.id, tuple(world.calls), budget.spent.get(_NAME, 0) - before, reason))
    finally:
        player.close()
    return found


_NAME = "rehearsal"
