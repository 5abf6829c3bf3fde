"""Cases about the times of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases.case import Book
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases.context import Context

BOOK = Book()


@BOOK.case("TIME-01", "a message keeps the service's time", Provenance.ASSUMED, needs=(Need.PARTY,))
def keeps_the_time(context: Context) -> None:
    """A message's time is the service's, to the second, without a time zone, and the same in every list."""
    context.play(context.receive(), context.messages())
    context.play(context.receive(), context.unread())
    context.play(context.receive(), context.chats())


@BOOK.case(
    "TIME-02",
    "over midnight of a leap day",
    Provenance.ASSUMED,
    needs=(Need.PARTY, Need.CLOCK),
)
def over_midnight(context: Context) -> None:
    """Times follow the calendar over midnight and over the 29th of February."""
    context.play(context.receive("one"), context.later(60), context.receive("two"), context.messages())


@BOOK.case(
    "TIME-03",
    "later reading does not change a time",
    Provenance.ASSUMED,
    needs=(Need.PARTY, Need.CLOCK),
)
def reading_later(context: Context) -> None:
    """A message that is read a day later still has the time at which it was written."""
    context.play(context.receive(), context.later(86_400), context.messages())


@BOOK.case("TIME-09", "generated sequences with time passing", Provenance.ASSUMED, generated=True, needs=(Need.CLOCK,))
def generated(context: Context) -> None:
    """However much time passes between calls, every backend shows the same times."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["advance_clock", "receive", "get_messages"])
