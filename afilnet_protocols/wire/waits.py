"""How long an answer asks to wait, as servers say it in HTTP."""

from __future__ import annotations

import datetime
import re

from afilnet_protocols.patterns import late

LONGEST_DATE = 64
"""How many characters a date has at most."""

LONGEST = 2.0**31
"""The longest wait that is told, in seconds: caches count no further either (RFC 9111 §1.2.2)."""

_SECONDS = late(r"[0-9]{1,20}(?:\s*,\s*[0-9]{1,20}){0,3}", re.ASCII)
"""A number; or several, where a server on the way has added a header of its own: then the longest wait counts."""

_ASCTIME = late(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-3][0-9] [0-9:]{8} [0-9]{4}", re.ASCII)
"""The form of a date that names no zone and means GMT (RFC 9110 §5.6.7)."""


def seconds_asked(retry_after: str, now: float) -> float | None:
    """Return how long a ``Retry-After`` asks to wait, in seconds; ``None`` if it does not say so intelligibly.

    Source: RFC 9110 §10.2.3: a number of seconds, or an HTTP date.

    Args:
        retry_after: the header's value.
        now: the time, in seconds since the epoch.
    """
    value = retry_after.strip()
    if _SECONDS.fullmatch(value):
        return min(LONGEST, max(map(float, value.split(","))))
    if len(value) > LONGEST_DATE:
        return None
    import email.utils  # a date is rare here, and it loads a dozen modules

    try:
        moment = email.utils.parsedate_to_datetime(value)
        if moment.tzinfo is None and _ASCTIME.fullmatch(value):
            moment = moment.replace(tzinfo=datetime.UTC)
        if moment.tzinfo is None:
            return None
        return max(0.0, (moment - datetime.datetime.fromtimestamp(now, datetime.UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
