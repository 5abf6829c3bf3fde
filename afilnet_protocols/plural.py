"""Numbers of things in sentences: 1 entry, 2 entries."""

from __future__ import annotations


def several(count: int, one: str, more: str = "") -> str:
    """Return a number with what there are so many of.

    Args:
        count: how many.
        one: what is said of one, such as ``entry is due``.
        more: what is said of none or many; ``one`` with an ``s`` behind it unless it is given.
    """
    return f"{count} {one if count == 1 else more or one + 's'}"
