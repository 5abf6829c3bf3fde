"""A service that cannot be moved: the model starts from what it shows, and what is asked of it is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.conformance.cases.case import Case, Effects
from afilnet_protocols.conformance.reference.differential import START, Differential, Participant
from afilnet_protocols.conformance.reference.model import ReferenceModel
from afilnet_protocols.conformance.targets.stage import MODEL
from afilnet_protocols.conformance.targets.target import Target
from afilnet_protocols.errors import NotFoundError
from afilnet_protocols.forwarding import Arguments, Forwarding, invoke
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel, Chat, Message

R = TypeVar("R")


class BudgetSpentError(BaseException):
    """A send would have been one too many, or to somebody who may not be written to; it did not leave.

    It is no ``Exception``, for those are outcomes that are compared with the model's.
    """


@dataclass
class Budget:
    """What may be asked of targets without a world.

    Attributes:
        read_only: nothing is sent.
        max_sends: the most sends to each target; ``None`` for no limit.
        recipients: who may be written to; without any, nobody.
        spent: how many sends left, by target.
    """

    read_only: bool = False
    max_sends: int | None = None
    recipients: tuple[str, ...] = ()
    spent: dict[str, int] = field(default_factory=dict)

    def refusal(self, case: Case, target: Target) -> str:
        """Return why a case may not be played on a target, or an empty string."""
        if self.read_only and case.effects is Effects.SENDS:
            return "it sends, and the run is read-only"
        if target.world is not None:
            return ""
        if case.world or case.generated:
            return "it needs the other side: messages that arrive, a clock or faults"
        if case.effects is Effects.SENDS and not self.recipients:
            return "it sends, and nobody may be written to"
        return ""

    def spend(self, target: str, destination: str) -> None:
        """Count a send.

        Raises:
            BudgetSpentError: it must not leave.
        """
        if self.read_only:
            raise BudgetSpentError("the run is read-only")
        if destination not in self.recipients:
            raise BudgetSpentError("it would write to somebody who may not be written to")
        spent = self.spent.get(target, 0)
        if self.max_sends is not None and spent >= self.max_sends:
            raise BudgetSpentError(f"{spent} sends have left, and no more may")
        self.spent[target] = spent + 1


class Thrifty(Forwarding):
    """A client whose sends are counted before they leave.

    Args:
        chat: the client.
        target: whose client it is.
        budget: what may be asked of it.
    """

    def __init__(self, chat: ChatOperations, target: str, budget: Budget) -> None:
        self._chat, self._target, self._budget = chat, target, budget

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        """Hand a call on; count it before, if it sends."""
        if operation.record is None:
            self._budget.spend(self._target, str(arguments["destination"]))
        return invoke(self._chat, operation, arguments)

    def close(self) -> None:
        """Close the client."""
        self._chat.close()


def compared_live(target: Target, budget: Budget) -> Differential:
    """Return a comparison of a target without a world with the model, which starts from what the target shows.

    Times and the ``status`` of messages are not compared: the service's clock and its words are its own.

    Args:
        target: the target.
        budget: what may be asked of it.
    """
    backend = Participant(
        target.name, lambda: Thrifty(target.make(), target.name, budget), receive=_impossible, reset=lambda: None
    )
    model = ReferenceModel(backend.chat.get_chat_channels(), now=lambda: START)

    def start() -> None:
        model.reset()
        for channel in model.reopened().get_chat_channels():
            for last in backend.chat.get_chats(platform=channel.platform, platform_id=channel.platform_id):
                model.adopt(channel, last.destination, _messages(backend.chat, channel, last, budget.recipients))

    reference = Participant(MODEL, model.reopened, model.receive, start)
    return Differential(reference, [backend], set_clock=lambda now: None, lens=_without_its_own)


def _messages(chat: ChatOperations, channel: Channel, last: Chat, recipients: tuple[str, ...]) -> list[Message]:
    """Return the messages of a conversation; of one that no case looks into, only the last."""
    if last.destination in recipients:
        try:
            return chat.get_messages(
                platform=channel.platform, platform_id=channel.platform_id, destination=last.destination
            )
        except NotFoundError:
            pass
    return [
        Message(
            platform_id=last.platform_id,
            platform=last.platform,
            message=last.message,
            destination=last.destination,
            message_id=last.message_id,
            sent=last.sent,
            status=last.status,
            timestamp=last.timestamp,
        )
    ]


def _impossible(**_: object) -> None:
    raise RuntimeError("nobody can be made to write on a live service: the case must say that it needs a world")


def _without_its_own(outcome: Plain) -> Plain:
    """Take away what the service alone decides: times, and the status of a message."""
    items = outcome.get("returned") if isinstance(outcome, dict) else None
    if not isinstance(items, list):
        return outcome
    kept: list[Plain] = [
        {name: "-" if name in ("timestamp", "status") else value for name, value in item.items()}
        if isinstance(item, dict)
        else item
        for item in items
    ]
    return {"returned": kept}
