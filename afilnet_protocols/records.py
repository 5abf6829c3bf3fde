"""What comes back: immutable records with Python names.

The wire's names and kinds stand beside them in :mod:`afilnet_protocols.catalogue`. The garbage collector leaves records
alone (``gc=False``): they hold texts, flags and times, and nothing that could refer back to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

from afilnet_protocols.vocabulary import Addressee, ChannelAddress, ListedPlatform, Platform

R = TypeVar("R")


class Channel(msgspec.Struct, frozen=True, gc=False):
    """An active chat channel of the account.

    Attributes:
        platform_id: the channel's identifier on its platform.
        platform: a :class:`Platform`; a string for one that this version does not know; every operation takes it back.
        name: the channel's name.
    """

    platform_id: str
    platform: Platform | ListedPlatform
    name: str

    @property
    def address(self) -> ChannelAddress:
        """What names this channel, as in ``chat.get_chats(**channel.address)``."""
        return {"platform": self.platform, "platform_id": self.platform_id}


class _Written(msgspec.Struct, frozen=True, gc=False):
    """What both a message and a conversation, told by its last message, are made of."""

    platform_id: str
    platform: Platform | ListedPlatform
    message: str
    destination: str
    message_id: str
    sent: bool
    status: str
    timestamp: datetime

    @property
    def address(self) -> Addressee:
        """What names its conversation, as in ``chat.send_message(**message.address, message="hola")``."""
        return {"platform": self.platform, "platform_id": self.platform_id, "destination": self.destination}


class Message(_Written, frozen=True, gc=False):
    """A message of a conversation.

    Attributes:
        platform_id: the identifier of the channel on its platform.
        platform: a :class:`Platform`; a string for one that this version does not know; every operation takes it back.
        message: the text.
        destination: the other party.
        message_id: the identifier of the message.
        sent: the wire's ``sent`` (``issent`` among unread messages). No vendor page says what it means; the sandbox
            assumes true for outgoing and false for incoming messages.
        status: the wire's ``status`` of the message. No vendor page lists its values.
        timestamp: the wire's ``datetime``: naive as the service gives it, aware with ``service_timezone``.
    """


class Chat(_Written, frozen=True, gc=False):
    """A conversation, told by its last message. The fields are those of :class:`Message`.

    Attributes:
        platform_id: the identifier of the channel on its platform.
        platform: a :class:`Platform`; a string for one that this version does not know; every operation takes it back.
        message: the text of the last message.
        destination: the other party.
        message_id: the identifier of the last message.
        sent: see :class:`Message`.
        status: see :class:`Message`.
        timestamp: see :class:`Message`.
    """


Record = Channel | Chat | Message


class SkippedRecord(msgspec.Struct, frozen=True):
    """A record of an answer that could not be read and was left out, as ``odd_records = "skip"`` permits.

    Attributes:
        number: its place in its list, counted from 1.
        place: where it stands in the answer, such as ``result.list[1]``.
        why: what is odd about it, without its content.
        message_id: its identifier, if that can be read.
        sent: its flag of that name, if that can be read.
        message: its text, if that can be read; a repr does not show it.
    """

    number: int
    place: str
    why: str
    message_id: str | None = None
    sent: bool | None = None
    message: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name != "message"]

    def may_be(self, message: str) -> bool:
        """Whether this may be an outgoing message of this text, as far as can be read."""
        return self.sent is not False and self.message in (None, message)


class PartialList(list[R]):
    """The records of an answer that lacks some: what it does not hold may be there all the same.

    Args:
        records: those that could be read, in the service's order.
        skipped: those that could not, and were left out.
        more: whether the answer says that there are, or may be, more records than it lists, as by a total, another
            page, or a limit that is reached. The vendor documents no way to ask for those.
    """

    def __init__(self, records: Iterable[R], skipped: Iterable[SkippedRecord] = (), *, more: bool = False) -> None:
        super().__init__(records)
        self.skipped: tuple[SkippedRecord, ...] = tuple(skipped)
        self.more = more

    def __reduce__(self) -> tuple[Callable[..., PartialList[R]], tuple[list[R], tuple[SkippedRecord, ...], bool]]:
        return _partial, (list(self), self.skipped, self.more)


def _partial(records: list[R], skipped: tuple[SkippedRecord, ...], more: bool) -> PartialList[R]:
    return PartialList(records, skipped, more=more)


def skipped_in(records: object) -> tuple[SkippedRecord, ...]:
    """Return the records that were left out of what a read returned: none, unless it is a :class:`PartialList`."""
    return records.skipped if isinstance(records, PartialList) else ()


def has_more(records: object) -> bool:
    """Return whether the answer to a read said that there are more records than it lists."""
    return isinstance(records, PartialList) and records.more


def like(whole: object, records: list[R]) -> list[R]:
    """Return records that were made of those of a read, as a list that lacks as much as that one."""
    return PartialList(records, whole.skipped, more=whole.more) if isinstance(whole, PartialList) else records
