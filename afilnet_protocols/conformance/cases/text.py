"""Cases about text: what is written is what is read, to the character."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases.context import Context

BOOK = Book()


def _there_and_back(context: Context, *texts: str) -> None:
    for text in texts:
        context.play(context.send(text), context.messages())
        context.play(context.receive(text), context.unread())


@BOOK.case("TEXT-01", "signs that addresses and forms treat specially", Provenance.ASSUMED, needs=(Need.PARTY,))
def signs_of_forms(context: Context) -> None:
    """A plus, an ampersand, a percent sign, an equals sign, a question mark, a hash and a semicolon arrive as such."""
    _there_and_back(context, "1+1", "a&b=c", "100%", "%2B%20", "a;b?c#d")


@BOOK.case("TEXT-02", "line ends", Provenance.ASSUMED, needs=(Need.PARTY,))
def line_ends(context: Context) -> None:
    """LF, CR, CR LF, NEL and tabs arrive as they were, though XML reads line ends as LF."""
    _there_and_back(context, "a\nb\n", "\ra\rb", "a\r\nb", "\ta\x85")


@BOOK.case("TEXT-03", "blanks at the edges", Provenance.ASSUMED, needs=(Need.PARTY,))
def blanks(context: Context) -> None:
    """Blanks at the beginning, at the end and in a row arrive, also in a text of nothing else; so do those that only
    Unicode knows, and what cannot be seen.
    """
    _there_and_back(context, " a\xa0", "\u3000a ", "\u200ba  b\ufeff", " ")


@BOOK.case("TEXT-04", "letters of the world", Provenance.ASSUMED, needs=(Need.PARTY,))
def letters(context: Context) -> None:
    """Letters beyond ASCII and beyond Latin-1 arrive, composed or decomposed as they were, from right to left too."""
    _there_and_back(context, "señal", "5 €", "e\u0301", "你好", "שלום")


@BOOK.case("TEXT-05", "beyond the first plane", Provenance.ASSUMED, needs=(Need.PARTY,))
def beyond_the_first_plane(context: Context) -> None:
    """Emoji and other characters beyond U+FFFF arrive whole, also those made of several."""
    _there_and_back(context, "😀", "👩\u200d👩\u200d👧", "\U00010000\U0010ffff")


@BOOK.case("TEXT-06", "signs that XML and JSON treat specially", Provenance.ASSUMED, needs=(Need.PARTY,))
def signs_of_documents(context: Context) -> None:
    """Angle brackets, quotation marks, backslashes, entities and the end of a CDATA section arrive as such."""
    _there_and_back(context, "<b>&amp;</b>", "]]>", "\\n", "'\"", "null")


@BOOK.case(
    "TEXT-07", "what XML cannot carry is refused", Provenance.ASSUMED, effects=Effects.NONE, needs=(Need.JOURNAL,)
)
def forbidden_characters(context: Context) -> None:
    """A text with a character that XML 1.0 cannot carry is ``UnsupportedTextError`` on every protocol, and so is an
    identifier with a control character or a line end. No call arrives: neither without the character nor with it.
    """
    texts = [context.send(f"a{character}b") for character in ("\x00", "\x0b", "\x1b", "\ufffe", "\ud83d")]
    forbidden = "\n", "\t", "\x85", "\x00", "\ufffe", "\ud83d"
    names = [context.send(to=f"{context.destination}{character}") for character in forbidden]
    for step in (*texts, *names):
        context.play(step)
        context.expect(0, context.arrived(step.do), step, field="calls that arrived")


@BOOK.case("TEXT-08", "text that looks like something else", Provenance.ASSUMED, needs=(Need.PARTY, Need.PLENTY))
def looks_like_something_else(context: Context) -> None:
    """What looks like a number, a truth, a date, a list or the mark of an encoding is text all the same."""
    _there_and_back(context, "007", "1e3", "-0.0", "true", "None", "2024-02-30", "[]", "{}", "\ufeffa", "=1+1")


@BOOK.case("TEXT-09", "generated texts", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Whatever text XML 1.0 can carry, every backend writes and reads it to the character."""
    from afilnet_protocols.conformance.generated import sequences as generated
    from afilnet_protocols.conformance.generated import strategies

    generated.play(context, focus=["send_message", "receive", "get_unread_messages"], texts=strategies.xml_text())
