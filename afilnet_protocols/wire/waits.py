"""How long an answer asks to wait, as servers say it in HTTP."""

from __future__ import annotations

import datetime
import re

from afilnet_protocols.patterns import late

LONGEST_DATE = 64
"""How many characters a date has at most."""

LONGEST = 2.0**31
"""The longest wait that is told, in seconds: caches count no further either (RFC 9111 §1.2.2)."""

_NUMBER = r"[0-9]{1,40}(?:\.[0-9]{1,9})?"
_SECONDS = late(rf"{_NUMBER}(?:\s*,\s*{_NUMBER}){{0,3}}", re.ASCII)
"""A number, for some services with parts of a second; or several, where a server on the way has added a header of its
own: then the longest wait counts."""

_ASCTIME = late(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-3][0-9] [0-9:]{8} [0-9]{4}", re.ASCII)
"""The form of a date that names no zone and means GMT (RFC 9110 §5.6.7)."""


def seconds_asked(retry_after: str, now: float, *, answered: str = "") -> float | None:
    """Return how long a ``Retry-After`` asks to wait, in seconds; ``None`` if it does not say so intelligibly.

    Source: RFC 9110 §10.2.3: a number of seconds, or an HTTP date; some services tell parts of a second, too.

    Args:
        retry_after: the header's value.
        now: the time, in seconds since the epoch.
        answered: what the answer's ``Date`` says. A date counts from there: two clocks may differ by hours.
    """
    value = retry_after.strip()
    if _SECONDS.fullmatch(value):
        return min(LONGEST, max(map(float, value.split(","))))
    until = _moment(value)
    if until is None:
        return None
    began = _moment(answered.strip()) or datetime.datetime.fromtimestamp(now, datetime.UTC)
    return min(LONGEST, max(0.0, (until - began).total_seconds()))


def _moment(value: str) -> datetime.datetime | None:
    """Return an HTTP date; ``None`` if it is none."""
    if not 0 < len(value) <= LONGEST_DATE:
        return None
    import email.utils  # a date is rare here, and it loads a dozen modules

    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if moment.tzinfo is None and _ASCTIME.fullmatch(value):
        return moment.replace(tzinfo=datetime.UTC)
    return None if moment.tzinfo is None else moment
