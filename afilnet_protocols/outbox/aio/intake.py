"""`AsyncIntake`: how entries come into an outbox from a task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from afilnet_protocols.carriers import aside
from afilnet_protocols.outbox.aio.aside import Aside
from afilnet_protocols.outbox.connections import of_loop
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.vocabulary import AnyFileType, AnyPlatform


class AsyncIntake(Aside):
    """What puts entries into an :class:`~afilnet_protocols.AsyncOutbox`."""

    async def enqueue(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        message: str,
        key: str | None = None,
        not_before: datetime | None = None,
        expires: datetime | None = None,
        connection: object | None = None,
        strict_order: bool = False,
    ) -> int:
        """Put a message in, as :meth:`Outbox.enqueue` does.

        Whether one was put in whose task is cancelled meanwhile is open; with a ``key`` it can be put in again.

        Args:
            platform: as for :meth:`Outbox.enqueue`.
            platform_id: as for :meth:`Outbox.enqueue`.
            destination: as for :meth:`Outbox.enqueue`.
            message: as for :meth:`Outbox.enqueue`.
            key: as for :meth:`Outbox.enqueue`.
            not_before: as for :meth:`Outbox.enqueue`.
            expires: as for :meth:`Outbox.enqueue`.
            connection: as for :meth:`Outbox.enqueue`, used in the loop's own thread; in PostgreSQL also
                ``psycopg.AsyncConnection`` and SQLAlchemy's ``AsyncConnection``.
            strict_order: as for :meth:`Outbox.enqueue`.

        Raises:
            InvalidRequestError: an argument cannot be sent, or another entry has this key.
            ConfigurationError: the outbox cannot be opened or written, or the connection is to another one.
        """
        outbox = await self._open()
        return await self._put_in(
            lambda given: outbox.enqueue(
                platform=platform,
                platform_id=platform_id,
                destination=destination,
                message=message,
                key=key,
                not_before=not_before,
                expires=expires,
                connection=given,
                strict_order=strict_order,
            ),
            connection,
        )

    async def enqueue_file(
        self,
        *,
        platform: AnyPlatform,
        platform_id: str,
        destination: str,
        file_type: AnyFileType,
        file_url: str,
        thumb_url: str | None = None,
        message: str | None = None,
        key: str | None = None,
        not_before: datetime | None = None,
        expires: datetime | None = None,
        connection: object | None = None,
        strict_order: bool = False,
    ) -> int:
        """Put a file in, as :meth:`Outbox.enqueue_file` does.

        Args:
            platform: as for :meth:`Outbox.enqueue`.
            platform_id: as for :meth:`Outbox.enqueue`.
            destination: as for :meth:`Outbox.enqueue`.
            file_type: as for :meth:`Outbox.enqueue_file`.
            file_url: as for :meth:`Outbox.enqueue_file`.
            thumb_url: as for :meth:`Outbox.enqueue_file`.
            message: as for :meth:`Outbox.enqueue_file`.
            key: as for :meth:`Outbox.enqueue`.
            not_before: as for :meth:`Outbox.enqueue`.
            expires: as for :meth:`Outbox.enqueue`.
            connection: as for :meth:`enqueue`.
            strict_order: as for :meth:`Outbox.enqueue`.

        Raises:
            InvalidRequestError: as for :meth:`Outbox.enqueue_file`.
            ConfigurationError: as for :meth:`enqueue`.
        """
        file_url, thumb_url = origin_only(file_url), origin_only(thumb_url)
        outbox = await self._open()
        return await self._put_in(
            lambda given: outbox.enqueue_file(
                platform=platform,
                platform_id=platform_id,
                destination=destination,
                file_type=file_type,
                file_url=file_url,
                thumb_url=thumb_url,
                message=message,
                key=key,
                not_before=not_before,
                expires=expires,
                connection=given,
                strict_order=strict_order,
            ),
            connection,
        )

    async def put(self, entries: Iterable[tuple[str, Mapping[str, str], str | None]]) -> list[bool]:
        """Put many entries in, all or none, as :meth:`Outbox.put` does.

        Raises:
            InvalidRequestError: as for :meth:`Outbox.put`.
            ConfigurationError: as for :meth:`enqueue`.
        """
        given = list(entries)
        return await self._do(lambda outbox: outbox.put(given))

    async def _put_in(self, put: Callable[[object | None], int], connection: object | None) -> int:
        """Put an entry in: aside, or on a connection that is not to leave the loop's own thread."""
        if connection is None:
            return await aside(lambda: put(None))
        given = await of_loop(connection, asyncio.get_running_loop())
        if given is None:
            return put(connection)
        # Nobody else is to use the connection before this has.
        return await self._to_its_end(lambda _: put(given), None)
