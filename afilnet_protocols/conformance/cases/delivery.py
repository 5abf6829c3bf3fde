"""Cases about what is known about delivery: nothing is sent twice, and nobody is told what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from afilnet_protocols.catalogue import by_name
from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.conformance.reference.differential import retire
from afilnet_protocols.conformance.targets.capabilities import ABSENCE
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.errors import AfilnetError, OutcomeUnknownError
from afilnet_protocols.vocabulary import FileType, Finding, Provenance

if TYPE_CHECKING:
    from afilnet_protocols.comparison.steps import Step
    from afilnet_protocols.conformance.cases.context import Context

BOOK = Book()

UNKNOWN: Plain = {"raised": "OutcomeUnknownError", "code": None, "delivery": "unknown"}
MORE_THAN_ANYBODY_TRIES = 10

SHORT = 0.5
"""The time that a call has, in seconds, where the service does not answer."""

ENOUGH = (SHORT, 4 * SHORT)
"""The same; the second, where the first is too short for what comes before and after, as on a busy machine."""

LONG = 5.0
"""How long the service then says nothing, in seconds: a client that waits so long does not look at its time."""

SENDS = ("send_message", "send_file")


@BOOK.case("DELIV-01", "a lost answer is no success and no refusal", Provenance.ASSUMED, needs=(Need.WIRE,))
def lost_answer(context: Context) -> None:
    """When the service has acted and its answer cannot be read, a send is ``OutcomeUnknownError``, delivery
    ``unknown``.
    """
    context.play(context.send("one"))
    for step in (context.send("two"), context.send_file()):
        context.world.lose_answer()
        context.expect(UNKNOWN, context.ask(step), step)


@BOOK.case(
    "DELIV-02",
    "a send whose answer was lost is not sent again",
    Provenance.ASSUMED,
    needs=(Need.WIRE, Need.JOURNAL),
)
def not_sent_again(context: Context) -> None:
    """A send whose answer was lost has arrived once: the client does not send it again by itself."""
    context.play()
    step = context.send("only once")
    context.world.lose_answer()
    context.ask(step)
    context.expect(1, context.arrived(step.do), step, field="calls that arrived")


@BOOK.case(
    "DELIV-03",
    "a read whose answer was lost is not an empty list",
    Provenance.ASSUMED,
    needs=(Need.PARTY, Need.WIRE),
)
def lost_read(context: Context) -> None:
    """A read whose answer was lost either is made again and succeeds or is ``OutcomeUnknownError``; it never returns
    what the service did not say.
    """
    context.play(context.receive(), context.messages())
    step = context.messages()
    right = context.ask(step)
    context.world.lose_answer(times=MORE_THAN_ANYBODY_TRIES)
    outcome = context.ask(step)
    if outcome != UNKNOWN:
        context.expect(right, outcome, step)


@BOOK.case(
    "DELIV-04",
    "unread messages are asked for once",
    Provenance.ASSUMED,
    needs=(Need.PARTY, Need.WIRE, Need.JOURNAL),
)
def unread_once(context: Context) -> None:
    """Whether reading unread messages marks them is not documented: when its answer was lost, the call is
    ``OutcomeUnknownError`` and is not made again.
    """
    context.play(context.receive())
    step = context.unread()
    context.world.lose_answer()
    context.expect(UNKNOWN, context.ask(step), step)
    context.expect(1, context.arrived(step.do), step, field="calls that arrived")


@BOOK.case(
    "DELIV-05",
    "a refused send is not sent again",
    Provenance.ASSUMED,
    effects=Effects.READS,
    needs=(Need.WIRE, Need.JOURNAL),
)
def refused_once(context: Context) -> None:
    """A send that the service refused arrives once, over tokens too: refusing is an answer."""
    for code in ("CHANNEL_NOT_FOUND", "NOT_ON_ANY_PAGE"):
        step = context.send()
        context.play(context.fault(code), step)
        context.expect(1, context.arrived(step.do), context.fault(code), step, field="calls that arrived")


@BOOK.case("DELIV-06", "one call is one call", Provenance.ASSUMED, needs=(Need.JOURNAL,))
def one_call(context: Context) -> None:
    """Each operation makes exactly its own call, once: nothing else is asked of the service."""
    for step in (context.send(), context.channel_list(), context.chats(), context.channel_list()):
        context.play(step)
        arrived = [str(call.operation) for call in context.world.journal()]
        context.expect(step.do, ", ".join(arrived), step, field="calls that arrived")


@BOOK.case(
    "DELIV-07",
    "a send that was lost on the way is found absent",
    Provenance.ASSUMED,
    capability=ABSENCE,
    needs=(Need.WIRE,),
)
def absence_is_believed(context: Context) -> None:
    """When a send was lost before the service got it, ``reconcile()`` says ``absent``, which only a backend may say
    that can know: over GET a server on the way may still repeat the send, or answer the reading from memory.
    """
    context.play(context.send("from before"))
    step = context.send("lost on the way")
    context.world.lose_call()
    context.expect(str(Finding.ABSENT), reconciled(context.error(step)), step, field="reconcile()")


@BOOK.case("DELIV-08", "a send that arrived is never found absent", Provenance.ASSUMED, needs=(Need.WIRE,))
def arrived_is_never_absent(context: Context) -> None:
    """When the service has acted on a send and its answer was lost, ``reconcile()`` may find it delivered or know
    nothing, but never finds it absent: whoever believes that sends it again.
    """
    context.play(context.send("from before"))
    step = context.send("arrived")
    context.world.lose_answer()
    found = reconciled(context.error(step))
    context.expect(False, found == Finding.ABSENT, step, field="reconcile() finds it absent")


@BOOK.case(
    "DELIV-10", "a call carries what it was given", Provenance.ASSUMED, needs=(Need.PARTY, Need.JOURNAL, Need.PLENTY)
)
def carries_what_it_was_given(context: Context) -> None:
    """Each operation is one call, which arrives with what it was given, to the character, and with nothing else: the
    kind of a file and its thumbnail too, which no list shows.
    """
    thumb = "https://www.example.com/small.jpg?x=1&y=%20"
    files = [context.send_file(file_type=kind.value, message=" a\r\n& ", thumb_url=thumb) for kind in FileType]
    reads = [context.channel_list(), context.chats(), context.messages(), context.unread()]
    for step in (context.send(" a\r\n& "), context.send_file(), *files, *reads):
        context.play(context.receive())
        before = len(context.world.journal())
        context.ask(step)
        arrived: list[Plain] = [
            _shown(call.operation, call.arguments) for call in list(context.world.journal())[before:]
        ]
        context.expect([_shown(step.do, _given(step))], arrived, step, field="calls that arrived")


@BOOK.case(
    "DELIV-11",
    "a call ends with its time",
    Provenance.ASSUMED,
    needs=(Need.CLIENTS, Need.JOURNAL, Need.PLENTY),
)
def ends_with_its_time(context: Context) -> None:
    """A call to a service that does not answer ends when its ``timeout`` is up: not with a success, and for a send with
    delivery ``unknown``, for it may still happen. It is not made again, and the next call gets its own answer.
    """
    context.play(context.send("one"))
    look = context.unread()  # which no client asks for again
    right = context.ask(look)
    for step in (context.messages(), context.send("two")):
        tries = 0
        for seconds in ENOUGH:
            tries += 1
            waited, outcome, after = _held(context, step, look, seconds)
            if waited or (outcome, after) == (UNKNOWN, right):
                break
        context.expect(False, waited, step, field="it waits for as long as the service likes")
        context.expect(UNKNOWN, outcome, step)
        context.expect(right, after, step, look, field="the next call")
    context.expect(True, context.arrived("send_message") <= 1 + tries, step, field="it is not made again")


def _held(context: Context, step: Step, look: Step, seconds: float) -> tuple[bool, Plain, Plain]:
    """Make a call that is not answered; return whether it waited for that, its end, and that of the next call."""
    chat = context.world.client(timeout=seconds)
    try:
        context.ask(context.channel_list(), chat)  # whatever a client does first has its own time
        let_go = context.world.hold_call(seconds=LONG)
        outcome = context.ask(step, chat)
        return not let_go(), outcome, context.ask(look, chat)
    finally:
        retire(chat)


@BOOK.case(
    "DELIV-17",
    "to make and to close a client asks nothing",
    Provenance.ASSUMED,
    needs=(Need.CLIENTS, Need.JOURNAL, Need.PLENTY),
)
def making_asks_nothing(context: Context) -> None:
    """No call is made before one is asked for, nor after the last: neither to see whether the service is there, nor to
    take leave of it.
    """
    context.play()
    chat = context.world.client()
    step = context.channel_list()
    made = len(context.world.journal())
    context.ask(step, chat)
    retire(chat)
    closed = len(context.world.journal())
    context.expect(0, made, step, field="calls that arrived when it was made")
    context.expect(1, closed, step, field="calls that arrived until it was closed")


@BOOK.case(
    "DELIV-09", "generated sequences are carried out once", Provenance.ASSUMED, generated=True, needs=(Need.JOURNAL,)
)
def generated(context: Context) -> None:
    """Whatever is refused in between, as many sends have succeeded at the service as the client reported."""
    from afilnet_protocols.conformance.generated import sequences as generated

    def after(steps: Sequence[Step], trace: Sequence[Plain]) -> None:
        reported = sum(
            step.do in SENDS and isinstance(outcome, dict) and "returned" in outcome
            for step, outcome in zip(steps, trace, strict=True)
        )
        for target in context.targets:
            journal = target.world.journal() if target.world is not None else ()
            carried_out = sum(call.operation in SENDS and call.outcome == "SUCCESS" for call in journal)
            context.expect(reported, carried_out, *steps, field="sends that were carried out", target=target)

    generated.play(context, focus=["fault", "send_message", "send_file"], after=after)


def _given(step: Step) -> dict[str, str]:
    """Return the arguments of a call by wire name."""
    operation = by_name(step.do)
    parameters = () if operation is None else operation.parameters
    return {each.wire: str(step.arguments[each.name]) for each in parameters if step.arguments.get(each.name)}


def _shown(operation: str | None, arguments: Mapping[str, str]) -> str:
    """Return a call as a text in which two are equal only if they are the same."""
    names = (name for name in arguments if name not in ("user", "password"))
    return f"{operation}({', '.join(f'{name}={arguments[name]!r}' for name in sorted(names) if arguments[name])})"


def reconciled(error: BaseException | None) -> str:
    """Return what an error finds out about its send; what it raises, where it finds out nothing."""
    if not isinstance(error, OutcomeUnknownError):
        return type(error).__name__
    try:
        return str(error.reconcile(settle=0.0))
    except AfilnetError as failure:
        return type(failure).__name__
