"""A server that is lost for good: its replica takes over, and what that replica had not heard of is lost with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time

import psycopg
import pytest

from afilnet_protocols import ConfigurationError, Outbox
from afilnet_protocols.outbox import State
from afilnet_protocols.settings import Settings
from tests.outbox import postgresql
from tests.outbox.service import PLACE, Service
from tests.time_limit import HANGS

SETTINGS = Settings(user="u", password="p", settle=5.0)
MESSAGES = 60


class Paced(Service):
    """Takes a moment for each message."""

    def send_message(self, **arguments):
        time.sleep(0.01)
        super().send_message(**arguments)


@contextlib.contextmanager
def followed():
    """Run a server and a replica of it; yield both and the address that names both."""
    with postgresql.running() as first:
        folder = first.folder / "replica"
        folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(folder, postgresql.ordinary_user())
        second = first.replica(folder)
        second.start()
        try:
            hosts = f"127.0.0.1:{first.port},127.0.0.1:{second.port}"
            yield first, second, f"postgresql://afilnet@{hosts}/postgres?connect_timeout=2"
        finally:
            second.stop()


def settle_at(url, *statements):
    with psycopg.connect(url, autocommit=True) as db:
        for statement in statements:
            db.execute(statement)


def states_after_fail_over(*, deaf):
    """Lose a server in the middle of a run; return what its replica says in the end, and what arrived how often.

    Args:
        deaf: whether the replica is asynchronous, and hears nothing more from some moment on.
    """
    with followed() as (first, second, both):
        if not deaf:
            settle_at(first.url, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        service = Paced()
        with Outbox(both, SETTINGS, make_client=lambda _: service) as outbox:
            outbox.put(
                ("send_message", {**PLACE, "destination": f"34{each % 4}", "message": f"{each}"}, f"{each}")
                for each in range(MESSAGES)
            )
            if deaf:
                caught_up(first, second)
                settle_at(second.url, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
            reports = []
            thread = threading.Thread(target=lambda: reports.append(outbox.run()))
            thread.start()
            while sum(map(len, service.messages.values())) < MESSAGES // 3:
                time.sleep(0.01)
            first.stop()
            second.promote()
            thread.join(HANGS)
            outbox.run()
            return outbox.status(), service.copies()


def caught_up(first, second):
    with psycopg.connect(first.url) as db, psycopg.connect(second.url, autocommit=True) as other:
        (end,) = db.execute("SELECT pg_current_wal_lsn()").fetchone()
        while other.execute("SELECT pg_last_wal_replay_lsn() < %s", (end,)).fetchone() == (True,):
            time.sleep(0.02)


@pytest.fixture
def needs_a_server(postgresql_server):
    """Skip where no server is installed."""


@pytest.mark.usefixtures("needs_a_server")
@pytest.mark.proof(short="test_a_server_that_restarts_is_waited_for")
def test_a_worker_goes_on_with_a_synchronous_replica_and_nothing_is_lost_or_doubled():
    states, copies = states_after_fail_over(deaf=False)
    assert states[State.SENT] + states[State.UNKNOWN] == MESSAGES
    assert states[State.UNKNOWN] <= 1
    assert set(copies.values()) == {1}


@pytest.mark.usefixtures("needs_a_server")
@pytest.mark.proof(short="test_a_server_that_restarts_is_waited_for")
def test_what_an_asynchronous_replica_had_not_heard_of_is_sent_again():
    """What the documentation warns of, and what the test beside this one would find."""
    _, copies = states_after_fail_over(deaf=True)
    assert max(copies.values()) == 2


def test_a_server_that_only_follows_is_refused_with_the_reason(postgresql_server):
    read_only = f"{postgresql_server.url}?options=-cdefault_transaction_read_only%3Don"
    with pytest.raises(ConfigurationError, match="read-only"):
        Outbox(read_only)
