"""Mistakes that only lists of a certain kind show: short ones, odd ones, and those of another client or time."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import cast
from unicodedata import normalize

import msgspec

from afilnet_protocols.conformance.mutants.mutant import LISTS, Arguments, Right, Shelf
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel, Message
from afilnet_protocols.registry import connect
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Platform

SHELF = Shelf()


@SHELF.lists("M100", "soap", ["CHAN-04"], ["get_chat_channels"])
def one_channel_is_bare(items: list[Channel]) -> object:
    """The only channel of an account comes back without a list."""
    return items[0] if len(items) == 1 else items


@SHELF.spoil("M101", "http-post", ["CHAN-04"])
def no_channels_is_none(right: Right, operation: str, arguments: Arguments) -> object:
    """An account without channels has ``None``."""
    result = right(operation, arguments)
    return result or None if operation == "get_chat_channels" else result


@SHELF.lists("M102", "soap", ["CHAN-05"], ["get_chat_channels"])
def new_platforms_are_left_out(items: list[Channel]) -> object:
    """Channels of a platform that is not documented are left out."""
    return [channel for channel in items if isinstance(channel.platform, Platform)]


@SHELF.fields("M103", "json", ["CHAN-05"], ["get_chat_channels"])
def names_are_made_up(channel: Channel) -> dict[str, object]:
    """A channel without a name is called by its identifier."""
    return {"name": channel.name or channel.platform_id}


@SHELF.spoil("M104", "json", ["MSGS-07"])
def identifiers_of_its_own(right: Right, operation: str, arguments: Arguments) -> object:
    """Each client gives messages identifiers of its own, and keeps to them."""
    mine = cast("dict[tuple[str, str], str]", right.memory.setdefault("identifiers", {}))

    def identified(where: str, identifier: str) -> str:
        return mine.setdefault((where, identifier), uuid.uuid4().hex)

    if operation not in LISTS:
        return right(operation, arguments)
    rows = right.rows(operation, arguments)
    return [msgspec.structs.replace(row, message_id=identified(row.destination, row.message_id)) for row in rows]


@SHELF.fields("M105", "http-post", ["MSGS-07"])
def identifiers_are_counted(item: Message) -> dict[str, object]:
    """Identifiers of messages have to be numbers."""
    return {"message_id": str(int(item.message_id))}


@SHELF.make("M106", "http-post", ["TIME-06"])
def always_utc(settings: Settings) -> ChatOperations:
    """Whatever zone is set, times are said to be in UTC."""
    return connect(settings.but(service_timezone="UTC") if settings.service_timezone else settings)


@SHELF.fields("M107", "basic", ["TIME-06"], ["get_chats", "get_unread_messages"])
def zone_of_messages_only(item: Message) -> dict[str, object]:
    """The time zone that is set is only told of the messages of a conversation."""
    return {"timestamp": item.timestamp.replace(tzinfo=None)}


@SHELF.fields("M108", "json", ["TIME-07"])
def through_the_clock_of_the_machine(item: Message) -> dict[str, object]:
    """Times are counted in seconds on the way, as if they were in the time zone of the machine."""
    return {"timestamp": datetime.fromtimestamp(item.timestamp.timestamp(), item.timestamp.tzinfo)}


@SHELF.fields("M109", "soap", ["TIME-08"])
def years_have_two_digits(item: Message) -> dict[str, object]:
    """Of a year, the last two digits are read."""
    return {"timestamp": item.timestamp.replace(year=2000 + item.timestamp.year % 100)}


@SHELF.fields("M110", "json", ["LIMIT-07"])
def a_million_is_enough(item: Message) -> dict[str, object]:
    """A text that was received is cut at a million characters."""
    return {"message": item.message[:1_000_000]}


@SHELF.spoil("M111", "json", ["MSGS-06"])
def one_list_of_channels(right: Right, operation: str, arguments: Arguments) -> object:
    """All who list the channels are given the same list, and what they do to it is done to all."""
    result = right(operation, arguments)
    if operation != "get_chat_channels":
        return result
    kept = cast("list[object]", right.memory.setdefault("channels", []))
    kept[:] = cast("list[object]", result)
    return kept


@SHELF.fields("M147", "json", ["LIMIT-13"], ["get_chat_channels"])
def names_are_short(channel: Channel) -> dict[str, object]:
    """The name of a channel is cut at a hundred characters."""
    return {"name": channel.name[:100]}


@SHELF.lists("M148", "basic", ["TIME-08"], ["get_chats"])
def conversations_of_late(items: list[Message]) -> object:
    """Conversations are left out in which nothing was written for ten years."""
    newest = max(item.timestamp for item in items)
    return [item for item in items if newest - item.timestamp < timedelta(days=3_650)]


@SHELF.fields("M166", "http-get", ["CHAN-05"], ["get_chat_channels"])
def names_are_composed(channel: Channel) -> dict[str, object]:
    """The letters of a channel's name are composed."""
    return {"name": normalize("NFC", channel.name)}
