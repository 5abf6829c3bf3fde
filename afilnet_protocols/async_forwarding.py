"""`AsyncForwarding`: the six operations as coroutines, written once: each hands its arguments to one coroutine."""

from __future__ import annotations

import abc
from typing import TypeVar

from afilnet_protocols import catalogue
from afilnet_protocols.async_operations import AsyncChatOperations
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.forwarding import Arguments
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.vocabulary import AnyFileType, AnyPlatform

R = TypeVar("R")


class AsyncForwarding(AsyncChatOperations):
    """The six coroutines, each one call of :meth:`_call`; see :class:`~afilnet_protocols.forwarding.Forwarding`."""

    @abc.abstractmethod
    async def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        """Carry out a call.

        Args:
            operation: which.
            arguments: its keyword arguments, as the caller gave them.

        Returns:
            What the operation returns.

        Raises:
            AfilnetError: whatever the operation raises.
        """

    async def get_chat_channels(self) -> list[Channel]:
        return await self._call(catalogue.GET_CHAT_CHANNELS, {})

    async def send_message(self, *, platform: AnyPlatform, platform_id: str, destination: str, message: str) -> None:
        await self._call(
            catalogue.SEND_MESSAGE,
            {"platform": platform, "platform_id": platform_id, "destination": destination, "message": message},
        )

    async def send_file(
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
        await self._call(
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

    async def get_chats(self, *, platform: AnyPlatform, platform_id: str) -> list[Chat]:
        return await self._call(catalogue.GET_CHATS, {"platform": platform, "platform_id": platform_id})

    async def get_messages(self, *, platform: AnyPlatform, platform_id: str, destination: str) -> list[Message]:
        where = {"platform": platform, "platform_id": platform_id, "destination": destination}
        return await self._call(catalogue.GET_MESSAGES, where)

    async def get_unread_messages(self, *, platform: AnyPlatform, platform_id: str, destination: str) -> list[Message]:
        where = {"platform": platform, "platform_id": platform_id, "destination": destination}
        return await self._call(catalogue.GET_UNREAD_MESSAGES, where)
