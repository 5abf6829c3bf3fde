"""The JSON form of the envelope, as four of the five protocols answer."""

from __future__ import annotations

from typing import TypeVar, cast

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.wire import Reply, envelope
from afilnet_protocols.wire.document.more_in_headers import whole
from afilnet_protocols.wire.exact_json import is_confirmation, read_exact
from afilnet_protocols.wire.strict_json import NotStrictJson, loads
from afilnet_protocols.wire.verdict import confirms, unintelligible
from afilnet_protocols.wire.what_answered import what_answered

R = TypeVar("R")


def read_document(operation: Operation[R], reply: Reply, *, skip_odd: bool = False) -> R:
    """Read an answer that is a JSON envelope.

    Args:
        operation: the operation that was called.
        reply: the HTTP answer.
        skip_odd: whether records that cannot be read are left out, with a note of each.

    Raises:
        ServiceError: the service said no.
        OutcomeUnknownError: the answer is not one strict, complete envelope.
    """
    if confirms(reply):
        if operation.record is None:
            if is_confirmation(reply.body):
                return cast("R", None)  # a send returns nothing
        elif (records := read_exact(operation, reply.body)) is not None:
            return whole(records, reply)
    return read_strictly(operation, reply, skip_odd=skip_odd)


def read_strictly(operation: Operation[R], reply: Reply, *, skip_odd: bool = False) -> R:
    """Read an answer whatever its shape, value by value; the errors are those of :func:`read_document`."""
    try:
        # A name that stands twice makes a record odd, not a list unreadable; in a confirmation it has nothing to do.
        document = loads(reply.body, twice=operation.record is not None)
    except NotStrictJson as error:
        why, met = str(error), what_answered(reply.body, reply.headers, due="JSON")
    else:
        return whole(envelope.read(operation, document, reply, skip_odd=skip_odd), reply)
    raise unintelligible(reply, why=why, met=met)
