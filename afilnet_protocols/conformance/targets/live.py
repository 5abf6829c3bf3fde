"""A service that people use: what may be asked of it is counted, and the model starts from what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol as TypingProtocol
from typing import cast, runtime_checkable

from afilnet_protocols.conformance.cases.case import Case, Effects
from afilnet_protocols.conformance.reference.differential import START, Differential, Participant
from afilnet_protocols.conformance.reference.model import ReferenceModel
from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.conformance.targets.needs import missing
from afilnet_protocols.conformance.targets.onlooker import Onlooker, Seen
from afilnet_protocols.conformance.targets.stage import MODEL
from afilnet_protocols.conformance.targets.target import NotShownError, Target, World
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.plural import several

NOBODY = "0000000000"
"""Whom cases name where nobody may be written to: a number that nobody can have (E.164 knows none that begins so)."""

MOST_SENDS = 20
"""How many sends leave at most, unless the command says otherwise."""


@dataclass
class Budget:
    """What may be asked of services that people use.

    Attributes:
        read_only: nothing is sent.
        max_sends: the most sends to each target; ``None`` for no limit.
        recipients: who may be written to; without any, nobody.
        spent: how many sends left, by target.
        asked: how many requests went to the service, by target, as far as that is counted.
    """

    read_only: bool = False
    max_sends: int | None = None
    recipients: tuple[str, ...] = ()
    spent: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def refusal(self, case: Case, target: Target) -> str:
        """Return why a case may not be played on a target, or an empty string."""
        if self.read_only and case.effects is Effects.SENDS:
            return "it sends, and the run is read-only"
        lacking = case.needs - target.offers
        if lacking:
            return missing(lacking)
        if target.disposable or not case.recipients:
            return ""
        if not self.recipients:
            return "it sends, and nobody may be written to: --recipient NUMBER would show it"
        if case.recipients > len(self.recipients):
            return (
                f"it writes to {several(case.recipients, 'person', 'people')}: more of --recipient NUMBER would show it"
            )
        return ""

    def spend(self, target: str, destination: str) -> None:
        """Count a send.

        Raises:
            NotShownError: it must not leave.
        """
        if self.read_only:
            raise NotShownError("it would send, and the run is read-only")
        if not Seen(self.recipients).may_look(destination):
            raise NotShownError("it would write to somebody who may not be written to")
        spent = self.spent.get(target, 0)
        if self.max_sends is not None and spent >= self.max_sends:
            raise NotShownError(f"{spent} sends have left, and no more may: a higher --max-sends would show it")
        self.spent[target] = spent + 1


@runtime_checkable
class Observed(World, TypingProtocol):
    """The world of a service that people use."""

    rules: Rules

    def seen(self) -> Seen:
        """Return what is known of the service."""

    def looking(self) -> ChatOperations:
        """Return the client that looks around beside the cases."""


def compared_live(target: Target, budget: Budget) -> Differential:
    """Return a comparison of a service that people use with the model, which starts from what the service shows.

    Times and the ``status`` of messages are the service's own: only that they stay the same is held to the model.
    """
    world = target.world if isinstance(target.world, Observed) else None
    seen = Seen(budget.recipients) if world is None else world.seen()

    def spend(destination: str) -> None:
        # Behind a relay, what leaves is counted there.
        if world is None:
            budget.spend(target.name, destination)

    def check() -> None:
        if world is not None and world.stopped is not None:
            raise world.stopped

    backend = Participant(
        target.name,
        lambda: Onlooker(target.make(), seen, spend=spend, check=check),
        receive=_impossible if world is None else world.receive,
        reset=_nothing if world is None else world.reset,
        fault=_impossible if world is None else world.fault,
        expire_tokens=_impossible if world is None else world.expire_tokens,
    )

    def looking() -> ChatOperations:
        return cast("Onlooker", backend.chat).inner if world is None else world.looking()

    channels = looking().get_chat_channels() if world is None else world.channels
    model = ReferenceModel(channels, now=lambda: START, rules=world.rules if world else None)

    def start() -> None:
        model.reset()
        seen.adopt(model, channels)

    return Differential(
        Participant(MODEL, model.reopened, model.receive, start, model.fault),
        [backend],
        set_clock=_unmoved,
        prepare=lambda steps: seen.prepare(steps, looking(), channels),
    )


def _impossible(**_: object) -> None:
    raise RuntimeError("nobody can be made to write here: the case must say that it needs that")


def _nothing() -> None:
    """What is real is not emptied."""


def _unmoved(now: datetime) -> None:
    """A real clock goes by itself."""
