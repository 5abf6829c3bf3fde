"""Mistakes in what is read: the answer was right, and what is returned is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

import msgspec

from afilnet_protocols.conformance.mutants.mutant import LISTS, Arguments, Right, Shelf
from afilnet_protocols.records import Channel, Message

SHELF = Shelf()


@SHELF.lists("M01", "soap", ["CHATS-02", "UNREAD-01"])
def one_is_bare(items: list[Message]) -> object:
    """A list of one comes back as its only item."""
    return items[0] if len(items) == 1 else items


@SHELF.spoil("M02", "soap", ["CHATS-01", "UNREAD-03"])
def nothing_is_none(right: Right, operation: str, arguments: Arguments) -> object:
    """An empty list comes back as ``None``."""
    return right(operation, arguments) or None


@SHELF.fields("M07", "soap", ["TEXT-02", "TEXT-09"])
def line_ends_are_folded(item: Message) -> dict[str, object]:
    """Line ends are read as LF, as XML reads them that are not escaped."""
    return {"message": item.message.replace("\r\n", "\n").replace("\r", "\n")}


@SHELF.fields("M10", "json", ["MSGS-03"])
def identifiers_are_numbers(item: Message) -> dict[str, object]:
    """Identifiers of messages come back as numbers."""
    return {"message_id": int(item.message_id)}


@SHELF.fields("M11", "json", ["TIME-01", "TIME-03", "TIME-09"])
def an_hour_off(item: Message) -> dict[str, object]:
    """Times are converted into a time zone that they are already in."""
    return {"timestamp": item.timestamp + timedelta(hours=1)}


@SHELF.fields("M12", "http-post", ["MSGS-02"])
def text_is_true(item: Message) -> dict[str, object]:
    """``sent`` is true whenever it is a text that is not empty, such as ``false``."""
    return {"sent": True}


@SHELF.spoil("M14", "basic", ["UNREAD-02", "UNREAD-09"])
def own_messages_are_unread(right: Right, operation: str, arguments: Arguments) -> object:
    """The unread messages are all messages."""
    return right("get_messages" if operation == "get_unread_messages" else operation, arguments)


@SHELF.lists("M15", "http-get", ["MSGS-05"])
def only_the_first_page(items: list[Message]) -> object:
    """Only the first hundred items of a list are read."""
    return items[:100]


@SHELF.lists("M16", "soap", ["MSGS-01", "MSGS-09"])
def the_newest_first(items: list[Message]) -> object:
    """Lists come back in reverse."""
    return items[::-1]


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


@SHELF.lists("M41", "http-post", ["CHAN-01", "CHAN-09"], ["get_chat_channels"])
def the_last_is_lost(items: list[Channel]) -> object:
    """The last channel of the list is lost."""
    return items[:-1]


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


@SHELF.lists("M45", "soap", ["TIME-02"], LISTS)
def the_first_day_for_all(items: list[Message]) -> object:
    """The date is read once for a list, and only the time of day for each item."""
    day = items[0].timestamp.date()
    return [msgspec.structs.replace(item, timestamp=datetime.combine(day, item.timestamp.time())) for item in items]


@SHELF.fields("M46", "basic", ["LIMIT-04"])
def long_texts_are_cut(item: Message) -> dict[str, object]:
    """A text that was received is cut at 32,767 characters."""
    return {"message": item.message[:32_767]}


@SHELF.lists("M71", "http-post", ["CHATS-05"], ["get_chats"])
def only_the_first_conversations(items: list[Message]) -> object:
    """Only the first fifty conversations of a channel are read."""
    return items[:50]


@SHELF.lists("M72", "soap", ["LIMIT-05"])
def only_the_first_thousand(items: list[Message]) -> object:
    """Only the first thousand items of a list are read."""
    return items[:1000]


@SHELF.lists("M73", "basic", ["TIME-04"], ["get_unread_messages"])
def only_the_last_month(items: list[Message]) -> object:
    """Unread messages that are older than the newest by a month are left out."""
    newest = max(item.timestamp for item in items)
    return [item for item in items if newest - item.timestamp < timedelta(days=30)]


@SHELF.lists("M74", "http-get", ["TIME-05"], ["get_messages"])
def ordered_by_time(items: list[Message]) -> object:
    """Messages are put into the order of their times."""
    return sorted(items, key=lambda item: item.timestamp)


@SHELF.fields("M75", "json", ["TEXT-08"])
def numbers_are_read_as_such(item: Message) -> dict[str, object]:
    """A text of digits is read as a number."""
    return {"message": str(int(item.message)) if item.message.isdecimal() else item.message}


@SHELF.fields("M165", "http-post", ["LIMIT-06"], ["get_chats"])
def previews_are_short(item: Message) -> dict[str, object]:
    """The list of conversations shows the first 255 characters of a text."""
    return {"message": item.message[:255]}
