"""Order between transactions that put into one conversation at the same time: as seen, or as strict as asked for."""

from __future__ import annotations

import itertools
import sqlite3
import threading

import psycopg
import pytest

from afilnet_protocols import Outbox
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.postgresql import putting
from afilnet_protocols.settings import Settings
from tests.outbox.service import PLACE, Service
from tests.time_limit import HANGS

SETTINGS = Settings(user="u", password="p")
_schemas = itertools.count()


@pytest.fixture
def outbox(postgresql_server):
    service = Service()
    schema = f"order_{next(_schemas)}"
    with Outbox(postgresql_server.url, SETTINGS, schema=schema, make_client=lambda _: service) as opened:
        opened.service = service
        yield opened


@pytest.fixture
def connections(postgresql_server):
    with psycopg.connect(postgresql_server.url) as first, psycopg.connect(postgresql_server.url) as second:
        second.execute(f"SET lock_timeout = '{HANGS:.0f}s'")
        yield first, second


def put(outbox, connection, text, *, place="341", strict=True):
    return outbox.enqueue(**PLACE, destination=place, message=text, connection=connection, strict_order=strict)


def is_waiting(first, second):
    """Whether the server has the second connection wait for the first."""
    query = "SELECT %s = ANY(pg_blocking_pids(%s))"
    return first.execute(query, (first.info.backend_pid, second.info.backend_pid)).fetchone() == (True,)


def waits(outbox, first, second, **how):
    """Let one transaction put in, then another; return whether the other waits for the first to end."""
    put(outbox, first, "first", strict=how.get("strict", True))
    waited = False
    thread = threading.Thread(target=lambda: put(outbox, second, "second", **how))
    thread.start()
    while thread.is_alive() and not (waited := is_waiting(first, second)):
        thread.join(0.01)
    first.commit()
    thread.join(HANGS)
    second.commit()
    return waited


def sent(outbox):
    assert outbox.run().remaining == 0
    return [text for text, _ in outbox.service.messages["341"]]


def test_a_strict_order_is_the_one_in_which_transactions_end(outbox, connections):
    assert waits(outbox, *connections)
    assert sent(outbox) == ["first", "second"]


@pytest.mark.parametrize("how", [{"place": "342"}, {"strict": False}], ids=["another conversation", "not strict"])
def test_nobody_else_waits(outbox, connections, how):
    assert not waits(outbox, *connections, **how)


def test_without_it_a_message_that_is_committed_earlier_may_be_sent_earlier(outbox, connections):
    first, second = connections
    put(outbox, first, "first", strict=False)
    put(outbox, second, "second", strict=False)
    second.commit()
    assert outbox.run().sent == 1
    first.commit()
    assert sent(outbox) == ["second", "first"]


def test_a_strict_order_without_its_lock_is_found(outbox, connections, monkeypatch):
    """Sabotage: nobody waits."""
    monkeypatch.setattr(putting, "_IN_ORDER", b"SELECT %s::text, %s::text, %s::text, %s::text")
    assert not waits(outbox, *connections)


def test_a_transaction_that_is_undone_lets_the_next_one_in(outbox, connections):
    first, second = connections
    put(outbox, first, "first")
    first.rollback()
    put(outbox, second, "second")
    second.commit()
    assert sent(outbox) == ["second"]


def test_in_a_file_one_at_a_time_writes_anyhow(tmp_path):
    with Outbox(tmp_path / "outbox.db") as outbox:
        with sqlite3.connect(tmp_path / "outbox.db") as first:
            put(outbox, first, "first")
            second = sqlite3.connect(tmp_path / "outbox.db", timeout=0)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                second.execute("BEGIN IMMEDIATE")
            second.close()
        first.close()
        assert outbox.status()[State.PENDING] == 1
