"""Controls: backends that make their answers up. A run that such a one passes proves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from afilnet_protocols.conformance.targets.stage import Candidate
from afilnet_protocols.errors import NotFoundError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import FileType, Platform

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


class Constants(ChatOperations):
    """Always answers the vendor's samples, and never refuses anything."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def get_chat_channels(self) -> list[Channel]:
        """Answer one channel."""
        return [Channel("100", Platform.WHATSAPP, "WhatsApp")]

    def send_message(self, *, platform: Platform | str, platform_id: str, destination: str, message: str) -> None:
        """Do nothing."""

    def send_file(
        self,
        *,
        platform: Platform | str,
        platform_id: str,
        destination: str,
        file_type: FileType | str,
        file_url: str,
        thumb_url: str | None = None,
        message: str | None = None,
    ) -> None:
        """Do nothing."""

    def get_chats(self, *, platform: Platform | str, platform_id: str) -> list[Chat]:
        """Answer one conversation."""
        return [
            Chat(
                platform_id=_TEXT.platform_id,
                platform=_TEXT.platform,
                message=_TEXT.message,
                destination=_TEXT.destination,
                message_id=_TEXT.message_id,
                sent=_TEXT.sent,
                status=_TEXT.status,
                timestamp=_TEXT.timestamp,
            )
        ]

    def get_messages(self, *, platform: Platform | str, platform_id: str, destination: str) -> list[Message]:
        """Answer one message."""
        return [_TEXT]

    def get_unread_messages(self, *, platform: Platform | str, platform_id: str, destination: str) -> list[Message]:
        """Answer one message."""
        return [_TEXT]

    def close(self) -> None:
        """Do nothing."""


class Nothing(Constants):
    """Always answers that there is nothing, and never refuses a send."""

    def get_chat_channels(self) -> list[Channel]:
        """Answer no channel."""
        return []

    def get_chats(self, *, platform: Platform | str, platform_id: str) -> list[Chat]:
        """Answer no conversation."""
        return []

    def get_messages(self, *, platform: Platform | str, platform_id: str, destination: str) -> list[Message]:
        """Find no conversation."""
        raise NotFoundError("CHAT_NOT_FOUND").during("get_messages", "nothing")

    def get_unread_messages(self, *, platform: Platform | str, platform_id: str, destination: str) -> list[Message]:
        """Answer no message."""
        return []


@dataclass(frozen=True, slots=True)
class Control:
    """A control.

    Attributes:
        id: its id.
        about: what it does.
        kind: makes it.
    """

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
