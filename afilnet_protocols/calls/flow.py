"""How one call goes: encode, exchange, maybe wait and exchange again, decode.

`call` says what to do and touches neither clock nor socket: whoever makes the exchanges and the pauses is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from afilnet_protocols.calls.retry import Attempts
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import AfilnetError, OutcomeUnknownError, ServiceError
from afilnet_protocols.waiting import Steps
from afilnet_protocols.wire import Arguments, Codec, Reply, Request
from afilnet_protocols.wire.verdict import at_stake

R = TypeVar("R")


def call(
    codec: Codec,
    operation: Operation[R],
    arguments: Arguments,
    attempts: Attempts,
    *,
    exchange: Callable[[Request], Steps[Reply]],
    pause: Callable[[float], Steps[object]],
) -> Steps[R]:
    """Go through one call to its end.

    Args:
        codec: of the protocol.
        operation: which.
        arguments: its arguments, under their wire names.
        attempts: says whether there is another attempt, and when.
        exchange: sends a request and returns its reply.
        pause: waits, in seconds.

    Returns:
        What the operation returns.

    Raises:
        AfilnetError: the call cannot be encoded, or its last attempt failed. Once the outcome of one attempt was
            unknown, so is that of the call, whatever is known of later ones.
    """
    doubt: OutcomeUnknownError | None = None
    while True:
        try:
            # Written anew for each attempt: over GET no two requests may be alike, or a cache answers the second.
            reply = yield from exchange(codec.encode(operation, arguments))
            result = codec.decode(operation, reply if operation.record else reply.to_a_send(arguments))
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
        yield from pause(wait)
