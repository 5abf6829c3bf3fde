"""`Needles`: finds living secrets in a text, however they are spelled, at a cost that does not depend on their number.

Every spelling of at least :data:`SHORTEST` bytes holds four bytes that begin at a multiple of four (a multiple of two,
while a spelling shorter than seven bytes is among them). So a text is looked at in windows of four bytes that do not
overlap, each against one set: nearly every text is done with then. Where a window is known, the six bytes around it
that begin a spelling are looked up, and then the whole spelling, by its hash.

What is kept of a secret is of no use to whoever comes upon it: numbers, made from bytes that were exchanged for others
by a table that is drawn for each process.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from typing import TypeVar

from afilnet_protocols.process.fork import renew_in_child
from afilnet_protocols.security import secret
from afilnet_protocols.security.encodings import encodings

SHORTEST = 6
"""The shortest secret that is looked for, in characters: a shorter one is part of too many words and numbers."""

_WINDOW, _BEGINNING, _COARSE = 4, SHORTEST, 7

K = TypeVar("K")

Span = tuple[int, int]
"""From where to where a spelling goes."""


class Needles:
    """What is looked for. Safe to use from any thread; learns of new and dead secrets when it is next used."""

    def __init__(self) -> None:
        self.renew()

    def after_fork(self) -> None:
        """Begin anew in a child if another thread was learning when its parent forked: the copy is half of a change."""
        if self._lock.locked():
            self.renew()

    def renew(self) -> None:
        """Begin anew with all secrets that live."""
        drawn = memoryview(os.urandom(4 * 256)).cast("I")
        self._table = bytes(sorted(range(256), key=drawn.__getitem__))
        self._lock = threading.Lock()
        self._known: dict[int, list[tuple[int, ...]]] = {}
        self._windows = Counter[int]()
        self._known_windows = self._windows.keys()
        self._lengths: dict[int, tuple[int, ...]] = {}
        self._whole = Counter[tuple[int, int]]()
        self._ends = Counter[tuple[int, int]]()
        self._short = 0
        self._roll = secret.roll
        self._roll.begin()

    def spans(self, data: bytes) -> list[Span]:
        """Return where living secrets are spelled, in order; what overlaps is one.

        Args:
            data: the text, in UTF-8 if it was one.
        """
        roll = self._roll
        if roll.born or roll.died:
            self._catch_up()
        data = data.translate(self._table)
        windows = memoryview(data[: len(data) & -_WINDOW]).cast("I")
        if self._known_windows.isdisjoint(windows) and not (self._short and self._windows_between(data)):
            return []
        return self._found(data)

    def _windows_between(self, data: bytes) -> bool:
        size = max(0, (len(data) - 2) & -_WINDOW)
        return not self._known_windows.isdisjoint(memoryview(data[2 : size + 2]).cast("I"))

    def _found(self, data: bytes) -> list[Span]:
        found: list[Span] = []
        for begin in (0, 2) if self._short else (0,):
            size = max(0, (len(data) - begin) & -_WINDOW)
            for number, window in enumerate(memoryview(data[begin : begin + size]).cast("I")):
                if window in self._windows:
                    at = begin + _WINDOW * number
                    found += [span for start in range(max(0, at - 3), at + 1) for span in self._at(data, start)]
        return _merged(found)

    def _at(self, data: bytes, start: int) -> list[Span]:
        for length in self._lengths.get(hash(data[start : start + _BEGINNING]), ()):
            whole = data[start : start + length]
            if (len(whole), hash(whole)) in self._whole:
                return [(start, start + len(whole))]
        return []

    # Which secrets live

    def _catch_up(self) -> None:
        with self._lock:
            for serial, born in self._roll.take_born():
                text = born.reveal()
                if len(text) >= SHORTEST:
                    self._known[serial] = known = self._numbers(text)
                    self._change(known, 1)
            for serial in self._roll.take_died():
                dead = self._known.pop(serial, None)
                if dead is not None:
                    self._change(dead, -1)

    def _numbers(self, text: str) -> list[tuple[int, ...]]:
        """Return what is kept of each spelling: its length, hashes of its beginning and of all of it, its windows."""
        numbers = []
        for spelling in encodings(text):
            if len(spelling) >= SHORTEST:
                data = spelling.translate(self._table)
                starts = range(min(_WINDOW, len(data) - _WINDOW + 1))
                windows = (int.from_bytes(data[at : at + _WINDOW], sys.byteorder) for at in starts)
                numbers.append((len(data), hash(data[:_BEGINNING]), hash(data), *windows))
        return numbers

    def _change(self, numbers: list[tuple[int, ...]], by: int) -> None:
        for length, beginning, whole, *windows in numbers:
            self._short += by * (length < _COARSE)
            for window in windows:
                _add(self._windows, window, by)
            _add(self._whole, (length, whole), by)
            self._ends[beginning, length] += by
            # Others may be reading: what they go through is replaced and never changed.
            others = (each for each in self._lengths.get(beginning, ()) if each != length)
            left = sorted((*others, length) if self._ends[beginning, length] else others, reverse=True)
            self._lengths[beginning] = tuple(left)
            if not left:
                del self._lengths[beginning]
            if not self._ends[beginning, length]:
                del self._ends[beginning, length]


def _add(counts: Counter[K], number: K, by: int) -> None:
    counts[number] += by
    if not counts[number]:
        del counts[number]


def _merged(found: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


needles = Needles()
renew_in_child(needles)
