"""How one call goes: encode, exchange, maybe wait and exchange again, decode.

`call` is the only generator of the package: it says what to do and touches neither clock nor socket. `run` does it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

import msgspec

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import AfilnetError, OutcomeUnknownError, ServiceError
from afilnet_protocols.retry import Attempts
from afilnet_protocols.wire import Arguments, Codec, Reply, Request
from afilnet_protocols.wire.verdict import at_stake

R = TypeVar("R")


class Pause(msgspec.Struct, frozen=True):
    """Wait this long, in seconds, before going on."""

    seconds: float


Steps = Generator[Request | Pause, Reply | None, R]


def call(codec: Codec, operation: Operation[R], arguments: Arguments, *, attempts: Attempts) -> Steps[R]:
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


def run(steps: Steps[R], *, exchange: Callable[[Request], Reply], sleep: Callable[[float], None]) -> R:
    """Drive a call to its end, with real exchanges and real waits."""
    reply: Reply | None = None
    failure: AfilnetError | None = None
    try:
        while True:
            step = steps.throw(failure) if failure is not None else steps.send(reply)
            reply = failure = None
            if isinstance(step, Pause):
                sleep(step.seconds)
                continue
            try:
                reply = exchange(step)
            except AfilnetError as error:
                failure = error
    except StopIteration as stop:
        result: R = stop.value
    return result
