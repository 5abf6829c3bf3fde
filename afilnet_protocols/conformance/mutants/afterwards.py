"""Mistakes that show only after something else: many calls, an error, another thread or client, the end of a client."""

from __future__ import annotations

import logging
import threading
from typing import cast

from afilnet_protocols.conformance.mutants.mutant import SENDS, Again, Arguments, Right, Shelf, Spoiled
from afilnet_protocols.errors import AfilnetError, ConfigurationError, InvalidRequestError, OutcomeUnknownError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.records import Message
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings

SHELF = Shelf()

_LOG = logging.getLogger("backend_of_somebody_else")


def _password(right: Right) -> str:
    password = right.settings.password
    return str(password.reveal() if isinstance(password, Secret) else password)


@SHELF.spoil("M149", "http-get", ["LIMIT-08"])
def sends_are_counted(right: Right, operation: str, arguments: Arguments) -> object:
    """After a hundred sends of a client, nothing is sent any more."""
    if operation == "send_message":
        right.memory["sends"] = cast("int", right.memory.get("sends", 0)) + 1
        if cast("int", right.memory["sends"]) > 100:
            return None
    return right(operation, arguments)


@SHELF.spoil("M150", "http-post", ["LIMIT-14"])
def full_pages_are_followed(right: Right, operation: str, arguments: Arguments) -> object:
    """A list of exactly a hundred is taken for a first page, and asked for again."""
    result = right(operation, arguments)
    full = isinstance(result, list) and len(result) == 100
    return [*cast("list[object]", result), *cast("list[object]", right(operation, arguments))] if full else result


@SHELF.lists("M151", "basic", ["LIMIT-14"], ["get_chats"])
def so_many_conversations(items: list[Message]) -> object:
    """Only the first five hundred conversations of a channel are read."""
    return items[:500]


@SHELF.spoil("M152", "http-post", ["SEC-13"])
def secret_in_logs_of_failures(right: Right, operation: str, arguments: Arguments) -> object:
    """When an answer is lost, the request is logged, and with it the password."""
    try:
        return right(operation, arguments)
    except OutcomeUnknownError:
        _LOG.warning("%s with %s: no answer", operation, _password(right))
        raise


_TURN = threading.Lock()
"""Held by whoever makes a call, in the whole process."""


@SHELF.spoil("M153", "http-get", ["DELIV-19"])
def one_call_at_a_time(right: Right, operation: str, arguments: Arguments) -> object:
    """While any client in the process waits for its answer, no other one makes a call."""
    if not _TURN.acquire(blocking=False):
        raise ConfigurationError("somebody else makes a call").during(operation, "http-get")
    try:
        return right(operation, arguments)
    finally:
        _TURN.release()


@SHELF.spoil("M154", "basic", ["LIMIT-10"])
def begun_by_the_first(right: Right, operation: str, arguments: Arguments) -> object:
    """The first call makes ready what all need, and one that comes meanwhile does not wait for it."""
    if right.memory.setdefault("begun by", threading.get_ident()) != threading.get_ident():
        cast("threading.Event", right.memory.setdefault("met", threading.Event())).set()
        if "ready" not in right.memory:
            raise AttributeError("'NoneType' object has no attribute 'post'")
    elif "ready" not in right.memory:
        cast("threading.Event", right.memory.setdefault("met", threading.Event())).wait(_MEANWHILE)
        right.memory["ready"] = True
    return right(operation, arguments)


_MEANWHILE = 1.0
"""How long another thread has to come, in seconds, in which it comes if there is one."""


@SHELF.fails("M156", "soap", ["ERR-12"], InvalidRequestError)
def errors_drag_others_along(error: InvalidRequestError, again: Again) -> object:
    """A refusal of arguments drags the exception along that it was made from, which no traceback shows."""
    error.__context__ = KeyError("message")
    error.__suppress_context__ = True
    raise error


class _EndsBadly(Spoiled):
    def close(self) -> None:
        super().close()
        if "failed" in self._right.memory:
            raise RuntimeError("the session has failed")


@SHELF.make("M157", "json", ["ERR-08"])
def ends_badly(settings: Settings) -> ChatOperations:
    """A client that met an error raises when it is closed."""

    def spoil(right: Right, operation: str, arguments: Arguments) -> object:
        try:
            return right(operation, arguments)
        except AfilnetError:
            right.memory["failed"] = True
            raise

    return _EndsBadly(settings, spoil)


@SHELF.make("M158", "http-post", ["ERR-08"])
class _OfOneThread(Spoiled):
    """A client is closed by the thread that made it, and by no other."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, Right.__call__)
        self._thread = threading.get_ident()

    def close(self) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError("objects created in a thread can only be used in that same thread")
        super().close()


@SHELF.make("M159", "basic", ["SEC-02"])
class _TellsInTheEnd(Spoiled):
    """The representation of a closed client shows the password."""

    def __repr__(self) -> str:
        return f"<closed: {_password(self._right)}>" if "closed" in self._right.memory else "<a client>"


@SHELF.make("M160", "soap", ["ERR-11"])
class _SwallowsInterruptions(Spoiled):
    """Ctrl-C in a ``with`` block ends the block, and nothing else."""

    def __exit__(self, kind: type[BaseException] | None, *others: object) -> bool:  # type: ignore[override]
        self.close()
        return kind is KeyboardInterrupt


@SHELF.spoil("M161", "json", ["DELIV-12"])
def limits_of_time_are_swallowed(right: Right, operation: str, arguments: Arguments) -> object:
    """Whatever else is raised in a call, by the limit of a task too, is called an answer that was lost."""
    try:
        return right(operation, arguments)
    except AfilnetError:
        raise
    except Exception:  # noqa: BLE001 - the mistake
        raise OutcomeUnknownError("no answer").during(operation, "json") from None


@SHELF.spoil("M162", "http-post", ["DELIV-18"])
def lists_of_before(right: Right, operation: str, arguments: Arguments) -> object:
    """A list whose answer was lost is the one that was listed before."""
    asked = f"{operation} {arguments}"
    try:
        result = right(operation, arguments)
    except OutcomeUnknownError:
        if asked not in right.memory or operation in (*SENDS, "get_unread_messages"):
            raise
        return right.memory[asked]
    right.memory[asked] = result
    return result


@SHELF.fails("M163", "soap", ["DELIV-18"], OutcomeUnknownError, ["get_chats"])
def no_conversations_if_lost(error: OutcomeUnknownError, again: Again) -> object:
    """Where the answer was lost, there are no conversations."""
    return []


@SHELF.make("M164", "http-get", ["ERR-13"])
class _TakesAnything(Spoiled):
    """Names that are not declared are dropped without a word, and with them what they were to say."""

    def send_file(self, *places: str, **arguments: str | None) -> None:
        names = ("platform", "platform_id", "destination", "file_type", "file_url", "thumb_url", "message")
        given = {**dict(zip(names, places, strict=False)), **arguments}
        super().send_file(**{name: given.get(name) for name in names})  # type: ignore[arg-type]  # as they came
