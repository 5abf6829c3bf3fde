"""An entry as a line of the table: how it is written, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.recovery import SentText
from afilnet_protocols.vocabulary import ListedPlatform, Platform

COLUMNS = "id, key, operation, arguments, state, attempts, error, reason, created_at, changed_at"
"""What :func:`entry_of` reads, in its order."""

ENQUEUE = """
INSERT INTO afilnet_outbox
    (key, operation, platform, platform_id, destination, arguments, shown, created_at, changed_at)
VALUES (:key, :operation, :platform, :platform_id, :destination, :arguments, :shown, :now, :now)
ON CONFLICT (key) DO NOTHING RETURNING id
"""
"""Writes what :func:`line_of` returns, unless there is an entry of its key."""


def now() -> str:
    """Return this moment as the table has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def line_of(operation: str, arguments: Mapping[str, str], key: str | None) -> dict[str, object]:
    """Return what :data:`ENQUEUE` writes."""
    return {
        "key": key,
        "operation": operation,
        **{name: arguments[name] for name in ("platform", "platform_id", "destination")},
        "arguments": json.dumps(dict(arguments), ensure_ascii=False),
        "shown": SentText.of(arguments).text,
        "now": now(),
    }


def entry_of(row: Sequence[object]) -> Entry:
    """Read the :data:`COLUMNS` of a line."""
    number, key, operation, arguments, state, attempts, error, reason, created, changed = row
    return Entry(
        id=int(str(number)),
        key=None if key is None else str(key),
        operation=str(operation),
        arguments=_listed(json.loads(str(arguments))),
        state=State(str(state)),
        attempts=int(str(attempts)),
        error=None if error is None else str(error),
        reason=None if reason is None else str(reason),
        created_at=datetime.fromisoformat(str(created)),
        changed_at=datetime.fromisoformat(str(changed)),
    )


def _listed(arguments: dict[str, str]) -> dict[str, str]:
    """Return the arguments of an entry; its platform was checked when it was put in, and is not doubted again."""
    platform = arguments["platform"]
    return arguments if platform in tuple(Platform) else {**arguments, "platform": ListedPlatform(platform)}
