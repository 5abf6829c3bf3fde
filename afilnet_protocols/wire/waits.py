"""How long an answer asks to wait, as servers say it in HTTP."""

from __future__ import annotations

import datetime
import re

from afilnet_protocols.patterns import late

LONGEST_DATE = 64
"""How many characters a date has at most."""

_SECONDS = late(r"[0-9]{1,9}", re.ASCII)


def seconds_asked(retry_after: str, now: float) -> float | None:
    """Return how long a ``Retry-After`` asks to wait, in seconds; ``None`` if it does not say so intelligibly.

    Source: RFC 9110 §10.2.3: a number of seconds, or an HTTP date.

    Args:
        retry_after: the header's value.
        now: the time, in seconds since the epoch.
    """
    value = retry_after.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    if len(value) > LONGEST_DATE:
        return None
    import email.utils  # a date is rare here, and it loads a dozen modules

    try:
        moment = email.utils.parsedate_to_datetime(value)
        if moment.tzinfo is None:
            return None
        return max(0.0, (moment - datetime.datetime.fromtimestamp(now, datetime.UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
