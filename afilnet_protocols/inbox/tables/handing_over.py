"""`HandingOver`: a message is taken by one handler at a time, and settled together with its replies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.inbox.connection import DatabaseConnection
from afilnet_protocols.inbox.incoming import Received, State
from afilnet_protocols.inbox.store import TAKEN_OVER, Limits, Said, TakenOver
from afilnet_protocols.inbox.tables.database import Database, Rows, Tables
from afilnet_protocols.inbox.tables.rows import JOINED, MARK_HEAD, RECEIVED, read_received
from afilnet_protocols.outbox.store import UNDONE

_DUE = """
SELECT id, head FROM afilnet_inbox_conversations INDEXED BY afilnet_inbox_due
WHERE account = ? AND due <= ? AND head IS NOT NULL AND owner IS NULL ORDER BY due LIMIT 1
"""


class HandingOver(Tables):
    """What is handed over."""

    def holders(self) -> set[str]:
        """Return the names of those who have a message in hand."""
        query = "SELECT DISTINCT owner FROM afilnet_inbox_conversations WHERE owner IS NOT NULL"
        return {str(owner) for (owner,) in self._do(lambda db: db.execute(query).fetchall())}

    def recover(self, token: str, limits: Limits, now: float) -> int:
        """Take over what a process that is gone had in hand; return how many messages it was."""

        def note(db: Database) -> int:
            query = f"SELECT id FROM afilnet_inbox_conversations WHERE owner = ?{self.FOR_UPDATE}"  # noqa: S608 -- constants
            held = db.execute(query, (token,)).fetchall()
            for (conversation,) in held:
                db.execute(
                    "UPDATE afilnet_inbox_messages SET due = ?,"
                    " state = CASE WHEN interrupted >= ? THEN 'dead' ELSE 'waiting' END,"
                    " reason = 'its handler was interrupted ' || interrupted || ' times' WHERE conversation = ?"
                    " AND state = 'handling'",
                    (now, limits.interrupted, conversation),
                )
                db.execute("UPDATE afilnet_inbox_conversations SET owner = NULL WHERE id = ?", (conversation,))
                db.execute(MARK_HEAD, (conversation,))
            return len(held)

        return self._transaction(note)

    def claim(self, account: str, token: str, limits: Limits, now: float) -> Received | None:
        """Take the next message that is due; its attempt counts as interrupted until it is settled."""
        if not self._do(lambda db: db.execute(_DUE, (account, now)).fetchone()):
            return None  # without a transaction: who has nothing to do holds nobody up

        def take(db: Database) -> Received | None:
            found = db.execute(_DUE + self.SKIP_LOCKED, (account, now)).fetchone()
            if found is None:
                return None
            conversation, head = found
            held = db.execute(
                "UPDATE afilnet_inbox_conversations SET owner = ? WHERE id = ? RETURNING owner", (token, conversation)
            )
            _check(held, token)
            begun = db.execute(
                "UPDATE afilnet_inbox_messages SET state = 'handling', interrupted = interrupted + 1, begun_at = ?"
                " WHERE id = ? RETURNING state",
                (now, head),
            )
            _check(begun, State.HANDLING)
            return read_received(db.execute(f"SELECT {RECEIVED} FROM {JOINED} WHERE m.id = ?", (head,)).fetchone())  # noqa: S608 -- constants

        return self._transaction(take)

    def next_due(self, account: str) -> float | None:
        """Return when the next message is due, in seconds since the epoch; ``None`` if none waits."""
        query = (
            "SELECT min(due) FROM afilnet_inbox_conversations WHERE account = ? AND head IS NOT NULL AND owner IS NULL"
        )
        (due,) = self._do(lambda db: db.execute(query, (account,)).fetchone())
        return None if due is None else float(due)

    def wrote(self, spans: Sequence[tuple[float, float]]) -> int:
        """Return how many messages were handed over in several times: from when to when, in seconds since the epoch."""
        query = "SELECT count(*) FROM afilnet_inbox_messages WHERE begun_at >= ? AND begun_at < ?"
        return self._do(lambda db: sum(int(db.execute(query, span).fetchone()[0]) for span in spans))

    @contextlib.contextmanager
    def settle(
        self,
        received: Received,
        token: str,
        said: Callable[[], Said],
        now: float,
        connection: object | None = None,
    ) -> Iterator[DatabaseConnection]:
        """Return a transaction at whose end a message in hand is settled and its replies are in the outbox.

        Entering it yields the connection; what is said of the message is asked at its end. If the message is in hand
        no more, it raises ``TakenOver`` and nothing is written.
        """
        if connection is not None:
            driver, db = self._given(connection)
            yield driver
            # Whoever goes on after an error, and commits, has not settled it without its replies.
            self._guarded(lambda: self._settle_in_part(driver, db, received, token, said(), now))
            return
        with self._opened() as (driver, db):
            yield driver
            self._guarded(lambda: self._settle(driver, db, received, token, said(), now))

    def _settle_in_part(
        self, driver: DatabaseConnection, db: Database, received: Received, token: str, said: Said, now: float
    ) -> None:
        with self._part(driver):
            self._settle(driver, db, received, token, said, now)

    def _settle(self, driver: object, db: Database, received: Received, token: str, said: Said, now: float) -> None:
        settled, replies = said
        waits = settled.state is State.WAITING
        query = "SELECT conversation, state FROM afilnet_inbox_messages WHERE id = ?"
        conversation, state = db.execute(query, (received.id,)).fetchone()
        freed = "UPDATE afilnet_inbox_conversations SET owner = NULL WHERE id = ? AND owner = ?"
        # The conversation may be in the same hand for another message.
        if db.execute(freed, (conversation, token)).rowcount != 1 or state != State.HANDLING:
            raise TakenOver(TAKEN_OVER)
        noted = db.execute(
            "UPDATE afilnet_inbox_messages SET state = :state, reason = :reason, due = :due, settled_at = :settled_at,"
            " raised = raised + :raised, interrupted = interrupted - :uncounted WHERE id = :id AND state = 'handling'"
            " RETURNING state",
            {
                "state": settled.state.value,
                "reason": settled.reason,
                "due": now + settled.after if waits else None,
                "settled_at": None if waits else now,
                "raised": int(settled.raised),
                "uncounted": int(settled.raised or not settled.counted),
                "id": received.id,
            },
        )
        _check(noted, settled.state)
        for reply in replies:
            self._outbox.enqueue(reply, connection=driver)
        db.execute(MARK_HEAD, (conversation,))

    def state_of(self, number: int) -> State | None:
        """Return the state of a message."""
        query = "SELECT state FROM afilnet_inbox_messages WHERE id = ?"
        row = self._do(lambda db: db.execute(query, (number,)).fetchone())
        return State(row[0]) if row else None


def _check(changed: Rows, expected: str) -> None:
    """Refuse to go on with a row that is not as it was to be: a trigger or rule has undone it."""
    row = changed.fetchone()
    if row is None or row[0] != expected:
        raise ConfigurationError(UNDONE)
