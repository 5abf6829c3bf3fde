"""The reference model: what the service and a correct client do together, as plainly as it can be said.

It shares no code with the client's codecs or with the sandbox, so that neither can pass on its own mistake. What no
vendor page says is *assumed* and marked so; the sandbox states the same assumptions in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, datetime, timedelta, timezone
from typing import TypeVar, cast

import msgspec

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.conformance.reference.refusals import check_argument
from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.errors import ConfigurationError, NotFoundError, UnknownServiceError
from afilnet_protocols.forwarding import Arguments, Forwarding
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.vocabulary import AnyPlatform

R = TypeVar("R")

ADOPTED = 10**18
"""From where messages are counted after some were adopted, so that no id comes twice."""

REUSED_AFTER = 7
"""After how many messages identifiers begin again, where they are reused. Assumed."""


@dataclass
class _Entry:
    message: Message
    unread: bool


@dataclass
class _Line:
    """One channel with its conversations, in the order in which they began."""

    channel: Channel
    conversations: dict[str, list[_Entry]] = field(default_factory=dict)


class ReferenceModel(Forwarding):
    """One account, in memory.

    Args:
        channels: the account's channels, in the service's order.
        now: what the service's clock shows; naive, whole seconds.
        rules: what the vendor leaves open.
    """

    def __init__(self, channels: Iterable[Channel], *, now: Callable[[], datetime], rules: Rules | None = None) -> None:
        self._lines = [_Line(channel) for channel in channels]
        self._now = now
        self._rules = rules or Rules()
        self._count = 0
        self._lists = 0
        self._faults: list[str] = []
        self._closed = False
        self._in_channel: dict[str, Callable[[_Line, Mapping[str, str]], object]] = {
            catalogue.SEND_MESSAGE.name: self._send_message,
            catalogue.SEND_FILE.name: self._send_file,
            catalogue.GET_CHATS.name: self._get_chats,
            catalogue.GET_MESSAGES.name: self._get_messages,
            catalogue.GET_UNREAD_MESSAGES.name: self._get_unread_messages,
        }

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        self._check(operation, arguments)
        given = {name: str(value) for name, value in arguments.items() if value is not None}  # lists show plain text
        if operation is catalogue.GET_CHAT_CHANNELS:
            return cast("R", [self._listed(line.channel) for line in self._lines])
        line = self._line(given["platform"], given["platform_id"])
        return cast("R", self._in_channel[operation.name](line, given))

    def _listed(self, channel: Channel) -> Channel:
        return Channel(channel.platform_id, channel.platform, "") if self._rules.nameless else channel

    def _send_message(self, line: _Line, given: Mapping[str, str]) -> None:
        """Append an outgoing message; the first one begins the conversation (assumed)."""
        self._append(line, given["destination"], given["message"], sent=True)

    def _send_file(self, line: _Line, given: Mapping[str, str]) -> None:
        """Append a file to a conversation that exists; lists show its text, or else its address (assumed)."""
        self._conversation(line, given["destination"])
        self._append(line, given["destination"], given.get("message") or given["file_url"], sent=True)

    def _get_chats(self, line: _Line, _: Mapping[str, str]) -> list[Chat]:
        """Return the last message of each conversation."""
        if not line.conversations and self._rules.empty_chats_is_error:
            raise NotFoundError("CHAT_NOT_FOUND")
        last = [conversation[-1].message for conversation in line.conversations.values() if conversation]
        if self._rules.newest_chats_first:
            last.sort(key=lambda message: int(message.message_id), reverse=True)
        last = self._identified(last)
        return [
            Chat(
                platform_id=message.platform_id,
                platform=message.platform,
                message=message.message,
                destination=message.destination,
                message_id=message.message_id,
                sent=message.sent,
                status=message.status,
                timestamp=message.timestamp,
            )
            for message in last
        ]

    def _get_messages(self, line: _Line, given: Mapping[str, str]) -> list[Message]:
        """Return all messages of a conversation."""
        return self._ordered(self._listed_conversation(line, given["destination"]))

    def _get_unread_messages(self, line: _Line, given: Mapping[str, str]) -> list[Message]:
        """Return the incoming messages that were not read."""
        unread = [entry for entry in self._listed_conversation(line, given["destination"]) if entry.unread]
        if self._rules.reading_marks_read:
            for entry in unread:
                entry.unread = False
        return self._ordered(unread)

    def _ordered(self, entries: list[_Entry]) -> list[Message]:
        messages = self._identified([entry.message for entry in entries])
        return messages[::-1] if self._rules.newest_messages_first else messages

    def _identified(self, messages: list[Message]) -> list[Message]:
        """Return what a list shows, in which identifiers may be worth little."""
        self._lists += 1
        shown: dict[str, Callable[[str], str]] = {
            "blank": lambda number: "",
            "reused": lambda number: str(int(number) % REUSED_AFTER),
            "changing": lambda number: f"{self._lists}-{number}",
        }
        if self._rules.message_ids == "unique":
            return messages
        rename = shown[self._rules.message_ids]
        return [msgspec.structs.replace(each, message_id=rename(each.message_id)) for each in messages]

    def _listed_conversation(self, line: _Line, destination: str) -> list[_Entry]:
        """Return a conversation whose messages are to be listed; one that is not there may be listed as empty."""
        if not self._rules.unknown_chat_is_error and destination not in line.conversations:
            return []
        return self._conversation(line, destination)

    def close(self) -> None:
        """Refuse every later call, as a client does."""
        self._closed = True

    def reopened(self) -> ReferenceModel:
        """Take calls again after :meth:`close`, as a new client of the same account does; return itself."""
        self._closed = False
        return self

    def receive(self, *, platform: AnyPlatform, platform_id: str, destination: str, message: str) -> None:
        """Let the other party write; this too may begin a conversation."""
        self._append(self._line(platform, platform_id), destination, message, sent=False)

    def adopt(self, channel: Channel, destination: str, messages: Iterable[Message]) -> None:
        """Begin a conversation with messages that a service already shows; none of them counts as unread."""
        line = self._line(channel.platform, channel.platform_id)
        line.conversations[destination] = [_Entry(message, unread=False) for message in messages]
        self._count = max(self._count, ADOPTED)

    def reset(self) -> None:
        """Forget every conversation and begin to count again."""
        for line in self._lines:
            line.conversations.clear()
        self._count = 0
        self._faults.clear()

    def fault(self, *, code: str) -> None:
        """Make the next call that reaches the service answer an error code and do nothing."""
        self._faults.append(code)

    def _check(self, operation: Operation[object], arguments: Arguments) -> None:
        """Refuse what no client may send, then meet a fault that is armed.

        The first faulty parameter, in the catalogue's order, decides the error.
        """
        if self._closed:
            raise ConfigurationError("the client is closed").during(operation.name, "model")
        for parameter in operation.parameters:
            check_argument(parameter, arguments.get(parameter.name))
        # Only now would the call leave the client.
        if self._faults:
            code = self._faults.pop(0)
            known = catalogue.ERROR_CODES.get(code)
            raise known.error(code) if known else UnknownServiceError(code)

    def _line(self, platform: str, platform_id: str) -> _Line:
        for line in self._lines:
            if line.channel.platform == platform and line.channel.platform_id == platform_id:
                return line
        raise NotFoundError("CHANNEL_NOT_FOUND")

    def _conversation(self, line: _Line, destination: str) -> list[_Entry]:
        found = line.conversations.get(destination)
        if found is None:
            raise NotFoundError("CHAT_NOT_FOUND")
        return found

    def _append(self, line: _Line, destination: str, text: str, *, sent: bool) -> None:
        self._count += 1
        message = Message(
            platform_id=line.channel.platform_id,
            platform=line.channel.platform,
            message=text,
            destination=destination,
            message_id=str(self._count),
            sent=sent,
            status=self._rules.statuses[0 if sent else 1],
            timestamp=self._moment(),
        )
        line.conversations.setdefault(destination, []).append(_Entry(message, unread=not sent))

    def _moment(self) -> datetime:
        """Return what the clock shows, in the zone in which times are listed."""
        now, hours = self._now(), self._rules.offset
        if hours is None:
            return now
        # The last hour of the last year has no such name.
        zone = timezone(timedelta(hours=hours if now.year < MAXYEAR else 0))
        return now.replace(tzinfo=UTC).astimezone(zone)
