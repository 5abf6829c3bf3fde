"""Mistakes in what is read: the answer was right, and what is returned is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import cast

import msgspec

from afilnet_protocols.conformance.mutants.mutant import Arguments, Right, Shelf
from afilnet_protocols.records import Channel, Message

SHELF = Shelf()

LISTS = ("get_chats", "get_messages", "get_unread_messages")
"""The reads whose items have the fields of a message."""


def each(result: object, change: Callable[[Message], dict[str, object]]) -> object:
    """Change fields of every item that is a message or a conversation."""
    if not isinstance(result, list):
        return result
    return [item if isinstance(item, Channel) else msgspec.structs.replace(item, **change(item)) for item in result]


@SHELF.spoil("M01", "soap", ["CHATS-02", "UNREAD-01"])
def one_is_bare(right: Right, operation: str, arguments: Arguments) -> object:
    """A list of one comes back as its only item."""
    result = right(operation, arguments)
    return result[0] if isinstance(result, list) and len(result) == 1 else result


@SHELF.spoil("M02", "soap", ["CHATS-01", "UNREAD-03"])
def nothing_is_none(right: Right, operation: str, arguments: Arguments) -> object:
    """An empty list comes back as ``None``."""
    return right(operation, arguments) or None


@SHELF.spoil("M07", "soap", ["TEXT-02", "TEXT-09"])
def line_ends_are_folded(right: Right, operation: str, arguments: Arguments) -> object:
    """Line ends are read as LF, as XML reads them that are not escaped."""
    result = right(operation, arguments)
    return each(result, lambda item: {"message": item.message.replace("\r\n", "\n").replace("\r", "\n")})


@SHELF.spoil("M10", "json", ["MSGS-03"])
def identifiers_are_numbers(right: Right, operation: str, arguments: Arguments) -> object:
    """Identifiers of messages come back as numbers."""
    return each(right(operation, arguments), lambda item: {"message_id": int(item.message_id)})


@SHELF.spoil("M11", "json", ["TIME-01", "TIME-03", "TIME-09"])
def an_hour_off(right: Right, operation: str, arguments: Arguments) -> object:
    """Times are converted into a time zone that they are already in."""
    return each(right(operation, arguments), lambda item: {"timestamp": item.timestamp + timedelta(hours=1)})


@SHELF.spoil("M12", "http-post", ["MSGS-02"])
def text_is_true(right: Right, operation: str, arguments: Arguments) -> object:
    """``sent`` is true whenever it is a text that is not empty, such as ``false``."""
    return each(right(operation, arguments), lambda item: {"sent": True})


@SHELF.spoil("M14", "basic", ["UNREAD-02", "UNREAD-09"])
def own_messages_are_unread(right: Right, operation: str, arguments: Arguments) -> object:
    """The unread messages are all messages."""
    return right("get_messages" if operation == "get_unread_messages" else operation, arguments)


@SHELF.spoil("M15", "http-get", ["MSGS-05"])
def only_the_first_page(right: Right, operation: str, arguments: Arguments) -> object:
    """Only the first hundred items of a list are read."""
    result = right(operation, arguments)
    return result[:100] if isinstance(result, list) else result


@SHELF.spoil("M16", "soap", ["MSGS-01", "MSGS-09"])
def the_newest_first(right: Right, operation: str, arguments: Arguments) -> object:
    """Lists come back in reverse."""
    result = right(operation, arguments)
    return result[::-1] if isinstance(result, list) else result


@SHELF.spoil("M17", "http-post", ["CHATS-04"])
def channels_are_mixed(right: Right, operation: str, arguments: Arguments) -> object:
    """The conversations of a channel are those of all channels of the account."""
    if operation != "get_chats":
        return right(operation, arguments)
    asked = right.rows(operation, arguments)
    channels = cast("list[Channel]", right("get_chat_channels", {}))
    others = [each for each in channels if each.platform_id != arguments["platform_id"]]
    for channel in others:
        asked += right.rows(operation, {"platform": str(channel.platform), "platform_id": channel.platform_id})
    return asked


@SHELF.spoil("M41", "http-post", ["CHAN-01", "CHAN-09"])
def the_last_is_lost(right: Right, operation: str, arguments: Arguments) -> object:
    """The last channel of the list is lost."""
    result = right(operation, arguments)
    return result[:-1] if operation == "get_chat_channels" and isinstance(result, list) else result


@SHELF.spoil("M42", "json", ["CHAN-02"])
def the_list_grows(right: Right, operation: str, arguments: Arguments) -> object:
    """The list of channels is kept, and every listing is added to it."""
    if operation != "get_chat_channels":
        return right(operation, arguments)
    kept = cast("list[object]", right.memory.setdefault("channels", []))
    kept += cast("list[object]", right(operation, arguments))
    return list(kept)


@SHELF.spoil("M43", "basic", ["CHATS-03", "CHATS-09"])
def told_by_the_first(right: Right, operation: str, arguments: Arguments) -> object:
    """A conversation is told by its first message."""
    if operation != "get_chats":
        return right(operation, arguments)
    told = []
    for chat in right.rows(operation, arguments):
        first = right.rows("get_messages", {**arguments, "destination": chat.destination})[0]
        told.append(msgspec.structs.replace(chat, message=first.message, sent=first.sent, status=first.status))
    return told


@SHELF.spoil("M13", "http-get", ["MSGS-04"])
def reading_marks(right: Right, operation: str, arguments: Arguments) -> object:
    """What was listed once counts as read."""
    listed = cast("set[str]", right.memory.setdefault("listed", set()))
    result = right(operation, arguments)
    if operation == "get_messages":
        listed |= {item.message_id for item in cast("list[Message]", result)}
    if operation == "get_unread_messages":
        return [item for item in cast("list[Message]", result) if item.message_id not in listed]
    return result


@SHELF.spoil("M44", "json", ["UNREAD-04"])
def unread_of_everybody(right: Right, operation: str, arguments: Arguments) -> object:
    """The unread messages are those of every conversation of the channel."""
    if operation != "get_unread_messages":
        return right(operation, arguments)
    channel = {name: arguments[name] for name in ("platform", "platform_id")}
    unread = []
    for chat in right.rows("get_chats", channel):
        unread += right.rows(operation, {**channel, "destination": chat.destination})
    return unread


@SHELF.spoil("M45", "soap", ["TIME-02"])
def the_first_day_for_all(right: Right, operation: str, arguments: Arguments) -> object:
    """The date is read once for a list, and only the time of day for each item."""
    result = right(operation, arguments)
    if operation not in LISTS or not isinstance(result, list) or not result:
        return result
    day = result[0].timestamp.date()
    return each(result, lambda item: {"timestamp": item.timestamp.combine(day, item.timestamp.time())})


@SHELF.spoil("M46", "basic", ["LIMIT-04"])
def long_texts_are_cut(right: Right, operation: str, arguments: Arguments) -> object:
    """A text that was received is cut at 32,767 characters."""
    return each(right(operation, arguments), lambda item: {"message": item.message[:32_767]})


@SHELF.spoil("M71", "http-post", ["CHATS-05"])
def only_the_first_conversations(right: Right, operation: str, arguments: Arguments) -> object:
    """Only the first fifty conversations of a channel are read."""
    result = right(operation, arguments)
    return result[:50] if operation == "get_chats" and isinstance(result, list) else result


@SHELF.spoil("M72", "soap", ["LIMIT-05"])
def only_the_first_thousand(right: Right, operation: str, arguments: Arguments) -> object:
    """Only the first thousand items of a list are read."""
    result = right(operation, arguments)
    return result[:1000] if isinstance(result, list) else result


@SHELF.spoil("M73", "basic", ["TIME-04"])
def only_the_last_month(right: Right, operation: str, arguments: Arguments) -> object:
    """Unread messages that are older than the newest by a month are left out."""
    result = right(operation, arguments)
    if operation != "get_unread_messages" or not isinstance(result, list) or not result:
        return result
    newest = max(item.timestamp for item in result)
    return [item for item in result if newest - item.timestamp < timedelta(days=30)]


@SHELF.spoil("M74", "http-get", ["TIME-05"])
def ordered_by_time(right: Right, operation: str, arguments: Arguments) -> object:
    """Messages are put into the order of their times."""
    result = right(operation, arguments)
    if operation != "get_messages" or not isinstance(result, list):
        return result
    return sorted(result, key=lambda item: item.timestamp)


@SHELF.spoil("M75", "json", ["TEXT-08"])
def numbers_are_read_as_such(right: Right, operation: str, arguments: Arguments) -> object:
    """A text of digits is read as a number."""
    return each(
        right(operation, arguments),
        lambda item: {"message": str(int(item.message)) if item.message.isdecimal() else item.message},
    )


@SHELF.spoil("M165", "http-post", ["LIMIT-06"])
def previews_are_short(right: Right, operation: str, arguments: Arguments) -> object:
    """The list of conversations shows the first 255 characters of a text."""
    result = right(operation, arguments)
    return each(result, lambda item: {"message": item.message[:255]}) if operation == "get_chats" else result
