"""`AsyncLedger`: what an outbox knows of its entries, and what somebody decides about them, from a task."""

from __future__ import annotations

from afilnet_protocols.outbox.aio.aside import Aside
from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.ledger import RECENTLY


class AsyncLedger(Aside):
    """What looks into an :class:`~afilnet_protocols.AsyncOutbox`, and changes in it what a person decides."""

    async def status(self) -> dict[State, int]:
        """Return how many entries are in each state.

        Raises:
            ConfigurationError: the outbox cannot be opened or read.
        """
        return await self._do(lambda outbox: outbox.status())

    async def ages(self) -> dict[State, float]:
        """Return what :meth:`Outbox.ages` returns.

        Raises:
            ConfigurationError: as for :meth:`status`.
        """
        return await self._do(lambda outbox: outbox.ages())

    async def rates(self, *, over: float = RECENTLY) -> dict[State, float]:
        """Return what :meth:`Outbox.rates` returns.

        Args:
            over: as for :meth:`Outbox.rates`.

        Raises:
            InvalidRequestError: as for :meth:`Outbox.rates`.
            ConfigurationError: as for :meth:`status`.
        """
        return await self._do(lambda outbox: outbox.rates(over=over))

    async def overdue(self) -> float | None:
        """Return what :meth:`Outbox.overdue` returns.

        Raises:
            ConfigurationError: as for :meth:`status`.
        """
        return await self._do(lambda outbox: outbox.overdue())

    async def waits(self) -> bool:
        """Return whether anything is to be sent, now or later.

        Raises:
            ConfigurationError: as for :meth:`status`.
        """
        return await self._do(lambda outbox: outbox.waits())

    async def entries(self, state: State | str | None = None) -> list[Entry]:
        """Return the entries in a state, or all of them, oldest first.

        Raises:
            InvalidRequestError: there is no such state.
            ConfigurationError: as for :meth:`status`.
        """
        return await self._do(lambda outbox: outbox.entries(state))

    async def entry(self, number: int) -> Entry | None:
        """Return an entry by its number, or ``None`` if there is none.

        Raises:
            ConfigurationError: as for :meth:`status`.
        """
        return await self._do(lambda outbox: outbox.entry(number))

    async def retry(self, *numbers: int, state: State | str, accept_duplicates: bool = False) -> int:
        """Make entries due again, as :meth:`Outbox.retry` does.

        Raises:
            InvalidRequestError: as for :meth:`Outbox.retry`.
            ConfigurationError: as for :meth:`status`.
        """
        return await self._do(lambda outbox: outbox.retry(*numbers, state=state, accept_duplicates=accept_duplicates))

    async def purge(self, *, older_than: float) -> int:
        """Delete what was sent or rejected so long ago, in seconds, as :meth:`Outbox.purge` does.

        Raises:
            InvalidRequestError: a negative time.
            ConfigurationError: as for :meth:`status`.
        """
        return await self._do(lambda outbox: outbox.purge(older_than=older_than))
