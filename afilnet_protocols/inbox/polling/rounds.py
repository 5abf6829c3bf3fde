"""`Rounds`: when this process polls: in its turn, at the pace that suits, and less while the service fails."""

from __future__ import annotations

from collections.abc import Callable

from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.inbox.polling.pace import Pace
from afilnet_protocols.inbox.polling.poller import Poller
from afilnet_protocols.inbox.store import TakenOver, Turn
from afilnet_protocols.inbox.tables.tables import InboxTables

STANDBY = 2.0
"""After how long a process that is not the poller looks whether it is needed, in seconds."""

TELLING = 10.0
"""How often it is noted that rounds are made, in seconds."""

LONGEST_PAUSE = 60.0
"""How long polling that fails rests at most, in seconds, unless the service asks for more."""

LONGEST_ASKED = 3600.0
"""How long a round waits at most where the service asks for it, in seconds: a date may be wrong, and so may a clock."""


class Rounds:
    """The rounds of one process, as long as it is the account's poller, and the waits between them.

    Args:
        store: where the inbox is.
        poller: makes each of them.
        pace: says when the next one is due.
        account: whose inbox it is.
        token: the name of this process.
        now: the time, in seconds since the epoch.

    Attributes:
        next_at: when the next one is due, in seconds since the epoch.
    """

    def __init__(
        self, store: InboxTables, poller: Poller, pace: Pace, *, account: str, token: str, now: Callable[[], float]
    ) -> None:
        self.next_at = float("-inf")
        self._store = store
        self._account = account
        self._token = token
        self._now = now
        self._pace = pace
        self._poller = poller
        self._told_at = float("-inf")
        self._rests_since = float("-inf")
        self._failures = 0
        self._polls = False

    @property
    def are_due(self) -> bool:
        """Whether it is time for one: also if the clock has been set back since the last one, for who knows how far."""
        now = self._now()
        return now >= self.next_at or now < self._rests_since

    @property
    def failure(self) -> AfilnetError | None:
        """What went wrong in the last one, if this process made it and anything did."""
        return self._poller.failure if self._polls else None

    @property
    def unlisted(self) -> str | None:
        """What the service has and does not list, as far as it says so, in words; ``None`` if it says nothing."""
        return self._poller.unlisted.reason if self._polls else None

    def make(self) -> int:
        """Make one, if this process is the account's poller; return how many messages were noticed.

        Raises:
            AuthenticationError: the credentials were refused.
            ConfigurationError: as for :meth:`Poller.round`.
        """
        now = self._now()
        turn = self._store.take_turn(self._account, self._token)
        self._polls = turn is not Turn.OTHERS
        if turn is not Turn.KEPT or now < self._rests_since:
            self._poller.forget()
        if not self._polls:
            self._rest(now, STANDBY)
            return 0
        if turn is Turn.TAKEN or now < self._rests_since:
            self._store.hasten(self._account, now)
        calls = self._poller.calls
        try:
            noticed = self._poller.round(now)
            self._tell(self._now())
        except TakenOver:
            self._polls = False
            self._rest(now, STANDBY)
            return 0
        self._rest(self._now(), self._pause(self._poller.calls - calls, noticed))
        return noticed

    def _rest(self, since: float, seconds: float) -> None:
        self._rests_since, self.next_at = since, since + seconds

    def _pause(self, calls: int, noticed: int) -> float:
        """Return how long to wait after one that made so many calls, in seconds."""
        rest = self._pace.after(self._now(), calls=calls, active=noticed > 0, round_calls=self._poller.round_calls)
        self._failures = self._failures + 1 if self.failure is not None else 0
        if self._failures:
            asked = min(self._poller.ask_later, LONGEST_ASKED)
            rest = max(rest, asked, min(LONGEST_PAUSE, 2.0 ** min(self._failures, 10)))
        return rest

    def _tell(self, now: float) -> None:
        """Note that one ended; not each one, for a note is a write to the disk."""
        if not 0.0 <= now - self._told_at < TELLING and self.failure is None:
            self._store.leave_turn(self._account, self._token, now)
            self._told_at = now
