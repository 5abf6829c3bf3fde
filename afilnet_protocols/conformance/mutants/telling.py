"""Mistakes in what an error tells: it is of the right class, and its fields are not what handlers go by."""

from __future__ import annotations

from typing import NoReturn

from afilnet_protocols.conformance.mutants.mutant import Again, Shelf
from afilnet_protocols.errors import AfilnetError, MessageTooLongError, NotFoundError
from afilnet_protocols.vocabulary import Protocol

SHELF = Shelf()


@SHELF.fails("M94", "soap", ["ERR-12"], AfilnetError)
def another_protocol(error: AfilnetError, again: Again) -> object:
    """Errors name another protocol than the one that is spoken."""
    error.protocol = Protocol.HTTP_POST
    raise error


@SHELF.fails("M95", "http-post", ["ERR-12"], AfilnetError)
def delivery_is_text(error: AfilnetError, again: Again) -> object:
    """What an error says of delivery is a text, which is none of the three members."""
    error.delivery = str(error.delivery)  # type: ignore[assignment]  # the mistake
    raise error


@SHELF.fails("M96", "json", ["ERR-12"], AfilnetError)
def without_words(error: AfilnetError, again: Again) -> object:
    """Errors say nothing."""
    error.args = ()
    raise error


class _HoldsOn(NotFoundError):
    def __reduce__(self) -> NoReturn:
        raise TypeError("it holds a lock")


_HoldsOn.__name__ = NotFoundError.__name__


@SHELF.fails("M97", "basic", ["ERR-12"], NotFoundError)
def cannot_be_pickled(error: NotFoundError, again: Again) -> object:
    """An error cannot be handed to another process."""
    raise _HoldsOn(error.code).during(str(error.operation), "basic")


@SHELF.fails("M98", "http-get", ["LIMIT-03"], MessageTooLongError)
def limit_is_not_told(error: MessageTooLongError, again: Again) -> object:
    """What is too long is refused without saying how long it may be."""
    vars(error).update(limit=0, actual=0)
    raise error


@SHELF.fails("M99", "http-post", ["ERR-12"], AfilnetError)
def nobody_s_call(error: AfilnetError, again: Again) -> object:
    """Errors about arguments name neither an operation nor a protocol."""
    if error.code is None:
        error.operation = error.protocol = None
    raise error
