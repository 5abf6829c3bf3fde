"""Messages and files in a CSV or JSON file: read and checked as a whole, before anything is sent.

Columns and members are named like the parameters of the operations; a row with ``file_url`` or ``file_type`` is a
file. ``key`` names a row. An empty cell is an absent one.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from array import array
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, cast

import msgspec

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Kind, Operation
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.bulk.csv import Block, Line, csv_blocks
from afilnet_protocols.outbox.bulk.json import json_array, json_lines
from afilnet_protocols.outbox.bulk.text import LARGEST, Wrong, as_utf_8
from afilnet_protocols.outbox.checks import LONGEST_KEY, OPERATIONS, check_arguments, check_key
from afilnet_protocols.outbox.identifiers import all_sound, no_recipient, spoilt
from afilnet_protocols.wire.text import can_be_sent

__all__ = ["KEY", "LARGEST", "SHOWN", "Row", "Rows", "read_rows"]

SHOWN = 20
"""How many problems an error lists."""

KEY = "key"
_NAMES = [KEY, *dict.fromkeys(parameter.name for operation in OPERATIONS for parameter in operation.parameters)]
_IDENTIFIERS = {each.name for operation in OPERATIONS for each in operation.parameters if each.kind is Kind.ID}
_URLS = {each.name for operation in OPERATIONS for each in operation.parameters if each.kind is Kind.URL}
_FEW = {each.name for operation in OPERATIONS for each in operation.parameters if each.values} | _URLS
"""The parameters whose values are often the same, and worth remembering."""
_encode: Final = json.JSONEncoder(sort_keys=True).encode


class Equal(NamedTuple):
    """What a row is that is equal to one before: the number of the first of them, and the how-manieth it is itself."""

    first: int
    nth: int


class Row(msgspec.Struct, frozen=True):
    """One row that can be sent.

    Attributes:
        line: the line of the file on which it begins, from 1; in a JSON array, which of its items it is.
        operation: ``send_message`` or ``send_file``.
        arguments: by their Python names.
        given: the name that the file gives it, if any.
        nth: the how-manieth it is of rows that are equal, from 1.
    """

    line: int
    operation: str
    arguments: Mapping[str, str]
    given: str | None = None
    nth: int = 1

    def __repr__(self) -> str:
        """Show none of what is to be sent."""
        return f"Row(line={self.line}, operation={self.operation!r})"

    @property
    def key(self) -> str:
        """Its name in the outbox: the given one, else one made of what is to be sent, so that it is known again."""
        if self.given is not None:
            return self.given
        whole = _encode([self.operation, self.arguments])
        return f"row {hashlib.sha256(whole.encode()).hexdigest()[:32]} {self.nth}"


class Rows:
    """The rows of a file that was checked. They are read from its bytes each time, so that many take little memory.

    Attributes:
        unit: what the number of a row counts: ``line`` or ``item``.
        repeats: rows that are left out because an equal one comes before: the number of each, and of that one.
    """

    def __init__(
        self, content: bytes, given: Mapping[str, str], count: int, equal: Mapping[int, Equal], *, keep: bool
    ) -> None:
        self._content, self._given, self._count, self._equal = content, given, count, equal
        self.unit = _unit(content)
        self.repeats = {} if keep else {line: each.first for line, each in equal.items()}

    def __len__(self) -> int:
        return self._count - len(self.repeats)

    def __iter__(self) -> Iterator[Row]:
        equal, repeats = self._equal, self.repeats
        for line, found in _lines(self._content, self._given):
            if line in repeats or isinstance(found, Wrong):
                continue
            row = cast("dict[str, str]", found)  # they were found to be texts
            key = row.pop(KEY) if KEY in row else None
            yield Row(line, _operation(row).name, row, key, equal[line].nth if line in equal else 1)


def read_rows(
    content: bytes,
    *,
    defaults: Mapping[str, str] | None = None,
    keep_repeats: bool = False,
    as_written: bool = False,
) -> Rows:
    """Read and check a CSV file (with a heading), JSON Lines, or a JSON array of objects.

    Args:
        content: the file, in UTF-8, or in UTF-16 or UTF-32 with a byte order mark. It is JSON if it begins with a brace
            or bracket.
        defaults: arguments for the rows that do not give them.
        keep_repeats: whether rows that are equal to one before are kept, rather than told and left out.
        as_written: whether recipients and channels are taken as they are written, however spoilt they look.

    Returns:
        The rows, in the file's order.

    Raises:
        InvalidRequestError: says what is wrong, with the number of each line, of twenty at most.
    """
    given = {name: value for name, value in (defaults or {}).items() if value}
    checks = _Checks(given, as_written=as_written)
    text, equal = b"", dict[int, Equal]()
    try:
        text = as_utf_8(content)
        checks.unit = _unit(text)
        for block in _blocks(text):
            if isinstance(block, Block) and checks.add_plain(block):
                continue
            for line, row in block.rows(given) if isinstance(block, Block) else _with(given, block):
                checks.add(line, row)
        equal = checks.equal_rows(text, keep=keep_repeats)
    except Wrong as error:
        checks.problems[LARGEST] = str(error)
    if checks.problems:
        raise InvalidRequestError(_told(checks.problems))
    return Rows(text, given, checks.count, equal, keep=keep_repeats)


def _told(problems: Mapping[int, str]) -> str:
    texts = [text for _, text in sorted(problems.items())]
    more = [f"and {len(texts) - SHOWN} more"] if len(texts) > SHOWN else []
    return "\n".join(["nothing was sent, for not all rows can be:", *texts[:SHOWN], *more])


def _beginning(content: bytes) -> bytes:
    return content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def _unit(content: bytes) -> str:
    return "item" if _beginning(content) == b"[" else "line"


def _blocks(content: bytes) -> Iterator[Block | Iterator[Line]]:
    beginning = _beginning(content)
    if beginning not in (b"{", b"["):
        yield from csv_blocks(content, _NAMES)
    else:
        text = content.decode("utf-8-sig")
        yield json_lines(text) if beginning == b"{" else json_array(text)


def _lines(content: bytes, given: Mapping[str, str]) -> Iterator[Line]:
    for block in _blocks(content):
        yield from block.rows(given) if isinstance(block, Block) else _with(given, block)


def _with(given: Mapping[str, str], lines: Iterator[Line]) -> Iterator[Line]:
    for line, values in lines:
        yield line, values if isinstance(values, Wrong) else {**given, **values}


def _operation(row: Mapping[str, object]) -> Operation[None]:
    return catalogue.SEND_FILE if "file_url" in row or "file_type" in row else catalogue.SEND_MESSAGE


class _Checks:
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
        ordered = [columns.get(name) or itertools.repeat(self._given.get(name)) for name in _NAMES]
        self._rows.extend(map(hash, zip(*ordered, strict=False)))
        self._keys.extend(map(hash, columns.get(KEY, ())))
        self.count += len(block.cells)
        return True

    def _is_plain(self, name: str, columns: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether every cell of a column can be sent for certain."""
        cells = columns[name]
        if name in _FEW:
            return self._seen[name].issuperset(cells)
        if name in _IDENTIFIERS and not self._as_written:
            platforms = columns.get("platform", (self._given.get("platform", ""),)) if name == "destination" else ()
            return all_sound(cells, frozenset(platforms))
        joined = "".join(cells)
        if name == KEY:
            return joined.isprintable() and max(map(len, cells)) <= LONGEST_KEY
        return can_be_sent(joined)

    def _check(self, row: dict[str, object]) -> None:
        arguments = {name: value for name, value in row.items() if name != KEY}
        try:
            check_arguments(_operation(row), arguments)
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
                raise Wrong("key must be a string")
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
        for line, found in _lines(text, self._given):
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
    return hash(tuple(row.get(name) for name in _NAMES))


def _twice(numbers: array[int]) -> set[int]:
    """Return the numbers that are there more than once."""
    ordered = sorted(numbers)
    return {one for one, next_one in itertools.pairwise(ordered) if one == next_one}
