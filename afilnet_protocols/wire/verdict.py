"""The one table of what an answer means when it is no document of its protocol: did the service act on the call?

Evidence: RFC 9110 for the statuses. No vendor page says which HTTP statuses the service uses.
"""

from __future__ import annotations

import datetime
import re

from afilnet_protocols.errors import (
    AfilnetError,
    AuthenticationError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedRequestError,
)
from afilnet_protocols.wire import Reply

REFUSED = frozenset(
    {400, 401, 403, 404, 405, 406, 408, 411, 413, 414, 415, 417, 421, 422, 425, 426, 428, 429, 431, 501, 505}
)
"""Statuses that a server gives only to a request that it did not carry out (RFC 9110 §15, RFC 6585)."""

REPEAT_ELSEWHERE = frozenset({307, 308})
"""The server asks for the same request at another address, so it did not carry it out (RFC 9110 §15.4.8, §15.4.9)."""

_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


def unintelligible(reply: Reply, *, why: str) -> AfilnetError:
    """Say what an answer means that holds no readable document of its protocol.

    Args:
        reply: the answer.
        why: what is wrong with its content, in our words, such as ``not JSON``.

    Returns:
        A ``rejected`` error where the HTTP status proves that the service did not act, else ``OutcomeUnknownError``.
    """
    status = reply.status
    if status == 429:
        return RateLimitedError("HTTP_429", "the service asks to slow down", retry_after=retry_after(reply))
    if status == 401:
        return AuthenticationError("HTTP_401", "the service refused the credentials (HTTP 401): check the settings")
    if status in REPEAT_ELSEWHERE:
        return RejectedRequestError(
            f"HTTP_{status}",
            f"the service redirects (HTTP {status}) and redirects are never followed: set the address it redirects to",
        )
    if status in REFUSED:
        return RejectedRequestError(f"HTTP_{status}", f"the service refused the request with HTTP {status}")
    if 300 <= status < 400:
        return OutcomeUnknownError(f"the service redirects (HTTP {status}); redirects are never followed")
    return OutcomeUnknownError(f"the answer (HTTP {status}) cannot be understood: {why}")


def retry_after(reply: Reply) -> float | None:
    """Return how long the service asks to wait, in seconds; ``None`` if it does not say so intelligibly.

    Source: RFC 9110 §10.2.3: a number of seconds, or an HTTP date.
    """
    value = reply.headers.get("retry-after", "").strip()
    if _DIGITS.fullmatch(value):
        return float(value)
    if len(value) > 64:
        return None
    import email.utils  # a date is rare here, and it loads a dozen modules

    try:
        moment = email.utils.parsedate_to_datetime(value)
        if moment.tzinfo is None:
            return None
        return max(0.0, (moment - datetime.datetime.now(datetime.UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
