"""Hypothesis strategies, derived from the catalogue: what may be said, to whom, and in which order.

Everything drawn here is plain data that belongs to no protocol. The texts lean towards what some protocol somewhere
damages: line ends, blanks at the edges, the characters that URLs, forms, JSON and XML treat specially, and text beyond
the first Unicode plane.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from afilnet_protocols.catalogue import OPERATIONS, Kind, Operation, Parameter
from afilnet_protocols.comparison.steps import ADVANCE_CLOCK, EXPIRE_TOKENS, FAULT, RECEIVE, Step, Value
from afilnet_protocols.conformance.generated.corpus import (
    BAD_URLS,
    DESTINATIONS,
    FAULT_CODES,
    FORBIDDEN_CHARACTERS,
    GOOD_URLS,
    NASTY_PIECES,
    SHARPEST_PIECES,
    UNKNOWN_FILE_TYPES,
    UNKNOWN_PLATFORM_IDS,
    UNKNOWN_PLATFORMS,
)
from afilnet_protocols.records import Channel
from afilnet_protocols.vocabulary import FileType, Platform

LONGEST_SEQUENCE = 15
"""The most steps of a generated sequence, its closing reads included."""

CLOSING_READS = 4
"""The most of them that are such reads."""


def xml_characters() -> SearchStrategy[str]:
    """Return a strategy of single characters that XML 1.0 can carry."""
    return st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff") | st.sampled_from(
        "\t\n\r\x7f\x80\x85\x9f"
    )


def xml_text(*, min_size: int = 1, max_size: int = 40) -> SearchStrategy[str]:
    """Return a strategy of texts that XML 1.0 can carry, half of them made of nasty pieces.

    Args:
        min_size: the fewest pieces or characters.
        max_size: the most pieces or characters.
    """
    piece = st.sampled_from(SHARPEST_PIECES) | st.sampled_from(NASTY_PIECES)
    nasty = st.lists(piece, min_size=min_size, max_size=min(max_size, 8)).map("".join)
    return nasty | st.text(xml_characters(), min_size=min_size, max_size=max_size)


def names() -> SearchStrategy[str]:
    """Return a strategy of identifiers as strange as they may be: without control characters and line ends."""
    kinds = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\ufffe\uffff")
    return st.text(kinds, min_size=1, max_size=12)


def forbidden_text() -> SearchStrategy[str]:
    """Return a strategy of texts with at least one character that XML 1.0 cannot carry."""
    control = st.sampled_from(FORBIDDEN_CHARACTERS) | st.integers(0xD800, 0xDFFF).map(chr)
    return st.tuples(xml_text(min_size=0, max_size=5), control, xml_text(min_size=0, max_size=5)).map("".join)


def _mostly(usual: SearchStrategy[Value], rare: SearchStrategy[Value], *, one_in: int = 12) -> SearchStrategy[Value]:
    """Return a strategy that draws from ``rare`` about once in ``one_in`` times; it shrinks towards the usual."""
    return st.integers(0, one_in - 1).flatmap(lambda number: rare if number == one_in - 1 else usual)


def argument(
    parameter: Parameter, people: Sequence[str] = DESTINATIONS, texts: SearchStrategy[str] | None = None
) -> SearchStrategy[Value]:
    """Return a strategy of values for a parameter, mostly right ones.

    Args:
        parameter: a parameter of the catalogue, other than those that name a channel.
        people: the other parties to draw from.
        texts: what is written; nasty text by default.
    """
    if parameter.kind is Kind.URL:
        usual = _mostly(st.sampled_from(GOOD_URLS), st.sampled_from(BAD_URLS), one_in=6)
    elif parameter.kind is Kind.FILE_TYPE:
        usual = _mostly(st.sampled_from([kind.value for kind in FileType]), st.sampled_from(UNKNOWN_FILE_TYPES))
    elif parameter.kind is Kind.ID:
        usual = _mostly(st.sampled_from(people), xml_text(max_size=12))
    else:
        usual = _mostly(xml_text() if texts is None else texts, forbidden_text())
    if parameter.compulsory:
        return _mostly(usual, st.just(""), one_in=25)
    return st.none() | usual


def channel(channels: Sequence[Channel]) -> SearchStrategy[tuple[str, str]]:
    """Return a strategy of (platform, platform id), mostly of channels that exist."""
    known = [(str(each.platform), each.platform_id) for each in channels]
    wrong = st.one_of(
        st.tuples(st.sampled_from([each.value for each in Platform]), st.sampled_from(UNKNOWN_PLATFORM_IDS)),
        st.tuples(st.sampled_from([each.value for each in Platform]), st.sampled_from([each[1] for each in known])),
        st.tuples(st.sampled_from(UNKNOWN_PLATFORMS), st.sampled_from([each[1] for each in known])),
    )
    # Most steps meet in one channel, or no conversation would ever grow.
    usual = st.just(known[0]) | st.sampled_from(known)
    return st.integers(0, 11).flatmap(lambda number: wrong if number == 11 else usual)


@st.composite
def call(
    draw: DrawFn,
    operation: Operation[object],
    channels: Sequence[Channel],
    people: Sequence[str],
    texts: SearchStrategy[str],
) -> Step:
    """Draw one call of an operation."""
    arguments: dict[str, Value] = {}
    if operation.parameters:
        arguments["platform"], arguments["platform_id"] = draw(channel(channels))
    for parameter in operation.parameters:
        if parameter.name not in arguments:
            arguments[parameter.name] = draw(argument(parameter, people, texts))
    return Step(operation.name, arguments)


@st.composite
def arrival(draw: DrawFn, channels: Sequence[Channel], people: Sequence[str], texts: SearchStrategy[str]) -> Step:
    """Draw a message from the other party, in a channel that exists."""
    known = draw(st.just(channels[0]) | st.sampled_from(channels))
    return Step(
        RECEIVE,
        {
            "platform": str(known.platform),
            "platform_id": known.platform_id,
            "destination": draw(st.sampled_from(people)),
            "message": draw(texts),
        },
    )


def fault() -> SearchStrategy[Step]:
    """Return a strategy of error codes that the service answers to the next call."""
    return st.sampled_from(FAULT_CODES).map(lambda code: Step(FAULT, {"code": code}))


def step(
    channels: Sequence[Channel], people: Sequence[str], *, focus: Sequence[str] = (), texts: SearchStrategy[str]
) -> SearchStrategy[Step]:
    """Return a strategy of single steps, each operation as likely as any other, sends and arrivals twice so.

    Args:
        channels: the channels of the account.
        people: the other parties to draw from.
        focus: the kinds of steps that are drawn as often as all together, by name.
        texts: what is written.
    """
    arrivals = arrival(channels, people, texts)
    kinds = {
        **{operation.name: call(operation, channels, people, texts) for operation in OPERATIONS},
        RECEIVE: arrivals,
        ADVANCE_CLOCK: st.integers(1, 86_400).map(lambda seconds: Step(ADVANCE_CLOCK, {"seconds": seconds})),
        FAULT: fault(),
        EXPIRE_TOKENS: st.just(Step(EXPIRE_TOKENS)),
    }
    usual = st.one_of(kinds["send_message"], arrivals, *kinds.values())
    if not focus:
        return usual
    # Not one_of: that would put all of them on one level, and draw each as often as any other.
    focused = st.sampled_from(focus).flatmap(kinds.__getitem__)
    return st.booleans().flatmap(lambda other: usual if other else focused)


@st.composite
def sequences(
    draw: DrawFn,
    channels: Sequence[Channel],
    *,
    min_steps: int = 1,
    focus: Sequence[str] = (),
    texts: SearchStrategy[str] | None = None,
    most_people: int = 3,
) -> list[Step]:
    """Draw a sequence; it ends by reading back up to two conversations that it touched.

    Args:
        draw: given by Hypothesis.
        channels: the channels of the account.
        min_steps: the fewest steps, the closing reads not included.
        focus: the kinds of steps that are drawn more often, by name.
        texts: what is written; mostly text that some protocol is known to damage, by default.
        most_people: the most other parties that take part.
    """
    people = draw(st.lists(st.sampled_from(DESTINATIONS), min_size=1, max_size=most_people, unique=True))
    each = step(channels, people, focus=focus, texts=xml_text() if texts is None else texts)
    steps = draw(st.lists(each, min_size=min_steps, max_size=LONGEST_SEQUENCE - CLOSING_READS))
    return [*steps, *closing_reads(steps)]


def closing_reads(steps: Sequence[Step]) -> list[Step]:
    """Return the reads of the last two conversations that a sequence wrote to, and of the channel of the last."""
    touched: dict[tuple[Value, ...], None] = {}
    for each in reversed(steps):
        if each.do in ("send_message", "send_file", RECEIVE):
            touched[tuple(each.arguments[name] for name in ("platform", "platform_id", "destination"))] = None
    reads = [
        Step(read, {"platform": platform, "platform_id": platform_id, "destination": destination})
        for platform, platform_id, destination in list(touched)[:2]
        for read in ("get_messages", "get_unread_messages")
    ]
    channels = [Step("get_chats", {"platform": platform, "platform_id": place}) for platform, place, _ in touched]
    return [*reads[: CLOSING_READS - 1], *channels[:1]]
