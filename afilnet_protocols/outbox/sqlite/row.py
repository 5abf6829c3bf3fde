"""An entry as a line of the file's table: its times are texts, and what is compared with the clock is in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from afilnet_protocols.outbox.entry import Entry
from afilnet_protocols.outbox.new_entry import NewEntry
from afilnet_protocols.outbox.row import read_row, row_of

ENQUEUE = """
INSERT INTO afilnet_outbox
    (key, operation, platform, platform_id, destination, arguments, shown, created_at, changed_at,
     not_before, scheduled, expires)
VALUES (:key, :operation, :platform, :platform_id, :destination, :arguments, :shown, :now, :now,
    coalesce(:scheduled, 0), :scheduled, :expires)
ON CONFLICT (key) DO NOTHING RETURNING id
"""
"""Writes what :func:`line_of` returns, unless there is an entry of its key."""


def now() -> str:
    """Return this moment as the table has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def line_of(entry: NewEntry) -> dict[str, object]:
    """Return what :data:`ENQUEUE` writes."""
    return {
        **row_of(entry),
        "now": now(),
        "scheduled": entry.not_before and entry.not_before.timestamp(),
        "expires": entry.expires and entry.expires.timestamp(),
    }


def entry_of(row: Sequence[object]) -> Entry:
    """Read the columns of a line."""
    return read_row(row, _moment)


def _moment(value: object) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(float(str(value)), UTC)
