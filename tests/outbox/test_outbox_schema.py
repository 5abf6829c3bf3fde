"""The tables of an outbox: what the database keeps right by itself, and files of an earlier version."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.sqlite.schema import SCHEMA_VERSION, make_tables
from afilnet_protocols.outbox.sqlite.store import SqliteStore

PUT = (
    "INSERT INTO afilnet_outbox"
    " (operation, platform, platform_id, destination, arguments, shown, created_at, changed_at)"
    " VALUES ('send_message', 'whatsapp', '100', ?, ?, ?, '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00')"
)

ROW = st.integers(1, 8)
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(["341", "342"])),
        st.tuples(st.just("state"), ROW, st.sampled_from([state.value for state in State])),
        st.tuples(st.just("owner"), ROW, st.sampled_from([None, "a", "b"])),
        st.tuples(st.just("delete"), ROW),
        st.tuples(st.just("delete all")),
    ),
    max_size=25,
)


def carry_out(db, deed):
    match deed:
        case ("put", place):
            db.execute(PUT, (place, "{}", "x"))
        case ("state", row, state):
            db.execute("UPDATE afilnet_outbox SET state = ? WHERE id = ?", (state, row))
        case ("owner", row, owner):
            db.execute("UPDATE afilnet_outbox SET owner = ? WHERE id = ?", (owner, row))
        case ("delete", row):
            db.execute("DELETE FROM afilnet_outbox WHERE id = ?", (row,))
        case _:
            db.execute("DELETE FROM afilnet_outbox")


def kept(db):
    """Return the heads and the counts that the database keeps."""
    heads = {row[0] for row in db.execute("SELECT id FROM afilnet_outbox WHERE head")}
    return heads, {state: count for state, count in db.execute("SELECT * FROM afilnet_outbox_counts") if count}


def meant(db):
    """Return what they should be, told from all rows."""
    rows = db.execute("SELECT id, destination, state, owner FROM afilnet_outbox ORDER BY id").fetchall()
    heads = set()
    for place in {row[1] for row in rows}:
        there = [row for row in rows if row[1] == place]
        waiting = [row for row in there if row[2] == "pending"]
        held = any(row[2] == "sending" or (row[2] == "pending" and row[3]) for row in there)
        if waiting and not held:
            heads.add(waiting[0][0])
    return heads, dict(Counter(row[2] for row in rows))


def fresh():
    db = sqlite3.connect(":memory:", isolation_level=None)
    make_tables(db)
    return db


@given(DEEDS)
def test_heads_and_counts_are_right_whatever_is_done_to_rows(deeds):
    db = fresh()
    for deed in deeds:
        carry_out(db, deed)
        assert kept(db) == meant(db)
    db.close()


@pytest.mark.parametrize("trigger", ["put_in", "taken_out", "counted", "changed"])
def test_without_any_of_its_triggers_it_would_not_be(trigger):
    deeds = [("put", "341"), ("put", "341"), ("owner", 1, "a"), ("state", 1, "sent"), ("delete", 2)]
    db = fresh()
    db.execute(f"DROP TRIGGER afilnet_outbox_{trigger}")
    wrong = []
    for deed in deeds:
        carry_out(db, deed)
        wrong.append(kept(db) != meant(db))
    assert any(wrong)
    db.close()


VERSION_1 = (Path(__file__).parent / "version_1.sql").read_text(encoding="utf-8")


@given(DEEDS)
def test_a_file_of_the_first_version_becomes_one_of_this_version(deeds):
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(VERSION_1)
    for deed in deeds:
        carry_out(db, deed)
    db.execute("BEGIN IMMEDIATE")
    assert make_tables(db) == SCHEMA_VERSION
    db.execute("COMMIT")

    assert kept(db) == meant(db)
    carry_out(db, ("put", "341"))
    assert kept(db) == meant(db)
    db.close()


def indexes(db):
    return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")}


def test_indexes_that_were_wider_are_replaced_in_a_file_of_this_version():
    db, new = fresh(), fresh()
    for name, columns in (("states", "state"), ("claims", "claim")):
        db.execute(f"CREATE INDEX afilnet_outbox_{name} ON afilnet_outbox ({columns})")
    for name in ("doubtful", "claimed"):
        db.execute(f"DROP INDEX afilnet_outbox_{name}")
    for _ in range(2):
        assert make_tables(db) == SCHEMA_VERSION
        assert indexes(db) == indexes(new)
    db.close()
    new.close()


def test_entries_of_a_file_of_the_first_version_are_claimed_in_order(tmp_path):
    path = tmp_path / "outbox.db"
    old = sqlite3.connect(path)
    old.executescript(VERSION_1)
    for text in ("one", "two"):
        old.execute(PUT, ("341", '{"platform": "whatsapp"}', text))
    old.commit()
    old.close()
    path.chmod(0o600)

    store = SqliteStore(path)
    assert [store.claim("me", sending=True).id, store.claim("me", sending=True)] == [1, None]
    store.finish(1, "me", State.SENT)
    assert store.claim("me", sending=True).id == 2
    store.close()
