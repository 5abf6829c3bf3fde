"""Mistakes in how a client may be called: in which words, from where, and how often at once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import cast

from afilnet_protocols.conformance.mutants.mutant import Arguments, Right, Shelf, Spoiled
from afilnet_protocols.errors import AfilnetError, InvalidRequestError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.registry import connect
from afilnet_protocols.settings import Settings

SHELF = Shelf()


@SHELF.make("M112", "http-post", ["FILE-07"])
class _NothingIsOptional(Spoiled):
    """Whoever sends a file has to name its thumbnail and its text."""

    def send_file(self, **arguments: str | None) -> None:  # the mistake
        if "thumb_url" not in arguments or "message" not in arguments:
            raise TypeError("send_file() takes exactly seven arguments")
        super().send_file(**arguments)  # type: ignore[arg-type]  # as they came


@SHELF.spoil("M113", "json", ["SEND-07"])
def names_only(right: Right, operation: str, arguments: Arguments) -> object:
    """A platform is taken as plain text only, not as a ``Platform``."""
    if type(arguments.get("platform", "")) is not str:
        raise InvalidRequestError("platform is no text").during(operation, "json")
    return right(operation, arguments)


@SHELF.spoil("M114", "soap", ["ERR-05"])
def anything_is_text(right: Right, operation: str, arguments: Arguments) -> object:
    """A number in the place of a text is sent as its digits."""
    given: dict[str, object] = {**arguments}
    return right(operation, {name: None if value is None else str(value) for name, value in given.items()})


@SHELF.make("M115", "basic", ["ERR-11"])
class _GivesNothing(Spoiled):
    """A ``with`` block is given nothing to call."""

    def __enter__(self) -> None:  # type: ignore[override]  # the mistake
        return None


@SHELF.make("M141", "soap", ["ERR-11"])
class _OpensAgain(Spoiled):
    """A closed client is opened again by another ``with`` block."""

    def __enter__(self) -> _OpensAgain:
        if self._right.memory.pop("closed", False):
            self._right.chat = connect(self._right.settings)
        return self


@SHELF.spoil("M116", "json", ["LIMIT-12"])
def a_loop_for_each_call(right: Right, operation: str, arguments: Arguments) -> object:
    """Each call runs an event loop, which cannot be done where one runs."""
    work = asyncio.to_thread(right, operation, arguments)
    try:
        return asyncio.run(work)
    finally:
        work.close()


@SHELF.spoil("M117", "http-get", ["LIMIT-11"])
def one_error_at_a_time(right: Right, operation: str, arguments: Arguments) -> object:
    """The last error stands in one place for all threads."""
    try:
        return right(operation, arguments)
    except AfilnetError as error:
        right.memory["error"] = error
    turns = cast("threading.Barrier", right.memory.setdefault("turns", threading.Barrier(2)))
    try:
        turns.wait(_MEANWHILE)
    except threading.BrokenBarrierError:
        turns.reset()
    raise cast("AfilnetError", right.memory["error"])


_MEANWHILE = 0.01
"""How long another thread has to come, in seconds, in which it comes if there is one."""


@SHELF.make("M118", "http-post", ["DELIV-17"])
def looks_whether_it_is_there(settings: Settings) -> ChatOperations:
    """A client that is made lists the channels, to see whether the service is there."""
    chat = connect(settings)
    with contextlib.suppress(AfilnetError):
        chat.get_chat_channels()
    return chat


@SHELF.make("M119", "json", ["DELIV-17"])
class _TakesLeave(Spoiled):
    """A client that is closed makes a last call."""

    def close(self) -> None:
        with contextlib.suppress(AfilnetError):
            self._right.chat.get_chat_channels()
        super().close()


@SHELF.spoil("M120", "http-post", ["FILE-06"])
def addresses_in_small_letters(right: Right, operation: str, arguments: Arguments) -> object:
    """The address of a file is written in small letters."""
    return right(operation, {**arguments, **_addresses(arguments, lower=True)})


@SHELF.spoil("M121", "soap", ["FILE-06"])
def fragments_are_dropped(right: Right, operation: str, arguments: Arguments) -> object:
    """What comes after a hash in the address of a file is dropped."""
    return right(operation, {**arguments, **_addresses(arguments, lower=False)})


def _addresses(arguments: Arguments, *, lower: bool) -> Arguments:
    given = {name: arguments.get(name) for name in ("file_url", "thumb_url")}
    return {name: url.lower() if lower else url.partition("#")[0] for name, url in given.items() if url}
