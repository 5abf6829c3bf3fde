"""What a call came to, and how long it took: the form in which two clients are compared."""

from __future__ import annotations

import time

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.comparison.canonical import Plain, of_error, of_result
from afilnet_protocols.forwarding import Arguments, invoke
from afilnet_protocols.migration.diff import Exact
from afilnet_protocols.operations import ChatOperations


def outcome_of(chat: ChatOperations, operation: Operation[object], arguments: Arguments) -> tuple[Plain, float]:
    """Call an operation of a client.

    Returns:
        What came of it in canonical form, ids as they are, and how long it took in seconds. Whatever is raised is an
        outcome too.
    """
    begun = time.perf_counter()
    try:
        result = invoke(chat, operation, arguments)
    except Exception as error:  # noqa: BLE001 -- an exception that is not ours is a difference, not the end
        return of_error(error), time.perf_counter() - begun
    seconds = time.perf_counter() - begun
    return of_result(result, Exact()), seconds
