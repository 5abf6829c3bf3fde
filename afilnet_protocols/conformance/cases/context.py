"""`Context`: what a case gets: words for steps, the comparison with the model, and the backend's other side."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence

from afilnet_protocols.comparison.canonical import Plain, difference, words_of
from afilnet_protocols.comparison.steps import ADVANCE_CLOCK, EXPIRE_TOKENS, FAULT, RECEIVE, Step, Value
from afilnet_protocols.conformance.generated.shortening import shortened
from afilnet_protocols.conformance.reference.differential import Differential, Disagreement, outcome_of, retire
from afilnet_protocols.conformance.results.finding import Finding, ends_the_run
from afilnet_protocols.conformance.targets.needs import Need, missing
from afilnet_protocols.conformance.targets.target import NotShownError, Target, World, repeatable
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel

DESTINATION = "34600000000"
"""Whom cases write to where nobody else is named: the recipient of the vendor's samples."""

GOOD_FILE = "https://www.example.com/image.jpg"
"""The address of a file that every client accepts."""

MOST_RUNS = 80
"""How many sequences are played at most to make a disagreement short."""


class Context:
    """One case on one target; a generated case on all targets at once.

    Args:
        targets: who is asked.
        differential: compares them with the model.
        seed: decides what is drawn.
        examples: how many sequences a generated case plays.
        turn: how many generated cases come before this one, if it is one.
        recipients: who may be written to; without any, everybody.
        destination: whom to write to where the case does not care, unless there are recipients.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        differential: Differential,
        *,
        seed: int = 0,
        examples: int = 10,
        turn: int = 0,
        recipients: Sequence[str] = (),
        destination: str = DESTINATION,
    ) -> None:
        self.targets = tuple(targets)
        self.differential = differential
        self.seed = seed
        self.examples = examples
        self.turn = turn
        self.recipients = tuple(recipients)
        self.destination = recipients[0] if recipients else destination
        self.asked: list[Step] = []
        """What was done last, since a sequence was begun from an empty state."""
        self._channels: Sequence[Channel] | None = None

    # Who is asked

    @property
    def target(self) -> Target:
        """The target of a case that is not generated."""
        return self.targets[0]

    @property
    def world(self) -> World:
        """The target's other side. Cases that use it say so, and are left out where there is none."""
        if self.target.world is None:
            raise RuntimeError("this target has no world: the case must say that it needs one")
        return self.target.world

    @property
    def chat(self) -> ChatOperations:
        """The target's client, for what steps cannot say."""
        return self.differential.backends[0].chat

    @property
    def channels(self) -> Sequence[Channel]:
        """The account's channels."""
        if self._channels is None:
            self._channels = self.differential.reference.chat.get_chat_channels()
        return self._channels

    def channel(self, number: int) -> Channel:
        """Return a channel of the account.

        Raises:
            NotShownError: the account has too few.
        """
        if number >= len(self.channels):
            raise NotShownError(f"it needs an account with {number + 1} channels: this one has {len(self.channels)}")
        return self.channels[number]

    def people(self, *usual: str) -> Sequence[str]:
        """Return as many people as are named, who may be written to: those, where anybody may be.

        Raises:
            NotShownError: there are fewer.
        """
        if not self.recipients:
            return usual
        if len(self.recipients) < len(usual):
            raise NotShownError(f"it needs {len(usual)} people: --recipient names {len(self.recipients)}")
        return self.recipients[: len(usual)]

    def spellings(self) -> Sequence[str]:
        """Return ways to write a recipient that no number would keep; of somebody who exists, two of them."""
        if self.recipients:
            return f"00{self.destination}", f"+{self.destination}"
        return "0034600000000", "+34 600 000 000", "a&b=c", "señor 😀", "0"

    def channel_without_conversations(self) -> int:
        """Return the number of a channel that has none.

        Raises:
            NotShownError: all have some.
        """
        for number, channel in enumerate(self.channels):
            if self.target.world is None or self.target.world.conversations(channel) == 0:
                return number
        raise NotShownError(missing([Need.FRESH]))

    def person_without_conversation(self) -> str:
        """Return somebody on the first channel who has none.

        Raises:
            NotShownError: all who may be written to have some.
        """
        for person in self.recipients or (self.destination,):
            if self.target.world is None or not self.target.world.has_conversation(self.channel(0), person):
                return person
        raise NotShownError(missing([Need.FRESH]))

    # Words for steps

    def _in(self, channel: int, **arguments: Value) -> dict[str, Value]:
        chosen = self.channel(channel)
        return {"platform": str(chosen.platform), "platform_id": chosen.platform_id, **arguments}

    def channel_list(self) -> Step:
        """List the channels."""
        return Step("get_chat_channels")

    def send(self, message: str = "hola", *, to: str | None = None, channel: int = 0, **others: Value) -> Step:
        """Send a message; ``others`` replace arguments."""
        usual = self._in(channel, destination=to or self.destination, message=message)
        return Step("send_message", {**usual, **others})

    def send_file(self, file_url: str = GOOD_FILE, *, channel: int = 0, **others: Value) -> Step:
        """Send a file; ``others`` replace arguments."""
        usual = self._in(channel, destination=self.destination, file_type="image", file_url=file_url)
        return Step("send_file", {**usual, "thumb_url": None, "message": None, **others})

    def chats(self, *, channel: int = 0, **others: Value) -> Step:
        """List the conversations of a channel."""
        return Step("get_chats", {**self._in(channel), **others})

    def messages(self, *, of: str | None = None, channel: int = 0, **others: Value) -> Step:
        """List the messages of a conversation."""
        return Step("get_messages", {**self._in(channel, destination=of or self.destination), **others})

    def unread(self, *, of: str | None = None, **others: Value) -> Step:
        """List the unread messages of a conversation."""
        return Step("get_unread_messages", {**self._in(0, destination=of or self.destination), **others})

    def receive(
        self, message: str = "buenas", *, of: str | None = None, channel: int = 0, times: int = 1, people: int = 1
    ) -> Step:
        """Let the other party write, as often as is said; or as many people, whose names have numbers at their end."""
        arguments = self._in(channel, destination=of or self.destination, message=message)
        more = {name: number for name, number in (("times", times), ("people", people)) if number > 1}
        return Step(RECEIVE, {**arguments, **more})

    @staticmethod
    def later(seconds: int) -> Step:
        """Let time pass."""
        return Step(ADVANCE_CLOCK, {"seconds": seconds})

    @staticmethod
    def fault(code: str) -> Step:
        """Make the service answer an error code to the next call."""
        return Step(FAULT, {"code": code})

    @staticmethod
    def expire() -> Step:
        """Make every access token invalid."""
        return Step(EXPIRE_TOKENS)

    def to_recipients(self, steps: Sequence[Step]) -> list[Step]:
        """Return a drawn sequence with its people taken from those who may be written to; as it is without any."""
        if not self.recipients:
            return list(steps)
        who: dict[Value, str] = {}
        for step in steps:
            drawn = step.arguments.get("destination")
            if drawn:
                who.setdefault(drawn, self.recipients[len(who) % len(self.recipients)])
        return [
            Step(step.do, {**step.arguments, "destination": who[step.arguments["destination"]]})
            if step.arguments.get("destination")
            else step
            for step in steps
        ]

    # Doing it

    def play(self, *steps: Step) -> list[Plain]:
        """Play a sequence from an empty state on the model and the target; afterwards the client may be used by itself.

        Returns:
            The outcome of every step.

        Raises:
            Disagreement: the target did something else than the model; told in as few steps as could be found.
        """
        self.asked = list(steps)
        try:
            return self.differential.run(steps)
        except Disagreement as found:
            first = found
        if not repeatable(self.targets, steps):
            raise first
        raise shortened(self.differential, first, most_runs=MOST_RUNS)

    def ask(self, step: Step, chat: ChatOperations | None = None) -> Plain:
        """Call an operation on the target's client (or another) without the model; return its outcome."""
        self.asked.append(step)
        return outcome_of(chat or self.chat, step)

    def expect(
        self, expected: Plain, actual: Plain, *steps: Step, field: str = "", target: Target | None = None
    ) -> None:
        """Require two canonical forms to be equal.

        Args:
            expected: what should be.
            actual: what is.
            *steps: what was done; the last one is at fault.
            field: the place, if it is not inside the forms.
            target: whose outcome it is, among several.

        Raises:
            Finding: they differ.
        """
        found = difference(expected, actual, field)
        if found is not None:
            raise Finding(
                odd=[(target or self.target).name],
                operation=steps[-1].do,
                field=found.field,
                expected=found.expected,
                actual=found.actual,
                steps=steps,
            )

    def error(self, step: Step, make: Callable[[], ChatOperations] | None = None) -> BaseException | None:
        """Call an operation and return what it raised, traceback and all; ``None`` if it returned.

        Args:
            step: the call.
            make: makes a client for this call only; the target's client by default.
        """
        self.asked.append(step)
        try:
            chat = self.chat if make is None else make()
        except BaseException as error:  # a client that cannot be made is what is asked about
            if ends_the_run(error):
                raise
            return error
        try:
            getattr(chat, step.do)(**step.arguments)
        except BaseException as error:  # whatever is raised is what is asked about
            if ends_the_run(error):
                raise
            return error
        finally:
            if make is not None:
                retire(chat)
        return None

    def arrived(self, operation: str) -> int:
        """Return how many calls of an operation have reached the service since the sequence began."""
        return sum(call.operation == operation for call in self.world.journal())


def shown_by(error: BaseException) -> str:
    """Return everything that an error shows: its text, its representation, its traceback with all that led to it."""
    lines = "".join(traceback.format_exception(error))
    return "\n".join((*map(words_of, (error, [error], error.__dict__)), lines))
