"""Cases about sending messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases.case import Book
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases.context import Context

BOOK = Book()


@BOOK.case("SEND-01", "a message arrives, once", Provenance.DOCUMENTED)
def arrives_once(context: Context) -> None:
    """``send_message`` returns ``None``, and afterwards the conversation holds the message one time more."""
    context.play(context.send("hola"), context.messages())


@BOOK.case("SEND-02", "a message arrives where it was sent", Provenance.DOCUMENTED)
def arrives_where_it_was_sent(context: Context) -> None:
    """A message is in the conversation with its destination on its channel, and in no other."""
    context.play(context.send("one"), context.messages(channel=1))
    context.play(context.send("one"), context.messages(of="7"))
    context.play(context.send("one", channel=1), context.messages(channel=1))


@BOOK.case("SEND-03", "two equal messages are two", Provenance.ASSUMED)
def equal_messages_are_two(context: Context) -> None:
    """Sending the same text twice sends two messages: nothing is taken for a repetition."""
    context.play(context.send("hola"), context.send("hola"), context.messages())


@BOOK.case("SEND-04", "a recipient keeps its spelling", Provenance.ASSUMED)
def recipients_keep_their_spelling(context: Context) -> None:
    """A destination is text, not a number: leading zeros, a plus, blanks and signs stay."""
    for destination in context.spellings():
        context.play(context.send("hola", to=destination), context.messages(of=destination))


@BOOK.case("SEND-09", "generated sequences around sends", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Whatever is sent in whatever order, every backend leaves the same conversations."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["send_message", "get_messages"])
