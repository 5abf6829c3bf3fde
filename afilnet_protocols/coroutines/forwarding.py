"""`AsyncForwarding`: the six operations as coroutines, written once: each hands its arguments to one coroutine."""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.coroutines.operations import AsyncChatOperations
from afilnet_protocols.forwarding import Arguments, Taker
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.process.interruption import make_sure_of_delivery

P = ParamSpec("P")
R = TypeVar("R")


def handed_on(
    method: Callable[Concatenate[ChatOperations, P], R], operation: Operation[R]
) -> Callable[Concatenate[AsyncForwarding, P], Coroutine[Any, Any, R]]:
    """Return the coroutine function of an operation: same parameters; it calls :meth:`AsyncForwarding._call`."""
    taker = Taker(method, operation)
    complete = taker.complete

    @functools.wraps(method, updated=())  # but for being abstract
    async def call(self: AsyncForwarding, /, *args: P.args, **kwargs: P.kwargs) -> R:
        arguments: dict[str, Any] = kwargs
        given = arguments if arguments.keys() == complete and not args else taker.take(args, arguments)
        try:
            return await self._call(operation, given)
        except BaseException as error:
            make_sure_of_delivery(error, operation.name)
            raise

    return call


class AsyncForwarding(AsyncChatOperations):
    """The six coroutines, each one call of :meth:`_call`; see :class:`~afilnet_protocols.forwarding.Forwarding`."""

    get_chat_channels = handed_on(ChatOperations.get_chat_channels, catalogue.GET_CHAT_CHANNELS)
    send_message = handed_on(ChatOperations.send_message, catalogue.SEND_MESSAGE)
    send_file = handed_on(ChatOperations.send_file, catalogue.SEND_FILE)
    get_chats = handed_on(ChatOperations.get_chats, catalogue.GET_CHATS)
    get_messages = handed_on(ChatOperations.get_messages, catalogue.GET_MESSAGES)
    get_unread_messages = handed_on(ChatOperations.get_unread_messages, catalogue.GET_UNREAD_MESSAGES)

    @abc.abstractmethod
    async def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        """Carry out a call.

        Returns:
            What the operation returns.

        Raises:
            AfilnetError: whatever the operation raises.
        """
