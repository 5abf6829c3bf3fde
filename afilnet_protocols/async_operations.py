"""`AsyncChatOperations`: the one interface in front of every protocol, as coroutines."""

from __future__ import annotations

import abc
import functools
from types import TracebackType
from typing import TYPE_CHECKING, Self

from afilnet_protocols.carriers import aside
from afilnet_protocols.errors import OutcomeUnknownError
from afilnet_protocols.vocabulary import AnyFileType, AnyPlatform, Finding

if TYPE_CHECKING:
    from afilnet_protocols.records import Channel, Chat, Message


class AsyncChatOperations(abc.ABC):
    """The six chat operations and ``close``, as coroutines; see :class:`~afilnet_protocols.ChatOperations`."""

    @abc.abstractmethod
    async def get_chat_channels(self) -> list[Channel]:
        """See :meth:`ChatOperations.get_chat_channels`."""

    @abc.abstractmethod
    async def send_message(self, *, platform: AnyPlatform, platform_id: str, destination: str, message: str) -> None:
        """See :meth:`ChatOperations.send_message`."""

    @abc.abstractmethod
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
        """See :meth:`ChatOperations.send_file`."""

    @abc.abstractmethod
    async def get_chats(self, *, platform: AnyPlatform, platform_id: str) -> list[Chat]:
        """See :meth:`ChatOperations.get_chats`."""

    @abc.abstractmethod
    async def get_messages(self, *, platform: AnyPlatform, platform_id: str, destination: str) -> list[Message]:
        """See :meth:`ChatOperations.get_messages`."""

    @abc.abstractmethod
    async def get_unread_messages(self, *, platform: AnyPlatform, platform_id: str, destination: str) -> list[Message]:
        """See :meth:`ChatOperations.get_unread_messages`."""

    @abc.abstractmethod
    async def close(self) -> None:
        """See :meth:`ChatOperations.close`."""

    async def reconcile(self, error: OutcomeUnknownError, *, settle: float = 5.0) -> Finding:
        """Find out what became of a send, as :meth:`OutcomeUnknownError.reconcile` does, while the loop goes on.

        Args:
            error: the error of the send, over this client.
            settle: how long the service may still be working on the lost request, in seconds.

        Raises:
            ConfigurationError: this was no send, or the client is closed.
            AfilnetError: the conversation cannot be read now.
        """
        return await aside(functools.partial(error.reconcile, settle=settle))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
