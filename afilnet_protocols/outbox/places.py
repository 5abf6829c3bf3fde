"""From the place of an outbox to its store. A kind of store is loaded when a place asks for it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from afilnet_protocols.errors import ConfigurationError, InvalidRequestError
from afilnet_protocols.extras import demand
from afilnet_protocols.outbox.store import Store
from afilnet_protocols.process.undivided import undivided
from afilnet_protocols.retold import Retold
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.suggestion import LONGEST_PATH, quoted

DEFAULT_SCHEMA = "afilnet"
"""Where the tables of an outbox in PostgreSQL are, unless it is said."""


def open_store(place: str | Path, *, schema: str = DEFAULT_SCHEMA) -> Store:
    """Open the store at a place, which is made if there is none.

    Raises:
        ConfigurationError: it cannot be used, a schema is named for a file, or what it needs is not installed.
    """
    check_place(place)
    if isinstance(place, str) and is_address(place):
        _check_database(schema)
        undivided.load("afilnet_protocols.outbox.postgresql.store")
        from afilnet_protocols.outbox.postgresql.store import PostgresqlStore

        return PostgresqlStore(origin_only(place), schema=schema)
    if str(place) in ("", ":memory:") or str(place).startswith("file:"):
        raise ConfigurationError("a place is a file that stays: give its path")
    refuse_other_schemes(place)
    _refuse_schema_of_file(schema)
    with undivided:
        from afilnet_protocols.outbox.sqlite.store import SqliteStore
        from afilnet_protocols.outbox.sqlite.worker_lock import sweep

    resolved = file_at(place)
    sweep(resolved)
    return SqliteStore(resolved)


def is_there(place: str, *, schema: str = DEFAULT_SCHEMA) -> bool:
    """Whether there is an outbox at a place; nothing is made.

    Raises:
        ConfigurationError: a file cannot be looked for, a database not be reached, or what it needs is missing.
    """
    refuse_other_schemes(place)
    if not is_address(place):
        from afilnet_protocols.outbox.sqlite import file

        return file.is_there(Path(place))
    _check_database(schema)
    from afilnet_protocols.outbox.postgresql.versions import version_at

    return version_at(origin_only(place), schema) != 0


def migrate(place: str | Path, *, schema: str = DEFAULT_SCHEMA) -> tuple[int, int]:
    """Bring the tables that an earlier version of this package made to those of this one, or mend a renamed schema.

    In PostgreSQL that takes a role that owns them, and is done by this function only: an outbox whose tables are of
    another version is not opened. Stop its workers before: those of the earlier version can note what became of what
    they have in hand, and then end with an error. A file is brought to this version whenever it is opened.

    Args:
        place: as for :class:`~afilnet_protocols.Outbox`.
        schema: as for :class:`~afilnet_protocols.Outbox`.

    Returns:
        The version before, and the one now.

    Raises:
        ConfigurationError: there is no outbox, it is of a later version, or it cannot be changed.
    """
    check_place(place)
    if isinstance(place, str) and is_address(place):
        _check_database(schema)
        from afilnet_protocols.outbox.postgresql.versions import migrate as migrate_tables

        return migrate_tables(origin_only(place), schema)
    refuse_other_schemes(place)
    _refuse_schema_of_file(schema)
    from afilnet_protocols.outbox.sqlite.file import migrate as migrate_file

    return migrate_file(file_at(place))


def file_at(place: str | Path) -> Path:
    """Return the whole path of a file, wherever the process goes.

    Raises:
        ConfigurationError: nobody can tell, as the folder that this process works in was removed, or a link leads back
            to itself.
    """
    told = f"the file {quoted(place, LONGEST_PATH)} cannot be looked for: "
    with (
        Retold(OSError, lambda _: ConfigurationError(f"{told}the folder that this process works in was removed")),
        Retold(RuntimeError, lambda _: ConfigurationError(f"{told}a link on the way leads back to itself")),
    ):
        return Path(place).resolve()


def check_place(place: object) -> None:
    """Refuse what names no place at all.

    Raises:
        ConfigurationError: it is neither a text nor a path, or holds what no path may hold.
    """
    try:
        fit = (
            isinstance(place, str | os.PathLike)
            and isinstance(os.fspath(place), str)
            and b"\0" not in os.fsencode(place)
        )
    except UnicodeEncodeError:
        fit = False
    if not fit:
        raise ConfigurationError(f"a place is a path or postgresql://…, not this {type(place).__name__}")


def is_address(place: str) -> bool:
    """Whether a place is the address of a PostgreSQL database."""
    return place.startswith(("postgresql://", "postgres://"))


_KEYWORDS = (
    r"(?i)\s*(?:host|hostaddr|port|dbname|user|password|service|sslmode)\s*="
    r"|(?![./])[\w: ]+=[^;=]*[;\s][\w ]+="
    r"|(?![./]).*(?:password|pwd)\s*="
)
"""What leads to a database and is no address: keywords of libpq (PostgreSQL manual, 34.1.1.1), or their like elsewhere.

They are known by their names, by being several, or by the password among them.
"""


def refuse_other_schemes(place: str | Path) -> None:
    """Refuse what leads to a database and is no address of PostgreSQL: as a path it would be shown, with its password.

    Raises:
        ConfigurationError: says what a place may be, and nothing of the address but its scheme.
    """
    if isinstance(place, str) and "=" in place and not is_address(place) and re.match(_KEYWORDS, place):
        told = "keywords of a connection are no place: write postgresql://host/database, or ./ before a path"
        raise ConfigurationError(told)
    scheme, found, _ = str(place).partition("://")
    named = found and re.fullmatch("[a-zA-Z][a-zA-Z0-9+.-]*", scheme)  # RFC 3986 §3.1
    if isinstance(place, str) and named and not is_address(place):
        raise ConfigurationError(f"{scheme[:20]}:// is no place: give a path, or postgresql://…")


def check_shown(place: str) -> str:
    """Return a place that stands on a command line, where other users of the computer can read it.

    Raises:
        InvalidRequestError: it has a password in it.
    """
    refuse_other_schemes(place)
    place = origin_only(place)
    authority, _, query = place.partition("//")[2].partition("?")
    if is_address(place) and (":" in authority.partition("@")[0] * ("@" in authority) or "password=" in query.lower()):
        raise InvalidRequestError(
            "a password on a command line can be read by others: leave it out, and give it in the file that PGPASSFILE "
            "names (~/.pgpass by default) or in PGPASSWORD"
        )
    return place


NO_SCHEMA = "is for a place in PostgreSQL (postgresql://…), and this one is a file"
"""Why a schema that is named for a file is refused: whoever names one would look for what is in it there."""


def _refuse_schema_of_file(schema: object) -> None:
    if schema != DEFAULT_SCHEMA:
        raise ConfigurationError(f"schema {NO_SCHEMA}")


LONGEST_NAME = 63
"""How many bytes the name of a schema may have (PostgreSQL manual, 4.1.1)."""


def _check_database(schema: object) -> None:
    """Refuse a name that no schema can have, and a database without what it takes to speak to it."""
    if (
        not (isinstance(schema, str) and schema.isprintable() and 0 < len(schema.encode()) <= LONGEST_NAME)
        or "%" in schema
    ):
        raise ConfigurationError(f"a schema's name has 1 to {LONGEST_NAME} printable bytes and no %")
    demand("postgresql", "a place in PostgreSQL")
