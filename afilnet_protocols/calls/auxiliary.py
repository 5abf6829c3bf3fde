"""Auxiliary exchanges: what is asked so that a call can be made. Their errors are never the call's verdict.

A description, a token, the metadata of an authorization server, the reading before a send, the probe of a breaker: when
one of them fails, the call itself has not left. So whatever became of the exchange, the call was ``not_sent``.
"""

from __future__ import annotations

from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError
from afilnet_protocols.vocabulary import Delivery


def for_the_call(error: AfilnetError, what: str) -> AfilnetError:
    """Return the error that a call ends with because an auxiliary exchange before it failed.

    Args:
        error: how the auxiliary exchange ended.
        what: what it failed to do, as the beginning of a text, such as ``the token could not be fetched``.

    Returns:
        ``NotSentError`` for an exchange that did not leave, with what that one says of another attempt, or whose
        outcome is unknown; else the same error, which says whose fault it is, and whose delivery is ``not_sent`` where
        it was ``unknown``.
    """
    told = f"{what}: {error}; the operation was not sent"
    if isinstance(error, NotSentError):
        return NotSentError(told, retry_after=error.retry_after, lasting=error.lasting, local=error.local)
    if isinstance(error, OutcomeUnknownError):
        return NotSentError(told)
    if error.delivery is Delivery.UNKNOWN:
        error = afresh(error)
        error.delivery = Delivery.NOT_SENT
    return error


def afresh(error: AfilnetError) -> AfilnetError:
    """Return the same error once more, for another call to note its own operation in it."""
    made, state = error.__reduce__()  # as copying does
    again: AfilnetError = made(*state)
    return again
