"""`Ledger`: what an outbox knows of its entries, and what somebody decides about them."""

from __future__ import annotations

from afilnet_protocols.callers import check_flags
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.counts import HIGHEST_NUMBER, check_count
from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.store import Store
from afilnet_protocols.seconds import check_seconds
from afilnet_protocols.suggestion import quoted

RECENTLY = 60.0
"""Over how long the rates of states are taken, in seconds."""


def _check_numbers(*numbers: object) -> None:
    for number in numbers:
        check_count("the number of an entry", number, highest=HIGHEST_NUMBER)


class Ledger:
    """What looks into an :class:`~afilnet_protocols.Outbox`, and changes in it what a person decides."""

    _store: Store

    def status(self) -> dict[State, int]:
        """Return how many entries are in each state.

        Raises:
            ConfigurationError: the file cannot be read.
        """
        return self._store.counts()

    def ages(self) -> dict[State, float]:
        """Return for how long, in seconds, the entry of each state that is there has been in it without a change.

        Raises:
            ConfigurationError: the file cannot be read.
        """
        return self._store.ages()

    def rates(self, *, over: float = RECENTLY) -> dict[State, float]:
        """Return how many entries have come into each state in a second, of late, and are still in it.

        Args:
            over: how far to look back, in seconds; a minute by default.

        Raises:
            InvalidRequestError: no time.
            ConfigurationError: the file cannot be read.
        """
        check_seconds("over", over, zero=False)
        return {state: count / over for state, count in self._store.came(over).items()}

    def overdue(self) -> float | None:
        """Return for how long, in seconds, the pending entry has been due that waits longest; ``None`` if none is due.

        Raises:
            ConfigurationError: the file cannot be read.
        """
        return self._store.overdue()

    @property
    def shares_rate(self) -> bool:
        """Whether a ``rate`` is that of all workers of an account together, rather than of each."""
        return self._store.shares_rate

    def waits(self) -> bool:
        """Return whether anything is to be sent, now or later.

        Raises:
            ConfigurationError: the file cannot be read.
        """
        return self._store.remaining() > 0

    def entries(self, state: State | str | None = None) -> list[Entry]:
        """Return the entries in a state, or all of them, oldest first.

        Raises:
            InvalidRequestError: there is no such state.
            ConfigurationError: the file cannot be read.
        """
        if state is not None and state not in tuple(State):
            raise InvalidRequestError(f"state must be one of {', '.join(State)}, not {quoted(state)}")
        return self._store.entries(None if state is None else State(state))

    def entry(self, number: int) -> Entry | None:
        """Return an entry by its number, or ``None`` if there is none.

        Raises:
            InvalidRequestError: it is no number of an entry.
            ConfigurationError: the file cannot be read.
        """
        _check_numbers(number)
        return next(iter(self._store.entries(None, [number])), None)

    def retry(self, *numbers: int, state: State | str, accept_duplicates: bool = False) -> int:
        """Make entries due again: pending ones at once, unknown ones whatever became of them.

        Args:
            numbers: the entries; all in that state if none are given.
            state: ``pending`` or ``unknown``.
            accept_duplicates: needed for unknown entries: they may have been sent, and then are sent twice.

        Returns:
            How many entries there were.

        Raises:
            InvalidRequestError: another state, unknown entries without ``accept_duplicates``, or no number of an entry.
            ConfigurationError: the file cannot be written.
        """
        if state not in (State.PENDING, State.UNKNOWN):
            raise InvalidRequestError(f"only pending and unknown entries can be tried again, not {quoted(state)}")
        check_flags(accept_duplicates=accept_duplicates)
        if state == State.UNKNOWN and not accept_duplicates:
            raise InvalidRequestError(
                "entries with an unknown outcome may have been sent: reconcile them, or accept duplicates"
            )
        _check_numbers(*numbers)
        chosen = [entry.id for entry in self._store.entries(State(state), numbers or None)]
        return self._store.again(chosen, State(state))

    def purge(self, *, older_than: float) -> int:
        """Delete what was sent or rejected long ago. Its keys are forgotten with it: they can be put in again.

        What is still needed to find out about an equal message in doubt stays.

        Args:
            older_than: how long ago it was settled at least, in seconds.

        Returns:
            How many entries were deleted.

        Raises:
            InvalidRequestError: a negative time.
            ConfigurationError: the place cannot be written.
        """
        check_seconds("older_than", older_than)
        return self._store.purge(older_than)
