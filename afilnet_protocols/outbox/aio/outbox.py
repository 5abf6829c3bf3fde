"""`AsyncOutbox`: an outbox for asyncio, the twin of :class:`~afilnet_protocols.Outbox`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Self, Unpack

from afilnet_protocols.coroutines.operations import AsyncClosing
from afilnet_protocols.coroutines.twins import forwarded
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.outbox.aio.aside import Aside
from afilnet_protocols.outbox.aio.forwarders import putting, sending, telling
from afilnet_protocols.outbox.conduct import Conduct
from afilnet_protocols.outbox.intake import checked_entries
from afilnet_protocols.outbox.outbox import Outbox
from afilnet_protocols.outbox.places import DEFAULT_SCHEMA, is_address
from afilnet_protocols.process.of_this_process import OfThisProcess
from afilnet_protocols.registry import connect
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.settings import Settings, wrap_secrets
from afilnet_protocols.settings.overrides import SettingsOverrides
from afilnet_protocols.waiting.carriers import surely


class AsyncOutbox(OfThisProcess, Aside, AsyncClosing):
    """The twin of :class:`~afilnet_protocols.Outbox` for asyncio: same places, states and laws.

    It is opened in ``async with``, or when it is first used. A task that is cancelled in :meth:`run` or :meth:`send`
    ends after the entry in hand: none is left in doubt by it. Cancelled twice, it does not wait for that. Whether an
    entry was put in whose task is cancelled meanwhile is open; with a ``key`` it can be put in again.

    The ``connection`` that an entry is put in on is used in the loop's own thread; in PostgreSQL it may also be a
    ``psycopg.AsyncConnection``, or SQLAlchemy's ``AsyncConnection``. ``on_progress`` is called in
    the loop's own thread, ``until`` in another one. All methods raise the ``ConfigurationError`` of an outbox that
    cannot be opened.

    ::

        async with AsyncOutbox("postgresql://db/app", "production") as outbox:
            await outbox.enqueue(platform="whatsapp", platform_id="100", destination="34600000000", message="hola")
            print(await outbox.run())
    """

    def __init__(
        self,
        place: str | Path,
        profile_or_settings: str | Settings | None = None,
        /,
        *,
        schema: str = DEFAULT_SCHEMA,
        make_client: Callable[[Settings], ChatOperations] = connect,
        conduct: Conduct | None = None,
        **overrides: Unpack[SettingsOverrides],
    ) -> None:
        """Make an outbox that is not open yet.

        Args:
            place: as for :class:`~afilnet_protocols.Outbox`.
            profile_or_settings: as for :class:`~afilnet_protocols.Outbox`.
            schema: as for :class:`~afilnet_protocols.Outbox`.
            make_client: makes the client that sends, in a thread.
            conduct: as for :class:`~afilnet_protocols.Outbox`.
            overrides: settings that win over every other source.
        """
        place = origin_only(place)
        wrap_secrets(overrides)
        self._shares_rate = isinstance(place, str) and is_address(place)
        super().__init__(
            lambda: Outbox(
                place, profile_or_settings, schema=schema, make_client=make_client, conduct=conduct, **overrides
            )
        )

    @classmethod
    def of(cls, outbox: Outbox) -> Self:
        """Return the twin of an outbox that is open: it is the same one, and closing one closes both."""
        made = cls.__new__(cls)
        Aside.__init__(made, lambda: outbox)
        made._shares_rate = outbox.shares_rate
        return made

    @property
    def shares_rate(self) -> bool:
        """Whether a ``rate`` is that of all workers of an account together, rather than of each."""
        return self._shares_rate

    # Putting in, and looking

    enqueue = putting(Outbox.enqueue)
    enqueue_file = putting(Outbox.enqueue_file)
    status = forwarded(Outbox.status)
    ages = forwarded(Outbox.ages)
    rates = forwarded(Outbox.rates)
    overdue = forwarded(Outbox.overdue)
    waits = forwarded(Outbox.waits)
    entries = forwarded(Outbox.entries)
    entry = forwarded(Outbox.entry)
    retry = forwarded(Outbox.retry)
    purge = forwarded(Outbox.purge)

    async def put(self, entries: Iterable[tuple[str, Mapping[str, str], str | None]]) -> list[bool]:
        """Put many entries in, all or none, as :meth:`Outbox.put` does; they are gone through in the loop's thread.

        Args:
            entries: as for :meth:`Outbox.put`.

        Raises:
            InvalidRequestError: as for :meth:`Outbox.put`.
            ConfigurationError: as for :meth:`Outbox.put`.
        """
        given = checked_entries(entries)
        return await self._do(lambda outbox: outbox.put(given))

    # Sending

    run = sending(Outbox.run)
    send = sending(Outbox.send)
    reconcile = telling(Outbox.reconcile)

    def stop(self) -> None:
        """Let a run end after the entry that it has in hand; a later run ends at once. From any thread or a handler."""
        self._stopped = True
        if self._outbox is not None:
            self._outbox.stop()

    # Life

    async def close(self) -> None:
        """Let runs end after the entry in hand, and close the outbox; doing it again does nothing."""
        self._closed = True
        self.stop()
        loop = asyncio.get_running_loop()
        under_way = {each for each in self._running if each.get_loop() is loop}
        if under_way:
            await asyncio.wait(under_way)
        if self._outbox is not None:
            await surely(self._outbox.close)

    async def __aenter__(self) -> Self:
        """Open it.

        Raises:
            ConfigurationError: as for :class:`~afilnet_protocols.Outbox`.
        """
        await self._open()
        return self

    def __repr__(self) -> str:
        if self._outbox is None:
            return f"<AsyncOutbox{' closed' if self._closed else ''}>"
        return f"<Async{repr(self._outbox)[1:]}"
