"""`Bridged`: a connection of a running event loop, used from a thread in which nobody can await."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Self, TypeVar

import psycopg
from psycopg.rows import tuple_row

T = TypeVar("T")

Row = tuple[object, ...]


class Bridged:
    """A cursor on an application's asynchronous connection. What it is asked is done in the loop, and waited for.

    Args:
        given: the connection, whose loop is running in another thread.
        loop: that loop.
    """

    def __init__(self, given: psycopg.AsyncConnection[Row], loop: asyncio.AbstractEventLoop) -> None:
        self._cursor = psycopg.AsyncCursor(given, row_factory=tuple_row)
        self._loop = loop

    def execute(self, query: bytes, values: Sequence[object] | Mapping[str, object] | None = None) -> Self:
        """Carry out a statement.

        Raises:
            psycopg.Error: the server refuses it.
        """
        self._done(self._cursor.execute(query, values))
        return self

    def fetchone(self) -> Row | None:
        """Return the next row."""
        return self._done(self._cursor.fetchone())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._done(self._cursor.close())

    def _done(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
