"""Messages and files in a CSV or JSON file: read and checked as a whole, before anything is sent.

Columns and members are named like the parameters of the operations; a row with ``file_url`` or ``file_type`` is a
file. ``key`` names a row. An empty cell is an absent one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Final, cast

import msgspec

from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.bulk.checks import Checks, Equal
from afilnet_protocols.outbox.bulk.csv import Block
from afilnet_protocols.outbox.bulk.lines import KEY, blocks_of, completed, lines_of, operation_of, unit_of
from afilnet_protocols.outbox.bulk.text import LARGEST, Wrong, as_utf_8

__all__ = ["KEY", "LARGEST", "SHOWN", "Row", "Rows", "read_rows"]

SHOWN = 20
"""How many problems an error lists."""

_encode: Final = json.JSONEncoder(sort_keys=True).encode


class Row(msgspec.Struct, frozen=True):
    """One row that can be sent.

    Attributes:
        line: the line of the file on which it begins, from 1; in a JSON array, which of its items it is.
        operation: ``send_message`` or ``send_file``.
        arguments: by their Python names.
        given: the name that the file gives it, if any.
        nth: its place among the rows that are equal, counted from 1.
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
        self.unit = unit_of(content)
        self.repeats = {} if keep else {line: each.first for line, each in equal.items()}

    def __len__(self) -> int:
        return self._count - len(self.repeats)

    def __iter__(self) -> Iterator[Row]:
        equal, repeats = self._equal, self.repeats
        for line, found in lines_of(self._content, self._given):
            if line in repeats or isinstance(found, Wrong):
                continue
            row = cast("dict[str, str]", found)  # they were found to be texts
            key = row.pop(KEY) if KEY in row else None
            yield Row(line, operation_of(row).name, row, key, equal[line].nth if line in equal else 1)


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
    checks = Checks(given, as_written=as_written)
    text, equal = b"", dict[int, Equal]()
    try:
        text = as_utf_8(content)
        checks.unit = unit_of(text)
        for block in blocks_of(text):
            if isinstance(block, Block) and checks.add_plain(block):
                continue
            for line, row in block.rows(given) if isinstance(block, Block) else completed(given, block):
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
