"""Cases about the messages of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from afilnet_protocols.conformance.cases.case import Book
from afilnet_protocols.conformance.cases.other_account import elsewhere
from afilnet_protocols.conformance.reference.differential import retire
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.comparison.canonical import Plain
    from afilnet_protocols.comparison.steps import Step
    from afilnet_protocols.conformance.cases.context import Context
    from afilnet_protocols.operations import ChatOperations

BOOK = Book()


@BOOK.case("MSGS-01", "all messages, in order", Provenance.DOCUMENTED, needs=(Need.PARTY,))
def all_in_order(context: Context) -> None:
    """``get_messages`` returns every message of the conversation, the oldest first (assumed), the last one too."""
    context.play(context.send("one"), context.receive("two"), context.send("three"), context.messages())


@BOOK.case("MSGS-02", "sent and received are told apart", Provenance.DOCUMENTED, needs=(Need.PARTY,))
def directions(context: Context) -> None:
    """``sent`` is ``True`` for what the account sent and ``False`` for what it received, as booleans."""
    context.play(context.receive(), context.messages())
    context.play(context.send(), context.messages())


@BOOK.case("MSGS-03", "identifiers are text and name one message", Provenance.ASSUMED, needs=(Need.PARTY,))
def identifiers(context: Context) -> None:
    """A message keeps its identifier in every list, no two share one, and it is text even where it looks a number."""
    context.play(context.send("one"), context.receive("two"), context.messages(), context.chats(), context.messages())


@BOOK.case("MSGS-04", "reading changes nothing", Provenance.ASSUMED, needs=(Need.PARTY,))
def reading_changes_nothing(context: Context) -> None:
    """Listing messages leaves the conversation as it is: what was unread before is unread after."""
    context.play(context.receive(), context.messages(), context.messages(), context.unread())


@BOOK.case("MSGS-05", "a long conversation comes whole", Provenance.ASSUMED, needs=(Need.PARTY,))
def long_conversation(context: Context) -> None:
    """A conversation of 120 messages comes whole and in order: there are no pages, and none is lost or repeated."""
    context.play(context.receive(times=120), context.send("the last"), context.messages())


@BOOK.case("MSGS-06", "a list belongs to who asked for it", Provenance.ASSUMED, needs=(Need.PARTY, Need.PLENTY))
def lists_are_the_callers(context: Context) -> None:
    """What a caller does to a list that he was given changes no later list, and no later call changes his: of messages,
    unread messages, conversations and channels.
    """
    sent = context.send("three", to="7")
    context.play(context.receive("one"), context.receive("two"), context.messages())
    for step in (context.messages(), context.unread(), context.chats(), context.channel_list()):
        first = _listed(context, step)
        kept = list(first)
        del first[:]
        second = _listed(context, step)
        context.expect(len(kept), len(second), step, step, field="items, after the first list was emptied")
        del second[1:]
        for later in (sent, context.receive("four")):
            context.differential.backends[0].perform(later)
        context.ask(step)
        context.expect(min(1, len(kept)), len(second), step, sent, step, field="items of a list that was given before")


@BOOK.case(
    "MSGS-07",
    "identifiers are the service's",
    Provenance.ASSUMED,
    needs=(Need.PARTY, Need.CLIENTS, Need.PLENTY),
)
def identifiers_are_the_services(context: Context) -> None:
    """Another client of the account shows the same identifiers; and they may be of any form, not numbers only."""
    step = context.messages()
    context.play(context.receive("one"), context.send("two"), context.send("three"), step)
    mine = _identifiers(context.chat, step)
    other = context.world.client()
    try:
        theirs = _identifiers(other, step)
    finally:
        retire(other)
    context.expect(mine, theirs, step, field="identifiers that another client shows")
    with elsewhere(context, message_ids="text") as there:
        there.play(there.receive("one"), there.send("two"), there.messages(), there.unread(), there.chats())


@BOOK.case("MSGS-09", "generated sequences around messages", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Whatever was written by whom, every backend reads the same messages."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["get_messages", "receive", "send_message"])


def _listed(context: Context, step: Step) -> list[object]:
    """Return the very list that a client returns."""
    return cast("list[object]", getattr(context.chat, step.do)(**step.arguments))


def _identifiers(chat: ChatOperations, step: Step) -> list[Plain]:
    """Return the identifiers that a client shows, as it shows them."""
    return [str(each.message_id) for each in getattr(chat, step.do)(**step.arguments)]
