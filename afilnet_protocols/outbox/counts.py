"""Counts and rates as callers give them: none that a database cannot hold, or no worker can keep."""

from __future__ import annotations

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.suggestion import quoted

MOST = 2**31 - 1
"""The highest count: what every database compares as a whole number."""

FASTEST = 10_000.0
"""The highest rate, in entries per second."""


HIGHEST_NUMBER = 2**63 - 1
"""The highest number that a database gives a row."""


def check_count(name: str, given: object, *, least: int = 1, highest: int = MOST) -> None:
    """Refuse what is no count.

    Raises:
        InvalidRequestError: it is no whole number, or none from ``least`` to ``highest``.
    """
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= highest:
        raise InvalidRequestError(f"{name} is a whole number from {least} to {highest:,}, not {quoted(given)}")


def check_rate(given: object) -> None:
    """Refuse what is no rate.

    Raises:
        InvalidRequestError: it is no number above zero, or beyond :data:`FASTEST`.
    """
    if not isinstance(given, int | float) or isinstance(given, bool) or not 0 < given <= FASTEST:
        raise InvalidRequestError(f"rate is a number of entries per second, up to {FASTEST:.0f}, not {quoted(given)}")
