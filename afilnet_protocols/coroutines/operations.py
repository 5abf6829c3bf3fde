"""`AsyncChatOperations`: the one interface in front of every protocol, as coroutines."""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from afilnet_protocols.errors import InvalidRequestError, OutcomeUnknownError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.vocabulary import Finding
from afilnet_protocols.waiting.carriers import aside

P = ParamSpec("P")
R = TypeVar("R")


def declared(
    method: Callable[Concatenate[ChatOperations, P], R],
) -> Callable[Concatenate[AsyncChatOperations, P], Coroutine[Any, Any, R]]:
    """Return an operation as a coroutine function that is abstract as well: same parameters, same documentation."""

    @functools.wraps(method)
    async def call(self: AsyncChatOperations, /, *args: P.args, **kwargs: P.kwargs) -> R:
        raise NotImplementedError

    return call


class AsyncClosing(abc.ABC):
    """What is closed at the end of its ``async with``."""

    @abc.abstractmethod
    async def close(self) -> None:
        """Close it. Doing it again does nothing."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class AsyncChatOperations(AsyncClosing):
    """The six chat operations and ``close``, as coroutines; see :class:`~afilnet_protocols.ChatOperations`."""

    get_chat_channels = declared(ChatOperations.get_chat_channels)
    send_message = declared(ChatOperations.send_message)
    send_file = declared(ChatOperations.send_file)
    get_chats = declared(ChatOperations.get_chats)
    get_messages = declared(ChatOperations.get_messages)
    get_unread_messages = declared(ChatOperations.get_unread_messages)

    async def reconcile(self, error: OutcomeUnknownError, *, settle: float = 5.0) -> Finding:
        """Find out what became of a send, as :meth:`OutcomeUnknownError.reconcile` does, while the loop goes on.

        Args:
            error: the error of the send, over this client.
            settle: how long the service may still be working on the lost request, in seconds.

        Returns:
            What the conversation tells about the send.

        Raises:
            InvalidRequestError: ``error`` is another one, or ``settle`` is no length of time.
            ConfigurationError: this was no send, or the client is closed.
            AfilnetError: the conversation cannot be read now.
        """
        check_unknown(error)
        return await aside(functools.partial(error.reconcile, settle=settle))


def check_unknown(error: object) -> None:
    """Refuse to find out about what is not in doubt.

    Args:
        error: what ``reconcile`` was given.

    Raises:
        InvalidRequestError: it is no ``OutcomeUnknownError``.
    """
    if not isinstance(error, OutcomeUnknownError):
        raise InvalidRequestError(
            f"reconcile() is given the OutcomeUnknownError of a send, not {type(error).__name__}: only what is unknown "
            "has to be found out"
        )
