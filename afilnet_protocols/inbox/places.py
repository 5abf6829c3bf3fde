"""From the place of an inbox to its store: the places are those of an outbox."""

from __future__ import annotations

from pathlib import Path

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.inbox.store import InboxStore
from afilnet_protocols.outbox.places import is_address


def open_inbox(place: str | Path, *, schema: str) -> InboxStore:
    """Open the store of an inbox at a place where an outbox is open.

    Raises:
        ConfigurationError: it cannot be used.
    """
    if isinstance(place, str) and is_address(place):
        raise ConfigurationError("an inbox in PostgreSQL is not there yet: name a file")
    from afilnet_protocols.inbox.sqlite.store import SqliteInboxStore

    return SqliteInboxStore(Path(place).resolve())
