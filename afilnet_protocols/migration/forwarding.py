"""`Forwarding`: a client that hands every call to one method, for clients that stand in front of others."""

from __future__ import annotations

import abc
import time
from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.comparison.canonical import Plain, of_error, of_result
from afilnet_protocols.migration.diff import Exact
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Channel, Chat, Message
from afilnet_protocols.security.unshown import unshown
from afilnet_protocols.vocabulary import FileType, Platform

R = TypeVar("R")

Arguments = Mapping[str, str | None]
"""The keyword arguments of a call."""

MakeChat = ChatOperations | Callable[[], ChatOperations]
"""A client, or what makes one when it is first needed."""


class Forwarding(ChatOperations):
    """The six operations, each one call of :meth:`forward`."""

    @abc.abstractmethod
    def forward(self, operation: Operation[R], arguments: Arguments) -> R:
        """Carry out a call.

        Args:
            operation: which.
            arguments: its keyword arguments, as the caller gave them.
        """

    def get_chat_channels(self) -> list[Channel]:
        """See :meth:`ChatOperations.get_chat_channels`."""
        return self.forward(catalogue.GET_CHAT_CHANNELS, {})

    def send_message(self, *, platform: Platform | str, platform_id: str, destination: str, message: str) -> None:
        """See :meth:`ChatOperations.send_message`."""
        self.forward(
            catalogue.SEND_MESSAGE,
            {"platform": platform, "platform_id": platform_id, "destination": destination, "message": message},
        )

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
        """See :meth:`ChatOperations.send_file`."""
        file_url, thumb_url = unshown(file_url), unshown(thumb_url)
        self.forward(
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

    def get_chats(self, *, platform: Platform | str, platform_id: str) -> list[Chat]:
        """See :meth:`ChatOperations.get_chats`."""
        return self.forward(catalogue.GET_CHATS, {"platform": platform, "platform_id": platform_id})

    def get_messages(self, *, platform: Platform | str, platform_id: str, destination: str) -> list[Message]:
        """See :meth:`ChatOperations.get_messages`."""
        where = {"platform": platform, "platform_id": platform_id, "destination": destination}
        return self.forward(catalogue.GET_MESSAGES, where)

    def get_unread_messages(self, *, platform: Platform | str, platform_id: str, destination: str) -> list[Message]:
        """See :meth:`ChatOperations.get_unread_messages`."""
        where = {"platform": platform, "platform_id": platform_id, "destination": destination}
        return self.forward(catalogue.GET_UNREAD_MESSAGES, where)


def invoke(chat: ChatOperations, operation: Operation[R], arguments: Arguments) -> R:
    """Call an operation of a client."""
    return cast("R", getattr(chat, operation.name)(**arguments))


def outcome_of(chat: ChatOperations, operation: Operation[object], arguments: Arguments) -> tuple[Plain, float]:
    """Call an operation of a client.

    Returns:
        What came of it in canonical form, ids as they are, and how long it took in seconds. Whatever is raised is an
        outcome too.
    """
    begun = time.perf_counter()
    try:
        result = invoke(chat, operation, arguments)
    except Exception as error:  # noqa: BLE001 -- an exception that is not ours is a difference, not the end
        return of_error(error), time.perf_counter() - begun
    seconds = time.perf_counter() - begun
    return of_result(result, Exact()), seconds


def made(chat: MakeChat) -> ChatOperations:
    """Return the client that this is, or that this makes."""
    return chat if isinstance(chat, ChatOperations) else chat()
