"""How a generated sequence begins: with steps that visit one state of the model, each state in its turn.

What follows is drawn freely, and so may or may not come upon a state. The beginnings are why the floors of
:mod:`.coverage` are reached with every seed; the seed decides whom they write to, what, and on which channel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from afilnet_protocols.comparison.steps import ADVANCE_CLOCK, EXPIRE_TOKENS, FAULT, RECEIVE, Step, Value
from afilnet_protocols.conformance.generated import corpus
from afilnet_protocols.conformance.generated.coverage import STATES
from afilnet_protocols.records import Channel

LONGEST = 4
"""The most steps of a beginning."""


def states(turn: int, sequences: int) -> list[str]:
    """Return the states that the sequences of a generated case begin with.

    Args:
        turn: how many generated cases come before it: where one case stops, the next goes on.
        sequences: how many sequences it plays.
    """
    every = list(STATES)
    return [every[(turn * sequences + number) % len(every)] for number in range(sequences)]


def opening(state: str, channels: Sequence[Channel], seed: str) -> list[Step]:
    """Return steps that visit a state, whatever the seed, if they are the first.

    Args:
        state: one of :data:`.coverage.STATES`.
        channels: the channels of the account, at least one.
        seed: decides their arguments.
    """
    return _OPENINGS[state](_Scene(channels, Random(seed)))  # noqa: S311 - it draws examples, and no secrets


class _Scene:
    """A conversation that is not there yet: a channel, two other parties, and words for steps in it."""

    def __init__(self, channels: Sequence[Channel], chance: Random) -> None:
        self.pick = chance.choice
        self._chosen = chance.choice(channels)
        self.person, self.other = chance.sample(corpus.DESTINATIONS, 2)
        self._pieces = (*corpus.SHARPEST_PIECES, *corpus.NASTY_PIECES)

    def text(self, *middle: str) -> str:
        """Return a text with letters at its edges and awkward pieces between them, those that are given included."""
        return "".join(("a", self.pick(self._pieces), *middle, self.pick(self._pieces), "z"))

    def place(self, **others: Value) -> dict[str, Value]:
        return {"platform": str(self._chosen.platform), "platform_id": self._chosen.platform_id, **others}

    def send(self, message: str) -> Step:
        return Step("send_message", self.place(destination=self.person, message=message))

    def send_file(self, file_url: str) -> Step:
        usual = self.place(destination=self.person, file_type="image", file_url=file_url)
        return Step("send_file", {**usual, "thumb_url": None, "message": self.pick((None, self.text()))})

    def receive(self, message: str, *, of: str | None = None) -> Step:
        return Step(RECEIVE, self.place(destination=of or self.person, message=message))

    def write(self, message: str) -> Step:
        """Return a message to or from the other party."""
        return self.pick((self.send, self.receive))(message)

    def read(self, operation: str) -> Step:
        return Step(operation, self.place(destination=self.person))

    def fault(self, codes: Sequence[str]) -> list[Step]:
        """Return a refusal and a call that meets it."""
        return [Step(FAULT, {"code": self.pick(codes)}), self.pick((self.send(self.text()), Step("get_chat_channels")))]


_REFUSED = ("MISSING_COMPULSORY_PARAM", "INCORRECT_CLASS", "INCORRECT_METHOD", "INCORRECT_FILETYPE")
_UNDOCUMENTED = ("NOT_ON_ANY_PAGE",)


def _empty_channel(scene: _Scene) -> list[Step]:
    return [Step("get_chats", scene.place())]


def _two_conversations(scene: _Scene) -> list[Step]:
    begun = [scene.write(scene.text()), scene.receive(scene.text(), of=scene.other)]
    return [*begun, Step("get_chats", scene.place())]


def _three_messages(scene: _Scene) -> list[Step]:
    return [*(scene.write(scene.text()) for _ in range(3)), scene.read("get_messages")]


def _unread(scene: _Scene) -> list[Step]:
    return [scene.receive(scene.text()), scene.read("get_unread_messages")]


def _nothing_unread(scene: _Scene) -> list[Step]:
    return [scene.send(scene.text()), scene.read("get_unread_messages")]


def _file_sent(scene: _Scene) -> list[Step]:
    return [scene.write(scene.text()), scene.send_file(scene.pick(corpus.GOOD_URLS)), scene.read("get_messages")]


def _next_day(scene: _Scene) -> list[Step]:
    later = Step(ADVANCE_CLOCK, {"seconds": scene.pick((10, 60, 3_600, 86_400))})
    return [later, scene.write(scene.text()), scene.read("get_messages")]


def _text(*middles: str) -> Callable[[_Scene], list[Step]]:
    """Return a beginning with a text that holds one of these, and what reads it back."""
    return lambda scene: [scene.write(scene.text(scene.pick(middles))), scene.read("get_messages")]


def _blanks_at_an_edge(scene: _Scene) -> list[Step]:
    text = scene.text()
    return [scene.write(scene.pick((f" {text}", f"{text} ", f"  {text} "))), scene.read("get_messages")]


def _no_such_channel(scene: _Scene) -> list[Step]:
    return [Step("get_chats", scene.place(platform_id=scene.pick(corpus.UNKNOWN_PLATFORM_IDS)))]


def _no_such_conversation(scene: _Scene) -> list[Step]:
    return [scene.read(scene.pick(("get_messages", "get_unread_messages")))]


def _argument_refused(scene: _Scene) -> list[Step]:
    return [scene.pick((scene.send(""), Step("get_chats", scene.place(platform="WhatsApp"))))]


def _text_refused(scene: _Scene) -> list[Step]:
    return [scene.send(scene.text(scene.pick(corpus.FORBIDDEN_CHARACTERS)))]


def _address_refused(scene: _Scene) -> list[Step]:
    return [scene.send_file(scene.pick(corpus.BAD_URLS))]


def _tokens_expired(scene: _Scene) -> list[Step]:
    return [
        Step("get_chat_channels"),
        Step(EXPIRE_TOKENS),
        scene.pick((scene.send(scene.text()), *_empty_channel(scene))),
    ]


_OPENINGS: dict[str, Callable[[_Scene], list[Step]]] = {
    "channels listed": lambda scene: [Step("get_chat_channels")],
    "channel without conversations": _empty_channel,
    "two conversations in a channel": _two_conversations,
    "conversation of three messages": _three_messages,
    "unread messages": _unread,
    "nothing unread": _nothing_unread,
    "file sent": _file_sent,
    "message of the next day": _next_day,
    "text beyond the first plane": _text("😀", "\U00010000", "\U0010fffd"),
    "text with a carriage return": _text("\r", "\r\n", "\r\r"),
    "text with blanks at its edge": _blanks_at_an_edge,
    "channel not found": _no_such_channel,
    "conversation not found": _no_such_conversation,
    "argument refused": _argument_refused,
    "text refused": _text_refused,
    "file address refused": _address_refused,
    "service refused": lambda scene: scene.fault(_REFUSED),
    "undocumented code": lambda scene: scene.fault(_UNDOCUMENTED),
    "call after tokens expired": _tokens_expired,
}
