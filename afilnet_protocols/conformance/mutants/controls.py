"""Controls: backends that make their answers up. A run that such a one passes proves nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeVar, cast

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.conformance.targets.stage import Candidate
from afilnet_protocols.errors import NotFoundError
from afilnet_protocols.forwarding import Arguments, Forwarding
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Platform

R = TypeVar("R")
Record = Channel | Chat | Message

_TEXT = Message(
    platform_id="100",
    platform=Platform.WHATSAPP,
    message="hola",
    destination="34600000000",
    message_id="1",
    sent=True,
    status="sent",
    timestamp=datetime(2024, 2, 29, 23, 59, 51),
)


_CHAT = Chat(
    platform_id=_TEXT.platform_id,
    platform=_TEXT.platform,
    message=_TEXT.message,
    destination=_TEXT.destination,
    message_id=_TEXT.message_id,
    sent=_TEXT.sent,
    status=_TEXT.status,
    timestamp=_TEXT.timestamp,
)


class Constants(Forwarding):
    """Always answers the vendor's samples, and never refuses anything."""

    SAMPLES: ClassVar[Mapping[type, Record]] = {
        Channel: Channel("100", Platform.WHATSAPP, "WhatsApp"),
        Chat: _CHAT,
        Message: _TEXT,
    }

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        return cast("R", None if operation.record is None else [self.SAMPLES[operation.record]])

    def close(self) -> None:
        """Do nothing."""


class Nothing(Constants):
    """Always answers that there is nothing, and never refuses a send."""

    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        if operation.name == "get_messages":
            raise NotFoundError("CHAT_NOT_FOUND").during(operation.name, "nothing")
        return cast("R", None if operation.record is None else [])


@dataclass(frozen=True, slots=True)
class Control:
    """A control."""

    id: str
    about: str
    kind: type[Constants]

    def candidate(self) -> Candidate:
        """Return it as a backend to be held to the model."""
        return Candidate(self.id, "http-post", make=self.kind, plain=True)


CONTROLS = (
    Control("C00", "always answers the vendor's samples", Constants),
    Control("C01", "always answers that there is nothing", Nothing),
)
"""The controls that every run plays."""
