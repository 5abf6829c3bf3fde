"""A CSV file of rows, as spreadsheets and data frames write them: its separator, its heading, its lines."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from afilnet_protocols.outbox.bulk.text import Wrong
from afilnet_protocols.plural import several
from afilnet_protocols.suggestion import all_unknown

_SEPARATORS = ",;\t|"
_DECLARED = re.compile(r'\ufeff?"?sep=(.)"?\s*', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')

_LINE_END = re.compile(r"\r\n|\r|\n")
_UNNAMED = ""
_HEADING = "the first line names the columns, such as destination,message"

BLOCK = 256
"""How many rows are read at once: what holds for a whole column is found out much faster than cell by cell."""

Line = tuple[int, dict[str, object] | Wrong]


class Block(NamedTuple):
    """Some rows that come one after the other.

    Attributes:
        names: the names of the columns; empty for one that has none.
        numbers: the lines on which the rows begin.
        cells: the cells of each row, as they stand.
    """

    names: tuple[str, ...]
    numbers: Sequence[int]
    cells: list[list[str]]

    def rows(self, defaults: Mapping[str, str]) -> Iterator[Line]:
        """Yield the rows with their numbers; empty rows, empty cells and empty columns without a name are left out.

        Args:
            defaults: what stands where a row has no cell, or an empty one.
        """
        names = self.names
        full = _UNNAMED not in names and {len(names)}.issuperset(map(len, self.cells)) and all(map(all, self.cells))
        if full and not any(map(str.isspace, map(itemgetter(0), self.cells))):
            for number, cells in zip(self.numbers, self.cells, strict=True):
                row: dict[str, object] = {**defaults}
                row.update(zip(names, cells, strict=False))
                yield number, row
            return
        for number, cells in zip(self.numbers, self.cells, strict=True):
            found = _row(cells, names)
            if found:
                yield number, found if isinstance(found, Wrong) else {**defaults, **found}


def csv_blocks(content: bytes, known: Sequence[str]) -> Iterator[Block]:
    """Yield the rows of a CSV file.

    The first line may name the separator, as Excel does (``sep=;``); without it, it is the one of ``, ; TAB |`` that
    stands in the heading most often.

    Args:
        content: the file, in UTF-8.
        known: the names that columns may have; other letter case, blanks and hyphens for underscores do not matter.

    Raises:
        Wrong: the heading cannot be read, or the file is no CSV from a line on.
    """
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    separator, line = _separator(text)
    reader = csv.reader(text, delimiter=separator, strict=True)
    names: tuple[str, ...] = ()
    fault = ""
    while not fault:
        rows: list[list[str]] = []
        try:
            # What was read before a fault stays in the list.
            rows.extend(itertools.islice(reader, BLOCK if names else 1))
        except csv.Error as error:
            fault = str(error)
        if not rows:
            break
        numbers = _numbers(rows, line + 1)
        line = numbers[-1] + _line_ends(rows[-1])
        if names:
            yield Block(names, numbers, rows)
        elif any(map(str.strip, rows[0])):
            names = _heading(numbers[0], rows[0], known)
    if fault:
        raise Wrong(f"line {line + 1}: not CSV: {fault}")
    if not names:
        raise Wrong(f"the file is empty: {_HEADING}")


def _numbers(rows: list[list[str]], first: int) -> Sequence[int]:
    """Return the lines on which rows begin; a cell in quotes may have line ends in it."""
    if not any("\n" in cell or "\r" in cell for cell in itertools.chain.from_iterable(rows)):
        return range(first, first + len(rows))
    return list(itertools.accumulate((1 + _line_ends(row) for row in rows[:-1]), initial=first))


def _line_ends(cells: list[str]) -> int:
    return sum(len(_LINE_END.findall(cell)) for cell in cells)


def _separator(text: io.TextIOWrapper) -> tuple[str, int]:
    """Return what separates the cells, and how many lines come before the heading; leave the text there."""
    first = text.readline()
    declared = _DECLARED.fullmatch(first)
    if declared:
        return declared[1], 1
    heading = next((line for line in itertools.chain([first], text) if line.strip()), "")
    text.seek(0)
    plain = _QUOTED.sub("", heading)
    return max(_SEPARATORS, key=plain.count), 0


def _row(cells: list[str], names: tuple[str, ...]) -> dict[str, object] | Wrong:
    """Return the cells of a row by column, an empty dictionary for an empty row."""
    if len(cells) != len(names):
        if not any(map(str.strip, cells)):
            return {}
        if len(cells) < len(names) or any(map(str.strip, cells[len(names) :])):
            return Wrong(f"{several(len(cells), 'cell')} under {several(len(names), 'heading')}")
    row: dict[str, object] = {name: cell for name, cell in zip(names, cells, strict=False) if cell}
    if _UNNAMED in row and any(cell.strip() for name, cell in zip(names, cells, strict=False) if name == _UNNAMED):
        at = next(at for at, name in enumerate(names) if name == _UNNAMED and cells[at].strip()) + 1
        return Wrong(f"there is a value in column {at}, which has no name: name it in the first line, or remove it")
    row.pop(_UNNAMED, None)
    return row if any(map(str.strip, cells)) else {}


def _heading(line: int, cells: list[str], known: Sequence[str]) -> tuple[str, ...]:
    by_letters = {_letters(name): name for name in known}
    unknown = list(dict.fromkeys(cell.strip() for cell in cells if cell.strip() and _letters(cell) not in by_letters))
    if unknown:
        hint = f"unknown {all_unknown('column', unknown, known)}"
        if by_letters.keys().isdisjoint(map(_letters, cells)):  # perhaps it is a row already
            hint = f"{hint}; {_HEADING}"
        raise Wrong(f"line {line}: {hint}")
    names = tuple(by_letters.get(_letters(cell), _UNNAMED) for cell in cells)
    for name in names:
        if name != _UNNAMED and names.count(name) > 1:
            raise Wrong(f"line {line}: the column {name!r} is there twice")
    return names


def _letters(name: str) -> str:
    """Return what of a column's name has to agree."""
    return re.sub(r"[\W_]+", "", name).casefold()
