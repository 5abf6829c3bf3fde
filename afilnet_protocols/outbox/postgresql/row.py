"""An entry as a row of the server's table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from afilnet_protocols.outbox.entry import Entry
from afilnet_protocols.outbox.row import COLUMNS, read_row

OF_ENTRY = ", ".join(f"(entry).{name}" for name in COLUMNS.split(", "))
"""The columns of a function's result that is named ``entry``."""

ENQUEUE = """
INSERT INTO {outbox}
    (key, operation, platform, platform_id, destination, arguments, shown, not_before, scheduled, expires)
VALUES (%(key)s, %(operation)s, %(platform)s, %(platform_id)s, %(destination)s, %(arguments)s, %(shown)s, %(scheduled)s,
    %(scheduled)s, %(expires)s)
ON CONFLICT (key) DO NOTHING RETURNING id
"""
"""Writes an entry, unless there is one of its key."""


def entry_of(row: Sequence[object]) -> Entry:
    """Read the columns of a row."""
    return read_row(row, _moment)


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError("a moment is due")
    return value.astimezone(UTC)
