"""From the address of a database to what libpq connects with, and to what messages show of it."""

from __future__ import annotations

import psycopg
from psycopg import conninfo

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.retold import Retold
from afilnet_protocols.security.safe_repr import KeysOnly

DEFAULTS = {
    "application_name": "afilnet outbox",
    "connect_timeout": "10",
    # Of several hosts the one that can be written, and while none can, as in a fail-over, none.
    "target_session_attrs": "read-write",
    # A server or a network that is gone is noticed, and with it a worker, after this time at most.
    "keepalives": "1",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""What a connection is made with unless the place says otherwise (PostgreSQL manual, 34.1.2)."""

ALWAYS = {"client_encoding": "UTF8"}
"""What it is made with whatever the place says: no other encoding has all texts, and SQL_ASCII has none."""


def complete(given: str) -> dict[str, str]:
    """Return what a connection is made with.

    Args:
        given: ``postgresql://…`` (PostgreSQL manual, 34.1.1.2).

    Raises:
        ConfigurationError: it is no address of a database.
    """
    told = "the place is no address of a database: write postgresql://host/database"
    with Retold(psycopg.Error, lambda _: ConfigurationError(told)):
        info = {name: str(value) for name, value in conninfo.conninfo_to_dict(given).items() if value is not None}
    return KeysOnly(DEFAULTS | info | ALWAYS)


def shown(info: dict[str, str]) -> str:
    """Return the place as messages name it, without a secret."""
    user = f"{info['user']}@" if "user" in info else ""
    port = f":{info['port']}" if "port" in info else ""
    return f"postgresql://{user}{info.get('host', '')}{port}/{info.get('dbname', '')}"
