"""Places for inboxes: files, and schemas of one PostgreSQL server that runs for the whole session."""

from __future__ import annotations

from tests.outbox.conftest import ON_POSTGRESQL, ON_SQLITE, new_place, schemas

__all__ = ["ON_POSTGRESQL", "ON_SQLITE", "new_place", "schemas"]
