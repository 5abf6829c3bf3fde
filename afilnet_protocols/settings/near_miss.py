"""`near_miss`: whether a variable that is not ours is one of ours misspelt.

An application may have ``AFILNET_*`` variables of its own, and Kubernetes gives every container some for a Service that
is called ``afilnet``. These do not concern a client; a slip of the pen does, for what it should have set is not set.
"""

from __future__ import annotations

from collections.abc import Iterable

from afilnet_protocols.patterns import late

_OF_A_SERVICE = late(r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)")
"""What Kubernetes sets for each Service (its documentation, "Accessing the Service", environment variables)."""

_FILE = "_FILE"
_SHORTEST = 3
"""Shorter words are never taken for others: too many are one letter apart."""


def near_miss(name: str, known: Iterable[str], guards: Iterable[str]) -> str | None:
    """Return which of the known names an unknown one is a slip of; ``None`` if of none.

    Slips are: other letter case or underscores; one letter wrong, missing, added or swapped in a word, two in a word of
    six letters or more; ``_FILE`` behind a name that has no such form. Of the settings that guard something,
    abbreviated words too: to pass over one of these would make a client less safe than was meant.
    """
    upper = name.upper()
    if _OF_A_SERVICE.fullmatch(upper):
        return None
    guarding = frozenset(guards)
    found = [
        (distance, each)
        for each in sorted(known)
        if (distance := _distance_of_names(upper, each, abbreviated=each in guarding)) is not None
    ]
    return min(found)[1] if found else None


def _distance_of_names(name: str, known: str, *, abbreviated: bool) -> int | None:
    """Return by how many slips two names differ, ``None`` if they are simply two names."""
    joined, meant = name.replace("_", ""), known.replace("_", "")
    if joined == meant or name.removesuffix(_FILE) == known:
        return 0
    words, others = name.split("_"), known.split("_")
    if abbreviated and _abbreviates(joined, others):
        return 1
    if len(words) == len(others):
        slips = 0
        for word, other in zip(words, others, strict=True):
            more = _slips(word, other, abbreviated=abbreviated)
            if more is None:
                return None
            slips += more
        return slips
    return 1 if min(len(joined), len(meant)) > 2 * _SHORTEST and _distance(joined, meant, most=1) == 1 else None


def _abbreviates(joined: str, words: list[str]) -> bool:
    """Return whether a text is the beginnings of words, one behind the other."""
    if not words:
        return not joined
    first, *others = words
    lengths = range(min(_SHORTEST, len(first)), len(first) + 1)
    return any(joined[:length] == first[:length] and _abbreviates(joined[length:], others) for length in lengths)


def _slips(word: str, other: str, *, abbreviated: bool) -> int | None:
    """Return by how many slips two words differ, ``None`` if by too many."""
    if word == other:
        return 0
    shorter = min(len(word), len(other))
    if abbreviated and shorter >= _SHORTEST and (word.startswith(other) or other.startswith(word)):
        return 1
    allowed = 0 if len(other) < _SHORTEST else 1 if len(other) < 2 * _SHORTEST else 2
    distance = _distance(word, other, most=allowed)
    return distance if distance <= allowed else None


def _distance(one: str, other: str, *, most: int) -> int:
    """Return the optimal string alignment distance; of texts further apart than ``most``, some larger number."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before, row = list[int](), list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        last, before, row = before, row, [i]
        for j, wanted in enumerate(other, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted)))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                row[j] = min(row[j], last[j - 2] + 1)
        if min(row) > most:
            break  # it cannot become less
    return row[-1]
