"""What a run would ask of a live service, call by call, found out on the model and without a single request."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from afilnet_protocols.comparison.steps import CALLS, Step, Value
from afilnet_protocols.conformance.cases import Case
from afilnet_protocols.conformance.reference.differential import START
from afilnet_protocols.conformance.reference.model import ReferenceModel
from afilnet_protocols.conformance.results.outcome import Outcome
from afilnet_protocols.conformance.runner import Performance
from afilnet_protocols.conformance.targets.live import Budget
from afilnet_protocols.conformance.targets.stage import CHANNELS
from afilnet_protocols.conformance.targets.target import Target
from afilnet_protocols.operations import ChatOperations

SENDS = ("send_message", "send_file")


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a case would do.

    Attributes:
        case: its id.
        calls: the calls it would make, in order; those that set it up are among them.
        left_out: why it would not be played, or would not get to its end; empty if it would.
    """

    case: str
    calls: tuple[Step, ...]
    left_out: str = ""

    @property
    def sends(self) -> int:
        """How many of the calls send something."""
        return sum(step.do in SENDS for step in self.calls)


def rehearse(
    cases: Sequence[Case], *, read_only: bool = False, max_sends: int | None = None, recipients: Collection[str] = ()
) -> list[Rehearsed]:
    """Play cases on a live service that is made up, and return the calls that each would make.

    The channels are made up as well; a run takes those of the service.

    Args:
        cases: the cases.
        read_only: whether nothing may be sent.
        max_sends: the most sends; ``None`` for no limit.
        recipients: who may be written to.
    """
    calls: list[Step] = []
    model = ReferenceModel(CHANNELS, now=lambda: START)
    target = Target("rehearsal", lambda: _listened(model, calls))
    budget = Budget(read_only=read_only, max_sends=max_sends, recipients=tuple(recipients))
    performance = Performance([target], seed=0, examples=1, budget=budget)
    found = []
    try:
        for case in cases:
            calls.clear()
            reason = ""
            for result in performance.results(case):
                if result.outcome is Outcome.UNPROVED:
                    reason = result.reason
            found.append(Rehearsed(case.id, tuple(calls), reason))
    finally:
        performance.close()
    return found


def _listened(model: ReferenceModel, calls: list[Step]) -> ChatOperations:
    """Return a client of the model whose calls are written down."""

    class Listened(ReferenceModel):
        def __init__(self) -> None:
            """Share everything with the model."""
            self.__dict__ = model.__dict__

        def __getattribute__(self, name: str) -> object:
            found = object.__getattribute__(self, name)
            if name not in CALLS:
                return found

            def call(**arguments: Value) -> object:
                calls.append(Step(name, {each: value and str(value) for each, value in arguments.items()}))
                return found(**arguments)

            return call

    model.reopened()
    return Listened()
