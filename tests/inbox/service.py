"""A chat service in memory, with a clock of its own, that does to its readers what may be done to them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from afilnet_protocols import (
    Channel,
    Chat,
    Message,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    PartialList,
    Platform,
    SkippedRecord,
)
from afilnet_protocols.inbox.manner import Conduct

PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "341"}
BEGIN = datetime(2026, 11, 28, 12, 0, 0)

Ids = Callable[["Service", list["Kept"], int], str]


def sound(service: Service, kept: list[Kept], number: int) -> str:
    return str(kept[number].number)


def blank(service: Service, kept: list[Kept], number: int) -> str:
    return ""


def reused(service: Service, kept: list[Kept], number: int) -> str:
    return str(number % 7)


def changing(service: Service, kept: list[Kept], number: int) -> str:
    return f"{service.listings}-{number}"


def by_position(service: Service, kept: list[Kept], number: int) -> str:
    """Counted from the end, as rows of a listing that begins with the newest are."""
    return str(len(kept) - number)


IDS: dict[str, Ids] = {each.__name__: each for each in (sound, blank, reused, changing, by_position)}


class Kept:
    """A message as the service keeps it."""

    def __init__(self, number: int, text: str, sent: bool, at: datetime, visible_at: float) -> None:
        self.number, self.text, self.sent, self.at, self.visible_at = number, text, sent, at, visible_at
        self.unread = not sent


class Killed(BaseException):
    """The process ends here."""


class Service:
    """One channel and its conversations.

    Attributes:
        now: the time in seconds; it only goes on when somebody waits.
        marks: whether reading what is unread marks it as read.
        ids: how identifiers are made.
        fates: for each coming read whether its answer is ``lost`` (it was carried out), or it is ``unreached``.
        hidden: conversations that ``get_chats`` leaves out.
        shows_as_received: whether what is sent shows as if the other party had written it.
        newest_first: in which order messages are listed.
        odd: texts of messages that cannot be read, and are left out of a listing.
        calls: how often each operation was called.
    """

    over_get = False

    def __init__(self, *, marks: bool = False, ids: str = "sound") -> None:
        self.now = 1000.0
        self.marks = marks
        self.ids = IDS[ids]
        self.conversations: dict[str, list[Kept]] = {}
        self.fates: list[str] = []
        self.hidden: set[str] = set()
        self.shows_as_received = False
        self.newest_first = False
        self.odd: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.listings = 0
        self._numbers = itertools.count(1)
        self.on_send: Callable[[], None] = lambda: None
        self.on_read: Callable[[], None] = lambda: None

    # The world

    def write(self, destination: str, text: str, *, sent: bool = False, late: float = 0.0, at: float = 0.0) -> None:
        """Put a message in, as of now; it appears after ``late`` seconds, or was written ``at`` seconds ago."""
        moment = BEGIN + timedelta(seconds=int(self.now - at))
        kept = Kept(next(self._numbers), text, sent, moment, self.now + late)
        self.conversations.setdefault(destination, []).append(kept)

    def read_elsewhere(self, destination: str) -> None:
        for kept in self.conversations.get(destination, []):
            kept.unread = False

    def outgoing(self, destination: str) -> list[str]:
        return [kept.text for kept in self.conversations.get(destination, []) if kept.sent]

    def wait(self, seconds: float) -> None:
        self.now += max(seconds, 0.001)

    def conduct(self, wait: Callable[[float], None] | None = None) -> Conduct:
        return Conduct(now=lambda: self.now, wait=wait or self.wait, chance=lambda: 0.5)

    # What a client does

    def close(self) -> None:
        pass

    def get_chat_channels(self) -> list[Channel]:
        self.calls["get_chat_channels"] += 1
        return [Channel("100", Platform.WHATSAPP, "WhatsApp")]

    def get_chats(self, *, platform: str, platform_id: str) -> list[Chat]:
        self._meet("get_chats")
        found = []
        for destination in self.conversations:
            shown = self._shown(destination)
            if shown and destination not in self.hidden:
                found.append(Chat(*(getattr(shown[-1], name) for name in Chat.__struct_fields__)))
        return found

    def get_messages(self, *, platform: str, platform_id: str, destination: str) -> list[Message]:
        self.listings += 1
        fate = self._meet("get_messages", late=True)
        shown = self._shown(destination)
        self._end(fate)
        if not shown:
            raise NotFoundError("CHAT_NOT_FOUND")
        return self._listed(shown)

    def get_unread_messages(self, *, platform: str, platform_id: str, destination: str) -> list[Message]:
        self.listings += 1
        fate = self._meet("get_unread_messages", late=True)
        kept = [each for each in self.conversations.get(destination, []) if each.visible_at <= self.now]
        shown = [message for each, message in zip(kept, self._shown(destination), strict=True) if each.unread]
        if self.marks:
            for each in kept:
                each.unread = False
        self._end(fate)
        return self._listed(shown)

    def send_message(self, *, platform: str, platform_id: str, destination: str, message: str) -> None:
        self.calls["send_message"] += 1
        self.on_send()
        self.write(destination, message, sent=True)

    def _shown(self, destination: str) -> list[Message]:
        kept = [each for each in self.conversations.get(destination, []) if each.visible_at <= self.now]
        return [
            Message(
                platform_id="100",
                platform=Platform.WHATSAPP,
                message=each.text,
                destination=destination,
                message_id=self.ids(self, kept, number),
                sent=each.sent and not self.shows_as_received,
                status="sent" if each.sent else f"status {self.listings}",
                timestamp=each.at,
            )
            for number, each in enumerate(kept)
        ]

    def _listed(self, shown: list[Message]) -> list[Message]:
        listing = shown[::-1] if self.newest_first else shown
        readable = [message for message in listing if message.message not in self.odd]
        if len(readable) == len(listing):
            return listing
        return PartialList(readable, [SkippedRecord(1, "result.list[0]", "odd")])

    def _meet(self, operation: str, *, late: bool = False) -> str:
        self.calls[operation] += 1
        if late:
            self.on_read()
        fate = self.fates.pop(0) if self.fates else "done"
        if fate == "unreached":
            raise NotSentError("nobody is there")
        if not late:
            self._end(fate)
        return fate

    @staticmethod
    def _end(fate: str) -> None:
        if fate == "lost":
            raise OutcomeUnknownError("the answer was lost")
        if fate == "killed":
            raise Killed


def opened(inbox: Any, place: Any, service: Service, **given: Any) -> Any:
    """Open an inbox, or its twin, on a service in memory."""
    from afilnet_protocols.settings import Settings

    where, how = place
    return inbox(
        where,
        Settings(user="user", password="password"),
        make_client=lambda _: service,
        conduct=given.pop("conduct", None) or service.conduct(),
        **how,
        **given,
    )
