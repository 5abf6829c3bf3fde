"""Lengths of time as callers give them: a number of seconds, and none that no clock can count."""

from __future__ import annotations

from afilnet_protocols.errors import InvalidRequestError

LONGEST = 100 * 365 * 86_400
"""The longest length of time, in seconds: a hundred years. Databases cannot add much more to a date."""


def check_seconds(name: str, given: object, *, zero: bool = True) -> None:
    """Refuse what is no length of time.

    Args:
        name: what it is called.
        given: the number of seconds.
        zero: whether none at all may be meant.

    Raises:
        InvalidRequestError: it is no number, negative, or beyond :data:`LONGEST`; not-a-number is beyond everything.
    """
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not (number and 0 <= given <= LONGEST and (zero or given)):  # type: ignore[operator]  # it is a number
        least = "from 0" if zero else "above 0 and up"
        raise InvalidRequestError(f"{name} is a number of seconds {least} to {LONGEST:,}, not {cut_short(given)!r}")


def cut_short(given: object) -> str:
    """Return what somebody gave, for the message that refuses it; a number can be too long to be written at all."""
    try:
        return str(given)[:40]
    except ValueError:
        return f"a {type(given).__name__}"
