"""Mistakes in how bytes travel: other libraries do this unless they are told otherwise."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from email.message import Message
from typing import NoReturn

from afilnet_protocols.conformance.mutants.mutant import SENDS, Again, Arguments, Right, Shelf
from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.registry import connect
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Finding
from afilnet_protocols.wire import Reply, Request

SHELF = Shelf()


Exchange = Callable[..., Generator[object, object, Reply]]
"""Sends a request and returns its reply, in steps."""


def _with(settings: Settings, change: Callable[[Exchange], Exchange]) -> ChatOperations:
    """Make the built-in client with another exchange."""
    chat = connect(settings)
    usual: Exchange = getattr(chat, "_exchange")  # noqa: B009 - a part that only a mistake touches
    vars(chat).update(_exchange=change(usual), goes_straight=False)
    return chat


def _by_urllib(settings: Settings, *, checks_names: bool = True) -> Callable[[Exchange], Exchange]:
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.check_hostname = checks_names
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))

    def exchange(request: Request, deadline: object, *, reuse: bool) -> Generator[object, object, Reply]:
        return _asked(opener, request, settings.timeout)
        yield  # what makes it a generator

    return lambda usual: exchange


def _asked(opener: urllib.request.OpenerDirector, request: Request, timeout: float) -> Reply:
    wanted = urllib.request.Request(request.url, headers=dict(request.headers))  # noqa: S310 - it was checked
    problem = ""
    try:
        with opener.open(wanted, timeout=timeout) as answer:
            return Reply(answer.status, _headers(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, _headers(error.headers), error.read())
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError | ssl.SSLCertVerificationError):
            problem = type(error.reason).__name__
    except (OSError, http.client.HTTPException):
        pass
    if problem:
        raise NotSentError(problem)
    raise OutcomeUnknownError("the connection broke")


def _headers(given: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in given.items()}


@SHELF.make("M132", "http-get", ["SEC-10", "SEC-11", "DELIV-16"])
def by_urllib(settings: Settings) -> ChatOperations:
    """It takes a library as it comes: that follows redirections and variables that name proxies, and its time limit
    begins anew with every byte.
    """
    return _with(settings, _by_urllib(settings))


@SHELF.make("M133", "http-get", ["SEC-12"], plain=False)
def of_any_name(settings: Settings) -> ChatOperations:
    """A certificate that a trusted authority issued is taken, whosever it is."""
    return _with(settings, _by_urllib(settings, checks_names=False))


def _where_it_breaks(instead: Callable[[], object] = lambda: None) -> Callable[[Exchange], Exchange]:
    """Do something when a connection breaks, which is another thing than an answer that cannot be read."""

    def change(usual: Exchange) -> Exchange:
        def exchange(request: Request, deadline: object, *, reuse: bool) -> Generator[object, object, Reply]:
            try:
                return (yield from usual(request, deadline, reuse=reuse))
            except OutcomeUnknownError:
                pass
            instead()
            return (yield from usual(request, deadline, reuse=False))

        return exchange

    return change


@SHELF.make("M134", "http-post", ["DELIV-15"])
def connections_are_made_anew(settings: Settings) -> ChatOperations:
    """When a connection breaks, another one is made and the request sent again, whatever it was."""
    return _with(settings, _where_it_breaks())


@SHELF.make("M135", "http-post", ["DELIV-15"])
def broken_is_not_sent(settings: Settings) -> ChatOperations:
    """When a connection breaks, nothing is said to have been sent."""

    def say() -> NoReturn:
        raise NotSentError("the connection broke")

    return _with(settings, _where_it_breaks(say))


@SHELF.make("M136", "http-post", ["DELIV-15"])
def errors_of_sockets(settings: Settings) -> ChatOperations:
    """When a connection breaks, the error of the socket is raised."""

    def say() -> NoReturn:
        raise ConnectionResetError("connection reset by peer")

    return _with(settings, _where_it_breaks(say))


@SHELF.make("M137", "http-post", ["DELIV-11"])
def the_next_is_given_it(settings: Settings) -> ChatOperations:
    """An answer that comes too late is given to the next call."""
    late: list[Request] = []

    def change(usual: Exchange) -> Exchange:
        def exchange(request: Request, deadline: object, *, reuse: bool) -> Generator[object, object, Reply]:
            asked = late.pop() if late else request
            try:
                return (yield from usual(asked, deadline, reuse=reuse))
            except OutcomeUnknownError:
                if b"getmessages" in request.body:
                    late.append(request)
                raise

        return exchange

    return _with(settings, change)


@SHELF.spoil("M138", "json", ["DELIV-12"])
def interruptions_are_swallowed(right: Right, operation: str, arguments: Arguments) -> object:
    """Whatever else is raised in a call, Ctrl-C too, is taken for a failure, and there is nothing then."""
    try:
        return right(operation, arguments)
    except AfilnetError:
        raise
    except BaseException:  # noqa: BLE001 - the mistake
        return None if operation in SENDS else []


@SHELF.spoil("M139", "json", ["DELIV-13"])
def any_equal_text(right: Right, operation: str, arguments: Arguments) -> object:
    """A send whose answer was lost is found if there is any message of the same text."""
    if operation != "send_message":
        return right(operation, arguments)
    where = {name: arguments[name] for name in ("platform", "platform_id", "destination")}

    def look(settle: float) -> Finding:
        there = [each.message for each in right.rows("get_messages", where) if each.sent]
        return Finding.DELIVERED if arguments["message"] in there else Finding.ABSENT

    try:
        return right(operation, arguments)
    except OutcomeUnknownError as error:
        error.reconciled_by(look)
        raise


@SHELF.fails("M140", "basic", ["DELIV-14"], NotSentError)
def not_there_is_unknown(error: NotSentError, again: Again) -> object:
    """Where nobody listens, a send may have happened."""
    raise OutcomeUnknownError("the connection was refused").during(str(error.operation), "basic")
