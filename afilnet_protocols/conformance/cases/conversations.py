"""Cases about the conversations of a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases.context import Context

BOOK = Book()


@BOOK.case(
    "CHATS-01",
    "a channel without conversations has an empty list",
    Provenance.ASSUMED,
    effects=Effects.READS,
    needs=(Need.FRESH,),
)
def empty_list(context: Context) -> None:
    """Without conversations ``get_chats`` returns an empty list: not ``None``, and no error."""
    context.play(context.chats(channel=context.channel_without_conversations()))


@BOOK.case("CHATS-02", "a list of one is a list", Provenance.ASSUMED)
def list_of_one(context: Context) -> None:
    """With one conversation ``get_chats`` returns a list that holds it."""
    context.play(context.send(), context.chats())


@BOOK.case("CHATS-03", "a conversation is told by its last message", Provenance.DOCUMENTED, needs=(Need.PARTY,))
def last_message(context: Context) -> None:
    """Each conversation shows the text, identifier, direction, status and time of its last message."""
    context.play(context.send("one"), context.receive("two"), context.chats())
    context.play(context.receive("one"), context.send("two"), context.chats())


@BOOK.case("CHATS-04", "all conversations of the channel and no others", Provenance.DOCUMENTED, recipients=3)
def all_and_no_others(context: Context) -> None:
    """``get_chats`` returns every conversation of its channel, the oldest conversation first (assumed), and none of
    another channel.
    """
    people = context.people("34600000002", "34600000001", "34600000003")
    context.play(*(context.send(to=person) for person in people), context.chats())
    context.play(context.send(channel=1), context.chats())


@BOOK.case("CHATS-05", "many conversations come whole", Provenance.ASSUMED, needs=(Need.PARTY, Need.PLENTY))
def many_conversations(context: Context) -> None:
    """A channel of 120 conversations lists them all, in order: there are no pages, and none is lost or repeated."""
    context.play(context.receive(of="34600", people=120), context.chats())


@BOOK.case("CHATS-09", "generated sequences around conversations", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Whatever happened before, every backend lists the same conversations in the same order."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["get_chats", "receive", "send_message"])
