"""Which of the records of an answer are of what was asked for: a service may pass over what it was asked, and show all.

What is another's is left to that one if it shows it too. What names nothing that there is belongs to what shows it: no
vendor page says that a channel or a person is called the same everywhere.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence

import msgspec

from afilnet_protocols.errors import NotFoundError
from afilnet_protocols.inbox.identity import Trace, trace
from afilnet_protocols.outbox.store import Conversing
from afilnet_protocols.records import Channel, Chat, Message, has_more, like

Name = tuple[str, str]
"""A channel: its platform and its identifier there."""


class Lists:
    """The conversations that channels list.

    Args:
        ask: asks the service for those of a channel.
    """

    def __init__(self, ask: Callable[[Channel], list[Chat]]) -> None:
        self._ask = ask
        self._own: dict[Name, set[str]] = {}

    def of(self, channel: Channel, channels: Sequence[Channel]) -> list[Chat]:
        """Return the conversations of a channel, each under its name.

        What names another channel is left to that one only if that one was seen to list it.

        Raises:
            AfilnetError: the service could not be asked.
        """
        chats, mine = self._listed(channel, channels), name_of(channel)
        if all(name_of(chat) == mine for chat in chats):
            return chats
        others = _others(channels, mine)
        named = {name_of(chat) for chat in chats} & others - self._own.keys()
        for other in channels:
            if name_of(other) in named:
                with contextlib.suppress(NotFoundError):  # one that is gone lists nothing, and holds up no other
                    self._listed(other, channels)
        found = [
            chat
            for chat in chats
            if not (name_of(chat) in others and chat.destination in self._own.get(name_of(chat), ()))
        ]
        under = {"platform": channel.platform, "platform_id": channel.platform_id}
        return like(chats, [msgspec.structs.replace(chat, **under) for chat in found])

    def _listed(self, channel: Channel, channels: Sequence[Channel]) -> list[Chat]:
        chats, others = self._ask(channel), _others(channels, name_of(channel))
        self._own[name_of(channel)] = {chat.destination for chat in chats if name_of(chat) not in others}
        return chats


def of_conversation(
    listing: list[Message],
    place: Conversing,
    channels: Sequence[Channel],
    destinations: Collection[str],
    tip: Trace | None = None,
    last_of: Callable[[str], Collection[str]] | None = None,
) -> list[Message]:
    """Return the messages of a conversation.

    What somebody wrote who has a conversation of his own is of that one, unless the listing is seen not to show it:
    then he wrote it here, as in a group.

    Args:
        listing: what the service lists of it.
        place: the conversation.
        channels: all there are.
        destinations: those of all conversations of its channel.
        tip: its last message, as the list of conversations has it.
        last_of: returns the digests and identifiers of the messages that were the last ones of somebody's conversation
            in its channel; ``None`` if the listing may lack them though it is of that conversation, as one of what is
            unread.
    """
    mine, person = (place[0], place[1]), place[2]
    if all(_is_of(message, mine, person) for message in listing):
        return listing
    others = _others(channels, mine)
    last = [message for message in listing if tip is not None and trace(message).digest == tip.digest]
    if last and not any(message.destination == person and name_of(message) not in others for message in last):
        return listing  # its messages are named otherwise than itself, such as those of a group by who wrote them
    elsewhere = {message.destination for message in listing}.intersection(destinations) - {person}
    # A listing that is not all there, or has not even the last message yet, shows nothing by what it lacks.
    if elsewhere and last and last_of is not None and not has_more(listing):
        shown = [(message.destination, trace(message)) for message in listing]
        elsewhere = {other for other in elsewhere if not (seen := last_of(other)) or _shows(shown, other, seen)}
    found = [message for message in listing if message.destination not in elsewhere and name_of(message) not in others]
    return like(listing, found)


def _shows(shown: Sequence[tuple[str, Trace]], person: str, seen: Collection[str]) -> bool:
    """Whether one of these messages, under whom they name, is known; by its identifier only what names this person."""
    return any(each.digest in seen or (named == person and each.message_id in seen) for named, each in shown)


def name_of(record: Channel | Chat | Message) -> Name:
    """Return the channel that a record names, or is."""
    return str(record.platform), record.platform_id


def _is_of(message: Message, channel: Name, person: str) -> bool:
    return message.destination == person and name_of(message) == channel


def _others(channels: Sequence[Channel], mine: Name) -> set[Name]:
    return {name_of(channel) for channel in channels} - {mine}
