"""An entry as a row of the table: how it is written, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from afilnet_protocols.outbox.entry import Entry, State, kept_arguments
from afilnet_protocols.outbox.store import Incoming
from afilnet_protocols.recovery import SentText

CONVERSATION = ("platform", "platform_id", "destination")

COLUMNS = "id, key, operation, arguments, state, attempts, error, reason, created_at, changed_at, scheduled, expires"
"""What :func:`entry_of` reads, in its order."""

OF_ENTRY = ", ".join(f"(entry).{name}" for name in COLUMNS.split(", "))
"""The same of a function's result that is named ``entry``."""

ENQUEUE = """
INSERT INTO {outbox}
    (key, operation, platform, platform_id, destination, arguments, shown, not_before, scheduled, expires)
VALUES (%(key)s, %(operation)s, %(platform)s, %(platform_id)s, %(destination)s, %(arguments)s, %(shown)s, %(scheduled)s,
    %(scheduled)s, %(expires)s)
ON CONFLICT (key) DO NOTHING RETURNING id
"""
"""Writes what :func:`row_of` returns, unless there is an entry of its key."""


def row_of(entry: Incoming) -> dict[str, object]:
    """Return what :data:`ENQUEUE` writes."""
    arguments = entry.arguments
    return {
        "key": entry.key,
        "operation": entry.operation,
        "scheduled": entry.not_before,
        "expires": entry.expires,
        **{name: arguments[name] for name in CONVERSATION},
        "arguments": json.dumps(dict(arguments), ensure_ascii=False),
        "shown": SentText.of(arguments).text,
    }


def entry_of(row: Sequence[object]) -> Entry:
    """Read the :data:`COLUMNS` of a row."""
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
        created_at=_moment(created),
        changed_at=_moment(changed),
        not_before=None if scheduled is None else _moment(scheduled),
        expires=None if expires is None else _moment(expires),
    )


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError("a moment is due")
    return value.astimezone(UTC)
