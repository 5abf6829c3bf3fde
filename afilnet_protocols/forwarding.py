"""`Forwarding`: the six operations, written once: each hands its arguments to one method."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import TypeVar, cast

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.vocabulary import AnyFileType, AnyPlatform

R = TypeVar("R")

Arguments = Mapping[str, str | None]
"""The keyword arguments of a call."""


class Forwarding(ChatOperations):
    """A client of which every call is one call of :meth:`_call`: a protocol's, or one in front of another client.

    What the operations do is documented at :class:`~afilnet_protocols.ChatOperations`. Addresses of files are often
    signed, and the frames of this class and below are part of the traceback of every error: they hold an address only
    in a form that is not shown.
    """

    @abc.abstractmethod
    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        """Carry out a call.

        Args:
            operation: which.
            arguments: its keyword arguments, as the caller gave them.

        Returns:
            What the operation returns.

        Raises:
            AfilnetError: whatever the operation raises.
        """

    def get_chat_channels(self) -> list[Channel]:
        return self._call(catalogue.GET_CHAT_CHANNELS, {})

    def send_message(self, *, platform: AnyPlatform, platform_id: str, destination: str, message: str) -> None:
        self._call(
            catalogue.SEND_MESSAGE,
            {"platform": platform, "platform_id": platform_id, "destination": destination, "message": message},
        )

    def send_file(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        file_type: AnyFileType,
        file_url: str,
        thumb_url: str | None = None,
        message: str | None = None,
    ) -> None:
        file_url, thumb_url = origin_only(file_url), origin_only(thumb_url)
        self._call(
            catalogue.SEND_FILE,
            {
                "platform": platform,
                "platform_id": platform_id,
                "destination": destination,
                "file_type": file_type,
                "file_url": file_url,
                "thumb_url": thumb_url,
                "message": message,
            },
        )

    def get_chats(self, *, platform: AnyPlatform, platform_id: str) -> list[Chat]:
        return self._call(catalogue.GET_CHATS, {"platform": platform, "platform_id": platform_id})

    def get_messages(self, *, platform: AnyPlatform, platform_id: str, destination: str) -> list[Message]:
        where = {"platform": platform, "platform_id": platform_id, "destination": destination}
        return self._call(catalogue.GET_MESSAGES, where)

    def get_unread_messages(self, *, platform: AnyPlatform, platform_id: str, destination: str) -> list[Message]:
        where = {"platform": platform, "platform_id": platform_id, "destination": destination}
        return self._call(catalogue.GET_UNREAD_MESSAGES, where)


def invoke(chat: ChatOperations, operation: Operation[R], arguments: Arguments) -> R:
    """Call an operation of a client."""
    return cast("R", getattr(chat, operation.name)(**arguments))
