"""Lengths of time as callers give them: a number of seconds, and none that no clock can count."""

from __future__ import annotations

from afilnet_protocols.errors import InvalidRequestError

LONGEST = 100 * 365 * 86_400
"""The longest length of time, in seconds: a hundred years. Databases cannot add much more to a date."""


def check_seconds(name: str, given: float) -> None:
    """Refuse what is no length of time.

    Args:
        name: what it is called.
        given: the number of seconds.

    Raises:
        InvalidRequestError: it is no number, negative, or beyond :data:`LONGEST`; not-a-number is beyond everything.
    """
    try:
        counted = 0 <= given <= LONGEST
    except TypeError:
        counted = False
    if not counted:
        raise InvalidRequestError(f"{name} is a number of seconds from 0 to {LONGEST:,}, not {given!r}")
