"""What an outbox costs its server does not grow with what waits in it.

Costs are counted in pages that the server touches, which no other work on the computer can change.
"""

from __future__ import annotations

import contextlib
import functools
import itertools

import pytest

from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.postgresql import reading
from afilnet_protocols.outbox.postgresql.store import PostgresqlStore

FEW, MANY = 200, 4_000
ONE, EACH_ITS_OWN = True, False

CLAIM = "SELECT * FROM {schema}.claim(pg_backend_pid(), 1, true, '{{}}', '', 0, NULL)"
OF_ONE = "SELECT * FROM {schema}.claim(pg_backend_pid(), 1, true, '{{}}', '', 0, (SELECT max(id) FROM {outbox}))"
FINISH = (
    "SELECT {schema}.finish((SELECT id FROM {outbox} WHERE owner = 1 AND state = 'sending'),"
    " 1, 'sent', NULL, NULL, NULL, 0)"
)
NEXT_DUE = reading._NEXT_DUE.replace("%(without)s", "'{{}}'")
HELD_UP = reading._HELD_UP.replace("%s", "(SELECT max(id) FROM {outbox})")
GONE = "SELECT {schema}.gone('{{}}')"

_schemas = itertools.count()


def filled(server, waiting, *, one, paused, in_hand):
    """Return a store in which so many entries wait, in one conversation or each in its own."""
    store = PostgresqlStore(server.url, schema=f"cost_{next(_schemas)}")
    query = store._tables.query(
        "INSERT INTO {outbox} (operation, platform, platform_id, destination, arguments, shown, head, not_before)"
        " SELECT 'send_message', 'whatsapp', '100', CASE WHEN %(one)s THEN '341' ELSE '34' || n END,"
        " json_build_object('platform', 'whatsapp', 'platform_id', '100', 'destination', '341', 'message', n)::text,"
        " n::text, n = 1 OR NOT %(one)s,"
        " CASE WHEN %(paused)s AND (n = 1 OR NOT %(one)s) THEN clock_timestamp() + make_interval(secs => 1000 + n) END"
        " FROM generate_series(1, %(number)s) AS n"
    )
    store._session.do(lambda db: db.execute(query, {"one": one, "paused": paused, "number": waiting}))
    store._session._db.execute(store._tables.query("VACUUM ANALYZE {outbox}"))
    if not paused:
        for _ in range(5):
            sent(store)
    if in_hand:
        assert store.claim("1", sending=True) is not None
    return store


@contextlib.contextmanager
def filling(server, spoil=lambda store: None):
    """Yield a function that returns a store filled as it is asked for, the same one each time."""
    with contextlib.ExitStack() as closing:

        @functools.cache
        def found(waiting, **how):
            store = closing.enter_context(contextlib.closing(filled(server, waiting, **how)))
            spoil(store)
            return store

        yield found


@pytest.fixture(scope="module")
def stores(postgresql_server):
    with filling(postgresql_server) as found:
        yield found


def pages(store, statement):
    """Return how many pages the server touches for a statement, which is carried out and undone."""

    class Undone(Exception):
        pass

    touched = []

    def explained(db):
        (plan,) = db.execute(store._tables.query("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement)).fetchone()
        top = plan[0]["Plan"]
        touched.append(top["Shared Hit Blocks"] + top["Shared Read Blocks"])
        raise Undone

    for _ in range(2):  # the first time, the session reads what it knows of the tables
        with pytest.raises(Undone):
            store._session._transaction(store._session._db, explained)
    return touched[-1]


def sent(store):
    entry = store.claim("1", sending=True)
    store.finish(entry.id, "1", State.SENT)


def growth(stores, *, one, paused, statement):
    """Return how many times as many pages a statement touches where twenty times as much waits."""
    how = {"one": one, "paused": paused, "in_hand": statement in (FINISH, GONE)}
    few, many = (pages(stores(waiting, **how), statement) for waiting in (FEW, MANY))
    return many / few


@pytest.mark.parametrize("one", [ONE, EACH_ITS_OWN], ids=["one conversation", "each its own"])
@pytest.mark.parametrize(
    ("statement", "paused"),
    [
        (CLAIM, False),
        (CLAIM, True),
        (OF_ONE, False),
        (FINISH, False),
        (NEXT_DUE, True),
        (GONE, False),
        (HELD_UP, False),
    ],
    ids=["claim", "claim behind paused heads", "claim of one", "finish", "next due", "gone", "held up"],
)
def test_a_step_of_the_work_costs_the_same_however_much_waits(stores, one, statement, paused):
    assert growth(stores, one=one, paused=paused, statement=statement) <= 2


def test_a_claim_that_looks_at_the_clock_for_each_row_is_found(postgresql_server):
    """Sabotage: what is due is compared with what no index can be asked for."""

    def slow(store):
        source = "SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p WHERE p.oid::regproc = '{schema}.claim'::regproc"
        (text,) = store._session._db.execute(store._tables.query(source)).fetchone()
        store._session._db.execute(text.replace("o.not_before <= moment", "o.not_before <= clock_timestamp()").encode())

    with filling(postgresql_server, slow) as stores:
        assert growth(stores, one=EACH_ITS_OWN, paused=True, statement=CLAIM) > 2


def test_workers_that_are_gone_looked_for_among_all_that_waits_are_found(postgresql_server):
    """Sabotage: the index of what is in hand is not there."""

    def dropped(store):
        for name in ("owners", "waiting", "states", "in_hand"):
            store._session._db.execute(store._tables.query("DROP INDEX {schema}.outbox_" + name))

    with filling(postgresql_server, dropped) as stores:
        assert growth(stores, one=EACH_ITS_OWN, paused=False, statement=GONE) > 2
