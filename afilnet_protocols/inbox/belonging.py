"""Which of the records of an answer are of what was asked for: a service may pass over what it was asked, and show all.

What is another's is left to that one, which shows it too. What names nothing that there is belongs to what shows it: no
vendor page says that a channel or a person is called the same everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from afilnet_protocols.inbox.identity import Trace, trace
from afilnet_protocols.outbox.store import Conversing
from afilnet_protocols.records import Channel, Chat, Message, like


def of_channel(chats: list[Chat], channel: Channel, channels: Sequence[Channel]) -> list[Chat]:
    """Return the conversations of a channel, each under its name.

    Args:
        chats: what the service lists of it.
        channel: the channel.
        channels: all there are.
    """
    mine, others = _name(channel), _others(channels, _name(channel))
    if all(_name(chat) == mine for chat in chats):
        return chats
    found = [chat for chat in chats if _name(chat) not in others]
    under = {"platform": channel.platform, "platform_id": channel.platform_id}
    return like(chats, [msgspec.structs.replace(chat, **under) for chat in found])


def of_conversation(
    listing: list[Message],
    place: Conversing,
    channels: Sequence[Channel],
    destinations: Collection[str],
    tip: Trace | None = None,
) -> list[Message]:
    """Return the messages of a conversation.

    Args:
        listing: what the service lists of it.
        place: the conversation.
        channels: all there are.
        destinations: those of all conversations of its channel.
        tip: its last message, as the list of conversations has it.
    """
    *mine, person = place
    if all(message.destination == person and _name(message) == tuple(mine) for message in listing):
        return listing
    others = _others(channels, (place[0], place[1]))
    last = {message.destination for message in listing if tip is not None and trace(message).digest == tip.digest}
    if last and person not in last:
        return listing  # its messages are named otherwise than itself, such as those of a group by who wrote them
    found = [
        message
        for message in listing
        if (message.destination == person or message.destination not in destinations) and _name(message) not in others
    ]
    return like(listing, found)


def _name(record: Channel | Chat | Message) -> tuple[str, str]:
    return str(record.platform), record.platform_id


def _others(channels: Sequence[Channel], mine: tuple[str, str]) -> set[tuple[str, str]]:
    return {_name(channel) for channel in channels} - {mine}
