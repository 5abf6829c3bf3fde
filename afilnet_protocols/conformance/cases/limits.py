"""Cases about sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.conformance.targets.capabilities import GET_LIMIT, UNLIMITED_SIZE
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.vocabulary import Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases.context import Context

BOOK = Book()

COMFORTABLE = 1_000
"""A length of ASCII text that every protocol carries, in characters."""

LARGE = 50_000
"""A length that only protocols without a documented limit carry, in characters."""


@BOOK.case("LIMIT-01", "a thousand characters arrive whole", Provenance.DOCUMENTED)
def a_thousand_characters(context: Context) -> None:
    """A text of a thousand ASCII characters is sent and read whole over every protocol."""
    context.play(context.send("x" * (COMFORTABLE - 1) + "y"), context.messages())


@BOOK.case("LIMIT-02", "large texts arrive whole", Provenance.DOCUMENTED, capability=UNLIMITED_SIZE)
def large_texts(context: Context) -> None:
    """Over a protocol without a documented limit, a text of 50,000 characters is sent and read whole."""
    context.play(context.send("x" * (LARGE - 1) + "ñ"), context.messages())


@BOOK.case(
    "LIMIT-03",
    "what is too long for GET is refused",
    Provenance.DOCUMENTED,
    capability=GET_LIMIT,
    effects=Effects.NONE,
    needs=(Need.JOURNAL,),
)
def too_long_for_get(context: Context) -> None:
    """Over GET a request of more than 4,000 encoded characters is ``MessageTooLongError``, delivery ``not_sent``: it
    is not cut, and no call arrives.
    """
    context.begin()
    refused: Plain = {"raised": "MessageTooLongError", "code": None, "delivery": "not_sent"}
    for text in ("x" * 4_000, "😀" * 400):
        step = context.send(text)
        context.expect(refused, context.ask(step), step)
        context.expect(0, context.arrived(step.do), step, field="calls that arrived")


@BOOK.case("LIMIT-04", "what is received may be large", Provenance.ASSUMED, needs=(Need.PARTY,))
def large_answers(context: Context) -> None:
    """There is no limit to what is read: a received text of 50,000 characters comes whole over every protocol."""
    context.play(context.receive("x" * (LARGE - 1) + "ñ"), context.messages())


@BOOK.case("LIMIT-09", "generated lengths", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Texts of every length up to two hundred characters arrive whole over every backend."""
    from hypothesis import strategies as st

    from afilnet_protocols.conformance.generated import sequences as generated

    texts = st.integers(1, 200).flatmap(lambda length: st.sampled_from("xñ😀 ").map(lambda sign: sign * length))
    generated.play(context, focus=["send_message", "receive", "get_messages"], texts=texts)
