"""`Leaving`: how the entries of a file go to another place: held still first, then read whole."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.outbox.sqlite.file import is_there
from afilnet_protocols.outbox.sqlite.transactions import Transactions
from afilnet_protocols.outbox.sqlite.worker_lock import is_gone

Row = tuple[object, ...]

COLUMNS = (
    *("key", "operation", "platform", "platform_id", "destination", "arguments", "shown", "state", "attempts"),
    *("claim", "baseline", "reconciled", "doubtful", "not_before", "scheduled", "expires", "error", "reason"),
    *("created_at", "changed_at"),
)
"""What goes along, by the names that these columns have wherever an outbox is."""

_FLAGS = ("reconciled",)
_SECONDS = ("not_before", "scheduled", "expires")
_TEXTS = ("created_at", "changed_at")

_EVENTS = ("INSERT", "UPDATE", "DELETE")
_IN_HAND = "owner IS NOT NULL AND state IN ('pending', 'sending')"


class Leaving(Transactions):
    """A file whose entries are going to another place. Nothing can be changed in it from :meth:`hold` on."""

    _began = False

    def hold(self, target: str) -> str:
        """Keep the entries as they are, for everybody and for good: no worker can take one, nobody can put one in.

        What keeps them is in the file itself, so it also holds for workers that have it open, and after a crash.

        Args:
            target: where they are going, as messages name it.

        Returns:
            The name of this move, the same whenever it is gone on with.

        Raises:
            ConfigurationError: a worker has an entry in hand, or they are going to another place already.
        """

        def note(db: sqlite3.Connection) -> str:
            db.execute("CREATE TABLE IF NOT EXISTS afilnet_outbox_moved (name TEXT NOT NULL, target TEXT NOT NULL)")
            begun = db.execute("SELECT name, target FROM afilnet_outbox_moved").fetchone()
            if begun is not None:
                if begun[1] != target:
                    raise ConfigurationError(
                        f"the entries of {str(self.path)!r} are on their way to {begun[1]!r}: name that place"
                    )
                # One that is not alone any more is not let go by whoever began it.
                db.execute("INSERT INTO afilnet_outbox_moved VALUES (?, ?)", begun)
                return str(begun[0])
            self._began = True
            self._refuse_busy(db)
            name = secrets.token_hex(16)
            db.execute("INSERT INTO afilnet_outbox_moved VALUES (?, ?)", (name, target))
            text = f"its entries have moved to {target}: use that outbox".replace("'", "''")
            for event in _EVENTS:
                db.execute(
                    f"CREATE TRIGGER afilnet_outbox_moved_{event.lower()} BEFORE {event} ON afilnet_outbox"
                    f" BEGIN SELECT RAISE(ABORT, '{text}'); END"
                )
            return name

        return self._transaction(note)

    def release(self, *, refused: bool) -> None:
        """Let the file be used again, when nothing has arrived anywhere.

        Args:
            refused: whether the target has refused the entries; else only a move is let go that nobody else, and no
                earlier call, may have come further with.
        """

        def note(db: sqlite3.Connection) -> None:
            (callers,) = db.execute("SELECT count(*) FROM afilnet_outbox_moved").fetchone()
            if not refused and not (self._began and callers == 1):
                return
            for event in _EVENTS:
                db.execute(f"DROP TRIGGER afilnet_outbox_moved_{event.lower()}")
            db.execute("DROP TABLE afilnet_outbox_moved")

        self._transaction(note)

    def rows(self) -> Iterator[Row]:
        """Yield all entries, oldest first, with the :data:`COLUMNS`; moments are aware, in UTC."""
        query = f"SELECT {', '.join(COLUMNS)} FROM afilnet_outbox ORDER BY id"  # noqa: S608 -- constants
        for row in self._do(lambda db: db.execute(query).fetchall()):
            yield tuple(_plain(name, value) for name, value in zip(COLUMNS, row, strict=True))

    def _refuse_busy(self, db: sqlite3.Connection) -> None:
        owners = db.execute(f"SELECT DISTINCT owner FROM afilnet_outbox WHERE {_IN_HAND}")  # noqa: S608 -- constants
        if [owner for (owner,) in owners if not is_gone(self.path, owner)]:
            raise ConfigurationError(f"a worker of {str(self.path)!r} has an entry in hand: stop the outbox's workers")
        # What a worker that is gone had begun may have been sent; what it only held was not.
        db.execute(f"UPDATE afilnet_outbox SET owner = NULL WHERE state = 'pending' AND {_IN_HAND}")  # noqa: S608
        db.execute(
            "UPDATE afilnet_outbox SET state = 'unknown', error = 'OutcomeUnknownError',"
            " reason = 'the worker that was sending it ended in between', changed_at = ? WHERE state = 'sending'",
            (datetime.now(UTC).isoformat(timespec="milliseconds"),),
        )


def _plain(name: str, value: object) -> object:
    if name in _FLAGS:
        return bool(value)
    if name in _SECONDS:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, float) and value > 0 else None
    if name in _TEXTS:
        return datetime.fromisoformat(str(value))
    return value


def leaving(path: Path) -> Leaving:
    """Open a file whose entries are to go, by its whole path.

    Raises:
        ConfigurationError: there is none, or it cannot be used.
    """
    if not is_there(path):
        raise ConfigurationError(f"there is no outbox {str(path)!r}")
    return Leaving(path)
