"""`Reading`: what is in an outbox in an SQLite file."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from afilnet_protocols.outbox.conduct import LONGEST_ASKED
from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.row import COLUMNS, CONVERSATION, counted
from afilnet_protocols.outbox.sqlite.row import entry_of
from afilnet_protocols.outbox.sqlite.transactions import Transactions
from afilnet_protocols.outbox.store import MANY, Conversing, HeldUp, Lost

NO_PAUSE = 2 * LONGEST_ASKED
"""A pause that would end later than this, in seconds from now, is over: the computer's clock was set back."""

_LOST = f"""
SELECT {COLUMNS}, claim, baseline, iif(claim IS NULL, 0, known), perhaps - 1 FROM (
    SELECT *,
        coalesce(sum(state = 'sent' AND NOT reconciled) OVER (
            PARTITION BY platform, platform_id, destination, shown ORDER BY claim DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS known,
        sum(doubtful + (state IN ('sending', 'unknown') OR reconciled)) OVER (
            PARTITION BY platform, platform_id, destination, shown
        ) AS perhaps
    FROM afilnet_outbox WHERE (platform, platform_id, destination, shown) IN (
        SELECT platform, platform_id, destination, shown FROM afilnet_outbox WHERE state = 'unknown'
        AND (:platform IS NULL OR (platform, platform_id, destination) = (:platform, :platform_id, :destination))
    )
)
WHERE state = 'unknown' ORDER BY claim
"""  # noqa: S608 -- constants
"""Each unknown entry with what is known of its equals, which are read once for all of them: those that were begun
later and surely sent, and those that may have arrived, itself among them."""

_SINCE = {
    state: f"SELECT min(changed_at) FROM afilnet_outbox WHERE state = '{state}'"  # noqa: S608 -- constants
    + (" AND state IN ('sent', 'rejected')" if state in (State.SENT, State.REJECTED) else "")
    for state in State
}
"""Since when the first of each state is in it; those that are settled are found by an index."""

_HELD = "INDEXED BY afilnet_outbox_held WHERE state = 'pending' AND owner IS NOT NULL"
_SENDING = "INDEXED BY afilnet_outbox_sending WHERE state = 'sending'"
_HEAD = "INDEXED BY afilnet_outbox_heads WHERE head = 1"


def _of_its_conversation(index: str) -> str:
    return (
        f"SELECT 1 FROM afilnet_outbox AS o {index} AND (o.platform, o.platform_id, o.destination)"  # noqa: S608 -- constants
        " = (w.platform, w.platform_id, w.destination)"
    )


_HELD_UP = f"""
SELECT
    EXISTS ({_of_its_conversation(_HELD)}) OR EXISTS ({_of_its_conversation(_SENDING)}),
    EXISTS ({_of_its_conversation(_HEAD)} AND o.id <= w.id
        AND (o.not_before <= :moment OR o.not_before IS NOT o.scheduled AND o.not_before > :latest))
FROM afilnet_outbox AS w WHERE w.id = :number AND w.state = 'pending'
"""  # noqa: S608 -- constants
"""Whether one of an entry's conversation is in hand, and whether the head there is due, as for who takes it."""


class Reading(Transactions):
    """Reads entries."""

    def counts(self) -> dict[State, int]:
        """Return how many entries are in each state."""
        return counted(self._do(lambda db: db.execute("SELECT state, entries FROM afilnet_outbox_counts").fetchall()))

    def remaining(self) -> int:
        """Return how many entries are pending or being sent."""
        counts = self.counts()
        return counts[State.PENDING] + counts[State.SENDING]

    def ages(self) -> dict[State, float]:
        """Return how long ago, in seconds, the entry of each state that is there changed least recently."""
        moment = datetime.now(UTC)
        found = self._do(lambda db: [(state, *db.execute(_SINCE[state]).fetchone()) for state in State])
        return {state: (moment - datetime.fromisoformat(since)).total_seconds() for state, since in found if since}

    def came(self, within: float) -> dict[State, int]:
        """Return how many of the entries in each state have come into it in the last so many seconds."""
        query = "SELECT state, count(*) FROM afilnet_outbox WHERE changed_at > ? GROUP BY state"
        since = datetime.now(UTC) - timedelta(seconds=within)
        values = (since.isoformat(timespec="milliseconds"),)
        return counted(self._do(lambda db: db.execute(query, values).fetchall()))

    def overdue(self) -> float | None:
        """Return how long ago, in seconds, the pending entry was due that waits longest; ``None`` if none is due."""
        query = (
            "SELECT min(max(CAST(strftime('%s', created_at) AS REAL), coalesce(scheduled, 0))) FROM afilnet_outbox"
            " WHERE state = 'pending' AND coalesce(scheduled, 0) <= ?"
        )
        moment = datetime.now(UTC).timestamp()
        (since,) = self._do(lambda db: db.execute(query, (moment,)).fetchone())
        return None if since is None else max(0.0, moment - float(since))

    def entries(self, state: State | None, numbers: Sequence[int] | None = None) -> list[Entry]:
        """Return the entries in a state, or all, oldest first; of certain numbers only, if they are given."""
        # Only what is asked for is in the statement, and the state as a constant, or no index would serve.
        where, wanted = "true" if state is None else f"state = '{State(state).value}'", list[str]()
        if numbers is not None:
            where += " AND id IN (SELECT value FROM json_each(?))"
            wanted.append(json.dumps(list(numbers)))
        query = f"SELECT {COLUMNS} FROM afilnet_outbox WHERE {where} ORDER BY id"  # noqa: S608 -- constants
        return [entry_of(row) for row in self._do(lambda db: db.execute(query, wanted).fetchall())]

    def owners(self) -> set[str]:
        """Return the names of the workers that have an entry in hand."""
        query = (
            f"SELECT owner FROM afilnet_outbox {_HELD} UNION"  # noqa: S608 -- constants
            f" SELECT owner FROM afilnet_outbox {_SENDING} AND owner IS NOT NULL"
        )
        return {str(owner) for (owner,) in self._do(lambda db: db.execute(query).fetchall())}

    def next_due(self, without: Sequence[int]) -> float | None:
        """Return how long until the next entry may be due, in seconds; ``None`` if none will be by itself."""
        query = (
            "SELECT min(not_before) FROM afilnet_outbox WHERE head = 1 AND not_before > 0"
            " AND id NOT IN (SELECT value FROM json_each(?))"
        )
        moment = time.time()
        (found,) = self._do(lambda db: db.execute(query, (json.dumps(list(without)),)).fetchone())
        return None if found is None else max(0.0, float(found) - moment)

    def put_off(self) -> list[int]:
        """Return the entries that are due again after they did not get through, some at most."""
        query = (
            "SELECT id FROM afilnet_outbox INDEXED BY afilnet_outbox_rests"
            " WHERE head = 1 AND not_before IS NOT scheduled AND not_before > 0 AND not_before <= ? LIMIT ?"
        )
        return [int(number) for (number,) in self._do(lambda db: db.execute(query, (time.time(), MANY)).fetchall())]

    def held_up(self, number: int) -> HeldUp | None:
        """Return what keeps an entry that could be sent now; ``None`` if it is settled, or waits for its time."""
        moment = time.time()
        values = {"number": number, "moment": moment, "latest": moment + NO_PAUSE}
        found = self._do(lambda db: db.execute(_HELD_UP, values).fetchone())
        if found is None:
            return None
        in_hand, due = found
        return HeldUp.IN_HAND if in_hand else HeldUp.PASSED_OVER if due else None

    def lost(self, conversation: Conversing | None = None) -> list[Lost]:
        """Return the entries whose outcome is unknown, of one conversation or of all, oldest attempt first."""
        place = dict(zip(CONVERSATION, conversation or (None, None, None), strict=True))
        rows = self._do(lambda db: db.execute(_LOST, place).fetchall())
        return [Lost(entry_of(row[:-4]), int(row[-4] or 0), row[-3], int(row[-2]), int(row[-1])) for row in rows]
