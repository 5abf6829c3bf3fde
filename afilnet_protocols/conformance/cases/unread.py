"""Cases about unread messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases.case import Book
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases.context import Context

BOOK = Book()


@BOOK.case("UNREAD-01", "what arrived is unread", Provenance.DOCUMENTED, needs=(Need.PARTY,))
def arrived_is_unread(context: Context) -> None:
    """``get_unread_messages`` returns the messages that arrived, the oldest first (assumed), one or many."""
    context.play(context.receive("one"), context.unread())
    context.play(context.receive("one"), context.receive("two"), context.unread())


@BOOK.case("UNREAD-02", "own messages are never unread", Provenance.ASSUMED, needs=(Need.PARTY,))
def own_messages(context: Context) -> None:
    """A message that the account sent is not among its unread ones."""
    context.play(context.receive(), context.send(), context.unread())


@BOOK.case("UNREAD-03", "nothing unread is an empty list", Provenance.ASSUMED)
def nothing_unread(context: Context) -> None:
    """A conversation in which nothing is unread gives an empty list: not ``None``, and no error."""
    context.play(context.send(), context.unread())


@BOOK.case(
    "UNREAD-04", "the unread are those of the conversation", Provenance.DOCUMENTED, needs=(Need.PARTY,), recipients=2
)
def of_the_conversation(context: Context) -> None:
    """Unread messages of another party or another channel are not returned."""
    context.play(
        context.receive("one"), context.receive("two", of=context.people(context.destination, "7")[1]), context.unread()
    )
    context.play(context.receive("one"), context.receive("two", channel=1), context.unread())


@BOOK.case("UNREAD-09", "generated sequences around unread messages", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Whatever arrived and was read, every backend finds the same messages unread."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["receive", "get_unread_messages"])
