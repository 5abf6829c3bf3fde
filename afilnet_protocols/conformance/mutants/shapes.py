"""Mistakes that only lists of a certain kind show: short ones, odd ones, and those of another client or time."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import cast
from unicodedata import normalize

import msgspec

from afilnet_protocols.conformance.mutants.mutant import Arguments, Right, Shelf
from afilnet_protocols.conformance.mutants.reading import each
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel
from afilnet_protocols.registry import connect
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Platform

SHELF = Shelf()


@SHELF.spoil("M100", "soap", ["CHAN-04"])
def one_channel_is_bare(right: Right, operation: str, arguments: Arguments) -> object:
    """The only channel of an account comes back without a list."""
    result = right(operation, arguments)
    alone = operation == "get_chat_channels" and isinstance(result, list) and len(result) == 1
    return cast("list[object]", result)[0] if alone else result


@SHELF.spoil("M101", "http-post", ["CHAN-04"])
def no_channels_is_none(right: Right, operation: str, arguments: Arguments) -> object:
    """An account without channels has ``None``."""
    result = right(operation, arguments)
    return result or None if operation == "get_chat_channels" else result


@SHELF.spoil("M102", "soap", ["CHAN-05"])
def new_platforms_are_left_out(right: Right, operation: str, arguments: Arguments) -> object:
    """Channels of a platform that is not documented are left out."""
    result = right(operation, arguments)
    if operation != "get_chat_channels":
        return result
    return [channel for channel in cast("list[Channel]", result) if isinstance(channel.platform, Platform)]


@SHELF.spoil("M103", "json", ["CHAN-05"])
def names_are_made_up(right: Right, operation: str, arguments: Arguments) -> object:
    """A channel without a name is called by its identifier."""
    result = right(operation, arguments)
    if operation != "get_chat_channels":
        return result
    channels = cast("list[Channel]", result)
    return [msgspec.structs.replace(channel, name=channel.name or channel.platform_id) for channel in channels]


@SHELF.spoil("M104", "json", ["MSGS-07"])
def identifiers_of_its_own(right: Right, operation: str, arguments: Arguments) -> object:
    """Each client gives messages identifiers of its own, and keeps to them."""
    mine = cast("dict[tuple[str, str], str]", right.memory.setdefault("identifiers", {}))

    def identified(where: str, identifier: str) -> str:
        return mine.setdefault((where, identifier), uuid.uuid4().hex)

    result = right(operation, arguments)
    return each(result, lambda item: {"message_id": identified(item.destination, item.message_id)})


@SHELF.spoil("M105", "http-post", ["MSGS-07"])
def identifiers_are_counted(right: Right, operation: str, arguments: Arguments) -> object:
    """Identifiers of messages have to be numbers."""
    return each(right(operation, arguments), lambda item: {"message_id": str(int(item.message_id))})


@SHELF.make("M106", "http-post", ["TIME-06"])
def always_utc(settings: Settings) -> ChatOperations:
    """Whatever zone is set, times are said to be in UTC."""
    return connect(settings.but(service_timezone="UTC") if settings.service_timezone else settings)


@SHELF.spoil("M107", "basic", ["TIME-06"])
def zone_of_messages_only(right: Right, operation: str, arguments: Arguments) -> object:
    """The time zone that is set is only told of the messages of a conversation."""
    result = right(operation, arguments)
    if operation == "get_messages":
        return result
    return each(result, lambda item: {"timestamp": item.timestamp.replace(tzinfo=None)})


@SHELF.spoil("M108", "json", ["TIME-07"])
def through_the_clock_of_the_machine(right: Right, operation: str, arguments: Arguments) -> object:
    """Times are counted in seconds on the way, as if they were in the time zone of the machine."""
    return each(
        right(operation, arguments),
        lambda item: {"timestamp": datetime.fromtimestamp(item.timestamp.timestamp(), item.timestamp.tzinfo)},
    )


@SHELF.spoil("M109", "soap", ["TIME-08"])
def years_have_two_digits(right: Right, operation: str, arguments: Arguments) -> object:
    """Of a year, the last two digits are read."""
    result = right(operation, arguments)
    return each(result, lambda item: {"timestamp": item.timestamp.replace(year=2000 + item.timestamp.year % 100)})


@SHELF.spoil("M110", "json", ["LIMIT-07"])
def a_million_is_enough(right: Right, operation: str, arguments: Arguments) -> object:
    """A text that was received is cut at a million characters."""
    return each(right(operation, arguments), lambda item: {"message": item.message[:1_000_000]})


@SHELF.spoil("M111", "json", ["MSGS-06"])
def one_list_of_channels(right: Right, operation: str, arguments: Arguments) -> object:
    """All who list the channels are given the same list, and what they do to it is done to all."""
    result = right(operation, arguments)
    if operation != "get_chat_channels":
        return result
    kept = cast("list[object]", right.memory.setdefault("channels", []))
    kept[:] = cast("list[object]", result)
    return kept


@SHELF.spoil("M147", "json", ["LIMIT-13"])
def names_are_short(right: Right, operation: str, arguments: Arguments) -> object:
    """The name of a channel is cut at a hundred characters."""
    result = right(operation, arguments)
    if operation != "get_chat_channels":
        return result
    channels = cast("list[Channel]", result)
    return [msgspec.structs.replace(channel, name=channel.name[:100]) for channel in channels]


@SHELF.spoil("M148", "basic", ["TIME-08"])
def conversations_of_late(right: Right, operation: str, arguments: Arguments) -> object:
    """Conversations are left out in which nothing was written for ten years."""
    result = right(operation, arguments)
    if operation != "get_chats" or not isinstance(result, list) or not result:
        return result
    newest = max(item.timestamp for item in result)
    return [item for item in result if newest - item.timestamp < timedelta(days=3_650)]


@SHELF.spoil("M166", "http-get", ["CHAN-05"])
def names_are_composed(right: Right, operation: str, arguments: Arguments) -> object:
    """The letters of a channel's name are composed."""
    result = right(operation, arguments)
    if operation != "get_chat_channels":
        return result
    channels = cast("list[Channel]", result)
    return [msgspec.structs.replace(channel, name=normalize("NFC", channel.name)) for channel in channels]
