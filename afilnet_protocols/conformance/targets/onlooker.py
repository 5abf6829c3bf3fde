"""What is seen of a service that people use: what belongs to the run, and of all else how much there was.

Only conversations with those who have agreed are read. Of these, what was there before a sequence began is known by its
identifiers and left out, and so is what somebody wrote whom nobody told to. So a stranger's message cannot fail a case,
and no word of it gets into an outcome, a step, a report or a wire excerpt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar, cast

import msgspec

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.reference.differential import START
from afilnet_protocols.conformance.reference.model import ReferenceModel
from afilnet_protocols.conformance.reference.refusals import may_be_a_name, xml_can_carry
from afilnet_protocols.conformance.reference.rules import RECEIVED, SENT
from afilnet_protocols.conformance.targets.target import NotShownError
from afilnet_protocols.errors import NotFoundError
from afilnet_protocols.forwarding import Arguments, Forwarding, invoke
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.vocabulary import platform_of

R = TypeVar("R")

Spend = Callable[[str], None]
"""Told of the destination of a send, before it is handed on."""

Check = Callable[[], None]

CLOCKS = timedelta(minutes=10)
"""How far the service's clock and this machine's may be apart: less than any two zones are."""

_OTHERS = "\x00others"
"""What stands in the model for the conversations that nobody looks into."""


class Conversation(NamedTuple):
    """Whom a channel talks with."""

    platform: str
    platform_id: str
    destination: str


Key = tuple[str, str, str, str]
"""A message's identifier, in its conversation."""


def key_of(record: Chat | Message) -> Key:
    """Return what names a message: services may count by conversation."""
    return str(record.platform), record.platform_id, record.destination, record.message_id


def number_of(destination: str) -> str:
    """Return a destination without the ways in which it may be spelled: blanks, a plus, leading zeros."""
    return "".join(destination.split()).removeprefix("+").lstrip("0")


@dataclass
class Seen:
    """What a run knows of a service.

    Attributes:
        recipients: whose conversations may be looked into.
        before: the identifiers of messages from before the sequence.
        during: those that were shown in it.
        texts: what was written in it, by either side.
        times: the time under which each message was shown first.
        existing: whose conversations exist, of each channel in the service's order.
        clean: the conversations of which ``before`` has everything.
        others: how many messages and conversations were left out.
        looks: how many calls were made to find this out, beside the cases.
        began: when the sequence began.
    """

    recipients: tuple[str, ...]
    before: set[Key] = field(default_factory=set)
    during: set[Key] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    times: dict[Key, datetime] = field(default_factory=dict)
    existing: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    clean: set[Conversation] = field(default_factory=set)
    others: int = 0
    looks: int = 0
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def may_look(self, destination: str) -> bool:
        """Whether a conversation is with somebody who has agreed."""
        return number_of(destination) in {number_of(recipient) for recipient in self.recipients}

    def prepare(self, steps: Sequence[Step], chat: ChatOperations, channels: Sequence[Channel]) -> None:
        """Take down what is there before a sequence, as far as the sequence can come across it."""
        self.before |= self.during
        self.during.clear()
        self.texts.clear()
        self.began = datetime.now(UTC)
        known = {(str(channel.platform), channel.platform_id): channel for channel in channels}
        for step in steps:
            place = str(step.arguments.get("platform")), str(step.arguments.get("platform_id"))
            if place not in known:
                continue
            if step.do == catalogue.GET_CHATS.name:
                self._list(place, chat)
                continue
            name = str(step.arguments.get("destination"))
            if self.may_look(name) and may_be_a_name(name) and xml_can_carry(name):
                self._read(Conversation(*place, name), chat)

    def adopt(self, model: ReferenceModel, channels: Sequence[Channel]) -> None:
        """Let a model have the conversations that exist, with nothing in them yet."""
        for channel in channels:
            for destination in self.existing.get((str(channel.platform), channel.platform_id), ()):
                model.adopt(channel, destination, ())

    def _list(self, place: tuple[str, str], chat: ChatOperations) -> None:
        self.looks += 1
        try:
            listed = chat.get_chats(platform=platform_of(place[0]), platform_id=place[1])
        except NotFoundError:
            listed = []
        mine = [each for each in listed if self.may_look(each.destination)]
        self.before |= {key_of(each) for each in mine}
        there = self.existing.setdefault(place, [])
        names = [each.destination for each in mine] + [_OTHERS] * (len(listed) > len(mine))
        there[:] = [*names, *(each for each in there if each not in names)]

    def _read(self, where: Conversation, chat: ChatOperations) -> None:
        if where in self.clean:
            return
        self.looks += 1
        found = messages_of(chat, where)
        self.before |= {key_of(each) for each in found}
        self.read(where, exists=bool(found))

    def read(self, where: Conversation, *, exists: bool) -> None:
        """Note that all messages of a conversation are known."""
        there = self.existing.setdefault((where.platform, where.platform_id), [])
        if exists and where.destination not in there:
            there.append(where.destination)
        self.clean.add(where)


def messages_of(chat: ChatOperations, where: Conversation) -> list[Message]:
    """Return the messages of a conversation; none of one that does not exist."""
    try:
        return chat.get_messages(
            platform=platform_of(where.platform), platform_id=where.platform_id, destination=where.destination
        )
    except NotFoundError:
        return []


class Onlooker(Forwarding):
    """A client that shows only what belongs to the run.

    Args:
        chat: the client.
        seen: what the run knows of the service.
        spend: told of each send before it is handed on; raises :class:`NotShownError` if it may not leave.
        check: called after each call; raises :class:`NotShownError` if what came back means nothing.
    """

    def __init__(self, chat: ChatOperations, seen: Seen, *, spend: Spend, check: Check) -> None:
        self._chat, self._seen, self._spend, self._check = chat, seen, spend, check

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        if operation.record is None:
            self._spend(str(arguments["destination"]))
            wrote(self._seen, arguments)
        try:
            found = invoke(self._chat, operation, arguments)
        finally:
            self._check()
        if operation.record not in (Chat, Message) or not isinstance(found, list):
            return found
        if operation.record is Message:
            self._look_only_where_allowed(arguments, found)
        kept = [self._normal(record) for record in found if self._belongs(record)]
        self._seen.others += len(found) - len(kept)
        if operation is catalogue.GET_MESSAGES:
            self._seen.read(_conversation(arguments), exists=bool(found))
        return cast("R", kept)

    def _look_only_where_allowed(self, arguments: Arguments, found: list[object]) -> None:
        if found and not self._seen.may_look(str(arguments["destination"])):
            raise NotShownError("it reads a conversation that should not exist, and somebody has it")

    @property
    def inner(self) -> ChatOperations:
        """The client itself, which shows everything."""
        return self._chat

    def _belongs(self, record: object) -> bool:
        if not isinstance(record, Chat | Message):
            return True
        seen = self._seen
        if key_of(record) in seen.before or not seen.may_look(record.destination):
            return False
        return bool(record.sent) or record.message in seen.texts

    def _normal(self, record: object) -> object:
        """Take away what the service alone decides: its word for a status, and its clock, as long as that is steady
        and, if the zone is known, near this machine's.
        """
        if not isinstance(record, Chat | Message):
            return record
        self._seen.during.add(key_of(record))
        told: dict[str, object] = {}
        when = record.timestamp
        plain = type(when) is datetime and not when.microsecond
        if plain and self._is_due(when) and self._steady(key_of(record), when):
            told["timestamp"] = START
        if type(record.status) is str:
            told["status"] = SENT if record.sent else RECEIVED
        return msgspec.structs.replace(record, **told)

    def _is_due(self, when: datetime) -> bool:
        return when.tzinfo is None or self._seen.began - CLOCKS <= when <= datetime.now(UTC) + CLOCKS

    def _steady(self, identifier: Key, when: datetime) -> bool:
        return self._seen.times.setdefault(identifier, when) == when

    def close(self) -> None:
        """Close the client."""
        self._chat.close()


def wrote(seen: Seen, arguments: Arguments) -> None:
    """Note that something is written to a conversation, by either side."""
    seen.texts.add(str(arguments.get("message") or arguments.get("file_url") or ""))
    where = _conversation(arguments)
    seen.clean.discard(where)


def _conversation(arguments: Arguments) -> Conversation:
    return Conversation(*(str(arguments[name]) for name in Conversation._fields))
