"""Cases about errors: the same class, code and delivery over every protocol."""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, cast

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.cases.case import Book, Effects
from afilnet_protocols.conformance.reference.differential import outcome_of, retire
from afilnet_protocols.conformance.results.finding import Finding
from afilnet_protocols.conformance.targets.needs import Need
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.vocabulary import Protocol, Provenance

if TYPE_CHECKING:
    from afilnet_protocols.conformance.cases.context import Context

BOOK = Book()

CLOSED: Plain = {"raised": "ConfigurationError", "code": None, "delivery": "not_sent"}

WRONG = "sandbox-wrong"

CREDENTIALS = ("MISSING_USER", "MISSING_PASSWORD", "INCORRECT_USER_PASSWORD")
"""Codes about credentials, which some protocols tell by HTTP; AUTH has cases of its own."""


@BOOK.case("ERR-01", "an unknown channel is not found", Provenance.DOCUMENTED, effects=Effects.READS)
def unknown_channel(context: Context) -> None:
    """A channel that does not exist is ``NotFoundError`` with ``CHANNEL_NOT_FOUND`` in each of the five operations that
    name one, and nothing is sent.
    """
    context.play(context.send(platform_id="999"), context.chats())
    context.play(context.send_file(platform_id="999"))
    context.play(context.chats(platform_id="999"))
    context.play(context.messages(platform_id="999"))
    context.play(context.unread(platform_id="999"))


@BOOK.case("ERR-02", "an unknown conversation is not found", Provenance.DOCUMENTED, effects=Effects.READS)
def unknown_conversation(context: Context) -> None:
    """Reading a conversation that does not exist is ``NotFoundError`` with ``CHAT_NOT_FOUND``, not an empty list."""
    context.play(context.messages(of="34600000099"))
    context.play(context.unread(of="34600000099"))


@BOOK.case(
    "ERR-03", "every documented code has its class", Provenance.DOCUMENTED, effects=Effects.READS, needs=(Need.WIRE,)
)
def every_code(context: Context) -> None:
    """Each code that the vendor documents for an operation is raised as the class of its kind, with the code, and with
    delivery ``rejected``: the service did not act.
    """
    calls = {
        step.do: step
        for step in (
            context.channel_list(),
            context.send(),
            context.send_file(),
            context.chats(),
            context.messages(),
            context.unread(),
        )
    }
    for operation in OPERATIONS:
        for error in operation.errors:
            if error.code not in CREDENTIALS:
                context.play(context.fault(error.code), calls[operation.name])


@BOOK.case(
    "ERR-04", "an undocumented code is not hidden", Provenance.ASSUMED, effects=Effects.READS, needs=(Need.WIRE,)
)
def undocumented_code(context: Context) -> None:
    """A code that no vendor page lists is ``UnknownServiceError`` with that code; whether the service acted is then
    unknown, and the call is not made again.
    """
    context.play(context.fault("NOT_ON_ANY_PAGE"), context.send(), context.chats())
    context.play(context.fault("NOT_ON_ANY_PAGE"), context.messages())


@BOOK.case(
    "ERR-05", "a missing argument never leaves", Provenance.DOCUMENTED, effects=Effects.NONE, needs=(Need.JOURNAL,)
)
def missing_argument(context: Context) -> None:
    """An empty compulsory argument, ``None`` or a number in its place, a file type that is none of the documented ones,
    or a platform that is almost one of them, is ``InvalidRequestError``, and no call arrives.
    """
    wrong = (
        context.send(""),
        context.send(destination=""),
        context.chats(platform_id=""),
        context.chats(platform="WhatsApp"),
        context.send_file(file_type="gif"),
        context.chats(platform_id=None),
        context.chats(platform_id=100),
        context.unread(destination=34600000000),
        *(Step("send_message", {**context.send().arguments, "message": value}) for value in (None, 7)),
    )
    for step in wrong:
        context.play(step)
        context.expect(0, context.arrived(step.do), step, field="calls that arrived")


@BOOK.case("ERR-06", "an error changes nothing", Provenance.ASSUMED, needs=(Need.WIRE,))
def error_changes_nothing(context: Context) -> None:
    """After a refused call the client works on, and what was refused did not happen."""
    context.play(context.send("one"), context.fault("INCORRECT_METHOD"), context.send("two"), context.messages())
    context.play(context.send("one", platform_id="999"), context.chats())


@BOOK.case("ERR-07", "an error says where it happened", Provenance.ASSUMED, effects=Effects.READS)
def says_where(context: Context) -> None:
    """An error names its operation, and hides no foreign exception in its context."""
    step = context.chats(platform_id="999")  # which is an error whatever the service lists of the unknown
    context.play(step)
    error = context.error(step)
    context.expect(step.do, str(getattr(error, "operation", None)), step, field="error.operation")
    context.expect("none", _kinds(error), step, field="error.__context__")


@BOOK.case("ERR-08", "a closed client refuses", Provenance.ASSUMED, effects=Effects.READS, needs=(Need.CLIENTS,))
def closed_client(context: Context) -> None:
    """After ``close`` every call is ``ConfigurationError``, delivery ``not_sent``; closing twice does nothing. A client
    that met an error is closed as any other, in whatever thread.
    """
    context.play()
    chat = context.world.client()
    step, refused = context.channel_list(), context.chats(platform_id="999")
    context.ask(refused, chat)
    with ThreadPoolExecutor(1) as another:
        raised = another.submit(retire, chat).result(), retire(chat)
    for which, name in zip(("first close, in another thread,", "second close"), raised, strict=True):
        context.expect("nothing", name, refused, field=f"what the {which} raised")
    for closed in (step, refused, context.messages(platform_id="999")):
        context.expect(CLOSED, context.ask(closed, chat), closed)


@BOOK.case("ERR-10", "every operation says that it was it", Provenance.ASSUMED, needs=(Need.PLENTY,))
def every_operation_says_where(context: Context) -> None:
    """An error of each operation that names a channel says which operation it was."""
    context.play()
    for asked in (context.send, context.send_file, context.chats, context.messages, context.unread):
        step = asked(platform_id="999")
        error = context.error(step)
        context.expect(step.do, str(getattr(error, "operation", None)), step, field="error.operation")


@BOOK.case("ERR-11", "a block hides nothing and closes", Provenance.ASSUMED, needs=(Need.CLIENTS, Need.PLENTY))
def block_hides_nothing(context: Context) -> None:
    """A ``with`` block gives the client; what is raised in it leaves it, and the client is closed then,
    and stays so in another one.
    """
    step = context.channel_list()
    context.play(step)
    usual = context.ask(step)
    for kind in (LookupError, KeyboardInterrupt):
        chat, left_by = context.world.client(), "nothing"
        try:
            with chat as entered:
                context.expect(usual, outcome_of(entered, step), step, field='what is asked of the name after "as"')
                raise kind
        except Finding:
            raise
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever leaves it is what is asked about
            left_by = type(error).__name__
        outcome = context.ask(step, chat)
        with contextlib.suppress(Exception), chat:  # that closing raises nothing is asked elsewhere
            again = context.ask(step, chat)
        retire(chat)
        context.expect(kind.__name__, left_by, step, field="what left the block")
        context.expect(CLOSED, outcome, step)
        context.expect(CLOSED, again, step, field="in another block")


@BOOK.case(
    "ERR-12",
    "every error tells what handlers ask",
    Provenance.ASSUMED,
    needs=(Need.CLIENTS, Need.WIRE, Need.JOURNAL, Need.WRONG_LOGIN, Need.PLENTY),
)
def tells_what_handlers_ask(context: Context) -> None:
    """Whatever an error is, it has words, its ``delivery`` is a ``Delivery`` and no text, ``operation`` is the call's,
    and ``protocol`` a name that is the same in all of them, and of a built-in protocol only if that is spoken. It comes
    out of ``pickle``, which task queues use, as it went in, and hides no foreign exception in its context.
    """
    context.play(context.channel_list())
    spoken = {str(call.protocol) for call in context.world.journal()}
    names: set[str] = set()
    for step, error in of_all_kinds(context):
        if not isinstance(error, AfilnetError):
            context.expect("an AfilnetError", type(error).__name__, step, field="raised")
            continue
        context.expect(True, bool(str(error).strip()), step, field=f"{type(error).__name__} has words")
        context.expect("Delivery", type(error.delivery).__name__, step, field="type of error.delivery")
        context.expect(step.do, str(error.operation), step, field="error.operation")
        name = error.protocol if isinstance(error.protocol, str) else ""
        context.expect(True, bool(name.strip()), step, field="error.protocol is a name")
        true = name in spoken or name not in tuple(Protocol)
        context.expect(True, true, step, field="error.protocol is what is spoken")
        names.add(name)
        context.expect(1, len(names), step, field="names in error.protocol")
        context.expect(_asked_of(error), _asked_of(_pickled(error)), step, field="the error, pickled")
        context.expect("none", _kinds(error), step, field="error.__context__")


@BOOK.case("ERR-13", "what is not declared is refused", Provenance.ASSUMED, needs=(Need.JOURNAL, Need.PLENTY))
def not_declared(context: Context) -> None:
    """Arguments go by their names: an operation takes neither one that it does not declare, such as a name that was
    mistyped, nor any by its place. Both are ``TypeError`` or an error of ours, and no call arrives.
    """
    context.play(context.send("one"))
    arrived = len(context.world.journal())
    for step in (context.send("two"), context.send_file(), context.chats(), context.messages(), context.unread()):
        call, right = getattr(context.chat, step.do), dict(step.arguments)
        for how, made in (
            ("an unknown name", partial(call, **right, mesage="x")),
            ("a place", partial(call, right.pop("platform"), **right)),
        ):
            told = _raised(made)
            context.expect(True, isinstance(told, (TypeError, AfilnetError)), step, field=f"refused, with {how}")
    context.expect(arrived, len(context.world.journal()), context.send("two"), field="calls that arrived")


@BOOK.case("ERR-09", "generated sequences with refusals", Provenance.ASSUMED, generated=True)
def generated(context: Context) -> None:
    """Whenever the service refuses, with whatever code, every backend raises the same error and goes on alike."""
    from afilnet_protocols.conformance.generated import sequences as generated

    generated.play(context, focus=["fault", "send_message", "get_messages"])


def of_all_kinds(context: Context) -> Iterator[tuple[Step, BaseException | None]]:
    """Yield errors of every kind, each with the call that raised it."""
    read, unknown = context.messages(), context.messages(of="34600000099")
    wrong = (
        context.send(""),
        context.send("a\x00b"),
        context.chats(platform_id=""),
        context.send_file("ftp://example.com"),
    )
    for step in (*wrong, context.chats(platform_id="999"), unknown, context.send(platform_id="999")):
        yield step, context.error(step)
    for step in (context.channel_list(), context.send()):
        yield step, context.error(step, make=lambda: context.world.client(password=WRONG, client_secret=WRONG))
    for code in ("NOT_ON_ANY_PAGE", "INCORRECT_METHOD"):
        for step in (context.chats(), context.send()):
            context.world.fault(code)
            yield step, context.error(step)
    for step in (context.send(), context.unread()):
        context.world.lose_answer()
        yield step, context.error(step)
    closed = context.world.client()
    retire(closed)
    for step in (read, context.send()):
        yield step, context.error(step, make=lambda: closed)


def _pickled(error: AfilnetError) -> BaseException | None:
    """Return an error as it comes out of ``pickle``; what that raises, where it cannot be pickled."""
    try:
        return cast("BaseException", pickle.loads(pickle.dumps(error)))  # noqa: S301 - of what was pickled here
    except Exception as problem:  # noqa: BLE001 - whatever is raised is what is asked about
        return problem


def _asked_of(error: BaseException | None) -> Plain:
    """Return what handlers ask of an error."""
    if not isinstance(error, AfilnetError):
        return type(error).__name__
    told = (error, error.code, error.delivery, error.operation, error.protocol, error.retry_after)
    return [type(error).__name__, *map(str, told)]


def _raised(call: Callable[[], object]) -> BaseException | None:
    """Return what a call raises."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever is raised is what is asked about
        return error
    return None


def _kinds(error: BaseException | None) -> str:
    """Name the exceptions that an error drags along."""
    if error is None:
        return "no error"
    hidden = error.__context__ or error.__cause__
    return "none" if hidden is None else f"{type(hidden).__module__}.{type(hidden).__name__}"
