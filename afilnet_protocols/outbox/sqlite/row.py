"""An entry as a line of the table: how it is written, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from afilnet_protocols.outbox.entry import Entry, State, kept_arguments
from afilnet_protocols.outbox.store import Incoming
from afilnet_protocols.recovery import SentText

COLUMNS = "id, key, operation, arguments, state, attempts, error, reason, created_at, changed_at, scheduled, expires"
"""What :func:`entry_of` reads, in its order."""

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


def line_of(entry: Incoming) -> dict[str, object]:
    """Return what :data:`ENQUEUE` writes."""
    arguments = entry.arguments
    return {
        "key": entry.key,
        "operation": entry.operation,
        **{name: arguments[name] for name in ("platform", "platform_id", "destination")},
        "arguments": json.dumps(dict(arguments), ensure_ascii=False),
        "shown": SentText.of(arguments).text,
        "now": now(),
        "scheduled": entry.not_before and entry.not_before.timestamp(),
        "expires": entry.expires and entry.expires.timestamp(),
    }


def entry_of(row: Sequence[object]) -> Entry:
    """Read the :data:`COLUMNS` of a line."""
    number, key, operation, arguments, state, attempts, error, reason, created, changed, scheduled, expires = row
    return Entry(
        id=int(str(number)),
        key=None if key is None else str(key),
        operation=str(operation),
        arguments=kept_arguments(str(arguments)),
        state=State(str(state)),
        attempts=int(str(attempts)),
        error=None if error is None else str(error),
        reason=None if reason is None else str(reason),
        created_at=datetime.fromisoformat(str(created)),
        changed_at=datetime.fromisoformat(str(changed)),
        not_before=_moment(scheduled),
        expires=_moment(expires),
    )


def _moment(value: object) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(float(str(value)), UTC)
