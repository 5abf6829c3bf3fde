"""One sequence on a reference and on any number of backends, compared after every step.

The oracle is the reference, not "they all agree": five backends can be wrong together. The backends are compared with
the reference and, by the same stroke, with each other, and the report names who stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from afilnet_protocols.comparison.canonical import (
    Difference,
    Plain,
    References,
    difference,
    of_error,
    of_result,
    words_of,
)
from afilnet_protocols.comparison.steps import ADVANCE_CLOCK, EXPIRE_TOKENS, FAULT, RECEIVE, Step
from afilnet_protocols.conformance.results.finding import Finding, ends_the_run
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.security.redaction import mask

START = datetime(2024, 2, 29, 23, 59, 50)
"""What the clock shows when a sequence begins: a leap day, and midnight comes in the middle of it."""

_LONGEST_SAID = 300
"""How much is told of what an error says, in characters."""

Receive = Callable[..., object]
"""Lets the other party write: ``platform``, ``platform_id``, ``destination``, ``message`` by keyword."""


def _nothing(**_: object) -> None:
    """What happens in the world of a participant that it does not touch."""


@dataclass
class Participant:
    """Somebody who plays a sequence: the reference, or a backend in a namespace of its own.

    Attributes:
        name: what the report calls it.
        make: makes its client.
        receive: lets the other party write into its namespace.
        reset: empties its namespace.
        fault: arms an error code for its next call, by keyword ``code``.
        expire_tokens: makes its access tokens invalid, if it has any.
    """

    name: str
    make: Callable[[], ChatOperations]
    receive: Receive
    reset: Callable[[], None]
    fault: Callable[..., object] = _nothing
    expire_tokens: Callable[[], object] = _nothing
    references: References = field(default_factory=References)
    said: str = field(default="", init=False, repr=False)
    """What the last error of ours says that it raised: that is not compared, and helps the author of a backend."""
    _chat: ChatOperations | None = field(default=None, init=False, repr=False)

    @property
    def chat(self) -> ChatOperations:
        """The client, made when it is first needed."""
        if self._chat is None:
            self._chat = self.make()
        return self._chat

    def begin(self) -> None:
        """Make ready for a new sequence, with the same client in an empty namespace."""
        self.reset()
        self.references = References()

    def retire(self) -> None:
        """Close the client; the next sequence gets a new one.

        A client remembers: connections, tokens, how often calls failed. After a disagreement that memory must not reach
        the next sequence, or the search for a shorter one would chase its own shadow.
        """
        chat, self._chat = self._chat, None
        if chat is not None:
            retire(chat)

    def perform(self, step: Step) -> Plain:
        """Do one step and return its outcome in canonical form; whatever is raised is an outcome too."""
        self.said = ""
        happens = {RECEIVE: self.receive, FAULT: self.fault, EXPIRE_TOKENS: self.expire_tokens}.get(step.do)
        if happens is not None:
            arguments = dict(step.arguments)
            times, people = int(arguments.pop("times", 1) or 1), int(arguments.pop("people", 1) or 1)
            for number in range(times * people):
                if people > 1:
                    arguments["destination"] = f"{step.arguments['destination']}{number % people:06}"
                happens(**arguments)
            return {"returned": None}
        try:
            chat = self.chat
        except BaseException as error:  # a client that cannot be made is an outcome too
            if ends_the_run(error):
                raise
            self._note(error)
            return of_error(error)
        return outcome_of(chat, step, self.references, note=self._note)

    def _note(self, error: BaseException) -> None:
        # Of others the outcome itself has the words.
        self.said = words_of(error) if isinstance(error, AfilnetError) else ""


def outcome_of(
    chat: ChatOperations,
    step: Step,
    references: References | None = None,
    *,
    note: Callable[[BaseException], None] = lambda error: None,
) -> Plain:
    """Call an operation and return its outcome in canonical form; whatever is raised is noted, and an outcome too."""
    try:
        result = getattr(chat, step.do)(**step.arguments)
    except BaseException as error:  # an exception that is not ours is a finding, not the end of the run
        if ends_the_run(error):
            raise
        note(error)
        return of_error(error)
    return of_result(result, references or References())


def retire(chat: ChatOperations) -> str:
    """Close a client; return the name of what that raised, or ``nothing``. That it can be closed is asked by a case."""
    try:
        chat.close()
    except BaseException as error:
        if ends_the_run(error):
            raise
        return type(error).__name__
    return "nothing"


class Disagreement(Finding):
    """A backend did something else than the reference.

    Attributes:
        odd: the names of those who stand apart from the largest group that agrees; the reference's group wins a tie.
        outcomes: the outcome of the last step in canonical form, by participant.
    """

    def __init__(
        self, steps: Sequence[Step], outcomes: dict[str, Plain], reference: str, said: Mapping[str, str] | None = None
    ) -> None:
        self.outcomes = outcomes
        odd = _odd_ones(outcomes, reference)
        expected, first = _sides(odd, outcomes, reference)
        found = difference(expected, first) or Difference("outcome", expected, first)
        others = ", ".join(name for name in outcomes if name not in odd)
        super().__init__(
            odd=odd,
            operation=steps[-1].do,
            field=found.field,
            expected=found.expected,
            actual=found.actual,
            steps=steps,
            heading=f"{', '.join(odd)} {'disagree' if len(odd) > 1 else 'disagrees'} with {others}",
            said=(said or {}).get(odd[0], ""),
        )


def _odd_ones(outcomes: dict[str, Plain], reference: str) -> tuple[str, ...]:
    groups: list[list[str]] = []
    for name, outcome in outcomes.items():
        group = next((group for group in groups if difference(outcomes[group[0]], outcome) is None), None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    agreeing = max(groups, key=lambda group: (len(group), reference in group))
    return tuple(name for name in outcomes if name not in agreeing)


def _sides(odd: tuple[str, ...], outcomes: dict[str, Plain], reference: str) -> tuple[Plain, Plain]:
    """Return what the majority has, and what the first odd one has instead."""
    if reference not in odd:
        return outcomes[reference], outcomes[odd[0]]
    return next(outcome for name, outcome in outcomes.items() if name not in odd), outcomes[odd[0]]


class Differential:
    """A reference and backends that play the same sequences.

    Args:
        reference: who says what is right.
        backends: who is held to it, each in a namespace of its own.
        set_clock: sets the one clock that the namespaces of all participants share.
        lens: how outcomes are looked at: what it takes away is not compared.
        watch: told of every step and the reference's outcome.
        prepare: told of every sequence before it begins.
    """

    def __init__(
        self,
        reference: Participant,
        backends: Sequence[Participant],
        *,
        set_clock: Callable[[datetime], None],
        lens: Callable[[Plain], Plain] = lambda outcome: outcome,
        watch: Callable[[Step, Plain], None] = lambda step, outcome: None,
        prepare: Callable[[Sequence[Step]], None] = lambda steps: None,
    ) -> None:
        names = [participant.name for participant in (reference, *backends)]
        if not backends or len(set(names)) != len(names):
            raise ValueError(f"a comparison needs backends with names of their own, not {names}")
        self.reference = reference
        self.backends = tuple(backends)
        self.compared = 0
        """How many outcomes were compared with the reference's, so that a run that compared nothing shows."""
        self._set_clock = set_clock
        self._lens, self._watch, self._prepare = lens, watch, prepare

    def run(self, steps: Iterable[Step]) -> list[Plain]:
        """Play a sequence from an empty state.

        Returns:
            The outcome of every step: the same list for the same sequence, whenever and wherever it runs.

        Raises:
            Disagreement: a participant's outcome is not the reference's.
        """
        now, steps = START, list(steps)
        self._prepare(steps)
        everybody = (self.reference, *self.backends)
        self._set_clock(now)
        for participant in everybody:
            participant.begin()
        played: list[Step] = []
        trace: list[Plain] = []
        for step in steps:
            played.append(step)
            now += timedelta(seconds=1)
            if step.do == ADVANCE_CLOCK:
                now += timedelta(seconds=int(step.arguments["seconds"] or 0))
            self._set_clock(now)
            if step.do == ADVANCE_CLOCK:
                trace.append({"clock": now.isoformat(" ")})
                continue
            outcomes = {participant.name: self._lens(participant.perform(step)) for participant in everybody}
            self._compare(played, outcomes)
            self._watch(step, outcomes[self.reference.name])
            trace.append(outcomes[self.reference.name])
        return trace

    def _compare(self, played: list[Step], outcomes: dict[str, Plain]) -> None:
        expected = outcomes[self.reference.name]
        self.compared += len(self.backends)
        others = (outcomes[participant.name] for participant in self.backends)
        if any(difference(expected, outcome) is not None for outcome in others):
            self.close()
            said = {participant.name: mask(participant.said)[:_LONGEST_SAID] for participant in self.backends}
            raise Disagreement(played, outcomes, self.reference.name, said)

    def close(self) -> None:
        """Close every client; a later sequence would get new ones."""
        for participant in (self.reference, *self.backends):
            participant.retire()
