"""How names in answers are compared: services differ in letter case and separators, and mean the same field."""

from __future__ import annotations

import re
from functools import lru_cache

from afilnet_protocols.patterns import late
from afilnet_protocols.security.redaction import shown

_SEPARATORS = {ord(separator): None for separator in "_.-"}
_PLAIN = late(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}", re.ASCII)


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
    said = shown(name) if _PLAIN.fullmatch(name) else "…"
    return f"{place}.{said}" if place else said
