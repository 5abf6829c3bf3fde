"""What an application may do with the connection of `incoming.transaction()`, whichever driver it is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class DatabaseRows(Protocol):
    """What a statement returned; a part of PEP 249's cursor."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed or found; -1 if that is not known."""

    def fetchone(self) -> Sequence[object] | None:
        """Return the next row, or ``None``."""

    def fetchall(self) -> Sequence[Sequence[object]]:
        """Return the rows that are left."""


class DatabaseConnection(Protocol):
    """A connection of ``sqlite3`` or psycopg 3, as far as they are alike.

    What only one of them has is there as well, and known to type checkers after
    ``assert isinstance(database, sqlite3.Connection)``, or ``psycopg.Connection``.
    """

    def execute(self, query: str, values: Sequence[object] = ..., /) -> DatabaseRows:
        """Carry out a statement. Values stand for ``?`` in SQLite and for ``%s`` in PostgreSQL."""
