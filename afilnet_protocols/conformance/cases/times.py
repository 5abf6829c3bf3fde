"""Cases about the times of messages."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases import process_state
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
    context.play(context.receive("one"), context.later(-7_200), context.receive("two", of="7"), context.chats())


@BOOK.case(
    "TIME-06",
    "a time zone that is set is shown",
    Provenance.ASSUMED,
    needs=(Need.PARTY, Need.CLOCK, Need.CLIENTS),
)
def zone_is_shown(context: Context) -> None:
    """With ``service_timezone``, every time in every list says its zone, and the clock in it shows what it showed
    without. A zone that a client does not know is a ``ConfigurationError``.
    """
    steps = context.messages(), context.unread(), context.chats()
    context.play(context.receive(), *steps)
    for zone, offset in _zones():
        chat = context.world.client(service_timezone=zone)
        try:
            for step in steps:
                usual, told = str(context.ask(step)), str(context.ask(step, chat))
                if zone == "UTC" or "ConfigurationError" not in told:
                    context.expect(usual, told.replace(offset, ""), step)
                    context.expect(True, offset in told, step, field=f"returned[0].timestamp says {offset}")
        finally:
            retire(chat)


@BOOK.case(
    "TIME-07",
    "this machine's time zone is nobody's concern",
    Provenance.ASSUMED,
    needs=(Need.PARTY, Need.CLOCK, Need.PLENTY),
)
def zone_of_the_machine(context: Context) -> None:
    """Times are the service's, also where this machine's clock skips an hour, or shows one twice, at that time."""
    for zone in ("STD0DST,J60/0,J300", "STD0DST,J300,J60/0:30"):
        with process_state.in_zone(zone):
            steps = [step for text in ("one", "two", "three") for step in (context.receive(text), context.later(900))]
            context.play(*steps, context.messages(), context.unread(), context.chats())


@BOOK.case("TIME-08", "other years", Provenance.ASSUMED, needs=(Need.PARTY, Need.CLOCK, Need.PLENTY))
def other_years(context: Context) -> None:
    """Times of the last century, and from after 2038, are what they are, and hide no conversation of today."""
    for years in (-30, -50, 20, 90):
        away = context.later(years * 365 * 86_400)
        context.play(context.receive(), away, context.receive(of="7"), context.messages(of="7"), context.chats())


@BOOK.case("TIME-09", "generated sequences with time passing", Provenance.ASSUMED, generated=True, needs=(Need.CLOCK,))
def generated(context: Context) -> None:
    """However much time passes between calls, every backend shows the same times."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["advance_clock", "receive", "get_messages"])


def _zones() -> list[tuple[str, str]]:
    """Return zones and how times in them end; only those that this machine knows."""
    return [("UTC", "+00:00"), *((name, offset) for name, offset in _MORE_ZONES if _is_known(name))]


_MORE_ZONES = (("Asia/Kolkata", "+05:30"), ("America/New_York", "-05:00"))


def _is_known(zone: str) -> bool:
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, OSError):
        return False
    return True
