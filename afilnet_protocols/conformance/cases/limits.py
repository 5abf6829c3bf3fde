"""Cases about sizes."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from afilnet_protocols.comparison.canonical import Plain, of_error
from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.conformance.cases.other_account import elsewhere
from afilnet_protocols.conformance.reference.differential import outcome_of, retire
from afilnet_protocols.conformance.targets.capabilities import GET_LIMIT, UNLIMITED_SIZE
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.records import Channel
from afilnet_protocols.vocabulary import Platform, Provenance

if TYPE_CHECKING:
    from afilnet_protocols.comparison.steps import Step
    from afilnet_protocols.conformance.cases.context import Context
    from afilnet_protocols.operations import ChatOperations

BOOK = Book()

COMFORTABLE = 1_000
"""A length of ASCII text that every protocol carries, in characters."""

LARGE = 50_000
"""A length that only protocols without a documented limit carry, in characters."""


GET_CHARACTERS = 4_000
"""How long a request over GET may be, encoded."""

A_MILLION = 1_000_001
"""The largest text that is sent and received, in characters."""

PAGES = (10, 20, 25, 50, 100, 200, 250, 500, 1_000)
"""How many items services and libraries have on a page."""

MANY = 250
"""How many calls are made to find out what a client counts."""


def _near(*lengths: int) -> list[int]:
    return [near for length in lengths for near in (length - 1, length, length + 1)]


def _of_length(length: int) -> str:
    return "x" * (length - 1) + "y"


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
    context.play()
    refused: Plain = {"raised": "MessageTooLongError", "code": None, "delivery": "not_sent"}
    for text in ("x" * 4_000, "😀" * 400):
        step = context.send(text)
        error = context.error(step)
        context.expect(refused, of_error(error) if error is not None else "no error", step)
        limit, actual = getattr(error, "limit", None), getattr(error, "actual", None)
        context.expect(GET_CHARACTERS, limit, step, field="error.limit")
        context.expect(True, isinstance(actual, int) and actual > GET_CHARACTERS, step, field="error.actual is more")
        context.expect(0, context.arrived(step.do), step, field="calls that arrived")


@BOOK.case("LIMIT-04", "what is received may be large", Provenance.ASSUMED, needs=(Need.PARTY,))
def large_answers(context: Context) -> None:
    """There is no limit to what is read: a received text of 50,000 characters comes whole over every protocol."""
    context.play(context.receive("x" * (LARGE - 1) + "ñ"), context.messages())


@BOOK.case("LIMIT-05", "long lists come whole", Provenance.ASSUMED, needs=(Need.PARTY, Need.PLENTY))
def long_lists(context: Context) -> None:
    """A conversation of 1,101 messages, and the 1,100 unread ones of it, come whole and in order."""
    context.play(context.receive(times=1_100), context.send("the last"), context.messages(), context.unread())


@BOOK.case("LIMIT-06", "no length is special", Provenance.ASSUMED, needs=(Need.PARTY, Need.PLENTY))
def no_length_is_special(context: Context) -> None:
    """Texts, texts of files and addresses of files arrive whole whose length is near a number at which programs cut:
    160, 255, 512, 1,024; an address may have 2,048 characters.
    """
    texts = [_of_length(length) for length in _near(160, 256, 512, 1_024)]
    context.play(*map(context.send, texts), context.messages())
    context.play(*map(context.receive, texts), context.unread())
    context.play(context.send(), *(context.send_file(message=text) for text in texts), context.messages())
    start = "https://www.example.com/"
    addresses = [start + _of_length(length - len(start)) for length in (*_near(256, 512, 1_024), 2_048)]
    context.play(context.send(), *map(context.send_file, addresses), context.messages())
    others = (context.receive(text, of=f"3460003{number:04}") for number, text in enumerate(texts))
    context.play(*others, context.chats())


@BOOK.case(
    "LIMIT-07",
    "no large length is special",
    Provenance.ASSUMED,
    capability=UNLIMITED_SIZE,
    needs=(Need.PARTY, Need.PLENTY),
)
def no_large_length_is_special(context: Context) -> None:
    """Over a protocol without a documented limit, texts arrive whole whose length is near a power of two, up to 65,536
    characters, and whose length is a million.
    """
    texts = [_of_length(length) for length in _near(2_048, 4_096, 8_192, 32_768, 65_536)]
    for written in (context.send, context.receive):
        context.play(*map(written, texts), context.messages())
    look = context.messages()
    for written in (context.send, context.receive):
        context.play(written(_of_length(A_MILLION)))
        found = _texts(context.ask(look))
        lengths: Plain = [len(str(text)) for text in found] if isinstance(found, list) else found
        context.expect([A_MILLION], lengths, look, field="characters of the text")


@BOOK.case("LIMIT-08", "the last of many calls is as the first", Provenance.ASSUMED, needs=(Need.CLIENTS, Need.PLENTY))
def many_calls(context: Context) -> None:
    """A client answers a read alike however often, and sends as many messages as it is given: of two hundred and fifty
    calls, the last is as the first, whatever it has counted by then.
    """
    context.play(context.send("one"))
    step, sent = context.messages(), context.send("two", to="7")
    chat = context.world.client()
    try:
        right = context.ask(step, chat)
        for _ in range(MANY // 2):
            context.expect({"returned": None}, outcome_of(chat, sent), sent)
            context.expect(right, outcome_of(chat, step), step)
    finally:
        retire(chat)
    context.expect(MANY // 2 + 1, context.arrived(sent.do), sent, field="calls that arrived")


@BOOK.case("LIMIT-10", "several threads at once", Provenance.ASSUMED, needs=(Need.CLIENTS, Need.PLENTY))
def several_threads(context: Context) -> None:
    """Eight threads share a client that none of them made, from its first call on: each sends to somebody of its own
    and reads it back, and gets what it would get alone.
    """
    context.play()
    people = [f"3460002{number:04}" for number in range(8)]
    sends = [context.send(f"to {person}", to=person) for person in people]
    reads = [context.messages(of=person) for person in people]
    chat = context.world.client()
    everybody = threading.Barrier(len(people))

    def work(number: int) -> list[Plain]:
        everybody.wait()
        return [outcome_of(chat, step) for _ in range(4) for step in (sends[number], reads[number])]

    with ThreadPoolExecutor(len(people)) as threads:
        found = list(threads.map(work, range(len(people))))
    retire(chat)
    for number, outcomes in enumerate(found):
        for outcome in outcomes[::2]:
            context.expect({"returned": None}, outcome, sends[number])
        texts = [_texts(outcome) for outcome in outcomes[1::2]]
        mine: list[Plain] = [[f"to {people[number]}"] * times for times in range(1, 5)]
        context.expect(mine, texts, sends[number], reads[number], field="messages of each reading")


@BOOK.case("LIMIT-11", "errors in several threads", Provenance.ASSUMED, needs=(Need.PLENTY,))
def errors_in_several_threads(context: Context) -> None:
    """Eight threads share a client, and each is refused for a reason of its own: each gets its own error."""
    context.play(context.send("one"))
    refused = [
        context.chats(platform_id="999"),
        context.messages(of="34600000099"),
        context.send(""),
        context.send("a\x00b"),
        context.send(platform_id="999"),
        context.unread(of="34600000099"),
        context.send_file("http://www.example.com/a.jpg"),
        context.channel_list(),
    ]
    chat = context.chat
    alone = [_told(chat, step) for step in refused]

    def work(number: int) -> list[Plain]:
        return [_told(chat, refused[number]) for _ in range(8)]

    with ThreadPoolExecutor(len(refused)) as threads:
        found = list(threads.map(work, range(len(refused))))
    for step, right, outcomes in zip(refused, alone, found, strict=True):
        context.expect([right] * len(outcomes), outcomes, step)


@BOOK.case("LIMIT-12", "a call where an event loop runs", Provenance.ASSUMED, needs=(Need.PLENTY,))
def in_an_event_loop(context: Context) -> None:
    """A call may be made in a thread whose event loop runs, as in a notebook, and where none has ever been."""
    steps = context.send("one"), context.messages(), context.messages(of="34600000099")
    context.play(context.send("one"))
    right = [context.ask(step) for step in steps[1:]]

    async def in_loop() -> list[Plain]:
        return [context.ask(step) for step in steps[1:]]

    context.expect(list(right), asyncio.run(in_loop()), *steps)


@BOOK.case("LIMIT-13", "names may be long", Provenance.ASSUMED, needs=(Need.PARTY, Need.CLIENTS, Need.PLENTY))
def names_may_be_long(context: Context) -> None:
    """Recipients, identifiers of channels and their names may be as long as texts: nothing is cut at 64, 100, 255 or
    500 characters, and two are two that differ at their ends.
    """
    for length in (65, 101, 256, 501):
        one, other = ("x" * (length - 1) + end for end in "yz")
        context.play(context.send("one", to=one), context.send("two", to=other), context.messages(of=one))
        channels = [Channel(name, Platform.WHATSAPP, f"{name} \u00f1") for name in (one, other)]
        with elsewhere(context, channels=channels) as there:
            there.play(there.channel_list(), there.send("one"), there.chats(channel=1), there.chats())


@BOOK.case("LIMIT-14", "no number of items is special", Provenance.ASSUMED, needs=(Need.PARTY, Need.PLENTY))
def no_number_is_special(context: Context) -> None:
    """Lists come whole whose length is a usual one of pages, up to a thousand: of messages, and of conversations."""
    for length in PAGES:
        context.play(context.receive(times=length), context.messages())
    for length in PAGES[::2]:
        context.play(context.receive(of="34600", people=length), context.chats())


@BOOK.case("LIMIT-09", "generated lengths", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Texts of every length up to two hundred characters arrive whole over every backend."""
    from hypothesis import strategies as st

    from afilnet_protocols.conformance.generated import sequences as generated

    texts = st.integers(1, 200).flatmap(lambda length: st.sampled_from("xñ😀 ").map(lambda sign: sign * length))
    generated.play(context, focus=["send_message", "receive", "get_messages"], texts=texts)


def _told(chat: ChatOperations, step: Step) -> Plain:
    """Return an outcome, and of an error what it says of where it was."""
    try:
        getattr(chat, step.do)(**step.arguments)
    except AfilnetError as error:
        return f"{type(error).__name__} {error.code} {error.delivery} {error.operation}"
    except Exception as error:  # noqa: BLE001 - whatever is raised is what is asked about
        return type(error).__name__
    return "no error"


def _texts(outcome: Plain) -> Plain:
    """Return the texts of the messages of an outcome; the outcome itself where it is something else."""
    returned = outcome.get("returned") if isinstance(outcome, dict) else None
    if not isinstance(returned, list):
        return outcome
    return [each["message"] if isinstance(each, dict) else each for each in returned]
