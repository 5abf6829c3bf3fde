"""The zone that the service's times are in, where the settings name one and the times themselves do not."""

from __future__ import annotations

from datetime import tzinfo
from typing import TypeVar, cast

import msgspec

from afilnet_protocols.records import Chat, Message, like

R = TypeVar("R")


def zone_of(name: str | None) -> tzinfo | None:
    """Return a zone by its IANA name; ``None`` if there is none."""
    if not name:
        return None
    import zoneinfo  # few settings name a zone

    return zoneinfo.ZoneInfo(name)


def in_zone(result: R, zone: tzinfo | None) -> R:
    """Make naive timestamps aware, where a zone is configured."""
    if zone is None or not isinstance(result, list):
        return result
    records = [
        msgspec.structs.replace(record, timestamp=record.timestamp.replace(tzinfo=zone))
        if isinstance(record, Chat | Message) and record.timestamp.tzinfo is None
        else record
        for record in result
    ]
    return cast("R", like(result, records))
