"""Cases about calls that do not come to their end: what is said of them is true, and the next call is its own."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import TYPE_CHECKING

from afilnet_protocols.conformance.cases.case import Book
from afilnet_protocols.conformance.cases.delivery import LONG, MORE_THAN_ANYBODY_TRIES, SHORT, UNKNOWN, reconciled
from afilnet_protocols.conformance.cases.strangers import nobody
from afilnet_protocols.conformance.reference.differential import retire
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.conformance.targets.target import NotShownError
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.vocabulary import Delivery, Finding, Provenance

if TYPE_CHECKING:
    from afilnet_protocols.comparison.canonical import Plain
    from afilnet_protocols.comparison.steps import Step
    from afilnet_protocols.conformance.cases.context import Context
    from afilnet_protocols.operations import ChatOperations

BOOK = Book()

DRIP = 0.05
"""How long each byte of an answer takes, in seconds; the shortest answer has twenty."""

NEEDS = (Need.CLIENTS, Need.WIRE, Need.JOURNAL, Need.PLENTY)

WAYS = (
    "reset_on_accept",
    "reset_in_request",
    "reset_before_answer",
    "end_before_answer",
    "half_head",
    "short_body",
    "reset_in_body",
    "chunks_without_end",
    "http_1_0_cut",
    "tiny_chunks",
    "gzip_cut",
    "status_999",
    "surplus_answer",
    "not_implemented",
)
"""What may happen to a call, by the names that the sandbox has for it."""


@BOOK.case("DELIV-12", "an interruption is let through", Provenance.ASSUMED, needs=NEEDS)
def interrupted(context: Context) -> None:
    """What a signal handler raises in the middle of a call, as Ctrl-C and limits of time do, leaves the call as it is:
    it is neither swallowed nor made an answer of. The send is not made again, and the next call gets its own answer.
    """
    if threading.current_thread() is not threading.main_thread():
        raise NotShownError("it needs the main thread, which alone handles signals")
    context.play(context.send("one"))
    look = context.chats()
    right = context.ask(look)
    for step, raised in ((context.messages(), _TimeIsUp), (context.send("two", to="7"), _Interruption)):
        chat = context.world.client()
        try:
            left_by = _interrupt(context, step, chat, raised)
            context.expect(raised.__name__, left_by, step, field="what left the call")
            listed = context.ask(look, chat)
        finally:
            retire(chat)
        if step.do == look.do:
            context.expect(right, listed, step, look)
        context.expect("list", _kind_of(listed), step, look, field="what the next call returned")
    context.expect(True, context.arrived("send_message") <= 2, step, field="it is not made again")


@BOOK.case("DELIV-13", "an older message proves nothing", Provenance.ASSUMED, needs=NEEDS)
def older_message(context: Context) -> None:
    """When a send was lost on its way, and a message of the same text was there before, ``reconcile()`` does not take
    that for the one that was lost.
    """
    context.play(context.send("again"), context.send("again"))
    step = context.send("again")
    context.world.lose_call()
    found = reconciled(context.error(step))
    steps = context.send("again"), step
    context.expect(False, found == Finding.DELIVERED, *steps, field="reconcile() finds it delivered")


@BOOK.case("DELIV-14", "where nobody is, nothing was sent", Provenance.ASSUMED, needs=NEEDS)
def nobody_there(context: Context) -> None:
    """A call to a port at which nobody listens is an error of ours, with delivery ``not_sent``."""
    context.play()
    with nobody() as there:
        for step in (context.send(), context.messages()):
            error = context.error(step, make=lambda: context.world.client(plain=False, **there))
            context.expect(True, isinstance(error, AfilnetError), step, field="it is an error of ours")
            context.expect("not_sent", str(getattr(error, "delivery", None)), step, field="delivery")


@BOOK.case("DELIV-15", "what is said of a broken call is true", Provenance.ASSUMED, needs=NEEDS)
def broken(context: Context) -> None:
    """Whatever happens to the connection, in whatever part of whatever exchange: a send that returns was carried out
    once, one that is said not to have been sent or to be refused was not, and otherwise its delivery is ``unknown``; it
    is carried out once at most. A read returns what is there, or an error of ours. The next call gets its own answer.
    """
    for way in WAYS:
        for step in (context.send("two"), context.unread()):
            context.play(context.receive("one"))
            look = context.messages()
            chat = context.world.client()
            try:
                context.ask(context.channel_list(), chat)  # so that there is a connection
                disarm = context.world.break_call(way)
                outcome = context.ask(step, chat)
                disarm()
                after = context.ask(look, chat)
            finally:
                retire(chat)
            _judge(context, step, outcome, way)
            context.expect(context.ask(look), after, step, look, field=f"the next call, after {way}")


@BOOK.case("DELIV-16", "an answer that drips is late", Provenance.ASSUMED, needs=NEEDS)
def dripping(context: Context) -> None:
    """``timeout`` is the time of the whole call: an answer that comes byte by byte, each in time, is not waited for
    when it is up. The send is ``OutcomeUnknownError``.
    """
    context.play(context.send("one"))
    step = context.send_file()
    chat = context.world.client(timeout=SHORT)
    try:
        context.ask(context.channel_list(), chat)
        disarm = context.world.break_call("dripped_body", every=DRIP)
        outcome = context.ask(step, chat)
        disarm()
    finally:
        retire(chat)
    context.expect(UNKNOWN, outcome, step)


@BOOK.case("DELIV-18", "no list is made up", Provenance.ASSUMED, needs=NEEDS)
def no_list_is_made_up(context: Context) -> None:
    """A list whose answer was lost, of whatever, is asked for again, or is ``OutcomeUnknownError``: it is neither empty
    nor what was listed before.
    """
    for step in (context.channel_list(), context.chats(), context.messages()):
        context.play(context.send("one"))
        context.ask(step)
        context.ask(context.send("two"))
        context.world.lose_answer(times=MORE_THAN_ANYBODY_TRIES)
        outcome = context.ask(step)
        context.world.lose_answer(times=0)
        if outcome != UNKNOWN:
            context.expect(context.ask(step), outcome, step, context.send("two"), step)


@BOOK.case("DELIV-19", "who waits holds up nobody", Provenance.ASSUMED, needs=NEEDS)
def holds_up_nobody(context: Context) -> None:
    """While a client waits for its answer, another one goes its own way: it is told at once that nobody listens where
    it asks.
    """
    context.play(context.send("one"))
    step = context.messages()
    right = context.ask(step)
    waiting = context.world.client()
    begun = threading.Event()
    with ThreadPoolExecutor(1) as thread, nobody() as there:
        let_go = context.world.hold_call(seconds=LONG, begun=begun.set)
        held = thread.submit(context.ask, step, waiting)
        begun.wait(LONG)
        error = context.error(step, make=lambda: context.world.client(plain=False, **there))
        waited = not let_go()
        late = held.result()
    retire(waiting)
    context.expect("NotSentError", type(error).__name__, step, field="raised, while another client waits")
    context.expect(False, waited, step, field="it waits for the other client")
    context.expect(right, late, step, field="of the client that waited")


def _judge(context: Context, step: Step, outcome: Plain, way: str) -> None:
    """Compare what was said of a call with what the service did."""
    told = outcome if isinstance(outcome, dict) else {}
    ours = "returned" in told or "delivery" in told
    context.expect(True, ours, step, field=f"an answer or an error of ours, after {way}")
    if step.do != "send_message":
        if "returned" in told:
            context.expect(context.ask(step), outcome, step, field=f"what is there, after {way}")
        return
    done = sum(call.operation == step.do and call.outcome == "SUCCESS" for call in context.world.journal())
    context.expect(True, done <= 1, step, field=f"it is carried out once at most, after {way}")
    if "returned" in told:
        context.expect(1, done, step, field=f"it returned; sends that were carried out, after {way}")
    elif told.get("delivery") != Delivery.UNKNOWN:
        field = f"it is said to be {told.get('delivery')}; sends that were carried out, after {way}"
        context.expect(0, done, step, field=field)


class _Interruption(BaseException):
    """What a signal handler raises, as that of Ctrl-C does."""


class _TimeIsUp(Exception):
    """What a signal handler raises that limits the time of a task or a test."""


def _interrupt(context: Context, step: Step, chat: ChatOperations, raised: type[BaseException]) -> str:
    """Make a call, interrupt it while the service has it, and return the name of what left it."""

    def handle(number: int, frame: FrameType | None) -> None:
        raise raised

    main = threading.main_thread().ident or 0
    let_go = context.world.hold_call(seconds=LONG, begun=lambda: signal.pthread_kill(main, signal.SIGUSR1))
    usual = signal.signal(signal.SIGUSR1, handle)
    left_by = "nothing"
    try:
        getattr(chat, step.do)(**step.arguments)
    except (Exception, _Interruption, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001 - is what is asked about
        left_by = type(error).__name__
    finally:
        signal.signal(signal.SIGUSR1, usual)
        let_go()
    return left_by


def _kind_of(outcome: Plain) -> str:
    return type(outcome.get("returned")).__name__ if isinstance(outcome, dict) else type(outcome).__name__
