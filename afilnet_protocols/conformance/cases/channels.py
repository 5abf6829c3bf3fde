"""Cases about the channels of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.vocabulary import Provenance

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


@BOOK.case("CHAN-09", "generated sequences around channels", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Whatever is done, the channels stay what they are, and every backend lists them alike."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["get_chat_channels", "get_chats"])
