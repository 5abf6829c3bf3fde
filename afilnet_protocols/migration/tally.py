"""What was seen of a candidate so far: counts, differences, times; in memory, and to be added up over processes."""

from __future__ import annotations

import statistics
import threading
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from afilnet_protocols.migration.coverage import Coverage
from afilnet_protocols.migration.diff import Noticed, is_gain
from afilnet_protocols.process.fork import begin_afresh

Number = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
"""How often something happened. A file that says more was not written by us, and nothing can be made of it."""

Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=1e12)]

MOST_DIFFERENCES = 100
"""How many different differences are told apart."""

MOST_TIMES = 500
"""How many call times are remembered for each side."""

MOST_RETURNS = 20
"""How many returns to the primary are remembered."""

AGAINST = ("failed", "unanswered", "unavailable")
"""What speaks against a candidate, of what is counted by its name."""


class Seen(msgspec.Struct):
    """A difference, and how often it was seen.

    Attributes:
        operation: the call that shows it.
        kind: in what the sides differ.
        field: where.
        primary: what the side in use had there, described.
        candidate: what the candidate had there, described.
        count: how often it was seen.
        first: when it was first seen, in ISO 8601.
        last: when it was last seen.
    """

    operation: str
    kind: str
    field: str
    primary: str
    candidate: str
    count: Number
    first: str
    last: str

    @property
    def key(self) -> tuple[str, str, str, bool]:
        """What makes it the same difference when it is seen again."""
        return self.operation, self.kind, self.field, self.is_gain

    @property
    def is_gain(self) -> bool:
        """Whether it is only that the candidate can do what the side in use cannot."""
        return is_gain(self.kind, self.primary)


class Counts(msgspec.Struct):
    """What was seen, as it is kept in a file.

    Attributes:
        numbers: how often each thing happened, such as ``equal``.
        asked: how many calls of each operation the candidate was to be tried with.
        judged: how many of them ended in a verdict on the candidate.
        differences: the differences, at most :data:`MOST_DIFFERENCES`.
        primary_ms: the last call times of the side in use, in milliseconds.
        candidate_ms: the last call times of the candidate.
        returns: when and why all calls went back to the primary.
    """

    numbers: dict[str, Number] = msgspec.field(default_factory=dict)
    asked: dict[str, Number] = msgspec.field(default_factory=dict)
    judged: dict[str, Number] = msgspec.field(default_factory=dict)
    differences: list[Seen] = msgspec.field(default_factory=list)
    primary_ms: list[Milliseconds] = msgspec.field(default_factory=list)
    candidate_ms: list[Milliseconds] = msgspec.field(default_factory=list)
    returns: list[str] = msgspec.field(default_factory=list)

    def add(self, other: Counts) -> None:
        """Add what somebody else has seen."""
        for mine, theirs in (
            (self.numbers, other.numbers),
            (self.asked, other.asked),
            (self.judged, other.judged),
        ):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        if other.differences:
            self._add_differences(other.differences)
        if other.primary_ms or other.candidate_ms or other.returns:
            self.primary_ms = (self.primary_ms + other.primary_ms)[-MOST_TIMES:]
            self.candidate_ms = (self.candidate_ms + other.candidate_ms)[-MOST_TIMES:]
            self.returns = (self.returns + other.returns)[-MOST_RETURNS:]

    def _add_differences(self, more: Iterable[Seen]) -> None:
        known = {seen.key: seen for seen in self.differences}
        for seen in more:
            if seen.key in known:
                known[seen.key].count += seen.count
                known[seen.key].last = max(known[seen.key].last, seen.last)
            elif len(self.differences) < MOST_DIFFERENCES:
                self.differences.append(msgspec.structs.replace(seen))

    def lacks(self, other: Counts) -> bool:
        """Whether somebody else has seen what is none of this: an operation, a difference, or what speaks against."""
        known = {seen.key for seen in self.differences} if other.differences else ()
        return (
            not other.asked.keys() <= self.asked.keys()
            or any(name in other.numbers and name not in self.numbers for name in AGAINST)
            or (len(known) < MOST_DIFFERENCES and any(seen.key not in known for seen in other.differences))
        )

    def number(self, name: str) -> int:
        """Return how often something happened."""
        return self.numbers.get(name, 0)

    @property
    def coverage(self) -> Coverage:
        """How much of what the candidate was to be tried with ended in a verdict."""
        return Coverage(self.asked, self.judged)

    @property
    def ratio(self) -> float | None:
        """The candidate's median call time over the primary's; ``None`` until both are known."""
        if not self.primary_ms or not self.candidate_ms:
            return None
        return statistics.median(self.candidate_ms) / max(statistics.median(self.primary_ms), 1e-6)


class Tally:
    """Counts what happens in this process. Safe to use from any thread.

    A child of a fork begins with nothing: what its parent has counted is the parent's to save.

    Args:
        journal: how many differences are remembered one by one.
    """

    def __init__(self, journal: int = 200) -> None:
        self._size = journal
        begin_afresh(self)

    def after_fork(self) -> None:
        """Have counted nothing."""
        self._lock = threading.Lock()
        self._total = Counts()
        self._unsaved = Counts()
        self._news = False
        self._journal: deque[dict[str, str]] = deque(maxlen=self._size)

    def count(self, *names: str) -> None:
        """Count something."""
        self._add(Counts(numbers=dict.fromkeys(names, 1)))

    def asked(self, operation: str) -> None:
        """Note that the candidate is to be tried with a call; sooner or later it is judged, or was left out."""
        self._add(Counts(numbers={"sampled": 1}, asked={operation: 1}))

    def judged(self, operation: str, *names: str) -> None:
        """Note that a call ended in a verdict on the candidate, and in which."""
        self._add(Counts(numbers=dict.fromkeys(names, 1), judged={operation: 1}))

    def took(self, *, primary: float | None = None, candidate: float | None = None) -> None:
        """Note how long calls took, in seconds."""
        self._add(
            Counts(
                primary_ms=[] if primary is None else [round(primary * 1000, 3)],
                candidate_ms=[] if candidate is None else [round(candidate * 1000, 3)],
            )
        )

    def differ(self, operation: str, noticed: Iterable[Noticed]) -> None:
        """Note the differences of one call."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        for each in noticed:
            seen = Seen(operation, str(each.kind), each.field, each.ours, each.theirs, 1, at, at)
            self._add(Counts(differences=[seen]))
            entry = {"at": at, "operation": operation, "kind": str(each.kind), "field": each.field}
            self._journal.append({**entry, "primary": each.ours, "candidate": each.theirs})

    def returned(self, reason: str) -> None:
        """Note that all calls went back to the primary."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._add(Counts(numbers={"returns": 1}, returns=[f"{at}: {reason}"]))

    def _add(self, counts: Counts) -> None:
        with self._lock:
            self._news = self._news or self._total.lacks(counts)
            self._total.add(counts)
            self._unsaved.add(counts)

    @property
    def has_news(self) -> bool:
        """Whether something was not taken yet whose like was not seen before: a process that is killed must not have
        seen it for nothing.
        """
        return self._news

    @property
    def is_saved(self) -> bool:
        """Whether all was taken."""
        with self._lock:
            return self._unsaved == Counts()

    @property
    def total(self) -> Counts:
        """A copy of everything since this tally was made."""
        with self._lock:
            copy = Counts()
            copy.add(self._total)
            return copy

    def take(self) -> Counts:
        """Return what was not taken before, to be saved."""
        with self._lock:
            taken, self._unsaved = self._unsaved, Counts()
            self._news = False
            return taken

    def give_back(self, taken: Counts) -> None:
        """Return what was taken and could not be saved."""
        with self._lock:
            taken.add(self._unsaved)
            self._unsaved = taken

    @property
    def journal(self) -> list[dict[str, str]]:
        """The last differences one by one, oldest first; texts only described."""
        return list(self._journal)
