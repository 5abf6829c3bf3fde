"""Mistakes in what an error tells: it is of the right class, and its fields are not what handlers go by."""

from __future__ import annotations

from typing import Any, NoReturn

from afilnet_protocols.conformance.mutants.mutant import Arguments, Right, Shelf
from afilnet_protocols.errors import AfilnetError, MessageTooLongError, NotFoundError
from afilnet_protocols.vocabulary import Protocol

SHELF = Shelf()


@SHELF.spoil("M94", "soap", ["ERR-12"])
def another_protocol(right: Right, operation: str, arguments: Arguments) -> object:
    """Errors name another protocol than the one that is spoken."""
    try:
        return right(operation, arguments)
    except AfilnetError as error:
        error.protocol = Protocol.HTTP_POST
        raise


@SHELF.spoil("M95", "http-post", ["ERR-12"])
def delivery_is_text(right: Right, operation: str, arguments: Arguments) -> object:
    """What an error says of delivery is a text, which is none of the three members."""
    try:
        return right(operation, arguments)
    except AfilnetError as error:
        error.delivery = str(error.delivery)  # type: ignore[assignment]  # the mistake
        raise


@SHELF.spoil("M96", "json", ["ERR-12"])
def without_words(right: Right, operation: str, arguments: Arguments) -> object:
    """Errors say nothing."""
    try:
        return right(operation, arguments)
    except AfilnetError as error:
        error.args = ()
        raise


class _HoldsOn(NotFoundError):
    def __reduce__(self) -> NoReturn:
        raise TypeError("it holds a lock")


_HoldsOn.__name__ = NotFoundError.__name__


@SHELF.spoil("M97", "basic", ["ERR-12"])
def cannot_be_pickled(right: Right, operation: str, arguments: Arguments) -> object:
    """An error cannot be handed to another process."""
    try:
        return right(operation, arguments)
    except NotFoundError as error:
        code = error.code
    raise _HoldsOn(code).during(operation, "basic")


@SHELF.spoil("M98", "http-get", ["LIMIT-03"])
def limit_is_not_told(right: Right, operation: str, arguments: Arguments) -> object:
    """What is too long is refused without saying how long it may be."""
    told: dict[str, Any] = {"limit": 0, "actual": 0}
    try:
        return right(operation, arguments)
    except MessageTooLongError as error:
        vars(error).update(told)
        raise


@SHELF.spoil("M99", "http-post", ["ERR-12"])
def nobody_s_call(right: Right, operation: str, arguments: Arguments) -> object:
    """Errors about arguments name neither an operation nor a protocol."""
    try:
        return right(operation, arguments)
    except AfilnetError as error:
        if error.code is None:
            error.operation = error.protocol = None
        raise
