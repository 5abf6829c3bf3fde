"""`Listening`: a connection of its own on which a worker hears that something was put in."""

from __future__ import annotations

import psycopg
from psycopg import sql

from afilnet_protocols.outbox.postgresql.inherited import leave_to_parent, note_socket
from afilnet_protocols.outbox.postgresql.pooler import Connection
from afilnet_protocols.process.fork import renew_in_child


class Listening:
    """The connection that waits, so that the other one is for whoever puts entries in meanwhile."""

    def __init__(self, info: dict[str, str]) -> None:
        self._info = info
        self._db: Connection | None = None
        self._closed = False
        renew_in_child(self)

    def hear(self, channel: str, seconds: float) -> bool:
        """Wait until a channel is notified; where nothing listens yet, begin to, and do not wait.

        Args:
            channel: its name.
            seconds: how long at most.

        Returns:
            Whether somebody listens; ``False`` if nobody can now.
        """
        db = self._db  # which another thread may close meanwhile
        try:
            if db is None or db.closed:
                db = self._db = psycopg.connect(**self._info, autocommit=True)  # type: ignore[arg-type]  # libpq's names
                note_socket(db)
                db.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                if self._closed:  # by somebody who found none
                    db.close()
                return True
            for _ in db.notifies(timeout=seconds, stop_after=1):
                pass
        except psycopg.Error:
            self._end()
            return False
        return True

    def after_fork(self) -> None:
        """Leave the connection to the parent."""
        if self._db is not None:
            leave_to_parent(self._db)
            self._db = None

    def close(self) -> None:
        """Close the connection, also one that is just being made; doing it again does nothing."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        mine, self._db = self._db, None
        if mine is not None:
            mine.close()
