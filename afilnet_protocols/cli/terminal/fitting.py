"""How a table is fitted to a width: columns that say nothing go, one shrinks, and what is too narrow becomes blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from afilnet_protocols.cli.terminal.plain import width_of

MESSAGE = "message"
_LEAST = 12
"""How narrow the column that shrinks may become, in cells."""
_GAP = 2


class Fitted(msgspec.Struct, frozen=True):
    """A table that fits.

    Attributes:
        columns: the headings that are left.
        rows: their cells.
        same: what all rows have in common: a heading and the cell.
        shrunk: which column is too wide to be shown on one line, if any.
        width: how many cells that column has.
    """

    columns: list[str]
    rows: list[list[str]]
    same: list[tuple[str, str]]
    shrunk: int | None
    width: int


def fit(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Fitted | None:
    """Fit a table, or return ``None`` if it is too narrow for one: each row is a block of its own then."""
    kept = list(range(len(columns)))
    if _wide(columns, rows, kept) <= width:
        return Fitted(list(columns), [list(row) for row in rows], [], None, 0)
    same = [at for at in kept if len(rows) > 1 and columns[at] != MESSAGE and len({row[at] for row in rows}) == 1]
    kept = [at for at in kept if at not in same]
    shrinking = _shrinking(columns, rows, kept)
    left = width - _wide(columns, rows, [at for at in kept if at != shrinking]) - _GAP
    shrunk = kept.index(shrinking) if _wide(columns, rows, kept) > width else None
    if shrunk is not None and left < max(_LEAST, width_of(columns[shrinking])):
        return None
    return Fitted(
        [columns[at] for at in kept],
        [[row[at] for at in kept] for row in rows],
        [(columns[at], rows[0][at]) for at in same if rows[0][at]],
        shrunk,
        left,
    )


def _shrinking(columns: Sequence[str], rows: Sequence[Sequence[str]], kept: list[int]) -> int:
    if MESSAGE in columns:
        return list(columns).index(MESSAGE)
    return max(kept, key=lambda at: max(width_of(line[at]) for line in [columns, *rows]), default=0)


def _wide(columns: Sequence[str], rows: Sequence[Sequence[str]], kept: list[int]) -> int:
    """Return how wide the columns are together."""
    widths = [max(width_of(line[at]) for line in [columns, *rows]) for at in kept]
    return sum(widths) + _GAP * max(len(kept) - 1, 0)


def blocks(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield the lines of rows that are shown one below the other, a line for each cell that holds something."""
    label = max(map(width_of, columns), default=0) + _GAP
    for number, row in enumerate(rows):
        if number:
            yield ""
        for name, cell in zip(columns, row, strict=True):
            beside = width - label
            if beside < _LEAST:
                yield from fold(f"{name}: {cell}", width)
            elif cell:
                first, *more = fold(cell, beside)
                yield f"{name:<{label}}{first}"
                yield from (f"{'':<{label}}{part}" for part in more)


def fold(text: str, width: int) -> list[str]:
    """Return a text in lines of a width at most, broken at blanks where that is possible."""
    lines, line = [], ""
    for character in text:
        if width_of(line + character) > width:
            whole, blank, rest = line.rpartition(" ")
            if character == " " or not blank or not whole.strip():
                whole, rest = line, ""
            lines.append(whole.rstrip())
            line = rest
        line += character if line or not lines or character != " " else ""
    return [*lines, line] if line or not lines else lines
