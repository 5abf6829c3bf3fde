"""`SqliteStore`: an outbox in an SQLite file."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Unpack

from afilnet_protocols.errors import AfilnetError, NotSentError
from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.row import COLUMNS, storable
from afilnet_protocols.outbox.sqlite.file import Undone
from afilnet_protocols.outbox.sqlite.putting import Putting
from afilnet_protocols.outbox.sqlite.reading import NO_PAUSE, Reading
from afilnet_protocols.outbox.sqlite.row import entry_of, now
from afilnet_protocols.outbox.sqlite.worker_lock import WorkerLock, is_gone
from afilnet_protocols.outbox.store import EXPIRED, LOST_HOLD, Lost, Store, Wanted, unnoted
from afilnet_protocols.vocabulary import Delivery

# Which index to take is said where SQLite, which knows nothing of how states are distributed, would take another one.
_DUE = """SELECT min(id) AS id FROM afilnet_outbox INDEXED BY afilnet_outbox_{index}
    WHERE head = 1 AND id NOT IN (SELECT value FROM json_each(:without))"""

_NEXT = f"""
SELECT min(id) FROM (
    {_DUE.format(index="due")} AND not_before = 0 UNION ALL
    {_DUE.format(index="due")} AND not_before > 0 AND not_before <= :now UNION ALL
    {_DUE.format(index="rests")} AND not_before IS NOT scheduled AND not_before > :never
)
"""  # noqa: S608 -- constants
"""The first entry that is due among the heads of conversations. The three parts are found in an index each; the last
one is of entries whose pause cannot be meant."""

_NEXT_OF = """
SELECT id FROM afilnet_outbox INDEXED BY afilnet_outbox_heads WHERE head = 1 AND id <= :upto
AND id NOT IN (SELECT value FROM json_each(:without))
AND (not_before <= :now OR (not_before IS NOT scheduled AND not_before > :never))
AND (platform, platform_id, destination) =
    (SELECT platform, platform_id, destination FROM afilnet_outbox WHERE id = :upto)
"""
"""The head of an entry's conversation, if it is due and not behind that entry."""

_PURGE = """
DELETE FROM afilnet_outbox AS e WHERE state IN ('sent', 'rejected') AND changed_at <= ? AND NOT EXISTS (
    SELECT 1 FROM afilnet_outbox AS o
    WHERE (o.platform, o.platform_id, o.destination, o.shown) = (e.platform, e.platform_id, e.destination, e.shown)
    AND o.state NOT IN ('sent', 'rejected')
)
"""
"""What was sent stays as long as an equal message is open: it is counted when that one is looked for."""

_BEGUN = """state = 'sending', attempts = attempts + 1, changed_at = :at,
claim = (SELECT coalesce(max(claim), 0) + 1 FROM afilnet_outbox WHERE claim IS NOT NULL), baseline = {baseline}"""

_BEGIN = f"""
UPDATE afilnet_outbox SET {_BEGUN.format(baseline=":baseline")} WHERE id = :id AND owner = :own AND state = 'pending'
"""  # noqa: S608 -- constants

# One statement each, so that what the database keeps by itself is brought up to date once.
_EXPIRED = "coalesce(expires <= :now, 0)"
_TAKE = f"""
UPDATE afilnet_outbox SET owner = :owner, {_BEGUN.format(baseline="NULL")}
WHERE id = :id AND NOT {_EXPIRED} RETURNING {COLUMNS}
"""  # noqa: S608 -- constants
_HOLD = f"UPDATE afilnet_outbox SET owner = :owner WHERE id = :id AND NOT {_EXPIRED} RETURNING {COLUMNS}"  # noqa: S608 -- constants
_REJECT = f"""
UPDATE afilnet_outbox SET state = 'rejected', reason = :reason, error = NULL, changed_at = :at
WHERE id = :id AND {_EXPIRED} RETURNING {COLUMNS}
"""  # noqa: S608 -- constants

_IN_HAND = "owner = :own AND state IN ('pending', 'sending', 'unknown')"
_FINISH = f"""
UPDATE afilnet_outbox SET state = :state, owner = :owner, error = :error, reason = :reason,
not_before = max(:not_before, coalesce(scheduled, 0)), changed_at = :now, doubtful = doubtful + :doubtful
WHERE id = :id AND {_IN_HAND} RETURNING {COLUMNS}
"""  # noqa: S608 -- constants
_STILL_IN_HAND = f"SELECT 1 FROM afilnet_outbox WHERE id = :id AND {_IN_HAND}"  # noqa: S608 -- constants


class SqliteStore(Putting, Reading, Store):
    """The file of an outbox. Safe to use from any thread of the process that opened it, and by several processes."""

    @property
    def place(self) -> str:
        """The file, as messages name it."""
        return str(self.path)

    def worker(self) -> WorkerLock:
        """Return the proof that a worker of this process is alive, held from now on."""
        return WorkerLock(self.path)

    def gone(self) -> list[str]:
        """Return the names of the workers that have an entry in hand and have ended."""
        return [owner for owner in self.owners() if is_gone(self.path, owner)]

    # An entry's life

    def claim(self, owner: str, **wanted: Unpack[Wanted]) -> Entry | None:
        """Take the next entry that is due, so that no other worker does. A pace is kept by the worker itself."""
        return self._transaction(lambda db: self._take(db, owner, wanted))

    def proceed(self, number: int, owner: str, **wanted: Unpack[Wanted]) -> Entry | None:
        """Note that an entry in hand was sent, and take the next one: both or neither, flushed to the disk once."""
        noted = _noted(number, owner, State.SENT)

        def go_on(db: sqlite3.Connection) -> Entry | None:
            self._finish(db, noted)
            return self._take(db, owner, wanted)

        return self._transaction(go_on, delivery=Delivery.UNKNOWN, about=unnoted(number, State.SENT))

    @staticmethod
    def _take(db: sqlite3.Connection, owner: str, wanted: Wanted) -> Entry | None:
        moment, upto = time.time(), wanted.get("upto")
        without = json.dumps(list(wanted.get("without", ())))
        due = {"now": moment, "never": moment + NO_PAUSE, "without": without, "upto": upto}
        found = db.execute(_NEXT if upto is None else _NEXT_OF, due).fetchone()
        if found is None or found[0] is None:
            return None
        values = {"id": found[0], "owner": owner, "now": moment, "at": now(), "reason": EXPIRED}
        taken = _changed(db, _TAKE if wanted["sending"] else _HOLD, values) or _changed(db, _REJECT, values)
        if taken is None:
            raise Undone
        return taken

    def begin(self, number: int, owner: str, baseline: int) -> None:
        """Note that an entry in hand is about to be sent, and what its conversation showed before.

        Raises:
            NotSentError: it is in hand no more, since this worker was taken for gone.
        """
        values = {"id": number, "own": owner, "baseline": baseline, "at": now()}

        def note(db: sqlite3.Connection) -> None:
            if db.execute(_BEGIN, values).rowcount != 1:
                raise Undone if db.execute(_STILL_IN_HAND, values).fetchone() else NotSentError(LOST_HOLD)

        self._transaction(note)

    def finish(
        self, number: int, owner: str, state: State, *, error: AfilnetError | None = None, pause: float = 0.0
    ) -> Entry:
        """Note what became of an entry in hand, as :meth:`Store.finish` says."""
        noted = _noted(number, owner, state, error, pause)

        def note(db: sqlite3.Connection) -> Entry:
            return self._finish(db, noted) or self._read(db, number)

        return self._transaction(note, delivery=Delivery.UNKNOWN, about=unnoted(number, state))

    @staticmethod
    def _finish(db: sqlite3.Connection, noted: Mapping[str, object]) -> Entry | None:
        """Note it, and return the entry; ``None`` if it was in other hands, or settled otherwise."""
        done = _changed(db, _FINISH, noted)
        if done is None and db.execute(_STILL_IN_HAND, noted).fetchone():
            raise Undone
        return done

    def recover(self, owner: str, begun: State) -> list[int]:
        """Note that a worker is gone, and return the entries that it had begun to send."""

        def note(db: sqlite3.Connection) -> list[int]:
            db.execute(
                "UPDATE afilnet_outbox INDEXED BY afilnet_outbox_held SET owner = NULL"
                " WHERE owner = ? AND state = 'pending' AND owner IS NOT NULL",
                (owner,),
            )
            done = db.execute(
                "UPDATE afilnet_outbox INDEXED BY afilnet_outbox_sending"
                " SET state = ?, error = 'OutcomeUnknownError', changed_at = ?,"
                " reason = 'the worker that was sending it ended in between', doubtful = doubtful + ?,"
                " owner = iif(?, NULL, owner) WHERE owner = ? AND state = 'sending' RETURNING id",
                (begun, now(), begun is State.PENDING, begun is State.PENDING, owner),
            )
            return [int(number) for (number,) in done.fetchall()]

        return self._transaction(note)

    def settle(self, lost: Lost, state: State) -> bool:
        """Note what was found out about an entry whose outcome was unknown; ``False`` if it was known meanwhile."""

        def note(db: sqlite3.Connection) -> bool:
            done = db.execute(
                "UPDATE afilnet_outbox SET state = ?, owner = NULL, not_before = 0, changed_at = ?,"
                " reconciled = ?, doubtful = doubtful + ? WHERE id = ? AND claim IS ? AND state = 'unknown'",
                (state, now(), state is State.SENT, state is State.PENDING, lost.entry.id, lost.claim or None),
            )
            return done.rowcount == 1

        return self._transaction(note)

    def again(self, numbers: Sequence[int], state: State) -> int:
        """Make entries in a state due again; return how many there were."""
        done = self._transaction(
            lambda db: (
                db.execute(
                    "UPDATE afilnet_outbox SET state = 'pending', not_before = coalesce(scheduled, 0), changed_at = ?,"
                    " owner = iif(state = 'pending', owner, NULL), doubtful = doubtful + (state = 'unknown')"
                    " WHERE state = ? AND id IN (SELECT value FROM json_each(?))",
                    (now(), state, json.dumps(list(numbers))),
                ).rowcount
            )
        )
        return int(done)

    def purge(self, older_than: float) -> int:
        """Delete what was settled so long ago, in seconds, and is not needed to judge another; return how many."""
        settled_by = (datetime.now(UTC) - timedelta(seconds=older_than)).isoformat(timespec="milliseconds")
        done = self._transaction(lambda db: db.execute(_PURGE, (settled_by,)).rowcount)
        return int(done)

    @staticmethod
    def _read(db: sqlite3.Connection, number: int) -> Entry:
        return entry_of(db.execute(f"SELECT {COLUMNS} FROM afilnet_outbox WHERE id = ?", (number,)).fetchone())  # noqa: S608 -- constants


def _changed(db: sqlite3.Connection, statement: str, values: Mapping[str, object]) -> Entry | None:
    """Carry out a statement that changes one entry, and return it as it is then; ``None`` if it changed none."""
    rows = db.execute(statement, values).fetchall()
    return entry_of(rows[0]) if rows else None


def _noted(
    number: int, owner: str, state: State, error: AfilnetError | None = None, pause: float = 0.0
) -> dict[str, object]:
    """Return what is noted of an entry in hand."""
    return {
        "state": state,
        "owner": None if state is State.PENDING else owner,
        "error": type(error).__name__ if error else None,
        "reason": storable(str(error)[:1000]) if error else None,
        "not_before": time.time() + pause if pause else 0.0,
        "now": now(),
        "doubtful": state is State.PENDING and (error is None or error.delivery is Delivery.UNKNOWN),
        "id": number,
        "own": owner,
    }
