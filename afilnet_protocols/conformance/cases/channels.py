"""Cases about the channels of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.context import Context

BOOK = Book()


@BOOK.case("CHAN-01", "every channel is listed", Provenance.DOCUMENTED, effects=Effects.READS)
def every_channel_is_listed(context: Context) -> None:
    """``get_chat_channels`` returns every active channel with platform, identifier and name, in the service's order."""
    context.play(context.channel_list())
