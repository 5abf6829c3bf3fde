"""Cases about sending messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases.case import Book
from afilnet_protocols.conformance.targets.needs import Need
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
    """A destination is text, not a number: leading zeros, a plus, blanks and signs stay, and ``0`` is somebody."""
    for destination in context.spellings():
        context.play(context.send("hola", to=destination), context.messages(of=destination))


@BOOK.case("SEND-05", "names are kept to the character", Provenance.ASSUMED, needs=(Need.PLENTY,))
def names_are_kept(context: Context) -> None:
    """Two recipients are two whose names differ in letter case, in how a letter is composed, in a blank at the edge, in
    the kind of a blank, in what cannot be seen, or only at the end of a long name; and a channel is not found under
    digits of another script, or letters of the other case.
    """
    alike = (
        ("Anna@example.com", "anna@example.com"),
        ("se\u00f1or", "sen\u0303or"),
        ("7", " 7 "),
        ("a b", "a\u00a0b"),
        ("7", "7\u200b"),
        ("7", "\uff17"),
        ("1" * 64, "1" * 63),
    )
    for one, other in alike:
        sent = context.send("one", to=one), context.send("two", to=other)
        context.play(*sent, context.messages(of=one), context.messages(of=other), context.chats())
    context.play(context.chats(platform_id="\u0661\u0660\u0660"))
    for number, channel in enumerate(context.channels):
        if channel.platform_id.swapcase() != channel.platform_id:
            context.play(context.chats(channel=number, platform_id=channel.platform_id.swapcase()))


@BOOK.case("SEND-06", "every channel treats text alike", Provenance.ASSUMED, needs=(Need.PARTY, Need.PLENTY))
def every_channel_alike(context: Context) -> None:
    """On each platform, what is written and what is received arrives to the character."""
    text = ' <a> & "b" +\u00f1\U0001f600\r\n '
    for number in range(len(context.channels)):
        context.play(context.send(text, channel=number), context.messages(channel=number))
        context.play(context.receive(text, channel=number), context.messages(channel=number))


@BOOK.case("SEND-07", "a platform is a member or its name", Provenance.ASSUMED, needs=(Need.PARTY, Need.PLENTY))
def member_or_name(context: Context) -> None:
    """A ``Platform`` and its name as text mean the same to every operation."""
    for number, channel in enumerate(context.channels):
        for platform in (channel.platform, str(channel.platform)):
            context.play(
                context.send("one", channel=number, platform=platform),
                context.send_file(channel=number, platform=platform),
                context.chats(channel=number, platform=platform),
                context.messages(channel=number, platform=platform),
            )
    for platform in (context.channels[0].platform, str(context.channels[0].platform)):
        context.play(context.receive(), context.unread(platform=platform))


@BOOK.case("SEND-09", "generated sequences around sends", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Whatever is sent in whatever order, every backend leaves the same conversations."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["send_message", "get_messages"])
