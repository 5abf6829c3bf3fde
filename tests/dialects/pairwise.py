"""Few dialects in which every two values are spoken at once that can meet in an answer.

No client speaks both JSON and SOAP, and an answer to a send holds no list: what never meets needs no dialect.
A sandbox serves the styles of SOAP side by side, so that a dialect is tried in several.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from afilnet_protocols.dialects import Dialect
from afilnet_protocols.dialects.soap import SOAP_STYLES
from afilnet_protocols.errors import ConfigurationError
from tests.dialects.generated import made
from tests.dialects.interplay import STYLE, VALUES, Item_, Value, meeting

TRIES = 8
"""How many dialects are made for each place, of which the one that adds most is taken."""

BESIDE = 2
"""In how many styles of SOAP a dialect is tried beside its own."""


class Tried(NamedTuple):
    """A dialect, and the styles of SOAP in which it is tried beside its own."""

    dialect: Dialect
    beside: tuple[str, ...]


PLACES = {name: place for place, name in enumerate(VALUES)}


def values() -> list[Value]:
    """Return every value that a client reads."""
    return [(name, value) for name, held in VALUES.items() for value in held]


def everything() -> set[Item_]:
    """Return all that has to be tried: each value, and every two that can meet."""
    singles: set[Item_] = {(value,) for value in values()}
    return singles | {
        met for one, other in combinations(values(), 2) if one[0] != other[0] and (met := meeting(one, other))
    }


def tried_by(tried: Tried) -> set[Item_]:
    """Return what a dialect tries, in all its styles."""
    found = _items(tried.dialect)
    for style in tried.beside:
        found |= _of_style(replace(tried.dialect, soap_style=style, soap_version="1.1"))  # type: ignore[arg-type]  # a name
    return found


def _items(dialect: Dialect) -> set[Item_]:
    spoken = list(dialect.answers())
    singles: set[Item_] = {(value,) for value in spoken}
    return singles | {met for one, other in combinations(spoken, 2) if (met := meeting(one, other))}


def _of_style(dialect: Dialect) -> set[Item_]:
    return {
        met
        for value in dialect.answers()
        if value[0] not in (STYLE, "soap.version") and (met := meeting((STYLE, dialect.soap_style), value))
    }


def cover() -> Iterator[Tried]:
    """Yield dialects that try everything, the same each time: found greedily, the best of several for each place."""
    chance, left = random.Random(1), everything()
    while left:
        best = max((_one(chance, left) for _ in range(TRIES)), key=lambda tried: len(tried_by(tried) & left))
        yield best
        left -= tried_by(best)


def _one(chance: random.Random, left: set[Item_]) -> Tried:
    """Return a dialect: something that is still missing, then dimension by dimension the value that adds most."""
    answers = dict(_missing(chance, left))
    names = [name for name in VALUES if name not in answers]
    chance.shuffle(names)
    for name in sorted(names, key=lambda name: -len(VALUES[name])):
        held = [value for value in VALUES[name] if made({**answers, name: value}) is not None]
        chance.shuffle(held)
        answers[name] = max(held, key=lambda value, name=name: _gain(answers, (name, value), left))
    dialect = made(answers)
    assert dialect is not None
    return Tried(dialect, _beside(dialect, left - _items(dialect)))


def _missing(chance: random.Random, left: set[Item_]) -> tuple[Value, ...]:
    """Return values that try something that is still missing, of JSON as long as there is any."""
    pairs = sorted((item for item in left if isinstance(item[0], tuple)), key=repr)
    if pairs:
        return chance.choice(pairs)  # type: ignore[return-value]  # such items are values
    name, value, second, further = chance.choice(sorted(left, key=repr))
    return ((str(name), value), (str(second), further))


def _gain(answers: dict[str, object], value: Value, left: set[Item_]) -> int:
    met = {meeting(*sorted((other, value), key=lambda each: PLACES[each[0]])) for other in answers.items()}
    return len(met & left) + ((value,) in left)


def _beside(dialect: Dialect, left: set[Item_]) -> tuple[str, ...]:
    """Return the styles that add most to a dialect."""
    chosen: list[str] = []
    for _ in range(BESIDE):
        gains = {style: len(_spoken_in(dialect, style) & left) for style in SOAP_STYLES if style not in chosen}
        best = max(gains, key=lambda style: gains[style])
        chosen += [best] if gains[best] else []
        left = left - _spoken_in(dialect, best)
    return tuple(chosen)


def _spoken_in(dialect: Dialect, style: str) -> set[Item_]:
    try:
        return _of_style(replace(dialect, soap_style=style, soap_version="1.1"))  # type: ignore[arg-type]  # a name
    except ConfigurationError:
        return set()
