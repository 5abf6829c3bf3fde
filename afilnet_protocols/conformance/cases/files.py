"""Cases about sending files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.vocabulary import FileType, Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases.context import Context

BOOK = Book()

ODD_ADDRESSES = (
    "https://WWW.Example.com/IMG_1.JPG",
    "https://www.example.com:443/a%2fb%2Fc%7e~.jpg",
    "https://www.example.com/a/../b//c/./d.jpg?",
    "https://www.example.com/a.jpg?x=&y&x=%20+;z=1#top",
    "https://www.example.com/se\u00f1or/\U0001f600.jpg",
    "https://www.example.com/sen\u0303or.jpg",
    "https://www.example.com",
    "HTTPS://www.example.com/a.jpg#",
)
"""Addresses that tidying changes."""


@BOOK.case("FILE-01", "a file arrives with its text", Provenance.ASSUMED)
def arrives_with_its_text(context: Context) -> None:
    """A file with a text is told by the text, also by one that formats damage, or that counts as nothing elsewhere."""
    context.play(context.send(), context.send_file(message="señal + 😀 & <b>"), context.messages())
    context.play(context.send(), context.send_file(message="0"), context.messages())


@BOOK.case("FILE-02", "a file without text is told by its address", Provenance.ASSUMED)
def told_by_its_address(context: Context) -> None:
    """A file without a text, or with an empty one, is told by its address, to the character."""
    address = "https://www.example.com/a%20b.jpg?x=1&y=2+3"
    context.play(context.send(), context.send_file(address), context.messages())
    context.play(context.send(), context.send_file(address, message=""), context.messages())


@BOOK.case("FILE-03", "every file type is taken", Provenance.DOCUMENTED)
def every_type(context: Context) -> None:
    """All six documented values of ``type`` can be sent, with a thumbnail and without."""
    for kind in FileType:
        context.play(context.send(), context.send_file(file_type=kind.value))
    context.play(context.send(), context.send_file(thumb_url="https://www.example.com/small.jpg"))


@BOOK.case("FILE-04", "an address that is not public https is refused", Provenance.ASSUMED, effects=Effects.NONE)
def other_addresses_are_refused(context: Context) -> None:
    """Addresses of files and thumbnails are public ``https`` addresses; others are ``InvalidFileUrlError`` and nothing
    is sent.
    """
    for address in ("http://www.example.com/a.jpg", "https://127.0.0.1/a.jpg", "https://u:p@www.example.com/a.jpg"):
        context.play(context.send_file(address))
    context.play(context.send_file(thumb_url="file:///etc/hostname"))


@BOOK.case("FILE-05", "a file needs a conversation", Provenance.DOCUMENTED, needs=(Need.FRESH,))
def needs_a_conversation(context: Context) -> None:
    """A file to somebody without a conversation is ``CHAT_NOT_FOUND``, and begins none."""
    context.play(context.send_file(destination=context.person_without_conversation()), context.chats())


@BOOK.case("FILE-06", "an address is kept to the character", Provenance.ASSUMED, needs=(Need.JOURNAL, Need.PLENTY))
def kept_to_the_character(context: Context) -> None:
    """What leads to the same file, or to none, is another address all the same: letter case, digits of an escape, a
    port that is usual, empty parts, dots, a fragment, letters beyond ASCII. Signatures in addresses depend on it.
    """
    for address in ODD_ADDRESSES:
        context.play(context.send(), context.send_file(address, thumb_url=address), context.messages())
        arrived = list(context.world.journal()[1].arguments.values())
        context.expect(2, arrived.count(address), context.send_file(address), field="addresses that arrived")


@BOOK.case("FILE-07", "what is optional may be left out", Provenance.DOCUMENTED, needs=(Need.PLENTY,))
def optional(context: Context) -> None:
    """A file may be sent without naming its text or its thumbnail, and its type by name or as a ``FileType``."""
    for kind in ("image", FileType.IMAGE):
        whole = context.send_file(file_type=kind).arguments
        given = {name: value for name, value in whole.items() if value is not None}
        context.play(context.send(), Step("send_file", given), context.messages())


@BOOK.case("FILE-09", "generated sequences around files", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Whatever files are sent, every backend takes and refuses the same ones and shows them alike."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["send_file", "receive"])
