"""Places for outboxes: files, and schemas of one PostgreSQL server that runs for the whole session."""

from __future__ import annotations

import itertools

import pytest

from tests.outbox import postgresql

ON_SQLITE = pytest.mark.parametrize("new_place", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("new_place", ["postgresql"], indirect=True)

_numbers = itertools.count()


@pytest.fixture(scope="module")
def schemas(postgresql_server):
    """Let state machines have places on the server."""
    postgresql.Schemas.server = postgresql_server


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request, tmp_path):
    """Return what names a new place for an outbox at each call: the arguments of :class:`Outbox`."""
    server = None if request.param == "sqlite" else request.getfixturevalue("postgresql_server")

    def make():
        number = next(_numbers)
        return (tmp_path / f"{number}.db", {}) if server is None else (server.url, {"schema": f"outbox_{number}"})

    return make
