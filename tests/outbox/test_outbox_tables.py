"""The tables of an outbox in PostgreSQL: brought from an earlier version to this one, open only to those who may."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from afilnet_protocols import ConfigurationError, Outbox
from afilnet_protocols.outbox import migrate
from afilnet_protocols.outbox.postgresql.session import Session
from afilnet_protocols.outbox.postgresql.store import PostgresqlStore
from afilnet_protocols.outbox.postgresql.tables import SCHEMA_VERSION, Tables
from afilnet_protocols.settings import Settings
from tests.cli.conftest import afilnet
from tests.outbox.service import PLACE, Service

__all__ = ["afilnet"]

PAGE = Path(__file__).parents[2] / "docs" / "outbox-servers.md"
SETTINGS = Settings(user="u", password="p")
_numbers = itertools.count()


@pytest.fixture
def schema():
    return f"tables_{next(_numbers)}"


@pytest.fixture
def owner(postgresql_server):
    with psycopg.connect(postgresql_server.url, autocommit=True) as db:
        yield db


def named(text, schema, **more):
    return sql.SQL(text).format(schema=sql.Identifier(schema), **more)


def made_by_version_1(place, schema, db):
    """Make an outbox with an entry, and let it have the functions that version 1 made."""
    with Outbox(place, schema=schema) as outbox:
        outbox.enqueue(**PLACE, destination="341", message="a")
    db.execute(
        named(
            """
            UPDATE {schema}.version SET version = 1;
            DROP FUNCTION {schema}.claim, {schema}.finish, {schema}.gone;
            CREATE FUNCTION {schema}.take(bigint, boolean, bigint[], text, double precision, bigint) RETURNS bigint
            LANGUAGE sql AS 'SELECT 1::bigint'
            """,
            schema,
        )
    )


def sends_all(place, schema):
    service = Service()
    with Outbox(place, SETTINGS, schema=schema, make_client=lambda _: service) as outbox:
        report = outbox.run()
    return report.sent, sum(service.copies().values())


def test_tables_of_an_earlier_version_are_refused_until_they_are_brought_to_this_one(postgresql_server, owner, schema):
    place = postgresql_server.url
    made_by_version_1(place, schema, owner)
    with pytest.raises(ConfigurationError, match="afilnet outbox migrate"):
        Outbox(place, schema=schema)
    assert migrate(place, schema=schema) == (1, SCHEMA_VERSION)
    assert migrate(place, schema=schema) == (SCHEMA_VERSION, SCHEMA_VERSION)
    assert sends_all(place, schema) == (1, 1)


def test_tables_that_are_published_are_brought_to_this_version_too(postgresql_server, owner, schema):
    place = postgresql_server.url
    made_by_version_1(place, schema, owner)
    owner.execute(named("CREATE PUBLICATION {schema} FOR TABLES IN SCHEMA {schema}", schema))
    try:
        assert migrate(place, schema=schema) == (1, SCHEMA_VERSION)
        assert sends_all(place, schema) == (1, 1)
    finally:
        owner.execute(named("DROP PUBLICATION {schema}", schema))


def test_what_is_brought_to_this_version_is_what_is_made_anew(postgresql_server, owner):
    old, new = f"tables_{next(_numbers)}", f"tables_{next(_numbers)}"
    made_by_version_1(postgresql_server.url, old, owner)
    migrate(postgresql_server.url, schema=old)
    PostgresqlStore(postgresql_server.url, schema=new).close()
    assert functions(owner, old) == functions(owner, new)


def is_made_where_bodies_are_checked(postgresql_server, schema):
    # A server checks them unless it is told otherwise, as that of the tests is.
    PostgresqlStore(f"{postgresql_server.url}?options=-ccheck_function_bodies%3Don", schema=schema).close()


def test_a_server_that_checks_the_bodies_of_functions_takes_them(postgresql_server, schema):
    is_made_where_bodies_are_checked(postgresql_server, schema)


def test_sabotage_a_body_that_asks_for_no_column_is_found(postgresql_server, schema, monkeypatch):
    right = Tables._script
    monkeypatch.setattr(Tables, "_script", lambda *of: right(*of).replace(b"SELECT held.owner ", b"SELECT held.owned "))
    with pytest.raises(ConfigurationError, match=r"column held\.owned does not exist"):
        is_made_where_bodies_are_checked(postgresql_server, schema)


def works_in_a_renamed_schema(place, owner):
    old, new = f'tables "{next(_numbers)}"', f"tables_{next(_numbers)}"
    with Outbox(place, schema=old) as outbox:
        outbox.enqueue(**PLACE, destination="341", message="a")
    owner.execute(named("ALTER SCHEMA {schema} RENAME TO {new}", old, new=sql.Identifier(new)))
    PostgresqlStore(place, schema=old).close()  # in which its functions would work
    with pytest.raises(ConfigurationError, match=r"had another name when its outbox was made.*afilnet outbox migrate"):
        Outbox(place, schema=new).close()
    assert migrate(place, schema=new) == (SCHEMA_VERSION, SCHEMA_VERSION)
    assert sends_all(place, new) == (1, 1)


def test_a_schema_that_was_renamed_is_refused_until_it_was_mended(postgresql_server, owner):
    works_in_a_renamed_schema(postgresql_server.url, owner)


def test_sabotage_a_schema_whose_name_is_not_looked_for_would_be_found_out(postgresql_server, owner, monkeypatch):
    monkeypatch.setattr(Tables, "_is_renamed", lambda *_: False)
    with pytest.raises(pytest.fail.Exception):
        works_in_a_renamed_schema(postgresql_server.url, owner)


def functions(db, schema):
    query = """
        SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc AS p
        WHERE p.pronamespace = %s::regnamespace ORDER BY 1
    """
    return [tuple(text.replace(schema, "…") for text in row) for row in db.execute(query, (schema,)).fetchall()]


@pytest.mark.parametrize(("version", "match"), [(0, "another version"), (99, "another version"), (None, "no outbox")])
def test_what_cannot_be_migrated_is_refused_and_left(postgresql_server, owner, schema, version, match):
    if version is not None:
        PostgresqlStore(postgresql_server.url, schema=schema).close()
        owner.execute(
            named("UPDATE {schema}.version SET version = {version}", schema, version=sql.Literal(version or -1))
        )
    with pytest.raises(ConfigurationError, match=match):
        migrate(postgresql_server.url, schema=schema)
    there = owner.execute("SELECT to_regnamespace(%s) IS NOT NULL", (schema,)).fetchone()
    assert there == (version is not None,)


def test_a_file_says_its_versions_and_a_missing_one_is_not_made(tmp_path):
    with pytest.raises(ConfigurationError, match="there is no outbox"):
        migrate(tmp_path / "outbox.db")
    assert list(tmp_path.iterdir()) == []
    Outbox(tmp_path / "outbox.db").close()
    assert migrate(tmp_path / "outbox.db")[0] == migrate(tmp_path / "outbox.db")[1]


def test_the_commands_know_schemas_and_make_none_by_a_slip(afilnet, postgresql_server, owner, schema, tmp_path):
    place = postgresql_server.url
    (tmp_path / "rows.csv").write_text("destination,message,platform,platform_id\n341,a,whatsapp,100\n")
    assert afilnet("outbox", "put", place, "--schema", schema, "--from", "rows.csv", "--json").document["new"] == 1
    assert afilnet("outbox", "status", place, "--schema", schema, "--json").document["pending"] == 1
    slip = afilnet("outbox", "status", place, "--schema", f"{schema}_not")
    assert (slip.code, "there is no outbox" in slip.err) == (2, True)
    assert owner.execute("SELECT to_regnamespace(%s)", (f"{schema}_not",)).fetchone() == (None,)
    owner.execute(named("UPDATE {schema}.version SET version = 1", schema))
    assert "afilnet outbox migrate" in afilnet("outbox", "status", place, "--schema", schema).err
    ended = afilnet("outbox", "migrate", place, "--schema", schema, "--json")
    assert ended.document == {"from": 1, "to": SCHEMA_VERSION}


# Rights


@pytest.fixture
def as_worker(postgresql_server, owner, schema):
    """Make an outbox, give a role what the documentation says, and return the address for that role."""
    role = f"worker_{schema}"
    PostgresqlStore(postgresql_server.url, schema=schema).close()
    owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))

    def granted(*, but=""):
        documented = re.search(r"rights.sql -->\n```text\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL).group(1)
        for line in documented.strip().splitlines():
            if not but or but not in line:
                owner.execute(line.replace("afilnet", schema).replace("app", role))
        return postgresql_server.url.replace("afilnet@", f"{role}@")

    return granted


def test_a_role_with_the_documented_rights_can_do_the_work_and_change_nothing_else(as_worker, schema):
    place = as_worker()
    with Outbox(place, schema=schema) as outbox:
        outbox.enqueue(**PLACE, destination="341", message="a")
    assert sends_all(place, schema) == (1, 1)
    with psycopg.connect(place, autocommit=True) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(named("DROP TABLE {schema}.outbox", schema))


@pytest.mark.parametrize("right", ["SCHEMA afilnet TO", "TABLES", "SEQUENCES", "FUNCTIONS"])
def test_each_of_them_is_needed(as_worker, schema, right):
    place = as_worker(but=right)

    def work():
        with Outbox(place, schema=schema) as outbox:
            outbox.enqueue(**PLACE, destination="341", message="a")
        sends_all(place, schema)

    with pytest.raises(ConfigurationError, match="permission denied"):
        work()


def test_a_migration_keeps_them_and_is_the_owner_s(postgresql_server, as_worker, owner, schema):
    place = as_worker()
    made_by_version_1(postgresql_server.url, schema, owner)
    with pytest.raises(ConfigurationError, match=r"must be owner|permission denied"):
        migrate(place, schema=schema)
    migrate(postgresql_server.url, schema=schema)
    assert sends_all(place, schema) == (1, 1)


def test_nobody_else_has_any(as_worker, owner, schema):
    as_worker()
    query = """
        SELECT 'schema', has_schema_privilege('public', %(name)s, 'USAGE, CREATE') UNION ALL
        SELECT c.relname, CASE c.relkind WHEN 'S' THEN has_sequence_privilege('public', c.oid, 'USAGE, SELECT')
            ELSE has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') END
        FROM pg_class AS c WHERE c.relnamespace = %(name)s::regnamespace AND c.relkind IN ('r', 'S') UNION ALL
        SELECT p.proname, has_function_privilege('public', p.oid, 'EXECUTE') FROM pg_proc AS p
        WHERE p.pronamespace = %(name)s::regnamespace
    """
    rights = owner.execute(query, {"name": schema}).fetchall()
    assert len(rights) > 10
    assert [name for name, has in rights if has] == []


# What a session keeps, whatever its database says


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("synchronous_commit", "off", "on"),
        ("synchronous_commit", "remote_apply", "remote_apply"),
        ("default_transaction_isolation", "serializable", "read committed"),
        ("idle_session_timeout", "10s", "0"),
        ("idle_in_transaction_session_timeout", "10s", "0"),
        ("client_encoding", "LATIN1", "UTF8"),
        ("datestyle", "German, DMY", "ISO, DMY"),
        ("datestyle", "SQL, MDY", "ISO, MDY"),
        ("timezone", "Asia/Tokyo", "UTC"),
        ("intervalstyle", "iso_8601", "postgres"),
        ("extra_float_digits", "-15", "1"),
    ],
)
def test_a_session_keeps_what_the_laws_rest_on(postgresql_server, owner, schema, name, value, kept):
    role = f"role_{schema}"
    owner.execute(sql.SQL("CREATE ROLE {} LOGIN SUPERUSER").format(sql.Identifier(role)))
    owner.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(*map(sql.Identifier, (role, name)), sql.Literal(value)))
    session = Session(postgresql_server.url.replace("afilnet@", f"{role}@"), lambda db: None)
    assert session.do(lambda db: db.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone()) == (kept,)
    session.close()


def test_a_limit_of_transactions_is_lifted_where_the_server_has_one(postgresql_server, monkeypatch):
    # Before 17 it has none: another limit stands for it.
    from afilnet_protocols.outbox.postgresql import session as module

    stands = module.SESSION_SETTINGS.replace("'transaction_timeout'", "'lock_timeout'")
    monkeypatch.setattr(module, "SESSION_SETTINGS", stands)
    session = Session(f"{postgresql_server.url}?options=-clock_timeout%3D10s", lambda db: None)
    assert session.do(lambda db: db.execute("SHOW lock_timeout").fetchone()) == ("0",)
    session.close()


def test_a_commit_is_flushed_though_the_server_is_told_otherwise_meanwhile(postgresql_server, owner, schema):
    with_trigger = """
        CREATE TABLE {schema}.seen (state text, how text);
        CREATE FUNCTION {schema}.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO {schema}.seen VALUES (NEW.state, current_setting('synchronous_commit')); RETURN NULL;
        END $$;
        CREATE TRIGGER see AFTER UPDATE ON {schema}.outbox FOR EACH ROW EXECUTE FUNCTION {schema}.see();
    """
    service = Service()
    with Outbox(postgresql_server.url, SETTINGS, schema=schema, make_client=lambda _: service) as outbox:
        owner.execute(named(with_trigger, schema))
        outbox.enqueue(**PLACE, destination="341", message="a")
        try:
            owner.execute("ALTER SYSTEM SET synchronous_commit = off")
            owner.execute("SELECT pg_reload_conf()")
            while owner.execute("SHOW synchronous_commit").fetchone() != ("off",):
                pass
            assert outbox.run().sent == 1
        finally:
            owner.execute("ALTER SYSTEM RESET synchronous_commit")
            owner.execute("SELECT pg_reload_conf()")
    seen = owner.execute(named("SELECT state, how FROM {schema}.seen", schema)).fetchall()
    assert {how for state, how in seen} == {"on"}
    assert {"sending", "sent"} <= {state for state, how in seen}


def test_a_session_that_took_what_the_server_says_would_be_found(postgresql_server, owner, schema, monkeypatch):
    """Sabotage: a session without what it keeps."""
    from afilnet_protocols.outbox.postgresql import session

    monkeypatch.setattr(session, "SESSION_SETTINGS", "SELECT 1")
    with pytest.raises(AssertionError):
        test_a_commit_is_flushed_though_the_server_is_told_otherwise_meanwhile(postgresql_server, owner, schema)


def test_names_in_statements_are_quoted():
    assert Tables('a"b').query("SELECT {schema}.f({outbox})") == b'SELECT "a""b".f("a""b"."outbox")'
