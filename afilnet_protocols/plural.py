"""Several things in sentences: 1 entry, 2 entries; one, another and a third."""

from __future__ import annotations

from collections.abc import Sequence


def several(count: int, one: str, more: str = "") -> str:
    """Return a number with what there are so many of.

    Args:
        count: how many.
        one: what is said of one, such as ``entry is due``.
        more: what is said of none or many; ``one`` with an ``s`` behind it unless it is given.
    """
    return f"{count} {one if count == 1 else more or one + 's'}"


def all_of(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: with commas between them, and ``and`` before the last."""
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)
