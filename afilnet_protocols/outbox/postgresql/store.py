"""`PostgresqlStore`: an outbox in PostgreSQL. What a worker does is one short transaction each: ``functions.sql``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Unpack

from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError
from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.postgresql.arriving import Arriving
from afilnet_protocols.outbox.postgresql.pooler import Connection, pooled
from afilnet_protocols.outbox.postgresql.putting import Putting
from afilnet_protocols.outbox.postgresql.reading import Reading
from afilnet_protocols.outbox.postgresql.row import OF_ENTRY, entry_of
from afilnet_protocols.outbox.postgresql.session import Session
from afilnet_protocols.outbox.postgresql.tables import Tables
from afilnet_protocols.outbox.postgresql.worker_lock import SessionLock
from afilnet_protocols.outbox.row import storable
from afilnet_protocols.outbox.store import EXPIRED, LOST_HOLD, UNDONE, Alive, Later, Lost, Store, Wanted, unnoted
from afilnet_protocols.vocabulary import Delivery

_CLAIM = f"""
SELECT wait, expired, elsewhere, {OF_ENTRY}
FROM {{schema}}.claim(%s, %s, %s, %s::bigint[], %s, %s, %s)
"""  # noqa: S608 -- constants

_PROCEED = f"""
SELECT wait, expired, elsewhere, {OF_ENTRY}
FROM {{schema}}.proceed(%s, %s, %s, %s, %s::bigint[], %s, %s, %s)
"""  # noqa: S608 -- constants

_FINISH = f"""
SELECT {OF_ENTRY} FROM {{schema}}.finish(%s, %s, %s, %s, %s, %s, %s) AS entry
"""  # noqa: S608 -- constants

# Without a word on its place in the queue: it is sorted in again like one that was just put in.
_PUT_BACK = """
UPDATE {outbox} SET owner = NULL, state = 'pending', head = NULL
WHERE owner = %s AND state IN ('pending', 'sending')
"""

_BEGIN = """
UPDATE {outbox} SET state = 'sending', attempts = attempts + (state = 'pending')::integer,
claim = nextval(%s), baseline = %s, changed_at = clock_timestamp()
WHERE id = %s AND owner = %s AND state IN ('pending', 'sending') RETURNING state, baseline
"""

_STILL_IN_HAND = "SELECT 1 FROM {outbox} WHERE id = %s AND owner = %s AND state IN ('pending', 'sending')"

_HELD_PLACES = """
SELECT DISTINCT platform, platform_id, destination FROM {outbox}
WHERE owner = %s AND state IN ('pending', 'sending') ORDER BY 1, 2, 3
"""

_RECOVER = """
UPDATE {outbox} SET state = %s, error = 'OutcomeUnknownError', changed_at = clock_timestamp(),
reason = 'the worker that was sending it ended in between', doubtful = doubtful + %s,
owner = CASE WHEN %s THEN NULL ELSE owner END WHERE owner = %s AND state = 'sending' RETURNING id
"""

_SETTLE = """
UPDATE {outbox} SET state = %s, owner = NULL, not_before = NULL, changed_at = clock_timestamp(),
reconciled = %s, doubtful = doubtful + %s WHERE id = %s AND claim IS NOT DISTINCT FROM %s AND state = 'unknown'
"""

_AGAIN = """
UPDATE {outbox} SET state = 'pending', not_before = scheduled, changed_at = clock_timestamp(),
owner = CASE WHEN state = 'pending' THEN owner END, doubtful = doubtful + (state = 'unknown')::integer,
head = CASE WHEN state = 'pending' THEN head END WHERE state = %s AND id = ANY (%s)
"""

# What was sent stays as long as an equal message is open: it is counted when that one is looked for.
_PURGE = """
DELETE FROM {outbox} AS e WHERE e.state IN ('sent', 'rejected')
AND e.changed_at <= (SELECT clock_timestamp()) - make_interval(secs => %s) AND NOT EXISTS (
    SELECT FROM {outbox} AS o WHERE (o.platform, o.platform_id, o.destination, md5(o.shown), o.shown)
    = (e.platform, e.platform_id, e.destination, md5(e.shown), e.shown) AND o.state NOT IN ('sent', 'rejected')
)
"""

HIDDEN = (
    "row level security is in force for this role on the outbox's table, and what it hides is neither sent nor noted: "
    "ALTER ROLE … BYPASSRLS, or ALTER TABLE … DISABLE ROW LEVEL SECURITY; let who may see only his own have a schema"
)
"""Why no worker works under policies: an entry that it may see and not change would be due for ever."""


class PostgresqlStore(Putting, Reading, Arriving, Store):
    """An outbox in a PostgreSQL database. Safe to use from any thread, and by any number of processes and machines.

    Args:
        place: the address, ``postgresql://…``.
        schema: the schema that its tables are in; made if there is none.

    Raises:
        ConfigurationError: the database cannot be reached or used, or its tables are of another version.
    """

    def __init__(self, place: str, *, schema: str = "afilnet") -> None:
        tables = Tables(schema)
        super().__init__(Session(place, tables.check), tables)
        self._lost_seen = self._session.lost

    @property
    def place(self) -> str:
        """The address, without a password."""
        return self._session.place

    def close(self) -> None:
        """Close the connection; doing it again does nothing."""
        self._session.close()

    @property
    def shares_rate(self) -> bool:
        """Whether the pace is kept across workers: by the database's clock."""
        return True

    # Workers

    def rest(self, seconds: float, wait: Callable[[float], None]) -> None:
        """Wait until something is put in, so long at most, in seconds; by ``wait`` where the server cannot tell."""
        if not self._session.hear(self._tables.channel, seconds):
            wait(seconds)

    def worker(self) -> Alive:
        """Return the proof that a worker of this process is alive, held from now on.

        Raises:
            ConfigurationError: policies of row level security are in force for its role.
        """
        if self._rows("SELECT 1 WHERE row_security_active(%s)", (self._tables.outbox,)):
            raise ConfigurationError(HIDDEN)
        return SessionLock(self._session)

    def gone(self) -> list[str]:
        """Return the names of the workers that have an entry in hand and have ended or were cut off."""
        mine = self._session.names
        return [str(owner) for (owner,) in self._rows("SELECT {schema}.gone(%s::bigint[])", (mine,))]

    # An entry's life

    def claim(self, owner: str, **wanted: Unpack[Wanted]) -> Entry | Later | None:
        """Take the next entry that is due, so that no other worker does."""
        values = _values(owner, wanted)
        return self._taken(owner, self._session.each(lambda db: self._take(db, owner, values)))

    def proceed(self, number: int, owner: str, **wanted: Unpack[Wanted]) -> Entry | Later | None:
        """Note that an entry in hand was sent, and take the next one; both or neither."""
        values = _values(owner, wanted)

        def go_on(db: Connection) -> Sequence[object]:
            if self._session.lost == self._lost_seen:
                both = (number, self._session.backend, *values)
                return db.execute(self._tables.query(_PROCEED), both).fetchone() or ()
            # Noted perhaps, and perhaps not: what was sent is no more to be put back.
            db.execute(self._tables.query(_FINISH), (number, int(owner), State.SENT.value, None, None, None, 0))
            return self._take(db, owner, values)

        found = self._session.each(go_on, delivery=Delivery.UNKNOWN, about=unnoted(number, State.SENT))
        return self._taken(owner, found)

    def _take(self, db: Connection, owner: str, values: tuple[object, ...]) -> Sequence[object]:
        if self._session.lost != self._lost_seen:
            # An earlier claim may have been committed while its answer was lost: nothing of it was sent.
            db.execute(self._tables.query(_PUT_BACK), (int(owner),))
            self._lost_seen = self._session.lost
        return db.execute(self._tables.query(_CLAIM), (self._session.backend, *values)).fetchone() or ()

    def _taken(self, owner: str, found: Sequence[object]) -> Entry | Later | None:
        wait, expired, elsewhere, *row = found
        if elsewhere:
            # Not the session that holds this worker's lock.
            raise ConfigurationError(pooled(self.place))
        if row[0] is None:
            # Functions that an earlier build made read the clock twice: the turn may have come in between.
            return Later(max(0.0, float(str(wait)))) if wait else None
        entry = entry_of(row)
        return self.finish(entry.id, owner, State.REJECTED, reason=EXPIRED) if expired else entry

    def begin(self, number: int, owner: str, baseline: int) -> None:
        """Note that an entry in hand is about to be sent, and what its conversation showed before.

        Raises:
            ConfigurationError: something in the database keeps it from being noted.
            NotSentError: it is in hand no more, since this worker was taken for gone.
        """
        begun = self._rows(_BEGIN, (self._tables.claims, baseline, number, int(owner)))
        if begun != [(State.SENDING, baseline)]:
            if begun or self._rows(_STILL_IN_HAND, (number, int(owner))):
                raise ConfigurationError(f"the database {self.place!r} cannot be used: {UNDONE}")
            raise NotSentError(LOST_HOLD)

    def finish(
        self,
        number: int,
        owner: str,
        state: State,
        *,
        error: AfilnetError | None = None,
        pause: float = 0.0,
        reason: str | None = None,
    ) -> Entry:
        """Note what became of an entry in hand, on a new connection if need be; ``reason`` says it without an error."""
        values = (
            number,
            int(owner),
            state.value,
            type(error).__name__ if error else None,
            storable(str(error)[:1000], self._session.encoding) if error else reason,
            pause or None,
            int(state is State.PENDING and (error is None or error.delivery is Delivery.UNKNOWN)),
        )
        query = self._tables.query(_FINISH)
        row = self._session.each(
            lambda db: db.execute(query, values).fetchone(), delivery=Delivery.UNKNOWN, about=unnoted(number, state)
        )
        return entry_of(row or ())

    def recover(self, owner: str, begun: State) -> list[int]:
        """Note that a worker is gone, and return the entries that it had begun to send."""
        again = begun is State.PENDING

        def note(db: Connection) -> list[int]:
            # The lock of its name, to the end of this transaction: a worker that comes back waits for it.
            row = db.execute("SELECT pg_try_advisory_xact_lock(%s)", (int(owner),)).fetchone()
            if not row or not row[0]:
                return []
            places = db.execute(self._tables.query(_HELD_PLACES), (int(owner),)).fetchall()
            for place in places:
                self._lock(db, place)
            # Not begun: nobody's again.
            db.execute(
                self._tables.query("UPDATE {outbox} SET owner = NULL WHERE owner = %s AND state = 'pending'"),
                (int(owner),),
            )
            values = (begun.value, int(again), again, int(owner))
            done = db.execute(self._tables.query(_RECOVER), values).fetchall()
            for place in places:
                self._mark_head(db, place)
            return [int(str(number)) for (number,) in done]

        return self._session.do(note)

    def settle(self, lost: Lost, state: State) -> bool:
        """Note what was found out about an entry whose outcome was unknown; ``False`` if it was known meanwhile."""
        again = state is State.PENDING
        values = (state.value, state is State.SENT, int(again), lost.entry.id, lost.claim or None)

        def note(db: Connection) -> bool:
            self._lock(db, lost.conversation)
            done = db.execute(self._tables.query(_SETTLE), values).rowcount == 1
            if again:
                self._mark_head(db, lost.conversation)
            return done

        return self._session.do(note)

    def again(self, numbers: Sequence[int], state: State) -> int:
        """Make entries in a state due again; return how many there were."""
        return self._count(_AGAIN, (state.value, list(numbers)))

    def purge(self, older_than: float) -> int:
        """Delete what was settled so long ago, in seconds, and is not needed to judge another; return how many."""
        return self._count(_PURGE, (older_than,))

    # Conversations

    def _lock(self, db: Connection, place: Sequence[object]) -> None:
        db.execute(self._tables.query("SELECT {schema}.lock_conversation(%s, %s, %s)"), place)

    def _mark_head(self, db: Connection, place: Sequence[object]) -> None:
        db.execute(self._tables.query("SELECT {schema}.mark_head(%s, %s, %s)"), place)


def _values(owner: str, wanted: Wanted) -> tuple[object, ...]:
    """Return what the database's functions are given to take an entry by."""
    pace = wanted.get("pace")
    account, spacing = (pace.account, pace.spacing) if pace else ("", 0.0)
    return int(owner), wanted["sending"], list(wanted.get("without", ())), account, spacing, wanted.get("upto")
