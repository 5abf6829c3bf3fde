"""The JSON form of the envelope, as four of the five protocols answer."""

from __future__ import annotations

from typing import TypeVar

from afilnet_protocols.catalogue import Operation
from afilnet_protocols.wire import Reply, envelope
from afilnet_protocols.wire.strict_json import NotStrictJson, loads
from afilnet_protocols.wire.verdict import unintelligible

R = TypeVar("R")


def read_document(operation: Operation[R], reply: Reply) -> R:
    """Read an answer that is a JSON envelope.

    Raises:
        ServiceError: the service said no.
        OutcomeUnknownError: the answer is not one strict, complete envelope.
    """
    try:
        document = loads(reply.body)
    except NotStrictJson as error:
        why = str(error)
    else:
        return envelope.read(operation, document, reply)
    raise unintelligible(reply, why=why)
