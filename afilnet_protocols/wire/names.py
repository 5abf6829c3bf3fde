"""How names in answers are compared: services differ in letter case and separators, and mean the same field."""

from __future__ import annotations

from functools import lru_cache

from afilnet_protocols.security.redaction import shown

_SEPARATORS = {ord(separator): None for separator in "_.-"}
_OF_NAMES = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_LONGEST_NAME = 40


@lru_cache(maxsize=1024)
def fold(name: str) -> str:
    """Return a name without letter case and separators: ``Chat.SendMessage`` becomes ``chatsendmessage``."""
    return name.casefold().translate(_SEPARATORS)


def inside(place: str, name: str) -> str:
    """Return the place of a member, for a message; a name that may hold anything is not repeated.

    Args:
        place: where the mapping stands; empty for the answer itself.
        name: the member's name, as the service writes it.
    """
    said = shown(name) if _is_plain(name) else "…"
    return f"{place}.{said}" if place else said


def _is_plain(name: str) -> bool:
    # A text of nothing but certain characters is one of which `strip` leaves nothing; to compile an expression takes
    # the first answer longer.
    return 0 < len(name) <= _LONGEST_NAME and name[0] not in "0123456789.-" and not name.strip(_OF_NAMES)
