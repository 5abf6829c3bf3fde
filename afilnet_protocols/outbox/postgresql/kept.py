"""`Kept`: what the parts of a store on a server share: its connection and the names of its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from afilnet_protocols.outbox.postgresql.session import Session
from afilnet_protocols.outbox.postgresql.tables import Tables

Values = Sequence[object] | Mapping[str, object]
Line = tuple[object, ...]


class Kept:
    """Tables on a server."""

    def __init__(self, session: Session, tables: Tables) -> None:
        self._session = session
        self._tables = tables

    def _rows(self, text: str, values: Values = ()) -> list[Line]:
        """Carry out one statement that may be done again, and return its rows."""
        query = self._tables.query(text)
        return self._session.each(lambda db: db.execute(query, values).fetchall())

    def _count(self, text: str, values: Values = ()) -> int:
        """Carry out one statement that may be done again, and return how many rows it changed."""
        query = self._tables.query(text)
        return self._session.each(lambda db: db.execute(query, values).rowcount)
