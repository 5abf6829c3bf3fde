"""Which version of an outbox's tables a database has, and how it gets this one; without opening the outbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from afilnet_protocols.outbox.postgresql.pooler import Connection
from afilnet_protocols.outbox.postgresql.session import Session
from afilnet_protocols.outbox.postgresql.tables import Tables

T = TypeVar("T")


def version_at(place: str, schema: str) -> int:
    """Return which version of an outbox's tables is in a schema, 0 if none is; nothing is made.

    Raises:
        ConfigurationError: the database cannot be reached or used.
    """
    return _once(place, Tables(schema).version)


def migrate(place: str, schema: str) -> tuple[int, int]:
    """Bring an outbox's tables to this version; return the version before, and the one now.

    Raises:
        ConfigurationError: there is none, it is of a later version, or it cannot be changed.
    """
    return _once(place, Tables(schema).migrate)


def _once(place: str, action: Callable[[Connection], T]) -> T:
    results: list[T] = []
    Session(place, lambda db: results.append(action(db))).close()
    return results[-1]
