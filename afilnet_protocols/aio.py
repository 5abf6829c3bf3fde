"""`AsyncChatOperations`: the same six operations for asyncio, over the same code in a bounded pool of threads."""

from __future__ import annotations

import abc
import asyncio
import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar, Unpack

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.registry import connect
from afilnet_protocols.security.unshown import unshown
from afilnet_protocols.settings import Settings, SettingsOverrides, veil
from afilnet_protocols.vocabulary import FileType, Platform

R = TypeVar("R")

MAX_THREADS = 32


class AsyncChatOperations(abc.ABC):
    """The six chat operations and ``close``, as coroutines; see :class:`~afilnet_protocols.ChatOperations`."""

    @abc.abstractmethod
    async def get_chat_channels(self) -> list[Channel]:
        """See :meth:`ChatOperations.get_chat_channels`."""

    @abc.abstractmethod
    async def send_message(self, *, platform: Platform | str, platform_id: str, destination: str, message: str) -> None:
        """See :meth:`ChatOperations.send_message`."""

    @abc.abstractmethod
    async def send_file(
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
        """See :meth:`ChatOperations.send_file`."""

    @abc.abstractmethod
    async def get_chats(self, *, platform: Platform | str, platform_id: str) -> list[Chat]:
        """See :meth:`ChatOperations.get_chats`."""

    @abc.abstractmethod
    async def get_messages(self, *, platform: Platform | str, platform_id: str, destination: str) -> list[Message]:
        """See :meth:`ChatOperations.get_messages`."""

    @abc.abstractmethod
    async def get_unread_messages(
        self, *, platform: Platform | str, platform_id: str, destination: str
    ) -> list[Message]:
        """See :meth:`ChatOperations.get_unread_messages`."""

    @abc.abstractmethod
    async def close(self) -> None:
        """See :meth:`ChatOperations.close`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class ThreadedChat(AsyncChatOperations):
    """Runs the calls of a synchronous client in threads, so that both worlds behave alike by construction.

    A call that is cancelled before a thread took it is never sent. One that a thread has taken goes on to its end or
    its deadline, unobserved, like any call whose answer is not awaited: treat a cancelled send as ``unknown``.

    Args:
        chat: the synchronous client; it is closed with this one.
        threads: how many calls may be under way at once.
    """

    def __init__(self, chat: ChatOperations, *, threads: int = MAX_THREADS) -> None:
        self._chat = chat
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="afilnet")
        self._closed = False

    async def get_chat_channels(self) -> list[Channel]:
        return await self._run(self._chat.get_chat_channels)

    async def send_message(self, *, platform: Platform | str, platform_id: str, destination: str, message: str) -> None:
        call = functools.partial(
            self._chat.send_message,
            platform=platform,
            platform_id=platform_id,
            destination=destination,
            message=message,
        )
        await self._run(call)

    async def send_file(
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
        file_url, thumb_url = unshown(file_url), unshown(thumb_url)
        call = functools.partial(
            self._chat.send_file,
            platform=platform,
            platform_id=platform_id,
            destination=destination,
            file_type=file_type,
            file_url=file_url,
            thumb_url=thumb_url,
            message=message,
        )
        await self._run(call)

    async def get_chats(self, *, platform: Platform | str, platform_id: str) -> list[Chat]:
        return await self._run(functools.partial(self._chat.get_chats, platform=platform, platform_id=platform_id))

    async def get_messages(self, *, platform: Platform | str, platform_id: str, destination: str) -> list[Message]:
        return await self._run(
            functools.partial(
                self._chat.get_messages, platform=platform, platform_id=platform_id, destination=destination
            )
        )

    async def get_unread_messages(
        self, *, platform: Platform | str, platform_id: str, destination: str
    ) -> list[Message]:
        return await self._run(
            functools.partial(
                self._chat.get_unread_messages, platform=platform, platform_id=platform_id, destination=destination
            )
        )

    async def close(self) -> None:
        """Drop the calls that no thread has taken, wait for those under way, and close the client."""
        if self._closed:
            return
        self._closed = True
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, functools.partial(self._pool.shutdown, cancel_futures=True))
        self._chat.close()

    async def _run(self, call: Callable[[], R]) -> R:
        if self._closed:
            raise ConfigurationError("this client is closed: make a new one with connect_async()")
        # The deadline of the calling task travels with the call.
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, context.run, call)


def connect_async(
    profile_or_settings: str | Settings | None = None, /, **overrides: Unpack[SettingsOverrides]
) -> AsyncChatOperations:
    """Make an asyncio client; parameters and errors are those of :func:`~afilnet_protocols.connect`."""
    veil(overrides)
    return ThreadedChat(connect(profile_or_settings, **overrides))
