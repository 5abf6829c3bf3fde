"""Cases about the channels of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.conformance.cases.other_account import elsewhere
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.records import Channel
from afilnet_protocols.vocabulary import ListedPlatform, Platform, Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases.context import Context

BOOK = Book()


@BOOK.case("CHAN-01", "every channel is listed", Provenance.DOCUMENTED, effects=Effects.READS)
def every_channel(context: Context) -> None:
    """``get_chat_channels`` returns every active channel with platform, identifier and name, in the service's order."""
    context.play(context.channel_list())


@BOOK.case("CHAN-02", "listing twice gives the same", Provenance.ASSUMED, effects=Effects.READS)
def twice_the_same(context: Context) -> None:
    """Listing the channels changes nothing: the second list is the first, also after other calls."""
    context.play(context.channel_list(), context.chats(), context.channel_list())


@BOOK.case("CHAN-03", "a channel is its platform and its identifier", Provenance.DOCUMENTED, effects=Effects.READS)
def both_halves_count(context: Context) -> None:
    """A channel is named by platform and identifier together: an identifier of another platform, or one that differs
    by a leading zero or a blank, is ``CHANNEL_NOT_FOUND``.
    """
    other = str(context.channel(1).platform)
    identifier = context.channels[0].platform_id
    context.play(context.chats(platform=other))
    context.play(context.chats(platform_id=f"0{identifier}"))
    context.play(context.chats(platform_id=f"{identifier} "))


@BOOK.case("CHAN-04", "any number of channels is a list", Provenance.ASSUMED, needs=(Need.CLIENTS, Need.PLENTY))
def any_number(context: Context) -> None:
    """An account without channels has an empty list, one with a single channel a list that holds it, and of 130 none is
    lost.
    """
    for number in (0, 1, 130):
        channels = [Channel(str(each), Platform.WHATSAPP, f"No. {each}") for each in range(number)]
        with elsewhere(context, channels=channels) as there:
            there.play(there.channel_list())


@BOOK.case("CHAN-05", "what the service lists is listed", Provenance.ASSUMED, needs=(Need.CLIENTS, Need.PLENTY))
def whatever_is_listed(context: Context) -> None:
    """A channel without a name, one of a platform that is not documented yet, two that only their platforms tell
    apart, and one that is called 0 and by decomposed letters, are listed as they are, and can be written to and read.
    """
    channels = (
        Channel("1", Platform.WHATSAPP, ""),
        Channel("1", Platform.TELEGRAM, "1"),
        Channel("A-" + "9" * 40, cast("ListedPlatform", "newsletter"), "\u00a0"),
        Channel("0", Platform.OPERATOR, "Sen\u0303al \ufb01"),
    )
    with elsewhere(context, channels=channels) as there:
        there.play(there.channel_list())
        for number in range(len(channels)):
            there.play(there.send(channel=number), there.receive(channel=number), there.messages(channel=number))
            there.play(there.receive(channel=number), there.chats(channel=number))


@BOOK.case("CHAN-09", "generated sequences around channels", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Whatever is done, the channels stay what they are, and every backend lists them alike."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["get_chat_channels", "get_chats"])
