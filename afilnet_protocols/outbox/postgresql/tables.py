"""`Tables`: the schema of an outbox in a database, in the version that this package works with."""

from __future__ import annotations

from functools import cache
from importlib import resources

from psycopg import sql

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.outbox.postgresql.pooler import Connection
from afilnet_protocols.outbox.store import UNDONE

SCHEMA_VERSION = 2
"""Which tables and functions this version of the package makes."""

OLDEST = 1
"""The oldest version that can be brought to this one."""


class Tables:
    """The names in one schema, and how what is in it is made."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self.outbox = sql.Identifier(schema, "outbox").as_string(None)
        self.claims = sql.Identifier(schema, "claims").as_string(None)

    @property
    def channel(self) -> str:
        """What is notified when entries are put in."""
        return f"{self.schema}_outbox"

    @property
    def order(self) -> str:
        """What the locks of ``strict_order`` are named after."""
        return f"afilnet order {self.schema}"

    def check(self, db: Connection) -> None:
        """Make what is not there; in the caller's transaction.

        Raises:
            ConfigurationError: what is there is of another version, or was made in a schema of another name.
            psycopg.Error: it cannot be made.
        """
        self._lock(db)
        version = self.version(db)
        if version == 0:
            self._make(db)
        elif version != SCHEMA_VERSION:
            raise self._other(version)
        elif self._is_renamed(db):
            raise ConfigurationError(
                f"the schema {self.schema!r} had another name when its outbox was made, and what works on it still "
                "works in a schema of that name: stop its workers and mend it with 'afilnet outbox migrate'"
            )

    def migrate(self, db: Connection) -> tuple[int, int]:
        """Bring what an earlier version made to this one; in the caller's transaction. Nothing is made anew.

        Returns:
            The version that was there, and the one that is there now.

        Raises:
            ConfigurationError: there is no outbox, or it is of a later version.
            psycopg.Error: it cannot be changed, such as by a role that does not own it.
        """
        self._lock(db)
        version = self.version(db)
        if version == 0:
            raise ConfigurationError(f"there is no outbox in the schema {self.schema!r}: it is made when it is opened")
        if not OLDEST <= version <= SCHEMA_VERSION:
            raise self._other(version)
        if version != SCHEMA_VERSION or self._is_renamed(db):
            db.execute(self._script("functions.sql"))
            # It has no key, without which a publication of all tables lets nobody change a row (31.1).
            db.execute(self.query("ALTER TABLE {schema}.version REPLICA IDENTITY FULL"))
            db.execute(self.query("UPDATE {schema}.version SET version = %s"), (SCHEMA_VERSION,))
        return version, SCHEMA_VERSION

    def version(self, db: Connection) -> int:
        """Return which version of the tables is there, 0 if none is.

        Raises:
            psycopg.Error: it cannot be read.
        """
        table = sql.Identifier(self.schema, "version").as_string(None)
        if db.execute("SELECT to_regclass(%s)", (table,)).fetchone() == (None,):
            return 0
        row = db.execute(self.query("SELECT version FROM {schema}.version")).fetchone()
        return int(str(row[0])) if row else -1

    def _is_renamed(self, db: Connection) -> bool:
        """Whether the schema had another name when its functions were made, which names in them are not told of."""
        name = sql.Identifier(self.schema).as_string(None)
        row = db.execute(
            "SELECT bool_and(strpos(prosrc, %s) > 0) FROM pg_proc"
            " WHERE pronamespace = %s::regnamespace AND proname IN ('claim', 'finish')",
            (f"{name}.outbox", name),
        ).fetchone()
        return row == (False,)

    def _lock(self, db: Connection) -> None:
        """Let one at a time make or change them."""
        db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"afilnet outbox {self.schema}",))

    def _other(self, version: int) -> ConfigurationError:
        way = (
            "stop its workers and bring it to this one with 'afilnet outbox migrate'"
            if OLDEST <= version < SCHEMA_VERSION
            else "use the version of afilnet-protocols that made it, or name another schema"
        )
        return ConfigurationError(
            f"the outbox in the schema {self.schema!r} was made by another version (schema {version}, this one "
            f"knows {SCHEMA_VERSION}): {way}"
        )

    def _make(self, db: Connection) -> None:
        for name in ("tables.sql", "functions.sql"):
            db.execute(self._script(name))

    def _script(self, name: str) -> bytes:
        text = resources.files(__package__ or __name__).joinpath(name).read_text("utf-8")
        script = sql.SQL(text).format(
            schema=sql.Identifier(self.schema),
            name=sql.Literal(sql.Identifier(self.schema).as_string(None)),
            version=sql.Literal(SCHEMA_VERSION),
            lock=sql.Literal(f"afilnet outbox {self.schema}"),
            channel=sql.Literal(self.channel),
            claims=sql.Literal(self.claims),
            undone=sql.Literal(UNDONE),
        )
        return script.as_bytes(None)

    def query(self, text: str) -> bytes:
        """Return a statement with ``{outbox}`` and ``{schema}`` filled in, quoted."""
        return _composed(text, self.schema)


@cache
def _composed(text: str, schema: str) -> bytes:
    names = {"outbox": sql.Identifier(schema, "outbox"), "schema": sql.Identifier(schema)}
    return sql.SQL(text).format(**names).as_bytes(None)
