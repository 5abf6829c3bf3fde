"""Mistakes in how a client goes about its work: what it remembers, shows, trusts and asks besides."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import sys
import threading
import time
from collections.abc import Mapping
from typing import cast

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.conformance.mutants.mutant import Arguments, R, Right, Shelf, Spoiled
from afilnet_protocols.conformance.targets.capabilities import DEFAULT, TOKENS
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.registry import connect
from afilnet_protocols.settings import Settings

SHELF = Shelf()

_LOG = logging.getLogger("backend_of_somebody_else")


def _revealed(secret: object) -> str:
    reveal = getattr(secret, "reveal", None)
    return str(reveal() if reveal else secret)


@SHELF.spoil("M56", "http-post", ["SEND-01"])
def queued_and_forgotten(right: Right, operation: str, arguments: Arguments) -> object:
    """A message is put into a queue that nobody empties."""
    return None if operation == "send_message" else right(operation, arguments)


@SHELF.spoil("M57", "basic", ["SEND-03"])
def repetitions_are_dropped(right: Right, operation: str, arguments: Arguments) -> object:
    """A message that equals the last one is taken for a repetition, and not sent."""
    if operation == "send_message":
        if right.memory.get("last") == arguments:
            return None
        right.memory["last"] = arguments
    return right(operation, arguments)


@SHELF.spoil("M58", "http-get", ["DELIV-06"])
def looks_first(right: Right, operation: str, arguments: Arguments) -> object:
    """Before a message is sent, the channels are listed to see whether there is such a one."""
    if operation == "send_message":
        right("get_chat_channels", {})
    return right(operation, arguments)


_FIRST: dict[tuple[str | None, str], Settings] = {}
"""The settings of the first client of each user."""


@SHELF.make("M23", "json", ["AUTH-03"])
def shared_by_all(settings: Settings) -> ChatOperations:
    """The credentials of the first client are kept, and used by every other client of the same user."""
    return connect(_FIRST.setdefault((settings.user, settings.base_url), settings))


@SHELF.make("M24", "basic", ["AUTH-02"])
def latin_1_passwords(settings: Settings) -> ChatOperations:
    """A password is written in Latin-1, which does not have all letters."""
    _revealed(settings.password).encode("latin-1")
    return connect(settings)


@SHELF.spoil("M25", "http-post", ["SEC-01"])
def secret_in_errors(right: Right, operation: str, arguments: Arguments) -> object:
    """An error shows the request, and with it the password."""
    try:
        return right(operation, arguments)
    except AfilnetError as error:
        error.args = (f"{error} (password={_revealed(right.settings.password)})", *error.args[1:])
        raise


@SHELF.spoil("M59", "http-post", ["SEC-02", "SEC-09"])
def secret_in_logs(right: Right, operation: str, arguments: Arguments) -> object:
    """What is sent is logged for debugging, and with it the password."""
    _LOG.debug("calling %s with password %s", operation, _revealed(right.settings.password))
    return right(operation, arguments)


@SHELF.spoil("M26", "basic", ["SEC-05"])
def falls_back(right: Right, operation: str, arguments: Arguments) -> object:
    """A call that fails is tried over a weaker protocol."""
    try:
        return right(operation, arguments)
    except AfilnetError:
        with connect(right.settings.but(protocol="http-get", minimum_security="none")) as weaker:
            return cast("object", getattr(weaker, operation)(**arguments))


_TRUSTED: dict[str, str | None] = {}
"""Whom the first client of an address trusted."""


@SHELF.make("M27", "soap", ["SEC-03"], plain=False)
def trust_is_shared(settings: Settings) -> ChatOperations:
    """Whom to trust is kept for the whole process, whatever later settings say."""
    trusted = _TRUSTED.setdefault(settings.base_url, settings.ca_file)
    return connect(settings.but(ca_file=trusted) if trusted else settings)


@SHELF.make("M28", "http-post", ["SEC-04"])
def minimum_is_ignored(settings: Settings) -> ChatOperations:
    """The minimum of security is ignored, and ``http`` is taken where TLS is demanded."""
    return connect(settings.but(minimum_security="none"))


@SHELF.make("M60", "http-post", ["SEC-06"], capabilities=DEFAULT)
def secret_in_addresses(settings: Settings) -> ChatOperations:
    """It declares that it keeps the password out of addresses, and puts it into the query."""
    return connect(settings.but(protocol="http-get", minimum_security="none"))


@SHELF.make("M61", "http-post", ["AUTH-05"], capabilities=DEFAULT | {TOKENS})
def claims_tokens(settings: Settings) -> ChatOperations:
    """It declares that it trades credentials for tokens, and sends the password each time."""
    return connect(settings)


def _token_for_each(right: Right, operation: str, arguments: Arguments) -> object:
    with connect(right.settings) as right.chat:
        return right(operation, arguments)


@SHELF.make("M62", "json", ["AUTH-05"])
def a_token_for_each_call(settings: Settings) -> ChatOperations:
    """Every call gets a token of its own."""
    return Spoiled(settings, _token_for_each)


@SHELF.spoil("M81", "http-post", ["LIMIT-08"])
def tired(right: Right, operation: str, arguments: Arguments) -> object:
    """After two hundred calls a client lists nothing any more."""
    calls = right.memory["calls"] = cast("int", right.memory.get("calls", 0)) + 1
    result = right(operation, arguments)
    return [] if calls > 200 and isinstance(result, list) else result


@SHELF.spoil("M82", "basic", ["LIMIT-10"])
def one_call_at_a_time(right: Right, operation: str, arguments: Arguments) -> object:
    """What a call was given stands where the next one, of another thread, puts its own."""
    right.memory["call"] = operation, arguments
    turns = cast("threading.Barrier", right.memory.setdefault("turns", threading.Barrier(2)))
    with contextlib.suppress(threading.BrokenBarrierError):
        turns.wait(_MEANWHILE)
    operation, arguments = cast("tuple[str, Arguments]", right.memory["call"])
    return right(operation, arguments)


_MEANWHILE = 0.01
"""How long another thread has to come, in seconds, in which it comes if there is one."""


@SHELF.spoil("M83", "json", ["MSGS-06"])
def one_list_for_all(right: Right, operation: str, arguments: Arguments) -> object:
    """Every reading is put into one list, which all who read are given."""
    result = right(operation, arguments)
    if not isinstance(result, list):
        return result
    kept = cast("list[object]", right.memory.setdefault(operation, []))
    kept[:] = result
    return kept


@SHELF.make("M84", "http-get", ["TIME-06"])
def no_zone(settings: Settings) -> ChatOperations:
    """The time zone that is set is not looked at."""
    return connect(dataclasses.replace(settings, service_timezone=None))


@SHELF.make("M85", "http-post", ["SEC-07"], plain=False)
def any_key(settings: Settings) -> ChatOperations:
    """A key that is pinned is not looked at."""
    return connect(dataclasses.replace(settings, pin_sha256=None))


@SHELF.make("M86", "basic", ["SEC-07"])
def around_the_proxy(settings: Settings) -> ChatOperations:
    """The proxy is gone around."""
    return connect(dataclasses.replace(settings, proxy=None))


@SHELF.make("M87", "soap", ["SEC-08"])
class _KeptOpen(Spoiled):
    """Every call in a thread of its own leaves a file open."""

    def _call(self, operation: Operation[R], arguments: Mapping[str, str | None]) -> R:
        if threading.current_thread() is not threading.main_thread():
            os.open(os.devnull, os.O_RDONLY)
        return super()._call(operation, arguments)


@SHELF.spoil("M88", "http-post", ["SEC-08"])
def notes_in_the_environment(right: Right, operation: str, arguments: Arguments) -> object:
    """What was called last stands in the environment of the process."""
    os.environ["CALLED_LAST"] = f"{operation} {time.monotonic_ns()}"
    return right(operation, arguments)


@SHELF.spoil("M89", "json", ["SEC-02"])
def secret_is_printed(right: Right, operation: str, arguments: Arguments) -> object:
    """What is sent is printed for debugging, and with it the secret."""
    sys.stderr.write(f"{operation}: {_revealed(right.settings.client_secret)}\n")
    return right(operation, arguments)
