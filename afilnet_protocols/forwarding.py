"""`Forwarding`: the six operations, written once: each hands its arguments to one method."""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Kind, Operation
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.process.interruption import make_sure_of_delivery
from afilnet_protocols.process.of_this_process import OfThisProcess
from afilnet_protocols.security.safe_repr import origin_only

P = ParamSpec("P")
R = TypeVar("R")

Arguments = Mapping[str, str | None]
"""The keyword arguments of a call."""


class Taker:
    """What takes the arguments of an operation as :class:`~afilnet_protocols.ChatOperations` declares them.

    Addresses of files are often signed, and the frames of this module and below are part of the traceback of every
    error: they hold an address only in a form that is not shown.
    """

    def __init__(self, method: Callable[..., object], operation: Operation[object]) -> None:
        self._method = method
        self._left_out: Arguments = getattr(method, "__kwdefaults__", None) or {}
        self._all = {each.name for each in operation.parameters}
        self._named = ", ".join(each.name for each in operation.parameters) or "nothing"
        self._addresses = [each.name for each in operation.parameters if each.kind is Kind.URL]
        # Nearly every call of most operations names all that there is, and nothing has to be done to any of it.
        self.complete = None if self._addresses or self._left_out else self._all

    def take(self, args: tuple[object, ...], arguments: dict[str, Any]) -> Arguments:
        """Return all arguments of a call.

        Raises:
            TypeError: they are not the operation's; names those that are.
        """
        for name in self._addresses:
            if name in arguments:
                arguments[name] = origin_only(arguments[name])
        if args or arguments.keys() != self._all:
            try:
                self._method(None, *args, **arguments)  # it does nothing but refuse what it does not declare
            except TypeError as error:
                error.args = (f"{error}; what it takes, by name: {self._named}",)
                raise
        return {**self._left_out, **arguments} if self._left_out else arguments


def handed_on(
    method: Callable[Concatenate[ChatOperations, P], R], operation: Operation[R]
) -> Callable[Concatenate[Forwarding, P], R]:
    """Return the method of an operation: same parameters, same documentation; it calls :meth:`Forwarding._call`."""
    taker = Taker(method, operation)
    complete = taker.complete

    @functools.wraps(method, updated=())  # but for being abstract
    def call(self: Forwarding, /, *args: P.args, **kwargs: P.kwargs) -> R:
        arguments: dict[str, Any] = kwargs
        given = arguments if arguments.keys() == complete and not args else taker.take(args, arguments)
        try:
            return self._call(operation, given)
        except BaseException as error:
            make_sure_of_delivery(error, operation.name)
            raise

    return call


class Forwarding(ChatOperations):
    """A client of which every call is one call of :meth:`_call`: a protocol's, or one in front of another client.

    What the operations do is documented at :class:`~afilnet_protocols.ChatOperations`.
    """

    get_chat_channels = handed_on(ChatOperations.get_chat_channels, catalogue.GET_CHAT_CHANNELS)
    send_message = handed_on(ChatOperations.send_message, catalogue.SEND_MESSAGE)
    send_file = handed_on(ChatOperations.send_file, catalogue.SEND_FILE)
    get_chats = handed_on(ChatOperations.get_chats, catalogue.GET_CHATS)
    get_messages = handed_on(ChatOperations.get_messages, catalogue.GET_MESSAGES)
    get_unread_messages = handed_on(ChatOperations.get_unread_messages, catalogue.GET_UNREAD_MESSAGES)

    @abc.abstractmethod
    def _call(self, operation: Operation[R], arguments: Arguments) -> R:
        """Carry out a call.

        Returns:
            What the operation returns.

        Raises:
            AfilnetError: whatever the operation raises.
        """


class InFront(OfThisProcess, Forwarding):
    """A client in front of another one, which is asked for what this one has not, such as ``security_report``."""

    _primary: ChatOperations

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._primary, name)

    def __repr__(self) -> str:
        behind = f" in front of {self._primary!r}" if hasattr(self, "_primary") else ""
        return f"<{type(self).__name__}{behind}>"


def invoke(chat: ChatOperations, operation: Operation[R], arguments: Arguments) -> R:
    """Call an operation of a client."""
    return cast("R", getattr(chat, operation.name)(**arguments))
