"""Lengths of time, and other numbers, as callers give them: none that no clock and no memory can count."""

from __future__ import annotations

from afilnet_protocols.errors import InvalidRequestError

LONGEST = 100 * 365 * 86_400
"""The longest length of time, in seconds: a hundred years. Databases cannot add much more to a date."""


MOST = 10**9
"""The largest number of things, where nothing else limits it."""


def is_within(given: object, least: float, most: float) -> bool:
    """Whether something is a number within limits; not-a-number is within none."""
    return isinstance(given, int | float) and not isinstance(given, bool) and least <= given <= most


def is_count(given: object, least: int) -> bool:
    """Whether something is a whole number of things, neither too small nor beyond :data:`MOST`."""
    return isinstance(given, int) and is_within(given, least, MOST)


def check_seconds(name: str, given: object, *, zero: bool = True) -> None:
    """Refuse what is no length of time.

    Args:
        name: what it is called.
        given: the number of seconds.
        zero: whether none at all may be meant.

    Raises:
        InvalidRequestError: it is no number, negative, or beyond :data:`LONGEST`; not-a-number is beyond everything.
    """
    if not (is_within(given, 0, LONGEST) and (zero or given)):
        from afilnet_protocols.suggestion import quoted  # only a mistake needs it

        least = "from 0" if zero else "above 0 and up"
        raise InvalidRequestError(f"{name} is a number of seconds {least} to {LONGEST:,}, not {quoted(given)}")
