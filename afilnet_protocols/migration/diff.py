"""`notice`: everything in which two outcomes of one call differ so that an application could tell, without its texts.

What was written, to whom and by whom belongs to the people who write: of such texts only the length and the first
place where they part are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from afilnet_protocols.comparison.canonical import Plain, References
from afilnet_protocols.plural import several

_PRIVATE = frozenset({"message", "destination", "name"})
_WRONG_TYPE = ", which is the wrong type"
_NO_OUTCOME = "an outcome in canonical form says what was returned or raised"
_TOO_LONG = "MessageTooLongError"
_TOO_LONG_TOLD = ("too long", _TOO_LONG)


class Kind(StrEnum):
    """In what two outcomes differ."""

    VALUE = "value"
    """A field holds something else."""
    TYPE = "type"
    """Something is of another type."""
    LENGTH = "length"
    """There are more or fewer records."""
    ORDER = "order"
    """The same records come in another order."""
    ERROR = "error"
    """One side raises what the other does not."""
    ANSWER = "answer"
    """One side has an answer of the service, the other has none."""
    LIMIT = "limit"
    """What fits one side is too long for the other."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """One way in which two outcomes differ.

    Attributes:
        kind: in what.
        field: where, such as ``returned[].message``; the same for every record of a list.
        ours: what the side in use has there, described.
        theirs: what the other side has there, described.
    """

    kind: Kind
    field: str
    ours: str
    theirs: str

    @property
    def is_gain(self) -> bool:
        """Whether it is only that the other side carries what is too long for the side in use."""
        return is_gain(self.kind, self.ours)

    @property
    def key(self) -> tuple[str, str, bool]:
        """What makes it the same difference when it is seen again."""
        return str(self.kind), self.field, self.is_gain


def is_gain(kind: str, ours: str) -> bool:
    """Whether a difference is only that the other side carries what is too long for the side in use."""
    return kind == Kind.LIMIT and any(words in ours for words in _TOO_LONG_TOLD)


class Exact(References):
    """Leaves ids as they are: both sides read one account, where an id is the same for everybody."""

    def name(self, identifier: str) -> str:
        """Return the id itself."""
        return identifier


def notice(ours: Plain, theirs: Plain) -> tuple[Noticed, ...]:
    """Return every difference between two outcomes in canonical form, the same field told once."""
    found: dict[tuple[str, str, bool], Noticed] = {}
    for each in _differences(ours, theirs):
        found.setdefault(each.key, each)
    return tuple(found.values())


def unanswered(ours: Plain, theirs: Plain) -> Noticed:
    """Return the difference between an outcome that is an answer and one that is none.

    It is a kind of its own: a lost answer must not stand for other errors that come later.
    """
    if not (isinstance(ours, dict) and isinstance(theirs, dict)):
        raise TypeError(_NO_OUTCOME)
    return Noticed(Kind.ANSWER, "raised", _told(ours), _told(theirs))


def confirmed(first: Plain, theirs: Plain, again: Plain) -> tuple[Noticed, ...]:
    """Return the differences that remain when the side in use is asked a second time.

    What the second answer has in common with the other side, and what differs between the two answers of one and the
    same side, has merely changed meanwhile.
    """
    noise = {each.key for each in notice(first, again)}
    before = {each.key for each in notice(first, theirs)}
    return tuple(each for each in notice(again, theirs) if each.key in before - noise)


def _differences(ours: Plain, theirs: Plain) -> Iterator[Noticed]:
    if not (isinstance(ours, dict) and isinstance(theirs, dict)):
        raise TypeError(_NO_OUTCOME)
    if ("raised" in ours) != ("raised" in theirs):
        limit = _TOO_LONG in (ours.get("raised"), theirs.get("raised"))
        yield Noticed(Kind.LIMIT if limit else Kind.ERROR, "raised", _told(ours), _told(theirs))
    elif "raised" in ours:
        if _TOO_LONG in (ours["raised"], theirs["raised"]) and ours["raised"] != theirs["raised"]:
            yield Noticed(Kind.LIMIT, "raised", _told(ours), _told(theirs))
            return
        for name in ("raised", "code", "delivery"):
            if ours.get(name) != theirs.get(name):
                yield Noticed(Kind.ERROR, name, str(ours.get(name)), str(theirs.get(name)))
    else:
        yield from _of_results(ours["returned"], theirs["returned"])
        yield from _of_what_lacks(ours, theirs)


def _of_results(ours: Plain, theirs: Plain) -> Iterator[Noticed]:
    if not (isinstance(ours, list) and isinstance(theirs, list)):
        if type(ours) is not type(theirs) or ours != theirs:
            yield Noticed(Kind.TYPE, "returned", _amount(ours), _amount(theirs))
    elif len(ours) != len(theirs):
        yield Noticed(Kind.LENGTH, "returned", _amount(ours), _amount(theirs))
    elif ours != theirs and sorted(map(repr, ours)) == sorted(map(repr, theirs)):
        place = next(index for index, (left, right) in enumerate(zip(ours, theirs, strict=True)) if left != right)
        yield Noticed(Kind.ORDER, "returned", several(len(ours), "record"), f"another order from record {place + 1} on")
    else:
        for left, right in zip(ours, theirs, strict=True):
            yield from _of_records(left, right)


def _of_what_lacks(ours: dict[str, Plain], theirs: dict[str, Plain]) -> Iterator[Noticed]:
    """Yield in what two lists differ beside their records: how many were left out, and whether there are more."""
    for name, whole in (("skipped", 0), ("more", False)):
        left, right = ours.get(name, whole), theirs.get(name, whole)
        if left != right:
            yield Noticed(Kind.VALUE, f"returned.{name}", str(left), str(right))


def _of_records(ours: Plain, theirs: Plain) -> Iterator[Noticed]:
    if not (isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys()):
        if type(ours) is not type(theirs) or ours != theirs:
            yield Noticed(Kind.TYPE, "returned[]", _amount(ours), _amount(theirs))
        return
    for name in ours:
        left, right = ours[name], theirs[name]
        if type(left) is not type(right) or _is_wrong_type(left) != _is_wrong_type(right):
            yield Noticed(Kind.TYPE, f"returned[].{name}", _kind_of(left), _kind_of(right))
        elif left != right:
            yield Noticed(Kind.VALUE, f"returned[].{name}", *_described(name, left, right))


def _described(name: str, ours: Plain, theirs: Plain) -> tuple[str, str]:
    if not (name in _PRIVATE and isinstance(ours, str) and isinstance(theirs, str)):
        return str(ours)[:80], str(theirs)[:80]
    place = next(
        (index for index, (left, right) in enumerate(zip(ours, theirs, strict=False)) if left != right),
        min(len(ours), len(theirs)),
    )
    return _text_at(ours, place), _text_at(theirs, place)


def _text_at(text: str, place: int) -> str:
    there = f"U+{ord(text[place]):04X}" if place < len(text) else "the end"
    return f"text of {several(len(text), 'character')}, {there} at {place}"


def _told(outcome: dict[str, Plain]) -> str:
    if "raised" in outcome:
        code = f" {outcome['code']}" if outcome.get("code") else ""
        return f"raised {outcome['raised']}{code}"
    return f"returned {_amount(outcome['returned'])}"


def _amount(value: Plain) -> str:
    if isinstance(value, list):
        return several(len(value), "record")
    return "nothing" if value is None else _kind_of(value)


def _kind_of(value: Plain) -> str:
    if isinstance(value, str) and _is_wrong_type(value):
        return value.partition(_WRONG_TYPE)[0]
    return str(value["record"]) if isinstance(value, dict) and "record" in value else type(value).__name__


def _is_wrong_type(value: Plain) -> bool:
    # What canonical forms say of a value that should not be there, up to the value itself.
    return isinstance(value, str) and value.partition(_WRONG_TYPE)[0].isidentifier() and _WRONG_TYPE in value
