"""What was probably meant by a word that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that an unknown one resembles most, ``None`` if it resembles none.

    Args:
        word: what was written.
        known: what could have been written.
    """
    import difflib  # only a mistake needs it

    by_folded = {name.casefold(): name for name in sorted(map(str, known))}
    for spelling in (word.casefold().replace("_", "-"), word.casefold().replace("-", "_")):
        for near in difflib.get_close_matches(spelling, by_folded, n=1, cutoff=0.6):
            return by_folded[near]
    return None


_NO_MISTAKES = frozenset({"wechat"})
"""Names that differ from a known one by a letter, and are names of their own."""


def misspelt(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that an unknown one almost certainly stands for; ``None`` if it may be another word.

    Args:
        word: what was written: it differs in letter case, blanks or separators, or in one letter or two.
        known: what could have been written.
    """
    import difflib  # only a word that is not known needs it

    folded = "".join(character for character in word.casefold() if character.isalnum())
    if folded in _NO_MISTAKES:
        return None
    for name in map(str, known):
        if difflib.SequenceMatcher(None, folded, name).ratio() >= 0.85:
            return name
    return None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint for an unknown word: the nearest known one, or all of them if none is near."""
    names = sorted(map(str, known))
    near = nearest(word, names)
    if near is not None:
        return f"did you mean {near!r}?"
    return f"known are {', '.join(names)}" if names else "none is known"
