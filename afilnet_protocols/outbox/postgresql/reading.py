"""`Reading`: what is in an outbox in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.postgresql.kept import Kept
from afilnet_protocols.outbox.postgresql.row import entry_of
from afilnet_protocols.outbox.row import COLUMNS, CONVERSATION, counted
from afilnet_protocols.outbox.store import MANY, Conversing, HeldUp, Lost

SHORTEST = 0.01
"""After how long what another worker has just taken is looked at again, in seconds."""

_LOST = f"""
SELECT {COLUMNS}, claim, baseline, known, perhaps - 1 FROM (
    SELECT *,
        coalesce(sum((state = 'sent' AND NOT reconciled)::integer) OVER (
            PARTITION BY platform, platform_id, destination, shown ORDER BY claim DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS known,
        sum(doubtful + (state IN ('sending', 'unknown') OR reconciled)::integer) OVER (
            PARTITION BY platform, platform_id, destination, shown
        ) AS perhaps
    FROM {{outbox}} WHERE (platform, platform_id, destination, md5(shown)) IN (
        SELECT platform, platform_id, destination, md5(shown) FROM {{outbox}} WHERE state = 'unknown'
        AND (%(platform)s::text IS NULL OR (platform, platform_id, destination)
            = (%(platform)s::text, %(platform_id)s::text, %(destination)s::text))
    )
) AS equals WHERE state = 'unknown' ORDER BY claim
"""  # noqa: S608 -- constants
"""Each unknown entry with what is known of its equals, which are read once for all of them: those that were begun
later and surely sent, and those that may have arrived, itself among them."""

_NEXT_DUE = """
SELECT CASE WHEN EXISTS (
    SELECT FROM {outbox} WHERE head IS NULL AND state = 'pending' AND id <> ALL (%(without)s::bigint[])
) OR EXISTS (
    SELECT FROM {outbox} AS o WHERE o.head AND o.not_before IS NULL AND o.id <> ALL (%(without)s::bigint[])
    AND NOT EXISTS (
        SELECT FROM {outbox} AS i WHERE i.owner IS NOT NULL AND i.state IN ('pending', 'sending')
        AND (i.platform, i.platform_id, i.destination) = (o.platform, o.platform_id, o.destination)
    )
) THEN 0 ELSE (
    SELECT extract(epoch FROM min(not_before) - clock_timestamp()) FROM {outbox}
    WHERE head AND not_before IS NOT NULL AND id <> ALL (%(without)s::bigint[])
) END
"""
"""A claim that found nothing may have passed over what another worker was looking at just then: that is due now."""

_HELD_UP = """
SELECT
    EXISTS (
        SELECT FROM {outbox} AS o WHERE o.owner IS NOT NULL AND o.state IN ('pending', 'sending')
        AND (o.platform, o.platform_id, o.destination) = (w.platform, w.platform_id, w.destination)
    ),
    (
        SELECT coalesce(o.not_before <= clock_timestamp(), true) FROM {outbox} AS o
        WHERE o.state = 'pending' AND o.id <= w.id
        AND (o.platform, o.platform_id, o.destination) = (w.platform, w.platform_id, w.destination)
        ORDER BY o.id LIMIT 1
    )
FROM {outbox} AS w WHERE w.id = %s AND w.state = 'pending'
"""
"""Whether one of an entry's conversation is in hand, and whether the first there that is not done is due. In one
statement: between two, one that is due may come into a hand, and would be seen by neither."""


class Reading(Kept):
    """Reads entries."""

    def counts(self) -> dict[State, int]:
        """Return how many entries are in each state."""
        return counted(self._rows("SELECT state, count(*) FROM {outbox} GROUP BY state"))

    def remaining(self) -> int:
        """Return how many entries are pending or being sent."""
        ((count,),) = self._rows("SELECT count(*) FROM {outbox} WHERE state IN ('pending', 'sending')")
        return int(str(count))

    def ages(self) -> dict[State, float]:
        """Return how long ago, in seconds, the entry of each state that is there changed least recently."""
        found = self._rows(
            "SELECT state, extract(epoch FROM clock_timestamp() - min(changed_at)) FROM {outbox} GROUP BY state"
        )
        return {State(str(state)): float(str(seconds)) for state, seconds in found}

    def came(self, within: float) -> dict[State, int]:
        """Return how many of the entries in each state have come into it in the last so many seconds."""
        query = (
            "SELECT state, count(*) FROM {outbox}"
            " WHERE changed_at > (SELECT clock_timestamp()) - make_interval(secs => %s) GROUP BY state"
        )
        return counted(self._rows(query, (within,)))

    def overdue(self) -> float | None:
        """Return how long ago, in seconds, the pending entry was due that waits longest; ``None`` if none is due."""
        [(seconds,)] = self._rows(
            "SELECT extract(epoch FROM clock_timestamp() - min(greatest(created_at, scheduled))) FROM {outbox}"
            " WHERE state = 'pending' AND (scheduled IS NULL OR scheduled <= clock_timestamp())"
        )
        return None if seconds is None else float(str(seconds))

    def entries(self, state: State | None, numbers: Sequence[int] | None = None) -> list[Entry]:
        """Return the entries in a state, or all, oldest first; of certain numbers only, if they are given."""
        # What is not asked for is not in the statement: its plan, once prepared, would serve every case badly.
        wanted = {
            "state = %s": None if state is None else state.value,
            "id = ANY (%s)": None if numbers is None else list(numbers),
        }
        asked = {condition: value for condition, value in wanted.items() if value is not None}
        where = " AND ".join(["true", *asked])
        rows = self._rows(f"SELECT {COLUMNS} FROM {{outbox}} WHERE {where} ORDER BY id", list(asked.values()))  # noqa: S608 -- constants
        return [entry_of(row) for row in rows]

    def next_due(self, without: Sequence[int]) -> float | None:
        """Return how long until the next entry may be due, in seconds; ``None`` if none will be by itself."""
        ((seconds,),) = self._rows(_NEXT_DUE, {"without": list(without)})
        return None if seconds is None else max(SHORTEST, float(str(seconds)))

    def put_off(self) -> list[int]:
        """Return the entries that are due again after they did not get through, some at most."""
        query = (
            "SELECT id FROM {outbox} WHERE head AND not_before <= (SELECT clock_timestamp())"
            " AND not_before IS DISTINCT FROM scheduled LIMIT %s"
        )
        return [int(str(number)) for (number,) in self._rows(query, (MANY,))]

    def held_up(self, number: int) -> HeldUp | None:
        """Return what keeps an entry that could be sent now; ``None`` if it is settled, or waits for its time."""
        for in_hand, due in self._rows(_HELD_UP, (number,)):
            return HeldUp.IN_HAND if in_hand else HeldUp.PASSED_OVER if due else None
        return None

    def lost(self, conversation: Conversing | None = None) -> list[Lost]:
        """Return the entries whose outcome is unknown, of one conversation or of all, oldest attempt first."""
        place = dict(zip(CONVERSATION, conversation or (None, None, None), strict=True))
        return [
            Lost(
                entry_of(row[:-4]),
                int(str(row[-4] or 0)),
                None if row[-3] is None else int(str(row[-3])),
                int(str(row[-2])),
                int(str(row[-1])),
            )
            for row in self._rows(_LOST, place)
        ]
