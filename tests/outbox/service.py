"""A service in memory with a clock of its own: it may lose answers, and go on with a lost request after a while."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from afilnet_protocols import Message, NotFoundError, NotSentError, OutcomeUnknownError, PartialList
from afilnet_protocols.outbox.conduct import Conduct

PLACE = {"platform": "whatsapp", "platform_id": "100"}


class Killed(BaseException):
    """The process ends here."""


class Service:
    """What is in its conversations, what is still under way, and what happens to the coming sends.

    Attributes:
        shows: how many of a conversation's messages it lists, the latest, and says that there are more; ``None``: all.
        fates: for each coming send how it ends: ``done``, ``lost`` (and carried out after ``delay``), ``dropped`` (its
            answer is lost and it is never carried out), ``refused``, ``unreached``, ``killed``.
    """

    over_get = False
    """What a built-in client says of itself: it does not speak over GET."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.messages: dict[str, list[tuple[str, bool]]] = {}
        self.late: list[tuple[float, str, str]] = []
        self.fates: list[tuple[str, float]] = []
        self.shows: int | None = None
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def wait(self, seconds: float) -> None:
        self.now += seconds
        due = [each for each in self.late if each[0] <= self.now]
        self.late = [each for each in self.late if each[0] > self.now]
        for _, place, text in sorted(due):
            self.write(place, text)

    def write(self, place: str, text: str, *, sent: bool = True) -> None:
        self.messages.setdefault(place, []).append((text, sent))

    def get_messages(self, *, platform: str, platform_id: str, destination: str) -> list[Message]:
        if destination not in self.messages:
            raise NotFoundError("CHAT_NOT_FOUND")
        shown = [
            Message(platform_id, platform, text, destination, "1", sent, "sent", datetime(2026, 11, 22))
            for text, sent in self.messages[destination]
        ]
        return shown if self.shows is None else PartialList(shown[-self.shows :], more=len(shown) > self.shows)

    def send_message(self, *, platform: str, platform_id: str, destination: str, message: str) -> None:
        fate, delay = self.fates.pop(0) if self.fates else ("done", 0.0)
        if fate == "unreached":
            raise NotSentError("nobody is there")
        if fate == "refused":
            raise NotFoundError("CHANNEL_NOT_FOUND")
        if fate in ("lost", "killed") and delay:
            self.late.append((self.now + delay, destination, message))
        elif fate in ("done", "lost", "killed"):
            self.write(destination, message)
        if fate in ("killed", "killed before"):
            raise Killed
        if fate in ("lost", "dropped"):
            raise OutcomeUnknownError("the answer was lost")

    def copies(self) -> Counter[tuple[str, str]]:
        """Return how often each outgoing text is in each conversation, once all is settled."""
        self.wait(10_000)
        return Counter((place, text) for place, all_ in self.messages.items() for text, sent in all_ if sent)

    def conduct(self) -> Conduct:
        return Conduct(clock=lambda: self.now, wait=self.wait, chance=lambda: 0.0)
