"""Cases about the times of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases.case import Book
from afilnet_protocols.conformance.reference.differential import retire
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


@BOOK.case("TIME-04", "what is old is still listed", Provenance.ASSUMED, needs=(Need.PARTY, Need.CLOCK))
def old_messages(context: Context) -> None:
    """A message of a year ago is listed beside a new one, and is as unread."""
    steps = context.receive("old"), context.later(366 * 86_400), context.receive("new")
    context.play(*steps, context.messages(), context.unread(), context.chats())


@BOOK.case(
    "TIME-05", "the order is the service's, not that of the times", Provenance.ASSUMED, needs=(Need.PARTY, Need.CLOCK)
)
def clock_set_back(context: Context) -> None:
    """When the service's clock is set back, as it is when summer time ends, its lists stay in its own order."""
    steps = context.receive("one"), context.later(-7_200), context.receive("two")
    context.play(*steps, context.messages(), context.unread())


@BOOK.case(
    "TIME-06",
    "a time zone that is set is shown",
    Provenance.ASSUMED,
    needs=(Need.PARTY, Need.CLOCK, Need.CLIENTS),
)
def zone_is_shown(context: Context) -> None:
    """With ``service_timezone``, every time says its zone, and the clock in it shows what it showed without."""
    step = context.messages()
    context.begin(context.receive(), step)
    usual = str(context.ask(step))
    chat = context.world.client(service_timezone="UTC")
    try:
        told = str(context.ask(step, chat))
    finally:
        retire(chat)
    context.expect(usual, told.replace("+00:00", ""), step)
    context.expect(True, "+00:00" in told, step, field="returned[0].timestamp says its zone")


@BOOK.case("TIME-09", "generated sequences with time passing", Provenance.ASSUMED, generated=True, needs=(Need.CLOCK,))
def generated(context: Context) -> None:
    """However much time passes between calls, every backend shows the same times."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["advance_clock", "receive", "get_messages"])
