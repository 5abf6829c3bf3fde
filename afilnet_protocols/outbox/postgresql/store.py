"""`PostgresqlStore`: an outbox in PostgreSQL. What a worker does is one short transaction each; see ``tables.sql``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources

import psycopg
from psycopg import sql

from afilnet_protocols.errors import AfilnetError, ConfigurationError, InvalidRequestError, NotSentError
from afilnet_protocols.outbox.connections import driver_connection
from afilnet_protocols.outbox.entry import Entry, State, kept_arguments
from afilnet_protocols.outbox.postgresql.session import Connection, Session, pooled
from afilnet_protocols.outbox.store import EXPIRED, Alive, Conversing, Incoming, Later, Lost, Pace, Store
from afilnet_protocols.pauses import pause
from afilnet_protocols.recovery import SentText
from afilnet_protocols.vocabulary import Delivery

SCHEMA_VERSION = 1
"""Which tables this version of the package makes."""

_CONVERSATION = ("platform", "platform_id", "destination")

SHORTEST = 0.01
"""After how long what another worker has just taken is looked at again, in seconds."""

_COLUMNS = "id, key, operation, arguments, state, attempts, error, reason, created_at, changed_at, scheduled, expires"

_LOST = """
SELECT {columns}, claim, baseline, known, perhaps - 1 FROM (
    SELECT *,
        coalesce(sum((state = 'sent' AND NOT reconciled)::integer) OVER (
            PARTITION BY platform, platform_id, destination, shown ORDER BY claim DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS known,
        sum(doubtful + (state IN ('sending', 'unknown') OR reconciled)::integer) OVER (
            PARTITION BY platform, platform_id, destination, shown
        ) AS perhaps
    FROM {outbox} WHERE (platform, platform_id, destination, md5(shown)) IN (
        SELECT platform, platform_id, destination, md5(shown) FROM {outbox} WHERE state = 'unknown'
        AND (%(platform)s::text IS NULL OR (platform, platform_id, destination)
            = (%(platform)s::text, %(platform_id)s::text, %(destination)s::text))
    )
) AS equals WHERE state = 'unknown' ORDER BY claim
"""

_PURGE = """
DELETE FROM {outbox} AS e WHERE e.state IN ('sent', 'rejected')
AND e.changed_at <= clock_timestamp() - make_interval(secs => %s) AND NOT EXISTS (
    SELECT FROM {outbox} AS o WHERE (o.platform, o.platform_id, o.destination, md5(o.shown), o.shown)
    = (e.platform, e.platform_id, e.destination, md5(e.shown), e.shown) AND o.state NOT IN ('sent', 'rejected')
)
"""


class Held:
    """The proof that one worker is alive: an advisory lock of its session.

    Args:
        session: the connection that claims.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._name = session.hold()

    @property
    def token(self) -> str:
        """The worker's name, random."""
        return str(self._name)

    def close(self) -> None:
        """Give the lock up; doing it again does nothing."""
        self._session.release(self._name)


class PostgresqlStore(Store):
    """An outbox in a PostgreSQL database. Safe to use from any thread, and by any number of processes and machines.

    Args:
        place: the address, ``postgresql://…``.
        schema: the schema that its tables are in; made if there is none.

    Raises:
        ConfigurationError: the database cannot be reached or used, or its tables are of another version.
    """

    def __init__(self, place: str, *, schema: str = "afilnet") -> None:
        self._schema = schema
        self._outbox = sql.Identifier(schema, "outbox")
        self._claims = sql.Identifier(schema, "claims").as_string(None)
        self._session = Session(place, self._prepare)
        self._lost_seen = self._session.lost

    def _prepare(self, db: Connection) -> None:
        db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"afilnet outbox {self._schema}",))
        if db.execute(
            "SELECT to_regclass(%s)", (sql.Identifier(self._schema, "version").as_string(None),)
        ).fetchone() == (None,):
            db.execute(self._script())
        row = db.execute(sql.SQL("SELECT version FROM {}").format(sql.Identifier(self._schema, "version"))).fetchone()
        version = row[0] if row else 0
        if version != SCHEMA_VERSION:
            raise ConfigurationError(
                f"the outbox in the schema {self._schema!r} was made by another version (schema {version}, this one "
                f"knows {SCHEMA_VERSION}): use the version of afilnet-protocols that made it, or name another schema"
            )

    def _script(self) -> sql.Composed:
        text = resources.files(__package__ or __name__).joinpath("tables.sql").read_text("utf-8")
        return sql.SQL(text).format(
            schema=sql.Identifier(self._schema),
            lock=sql.Literal(f"afilnet outbox {self._schema}"),
            channel=sql.Literal(self.channel),
            claims=sql.Literal(self._claims),
        )

    @property
    def channel(self) -> str:
        """What is notified when entries are put in."""
        return f"{self._schema}_outbox"

    @property
    def place(self) -> str:
        """The address, without a password."""
        return self._session.place

    def close(self) -> None:
        """Close the connection; doing it again does nothing."""
        self._session.close()

    def _sql(self, text: str, **more: sql.Composable) -> sql.Composed:
        return sql.SQL(text).format(outbox=self._outbox, schema=sql.Identifier(self._schema), **more)

    @property
    def shares_rate(self) -> bool:
        """Whether the pace is kept across workers: by the database's clock."""
        return True

    # Workers

    def rest(self, seconds: float) -> None:
        """Wait until something is put in, so long at most, in seconds."""
        if not self._session.hear(self.channel, seconds):
            pause(seconds)

    def worker(self) -> Alive:
        """Return the proof that a worker of this process is alive, held from now on."""
        return Held(self._session)

    def is_gone(self, owner: str) -> bool:
        """Whether a worker has ended, or was cut off from the server."""
        return self._session.is_free(int(owner))

    def owners(self) -> set[str]:
        """Return the names of the workers that have an entry in hand."""
        query = self._sql(
            "SELECT DISTINCT owner FROM {outbox} WHERE owner IS NOT NULL AND state IN ('pending', 'sending')"
        )
        return {str(owner) for (owner,) in self._session.do(lambda db: db.execute(query).fetchall())}

    # Coming in

    def enqueue(
        self, entry: Incoming, *, connection: object | None = None, strict_order: bool = False
    ) -> tuple[int, bool]:
        """Put an entry in; return its number and whether it is new.

        Raises:
            InvalidRequestError: there is another entry of this name.
        """
        if connection is None:
            return self._session.do(
                lambda db: self._put(db, entry, strict_order=strict_order), repeatable=entry.key is not None
            )
        given = driver_connection(connection, psycopg.Connection)
        if not isinstance(given, psycopg.Connection):
            raise ConfigurationError(
                f"connection= takes an open connection to {self.place!r}, of psycopg 3, SQLAlchemy or Django, not "
                f"{type(connection).__name__}"
            )
        reason = ""
        try:
            return self._put(given, entry, strict_order=strict_order)
        except psycopg.errors.UndefinedTable:
            reason = f"its database has no outbox in the schema {self._schema!r}: open the outbox on it first"
        except psycopg.Error as error:
            reason = error.diag.message_primary or type(error).__name__
        raise ConfigurationError(f"the entry could not be put in on the connection given: {reason}")

    def enqueue_all(self, entries: Sequence[Incoming]) -> list[tuple[int, bool]]:
        """Put entries in, all in one transaction; return the number of each and whether it is new.

        Raises:
            InvalidRequestError: there is another entry of one of their names.
        """
        return self._session.do(lambda db: [self._put(db, entry) for entry in entries], repeatable=False)

    def _put(
        self, db: psycopg.Connection[tuple[object, ...]], entry: Incoming, *, strict_order: bool = False
    ) -> tuple[int, bool]:
        key, arguments = entry.key, entry.arguments
        row = {
            "key": key,
            "operation": entry.operation,
            "scheduled": entry.not_before,
            "expires": entry.expires,
            **{name: arguments[name] for name in _CONVERSATION},
            "arguments": json.dumps(dict(arguments), ensure_ascii=False),
            "shown": SentText.of(arguments).text,
        }
        with db.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
            if strict_order:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(chr(31), %s::text, %s::text, %s::text,"
                    " %s::text), 0))",
                    (f"afilnet order {self._schema}", *(arguments[name] for name in _CONVERSATION)),
                )
            made = cursor.execute(
                self._sql(
                    "INSERT INTO {outbox} (key, operation, platform, platform_id, destination, arguments, shown,"
                    " not_before, scheduled, expires)"
                    " VALUES (%(key)s, %(operation)s, %(platform)s, %(platform_id)s, %(destination)s, %(arguments)s,"
                    " %(shown)s, %(scheduled)s, %(scheduled)s, %(expires)s) ON CONFLICT (key) DO NOTHING RETURNING id"
                ),
                row,
            ).fetchone()
            if made:
                return int(str(made[0])), True
            found = cursor.execute(
                self._sql("SELECT id, operation, arguments FROM {outbox} WHERE key = %s"), (key,)
            ).fetchone()
        if found is None:
            raise InvalidRequestError(f"an entry of the key {key!r} is being put in by another transaction: try again")
        number, other, held = found
        if (other, json.loads(str(held))) != (entry.operation, dict(arguments)):
            raise InvalidRequestError(f"the outbox has another entry of the key {key!r}: choose another key")
        return int(str(number)), False

    # Reading

    def counts(self) -> dict[State, int]:
        """Return how many entries are in each state."""
        query = self._sql("SELECT state, count(*) FROM {outbox} GROUP BY state")
        found = {
            str(state): int(str(count)) for state, count in self._session.do(lambda db: db.execute(query).fetchall())
        }
        return {state: found.get(state.value, 0) for state in State}

    def remaining(self) -> int:
        """Return how many entries are pending or being sent."""
        query = self._sql("SELECT count(*) FROM {outbox} WHERE state IN ('pending', 'sending')")
        row = self._session.do(lambda db: db.execute(query).fetchone())
        return int(str(row[0])) if row else 0

    def ages(self) -> dict[State, float]:
        """Return how long ago, in seconds, the entry of each state that is there changed least recently."""
        query = self._sql(
            "SELECT state, extract(epoch FROM clock_timestamp() - min(changed_at)) FROM {outbox} GROUP BY state"
        )
        found = self._session.do(lambda db: db.execute(query).fetchall())
        return {State(str(state)): float(str(seconds)) for state, seconds in found}

    def entries(self, state: State | None, numbers: Sequence[int] | None = None) -> list[Entry]:
        """Return the entries in a state, or all, oldest first; of certain numbers only, if they are given."""
        query = self._sql(
            "SELECT {columns} FROM {outbox} WHERE (%(state)s::text IS NULL OR state = %(state)s)"
            " AND (%(numbers)s::bigint[] IS NULL OR id = ANY (%(numbers)s)) ORDER BY id",
            columns=sql.SQL(_COLUMNS),
        )
        wanted = {"state": state and state.value, "numbers": None if numbers is None else list(numbers)}
        return [_entry(row) for row in self._session.do(lambda db: db.execute(query, wanted).fetchall())]

    def next_due(self, without: Sequence[int]) -> float | None:
        """Return how long until the next entry may be due, in seconds; ``None`` if none will be by itself."""
        query = self._sql(
            "SELECT extract(epoch FROM min(not_before) - clock_timestamp()) FROM {outbox}"
            " WHERE head AND not_before IS NOT NULL AND id <> ALL (%s::bigint[])"
        )
        row = self._session.do(lambda db: db.execute(query, (list(without),)).fetchone())
        return None if row is None or row[0] is None else max(SHORTEST, float(str(row[0])))

    def lost(self, conversation: Conversing | None = None) -> list[Lost]:
        """Return the entries whose outcome is unknown, of one conversation or of all, oldest attempt first."""
        place = dict(zip(_CONVERSATION, conversation or (None, None, None), strict=True))
        query = self._sql(_LOST, columns=sql.SQL(_COLUMNS))
        rows = self._session.do(lambda db: db.execute(query, place).fetchall())
        return [
            Lost(
                _entry(row[:-4]),
                int(str(row[-4] or 0)),
                None if row[-3] is None else int(str(row[-3])),
                int(str(row[-2])),
                int(str(row[-1])),
            )
            for row in rows
        ]

    # An entry's life

    def claim(
        self,
        owner: str,
        *,
        sending: bool,
        without: Sequence[int] = (),
        upto: int | None = None,
        pace: Pace | None = None,
    ) -> Entry | Later | None:
        """Take the next entry that is due, so that no other worker does."""
        account, spacing = (pace.account, pace.spacing) if pace else ("", 0.0)
        query = self._sql(
            "SELECT number, wait, expired, pg_backend_pid() FROM {schema}.take(%s, %s, %s::bigint[], %s, %s, %s)"
        )

        def take(db: Connection) -> tuple[Entry | Later | None, object]:
            if self._session.lost != self._lost_seen:
                # An earlier claim may have been committed while its answer was lost: nothing of it was sent.
                self._put_back(db, owner)
                self._lost_seen = self._session.lost
            values = (int(owner), sending, list(without), account, spacing, upto)
            number, wait, expired, backend = db.execute(query, values).fetchone() or (None, 0.0, False, 0)
            if backend != self._session.backend:
                # Not the session that holds this worker's lock.
                raise ConfigurationError(pooled(self.place))
            if number is None:
                return (Later(float(str(wait))) if wait else None), False
            return self._read(db, int(str(number))), expired

        found, expired = self._session.do(take)
        if expired and isinstance(found, Entry):
            return self.finish(found.id, owner, State.REJECTED, error=None, reason=EXPIRED)
        return found

    def _put_back(self, db: Connection, owner: str) -> None:
        # Without a word on its place in the queue: it is sorted in again like one that was just put in.
        db.execute(
            self._sql(
                "UPDATE {outbox} SET owner = NULL, state = 'pending', head = NULL"
                " WHERE owner = %s AND state IN ('pending', 'sending')"
            ),
            (int(owner),),
        )

    def begin(self, number: int, owner: str, baseline: int) -> None:
        """Note that an entry in hand is about to be sent, and what its conversation showed before.

        Raises:
            NotSentError: it is in hand no more, since this worker was taken for gone.
        """
        query = self._sql(
            "UPDATE {outbox} SET state = 'sending', attempts = attempts + (state = 'pending')::integer,"
            " claim = nextval(%s), baseline = %s, changed_at = clock_timestamp()"
            " WHERE id = %s AND owner = %s AND state IN ('pending', 'sending')"
        )
        values = (self._claims, baseline, number, int(owner))
        if not self._session.do(lambda db: db.execute(query, values).rowcount):
            raise NotSentError("not sent: another worker took this one for gone and has the entry in hand")

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
        noted = {
            "state": state.value,
            "owner": None if state is State.PENDING else int(owner),
            "error": type(error).__name__ if error else None,
            "reason": str(error)[:1000] if error else reason,
            "pause": pause or None,
            "doubtful": int(state is State.PENDING and (error is None or error.delivery is Delivery.UNKNOWN)),
            "id": number,
            "own": int(owner),
        }
        query = self._sql(
            "UPDATE {outbox} SET state = %(state)s, owner = %(owner)s, error = %(error)s, reason = %(reason)s,"
            " not_before = greatest(clock_timestamp() + make_interval(secs => %(pause)s), scheduled),"
            " changed_at = clock_timestamp(),"
            " doubtful = doubtful + %(doubtful)s, head = false"
            " WHERE id = %(id)s AND owner = %(own)s AND state IN ('pending', 'sending', 'unknown')"
        )

        def note(db: Connection) -> Entry:
            place = self._place(db, number)
            self._lock(db, place)
            db.execute(query, noted)
            self._mark_head(db, place)
            return self._read(db, number)

        about = f"entry {number} is {state} now, but that cannot be noted and it will count as unknown: "
        return self._session.do(note, delivery=Delivery.UNKNOWN, about=about)

    def recover(self, owner: str, begun: State) -> list[int]:
        """Note that a worker is gone, and return the entries that it had begun to send."""
        again = begun is State.PENDING

        def note(db: Connection) -> list[int]:
            # The lock of its name, to the end of this transaction: a worker that comes back waits for it.
            row = db.execute("SELECT pg_try_advisory_xact_lock(%s)", (int(owner),)).fetchone()
            if not row or not row[0]:
                return []
            places = db.execute(
                self._sql(
                    "SELECT DISTINCT platform, platform_id, destination FROM {outbox}"
                    " WHERE owner = %s AND state IN ('pending', 'sending') ORDER BY 1, 2, 3"
                ),
                (int(owner),),
            ).fetchall()
            for place in places:
                self._lock(db, place)
            db.execute(
                self._sql("UPDATE {outbox} SET owner = NULL WHERE owner = %s AND state = 'pending'"), (int(owner),)
            )
            done = db.execute(
                self._sql(
                    "UPDATE {outbox} SET state = %s, error = 'OutcomeUnknownError', changed_at = clock_timestamp(),"
                    " reason = 'the worker that was sending it ended in between', doubtful = doubtful + %s,"
                    " owner = CASE WHEN %s THEN NULL ELSE owner END WHERE owner = %s AND state = 'sending' RETURNING id"
                ),
                (begun.value, int(again), again, int(owner)),
            ).fetchall()
            for place in places:
                self._mark_head(db, place)
            return [int(str(number)) for (number,) in done]

        return self._session.do(note)

    def settle(self, lost: Lost, state: State) -> bool:
        """Note what was found out about an entry whose outcome was unknown; ``False`` if it was known meanwhile."""
        query = self._sql(
            "UPDATE {outbox} SET state = %s, owner = NULL, not_before = NULL, changed_at = clock_timestamp(),"
            " reconciled = %s, doubtful = doubtful + %s WHERE id = %s AND claim IS NOT DISTINCT FROM %s"
            " AND state = 'unknown'"
        )
        again = state is State.PENDING
        values = (state.value, state is State.SENT, int(again), lost.entry.id, lost.claim or None)

        def note(db: Connection) -> bool:
            self._lock(db, lost.conversation)
            done = db.execute(query, values).rowcount == 1
            if again:
                self._mark_head(db, lost.conversation)
            return done

        return self._session.do(note)

    def again(self, numbers: Sequence[int], state: State) -> int:
        """Make entries in a state due again; return how many there were."""
        query = self._sql(
            "UPDATE {outbox} SET state = 'pending', not_before = scheduled, changed_at = clock_timestamp(),"
            " owner = CASE WHEN state = 'pending' THEN owner END, doubtful = doubtful + (state = 'unknown')::integer,"
            " head = CASE WHEN state = 'pending' THEN head END WHERE state = %s AND id = ANY (%s)"
        )
        return self._session.do(lambda db: db.execute(query, (state.value, list(numbers))).rowcount)

    def purge(self, older_than: float) -> int:
        """Delete what was settled so long ago, in seconds, and is not needed to judge another; return how many."""
        return self._session.do(lambda db: db.execute(self._sql(_PURGE), (older_than,)).rowcount)

    # Conversations

    def _place(self, db: Connection, number: int) -> Sequence[object]:
        query = self._sql("SELECT platform, platform_id, destination FROM {outbox} WHERE id = %s")
        return db.execute(query, (number,)).fetchone() or ("", "", "")

    def _lock(self, db: Connection, place: Sequence[object]) -> None:
        db.execute(self._sql("SELECT {schema}.lock_conversation(%s, %s, %s)"), place)

    def _mark_head(self, db: Connection, place: Sequence[object]) -> None:
        db.execute(self._sql("SELECT {schema}.mark_head(%s, %s, %s)"), place)

    def _read(self, db: Connection, number: int) -> Entry:
        query = self._sql("SELECT {columns} FROM {outbox} WHERE id = %s", columns=sql.SQL(_COLUMNS))
        return _entry(db.execute(query, (number,)).fetchone() or ())


def _entry(row: Sequence[object]) -> Entry:
    number, key, operation, arguments, state, attempts, error, reason, created, changed, scheduled, expires = row
    return Entry(
        id=int(str(number)),
        key=None if key is None else str(key),
        operation=str(operation),
        arguments=kept_arguments(str(arguments)),
        state=State(str(state)),
        attempts=int(str(attempts)),
        error=None if error is None else str(error),
        reason=None if reason is None else str(reason),
        created_at=_moment(created),
        changed_at=_moment(changed),
        not_before=None if scheduled is None else _moment(scheduled),
        expires=None if expires is None else _moment(expires),
    )


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError("a moment is due")
    return value.astimezone(UTC)
