"""How one call goes: encode, exchange, maybe wait and exchange again, decode.

`call` says what to do and touches neither clock nor socket. `perform` does it, and says in turn what it waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

import msgspec

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import AfilnetError, OutcomeUnknownError, ServiceError
from afilnet_protocols.retry import Attempts
from afilnet_protocols.waiting import Steps
from afilnet_protocols.wire import Arguments, Codec, Reply, Request
from afilnet_protocols.wire.verdict import at_stake

R = TypeVar("R")


class Pause(msgspec.Struct, frozen=True):
    """Wait this long, in seconds, before going on."""

    seconds: float


Conduct = Generator[Request | Pause, Reply | None, R]


def call(codec: Codec, operation: Operation[R], arguments: Arguments, *, attempts: Attempts) -> Conduct[R]:
    """Go through one call: yield each request to exchange and each pause to make, and return the result.

    The driver sends in the reply of a request, or throws in the ``AfilnetError`` that came instead.

    Raises:
        AfilnetError: the call cannot be encoded, or its last attempt failed. Once the outcome of one attempt was
            unknown, so is that of the call, whatever is known of later ones.
    """
    doubt: OutcomeUnknownError | None = None
    while True:
        try:
            # Written anew for each attempt: over GET no two requests may be alike, or a cache answers the second.
            reply = yield codec.encode(operation, arguments)
            if reply is None:
                raise TypeError("a request was answered by no reply")
            result = codec.decode(operation, reply)
        except AfilnetError as error:
            wait = attempts.pause_after(error)
            if isinstance(error, OutcomeUnknownError):
                doubt = error
            failure = error
        else:
            attempts.succeeded()
            return result
        if wait is None:
            # What the last attempt proves of itself, it does not prove of an earlier one.
            proof = isinstance(failure, ServiceError) and operation.repeatable
            try:
                raise at_stake(operation, failure if doubt is None or proof else doubt)
            finally:
                del failure, doubt  # or their own frame keeps them
        yield Pause(wait)


def perform(
    conduct: Conduct[R], *, exchange: Callable[[Request], Steps[Reply]], pause: Callable[[float], Steps[object]]
) -> Steps[R]:
    """Carry a call out to its end, with real exchanges and real pauses.

    Args:
        conduct: the call.
        exchange: sends a request and returns its reply.
        pause: waits, in seconds.
    """
    reply: Reply | None = None
    failure: AfilnetError | None = None
    try:
        while True:
            step = conduct.throw(failure) if failure is not None else conduct.send(reply)
            reply = failure = None
            if isinstance(step, Pause):
                yield from pause(step.seconds)
                continue
            try:
                reply = yield from exchange(step)
            except AfilnetError as error:
                failure = error
    except StopIteration as stop:
        result: R = stop.value
    return result
