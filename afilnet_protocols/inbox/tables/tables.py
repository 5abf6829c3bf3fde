"""`InboxTables`: an inbox in tables of a database. The statements are those that SQLite and PostgreSQL both know."""

from __future__ import annotations

from collections.abc import Sequence

from afilnet_protocols.inbox.incoming import Received, State
from afilnet_protocols.inbox.store import Status
from afilnet_protocols.inbox.tables.database import Database
from afilnet_protocols.inbox.tables.handing_over import HandingOver
from afilnet_protocols.inbox.tables.poller_notes import PollerNotes
from afilnet_protocols.inbox.tables.rows import JOINED, MARK_HEAD, RECEIVED, read_received

TOGETHER = 500
"""How many messages are named in one statement: no database takes any number of values."""


class InboxTables(PollerNotes, HandingOver):
    """Every step of an inbox, and what is looked at from outside."""

    def received(self, states: Sequence[State]) -> list[Received]:
        """Return the messages in some states, oldest first."""
        # What is only remembered is excluded in words, by which the index of the rest is known to serve.
        query = (
            f"SELECT {RECEIVED} FROM {JOINED} WHERE m.state <> 'seen' AND m.state IN ({_marks(states)})"  # noqa: S608 -- constants
            " AND m.message IS NOT NULL ORDER BY m.id"
        )
        values = [state.value for state in states]
        rows = self._do(lambda db: db.execute(query, values).fetchall())
        return [read_received(row) for row in rows]

    def again(self, keys: Sequence[str], now: float) -> int:
        """Hand dead and rejected messages over again, as if for the first time; return how many there were."""

        def hand_over(db: Database, some: Sequence[str]) -> list[Sequence[object]]:
            return db.execute(
                "UPDATE afilnet_inbox_messages SET state = 'waiting', raised = 0, interrupted = 0, due = ?,"  # noqa: S608 -- placeholders
                " settled_at = NULL WHERE state IN ('dead', 'rejected') AND message IS NOT NULL"
                f" AND key IN ({_marks(some)}) RETURNING conversation",
                (now, *some),
            ).fetchall()

        def note(db: Database) -> int:
            done = [
                row for begin in range(0, len(keys), TOGETHER) for row in hand_over(db, keys[begin : begin + TOGETHER])
            ]
            for conversation in {row[0] for row in done}:
                # While somebody has a message of this conversation in hand, the head is that one.
                db.execute(f"{MARK_HEAD} AND owner IS NULL", (conversation,))
            return len(done)

        return self._transaction(note)

    def status(self, now: float) -> Status:
        """Return what is in the inbox."""

        def look(db: Database) -> Status:
            counted = "SELECT state, count(*) FROM afilnet_inbox_messages WHERE state <> 'seen' GROUP BY state"
            found = dict(db.execute(counted).fetchall())
            (oldest,) = db.execute(
                "SELECT min(noticed_at) FROM afilnet_inbox_messages WHERE state IN ('waiting', 'handling')"
            ).fetchone()
            polled, others = db.execute("SELECT min(polled_at), max(others_at) FROM afilnet_inbox_accounts").fetchone()
            waits = sorted(
                begun - noticed
                for begun, noticed in db.execute(
                    "SELECT begun_at, noticed_at FROM afilnet_inbox_messages WHERE begun_at IS NOT NULL"
                    " ORDER BY begun_at DESC LIMIT 100"
                ).fetchall()
            )
            return Status(
                counts={state: int(found.get(state.value, 0)) for state in State},
                oldest=0.0 if oldest is None else max(0.0, now - oldest),
                polled=None if polled is None else max(0.0, now - polled),
                lag=waits[int(0.95 * len(waits))] if waits else None,
                others=None if others is None else max(0.0, now - others),
            )

        return self._do(look)

    def purge(self, before: float) -> int:
        """Forget the contents of messages that were settled before a time; return how many. Traces stay."""
        query = (
            "UPDATE afilnet_inbox_messages SET message = NULL, reason = NULL"
            " WHERE settled_at < ? AND message IS NOT NULL AND state IN ('done', 'rejected', 'dead')"
        )
        return self._transaction(lambda db: db.execute(query, (before,)).rowcount)


def _marks(values: Sequence[object]) -> str:
    """Return as many placeholders as there are values; of none, what nothing is equal to."""
    return ", ".join("?" * len(values)) or "NULL"
