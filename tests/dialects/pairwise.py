"""Few dialects in which every two values that can be spoken at once are spoken at once."""

from __future__ import annotations

from functools import cache
from itertools import combinations

from afilnet_protocols.dialects import DIMENSIONS, Dialect
from tests.dialects.generated import made

Pair = tuple[tuple[str, object], tuple[str, object]]

VALUES: dict[str, list[object]] = {
    dimension.name: [value.value for value in dimension.values if not value.refused] for dimension in DIMENSIONS
}


def every_pair() -> set[Pair]:
    """Return every two values of two dimensions that a service can speak at once."""
    pairs = set()
    for one, other in combinations(VALUES, 2):
        for mine in VALUES[one]:
            for theirs in VALUES[other]:
                if made({one: mine, other: theirs}) is not None:
                    pairs.add(((one, mine), (other, theirs)))
    return pairs


@cache
def cover() -> tuple[Dialect, ...]:
    """Return dialects that hold every pair, found greedily: each begins with a pair that is still missing, and every
    further dimension takes the value that adds most. The same each time.
    """
    left = every_pair()
    order = list(VALUES)
    found = []
    while left:
        first = min(left, key=repr)
        answers = dict(first)
        for name in order:
            if name not in answers:
                answers[name] = max(VALUES[name], key=lambda value, name=name: _gain(answers, name, value, left))
        dialect = made(answers)
        assert dialect is not None, answers
        found.append(dialect)
        left -= pairs_of(dialect)
    return tuple(found)


def _gain(answers: dict[str, object], name: str, value: object, left: set[Pair]) -> int:
    if made({**answers, name: value}) is None:
        return -1
    return sum(_ordered((other, theirs), (name, value)) in left for other, theirs in answers.items())


def _ordered(one: tuple[str, object], other: tuple[str, object]) -> Pair:
    places = list(VALUES)
    return (one, other) if places.index(one[0]) < places.index(other[0]) else (other, one)


def pairs_of(dialect: Dialect) -> set[Pair]:
    """Return the pairs that a dialect speaks."""
    return set(combinations(dialect.answers(), 2))
