"""`Checks`: whether the rows of a file can be sent, and which of them are equal."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Mapping
from typing import NamedTuple

from afilnet_protocols.catalogue import Kind
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.bulk.csv import Block
from afilnet_protocols.outbox.bulk.lines import KEY, NAMES, lines_of, operation_of
from afilnet_protocols.outbox.bulk.text import Wrong
from afilnet_protocols.outbox.checks import LONGEST_KEY, OPERATIONS, check_arguments, check_key
from afilnet_protocols.outbox.identifiers import all_sound, no_recipient, spoilt
from afilnet_protocols.wire.text import can_be_sent, can_identify

_IDENTIFIERS = {each.name for operation in OPERATIONS for each in operation.parameters if each.kind is Kind.ID}
_URLS = {each.name for operation in OPERATIONS for each in operation.parameters if each.kind is Kind.URL}
_FEW = {each.name for operation in OPERATIONS for each in operation.parameters if each.values} | _URLS
"""The parameters whose values are often the same, and worth remembering."""


class Equal(NamedTuple):
    """What a row is that is equal to one before: the number of the first of them, and its own place among them."""

    first: int
    nth: int


class Checks:
    """What is known of the rows that were looked at so far.

    Attributes:
        unit: what the number of a row counts.
        problems: what is wrong with each that cannot be sent, by its number.
        count: how many can be.
    """

    unit = "line"

    def __init__(self, given: Mapping[str, str], *, as_written: bool) -> None:
        self._given, self._as_written = given, as_written
        self._shapes: set[frozenset[str]] = set()
        self._seen: dict[str, set[object]] = {name: set() for name in _FEW}
        self.problems: dict[int, str] = {}
        self.count = 0
        # Of each row and key a number that equal ones share: the rows themselves would take fifty times the memory.
        self._rows, self._keys = array("q"), array("q")

    def add(self, line: int, row: dict[str, object] | Wrong) -> None:
        """Look at a row."""
        if isinstance(row, Wrong):
            self.problems[line] = f"{self.unit} {line}: {row}"
            return
        try:
            self._check(row)
            if not self._as_written:
                self._check_identifiers(row)
        except (Wrong, InvalidRequestError) as error:
            self.problems[line] = f"{self.unit} {line}: {error}"
            return
        self.count += 1
        self._rows.append(_number_of(row))
        if KEY in row:
            self._keys.append(hash(row[KEY]))

    def add_plain(self, block: Block) -> bool:
        """Take rows that can be sent for certain; return whether they are such, else each has to be looked at."""
        names = frozenset(block.names)
        if names | self._given.keys() not in self._shapes or ("platform" in names and "destination" not in names):
            return False
        try:
            columns = dict(zip(block.names, zip(*block.cells, strict=True), strict=True))
        except ValueError:
            return False
        if not all(map(all, columns.values())) or not all(self._is_plain(name, columns) for name in columns):
            return False
        # Without an end, but at least one column has one.
        ordered = [columns.get(name) or itertools.repeat(self._given.get(name)) for name in NAMES]
        self._rows.extend(map(hash, zip(*ordered, strict=False)))
        self._keys.extend(map(hash, columns.get(KEY, ())))
        self.count += len(block.cells)
        return True

    def _is_plain(self, name: str, columns: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether every cell of a column can be sent for certain."""
        cells = columns[name]
        if name in _FEW:
            return self._seen[name].issuperset(cells)
        if name in _IDENTIFIERS:
            if self._as_written:
                return can_identify("".join(cells))
            platforms = columns.get("platform", (self._given.get("platform", ""),)) if name == "destination" else ()
            return all_sound(cells, frozenset(platforms))
        joined = "".join(cells)
        if name == KEY:
            return joined.isprintable() and max(map(len, cells)) <= LONGEST_KEY
        return can_be_sent(joined)

    def _check(self, row: dict[str, object]) -> None:
        arguments = {name: value for name, value in row.items() if name != KEY}
        try:
            check_arguments(operation_of(row), arguments)
        except InvalidRequestError as error:
            fault = str(error)
        else:
            fault = ""
        if fault:
            numbers = any(isinstance(value, int | float) for value in arguments.values())
            raise Wrong(f"{fault}: write it in quotes" if numbers and "must be a string" in fault else fault)
        if KEY in row:
            key = row[KEY]
            if not isinstance(key, str):
                raise Wrong(f"key must be a string{': write it in quotes' if isinstance(key, int | float) else ''}")
            check_key(key)
        self._shapes.add(frozenset(row))
        for name in _FEW & row.keys():
            if len(self._seen[name]) < _KNOWN:
                self._seen[name].add(row[name])

    def _check_identifiers(self, row: dict[str, object]) -> None:
        platform = row.get("platform")
        for name in _IDENTIFIERS & row.keys():
            value = str(row[name])
            if name == "destination":
                reason = no_recipient(platform if isinstance(platform, str) else None, value)
            else:
                reason = spoilt(value)
            if reason:
                raise Wrong(f"{name} {value[:40]!a} {reason}")

    def equal_rows(self, text: bytes, *, keep: bool) -> dict[int, Equal]:
        """Return the rows that are equal to one before, by their numbers.

        Two rows that have the same key are a problem, unless they are equal and not to be kept both.
        """
        rows, keys = _twice(self._rows), _twice(self._keys)
        if not rows and not keys:
            return {}
        first: dict[frozenset[tuple[str, object]], list[int]] = {}
        named: dict[object, int] = {}
        equal: dict[int, Equal] = {}
        for line, found in lines_of(text, self._given):
            if isinstance(found, Wrong) or line in self.problems:
                continue
            row, key = frozenset(found.items()), found.get(KEY)
            if _number_of(found) in rows and (key is None or not keep):
                alike = first.setdefault(row, [])
                alike.append(line)
                if len(alike) > 1:
                    equal[line] = Equal(alike[0], len(alike))
                    continue
            if key is not None and hash(key) in keys and named.setdefault(key, line) != line:
                self.problems[line] = f"{self.unit} {line}: another row has the key {key!r}"
        return equal


_KNOWN = 1000
"""How many values of a column are remembered."""


def _number_of(row: Mapping[str, object]) -> int:
    """Return a number that equal rows share, and hardly any others; it differs from process to process."""
    return hash(tuple(row.get(name) for name in NAMES))


def _twice(numbers: array[int]) -> set[int]:
    """Return the numbers that are there more than once."""
    ordered = sorted(numbers)
    return {one for one, next_one in itertools.pairwise(ordered) if one == next_one}
