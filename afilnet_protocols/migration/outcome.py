"""What a call came to, and how long it took: the form in which two clients are compared."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.comparison.canonical import Plain, of_error, of_result
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.forwarding import Arguments, invoke
from afilnet_protocols.migration.diff import Exact
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.seconds import is_within

LONGEST_WAIT = 86_400.0
"""For how many seconds a service is left alone at most that asks for it: a day, as by the calls of a client."""


class Outcome(NamedTuple):
    """What came of a call.

    Attributes:
        what: in canonical form, ids as they are.
        seconds: how long it took.
        wait: for how many seconds the service asked to be left alone.
    """

    what: Plain
    seconds: float
    wait: float = 0.0


def outcome_of(chat: ChatOperations, operation: Operation[object], arguments: Arguments) -> Outcome:
    """Call an operation of a client. Whatever it raises is an outcome too."""
    begun = time.perf_counter()
    try:
        result = invoke(chat, operation, arguments)
    except Exception as error:  # noqa: BLE001 -- an exception that is not ours is a difference, not the end
        return Outcome(of_error(error), time.perf_counter() - begun, asked_wait(error))
    seconds = time.perf_counter() - begun
    return Outcome(of_result(result, Exact()), seconds)


def asked_wait(error: Exception) -> float:
    """Return for how many seconds a service asks to be left alone by an error; 0 if it does not."""
    wait = error.retry_after if isinstance(error, AfilnetError) else None
    return min(wait, LONGEST_WAIT) if wait is not None and is_within(wait, 0, math.inf) else 0.0
