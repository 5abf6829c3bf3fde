"""What an inbox begins with: which of the messages that are there when it first looks are history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from afilnet_protocols.errors import ConfigurationError, InvalidRequestError
from afilnet_protocols.inbox.identity import Trace, is_long, trace
from afilnet_protocols.inbox.store import ChannelState, Conversation
from afilnet_protocols.outbox.store import Conversing
from afilnet_protocols.records import Chat, Message, has_more, skipped_in
from afilnet_protocols.suggestion import quoted


@dataclass(frozen=True, slots=True)
class Start:
    """From when on messages are handed over.

    Attributes:
        given: ``now``, ``all``, or a time.
    """

    given: str | datetime = "now"

    def __post_init__(self) -> None:
        if not isinstance(self.given, datetime) and self.given not in ("now", "all"):
            raise InvalidRequestError(f'start is "now", "all" or a datetime, not {quoted(self.given)}')

    def check(self, service_timezone: str | None) -> None:
        """Refuse a time that cannot be compared with those of the service.

        Raises:
            ConfigurationError: it has a time zone and those have none, or the other way round.
        """
        if isinstance(self.given, datetime) and (self.given.tzinfo is None) != (service_timezone is None):
            raise ConfigurationError(
                "start has a time zone, so service_timezone must say what the service's times are in"
                if service_timezone is None
                else "service_timezone is set, so start needs a time zone, such as datetime.now(UTC)"
            )

    def begun(self, chats: Sequence[Chat]) -> tuple[ChannelState, list[Conversation]] | None:
        """Return what to note of a channel that is seen for the first time; ``None`` if its answer is not enough."""
        if self.given != "now":
            return ChannelState(), []
        if not chats and (skipped_in(chats) or has_more(chats)):
            return None
        there = [
            Conversation(
                place=place_of(chat), tip=trace(chat), last=trace(chat), primed=trace(chat), primed_at=wall(chat)
            )
            for chat in chats
            if not is_long(chat.destination)
        ]
        return ChannelState(floor=max((wall(chat) for chat in chats), default=None)), there

    def handed_over(
        self, messages: Sequence[Message], listing: Sequence[Message], kept: Conversation, floor: str | None
    ) -> set[int]:
        """Return which of the new messages of a conversation are to be handed over, by their place among them.

        Args:
            messages: those that are new.
            listing: all that was read.
            kept: what is kept of the conversation from before.
            floor: the wall time before which one that turns up has history.
        """
        wanted = {number for number, message in enumerate(messages) if not message.sent}
        if isinstance(self.given, datetime):
            return {number for number in wanted if _since(self.given, messages[number].timestamp)}
        if kept.primed is not None:
            history = _until(listing, kept.primed, kept.primed_at or "")
            return {number for number in wanted if id(messages[number]) not in history}
        if kept.id is None and floor is not None:
            return {number for number in wanted if wall(messages[number]) >= floor}
        return wanted


def _since(given: datetime, written: datetime) -> bool:
    # Without a zone it is the service's wall time, as it writes it, which may have an offset beside it.
    return (written.replace(tzinfo=None) if given.tzinfo is None else written) >= given


def _until(listing: Sequence[Message], tip: Trace, time: str) -> set[int]:
    """Return the identities of the messages up to the last one that was there at the beginning."""
    alike = [number for number, message in enumerate(listing) if trace(message).digest == tip.digest]
    # Of several of one text and second, the one with its identifier; if that has changed, the first: none is lost.
    end = next((number for number in alike if listing[number].message_id == tip.message_id), min(alike, default=None))
    if end is not None:
        return {id(message) for message in listing[: end + 1]}
    return {id(message) for message in listing if wall(message) <= time}


def place_of(message: Chat | Message) -> Conversing:
    """Return where a message is."""
    return str(message.platform), message.platform_id, message.destination


def wall(message: Chat | Message) -> str:
    """Return a message's time as the service wrote it, in a form that can be compared."""
    return message.timestamp.replace(tzinfo=None).isoformat()
