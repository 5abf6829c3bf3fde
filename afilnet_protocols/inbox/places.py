"""From the place of an inbox to its store: the places are those of an outbox."""

from __future__ import annotations

from pathlib import Path

from afilnet_protocols.inbox.tables.tables import InboxTables
from afilnet_protocols.outbox.places import file_at, is_address
from afilnet_protocols.process.undivided import undivided


def open_inbox(place: str | Path, *, schema: str) -> InboxTables:
    """Open the store of an inbox at a place where an outbox is open.

    Raises:
        ConfigurationError: it cannot be used.
    """
    if isinstance(place, str) and is_address(place):
        with undivided:
            from afilnet_protocols.inbox.postgresql.store import PostgresqlInboxStore

        return PostgresqlInboxStore(place, schema=schema)
    with undivided:
        from afilnet_protocols.inbox.sqlite.store import SqliteInboxStore

    return SqliteInboxStore(file_at(place))
