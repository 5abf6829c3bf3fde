"""Which states of the model a run has visited: a proof that never had an unread message proves nothing about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.comparison.steps import EXPIRE_TOKENS, FAULT, Step
from afilnet_protocols.conformance.reference.differential import START

FLOOR = 5
"""How often each state must have been visited, at least, in a run of all generated cases. Every profile plays enough
sequences for that, and each sequence begins with a state in its turn (:mod:`.openings`), so that it holds with every
seed; a run falls short if it breaks off, or if something can no longer be reached.
"""

STATES: dict[str, int] = dict.fromkeys(
    (
        "channels listed",
        "channel without conversations",
        "two conversations in a channel",
        "conversation of three messages",
        "unread messages",
        "nothing unread",
        "file sent",
        "message of the next day",
        "text beyond the first plane",
        "text with a carriage return",
        "text with blanks at its edge",
        "channel not found",
        "conversation not found",
        "argument refused",
        "text refused",
        "file address refused",
        "service refused",
        "undocumented code",
        "call after tokens expired",
    ),
    FLOOR,
)
"""The states, each with its floor."""


class Coverage:
    """Counts the visits."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter(dict.fromkeys(STATES, 0))
        self._expired = False

    def note(self, step: Step, outcome: Plain) -> None:
        """Count what a step of the reference was."""
        if step.do == EXPIRE_TOKENS:
            self._expired = True
        elif self._expired and step.do not in ("receive", FAULT):
            self._expired = False
            self.counts["call after tokens expired"] += 1
        if isinstance(outcome, dict):
            self.counts.update(_states(step, outcome))


def _states(step: Step, outcome: dict[str, Plain]) -> Iterator[str]:
    if "raised" in outcome:
        yield from _of_error(outcome)
        return
    returned = outcome.get("returned")
    items = returned if isinstance(returned, list) else []
    match step.do:
        case "get_chat_channels":
            yield "channels listed"
        case "get_chats" if not items:
            yield "channel without conversations"
        case "get_chats" if len(items) > 1:
            yield "two conversations in a channel"
        case "get_messages" if len(items) > 2:
            yield "conversation of three messages"
        case "get_unread_messages":
            yield "unread messages" if items else "nothing unread"
        case "send_file":
            yield "file sent"
    yield from {state for item in items if isinstance(item, dict) for state in _of_record(item)}


def _of_error(outcome: dict[str, Plain]) -> Iterator[str]:
    match outcome.get("raised"), outcome.get("code"):
        case "NotFoundError", "CHANNEL_NOT_FOUND":
            yield "channel not found"
        case "NotFoundError", _:
            yield "conversation not found"
        case "InvalidRequestError", _:
            yield "argument refused"
        case "UnsupportedTextError", _:
            yield "text refused"
        case "InvalidFileUrlError", _:
            yield "file address refused"
        case "RejectedRequestError", _:
            yield "service refused"
        case "UnknownServiceError", _:
            yield "undocumented code"


def _of_record(item: dict[str, Plain]) -> Iterator[str]:
    text, time = item.get("message"), item.get("timestamp")
    if isinstance(time, str) and not time.startswith(START.date().isoformat()):
        yield "message of the next day"
    if isinstance(text, str):
        if max(text, default="") > "\uffff":
            yield "text beyond the first plane"
        if "\r" in text:
            yield "text with a carriage return"
        if text != text.strip(" "):
            yield "text with blanks at its edge"
