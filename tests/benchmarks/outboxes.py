"""What an outbox adds to a message: a run over what waits, beside a bare loop of sends over the same client."""

from __future__ import annotations

import contextlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from afilnet_protocols import ChatOperations, Outbox
from afilnet_protocols.outbox import Entry, State
from afilnet_protocols.outbox.postgresql.store import PostgresqlStore
from afilnet_protocols.outbox.sqlite.store import SqliteStore
from afilnet_protocols.outbox.store import Store
from afilnet_protocols.settings import Settings
from tests.benchmarks.interleaved import Call, Plan, seconds_per_call
from tests.benchmarks.service import CHANNEL, Service
from tests.benchmarks.table import Row, Target
from tests.outbox import postgresql
from tests.outbox.test_outbox_server_costs import filled

CONVERSATIONS = 20
BARE = "a loop of `send_message`"
SQLITE, POSTGRESQL = "outbox in an SQLite file", "outbox in PostgreSQL"


def outbox_costs(service: Service, plan: Plan) -> Iterator[Row]:
    """CPU of the worker's process for each message; the entries are there before the clock runs."""
    if postgresql.programs() is None:
        return
    number, rounds = plan.calls(60), plan.rounds(15)
    for scheme in ("https", "http"):
        chat = service.connect("http-post", scheme)
        with contextlib.ExitStack() as ending:
            ending.callback(chat.close)
            server = ending.enter_context(postgresql.running())
            folder = ending.enter_context(tempfile.TemporaryDirectory())
            outboxes = {
                name: ending.enter_context(_outbox(place, chat))
                for name, place in ((SQLITE, Path(folder) / "outbox.db"), (POSTGRESQL, server.url))
            }
            cost = _cost(_bare(chat), outboxes, number=number, rounds=rounds)
        yield Row(
            f"a message sent from an outbox over `http-post`, {scheme}",
            "worker's CPU, µs",
            {name: cost[name] for name in (SQLITE, POSTGRESQL)},
            {},
            {BARE: cost[BARE]},
            [Target(f"{POSTGRESQL} / bare loop", cost[POSTGRESQL] / cost[BARE], 2.0)] if scheme == "https" else [],
            remark=f"an SQLite file costs {cost[SQLITE] / cost[BARE]:.1f} times a bare loop, PostgreSQL "
            f"{cost[POSTGRESQL] / cost[BARE]:.1f} times; a database server's own work is not in it",
        )


def _bare(chat: ChatOperations) -> Callable[[int], None]:
    def send(number: int) -> None:
        for count in range(number):
            chat.send_message(**CHANNEL, destination=f"34{count % CONVERSATIONS}", message="hola, ¿qué tal?")

    return send


def _message(count: int, text: str) -> tuple[str, dict[str, str], None]:
    return "send_message", {**CHANNEL, "destination": f"34{count % CONVERSATIONS}", "message": text}, None


def _outbox(place: Path | str, chat: ChatOperations) -> Outbox:
    return Outbox(place, Settings(user="user", password="password"), make_client=lambda _: chat)


def _cost(bare: Callable[[int], None], outboxes: dict[str, Outbox], *, number: int, rounds: int) -> dict[str, float]:
    """Return the medians of CPU microseconds for each message, in interleaved rounds."""
    samples: dict[str, list[float]] = {name: [] for name in (BARE, *outboxes)}
    texts = itertools.count()

    def timed(name: str, work: Callable[[], object]) -> None:
        begun = time.process_time()
        work()
        samples[name].append((time.process_time() - begun) / number * 1e6)

    for _ in range(rounds + 1):
        timed(BARE, lambda: bare(number))
        for name, outbox in outboxes.items():
            outbox.put(_message(count, f"{next(texts)}") for count in range(number))
            timed(name, outbox.run)
    return {name: statistics.median(taken[1:]) for name, taken in samples.items()}


def outbox_claims(service: Service, plan: Plan) -> Iterator[Row]:
    """A claim and its note, by how much waits; the service is not asked."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = itertools.count()

        def in_file(size: int, one: bool, paused: bool) -> SqliteStore:
            return filled_file(Path(folder) / f"{next(numbers)}.db", size, one=one, paused=paused)

        yield from _claims("an SQLite file", in_file, plan)
    if postgresql.programs() is None:
        return
    with postgresql.running() as server:
        yield from _claims("PostgreSQL", lambda size, one, paused: _on(server, size, one, paused, plan), plan)


def _claims(where: str, fill: Callable[[int, bool, bool], Store], plan: Plan) -> Iterator[Row]:
    sizes = (1_000, 10_000) if plan.quick else (1_000, 1_000_000)
    kinds = {
        "all in one conversation": (True, False),
        "each in its own": (False, False),
        "each in its own, all but the claimed paused": (False, True),
    }
    for kind, (one, paused) in kinds.items():
        stores = {size: fill(size, one, paused) for size in sizes}
        contenders = {f"{size:,} waiting": _step(store) for size, store in stores.items()}
        took = seconds_per_call(contenders, rounds=plan.rounds(150))
        begun = time.perf_counter()
        counts = stores[sizes[-1]].counts()
        seconds = time.perf_counter() - begun
        for store in stores.values():
            store.close()
        few, many = took.values()
        yield Row(
            f"an entry claimed and noted as sent in {where}, {kind}",
            "elapsed, µs",
            took,
            targets=[Target(f"{sizes[1]:,} waiting / {sizes[0]:,}", many / few, 1.5)],
            remark=f"to count the {sum(counts.values()):,} entries by their states took {seconds * 1000:,.0f} ms",
        )


def _on(server: postgresql.Server, size: int, one: bool, paused: bool, plan: Plan) -> PostgresqlStore:
    store = filled(server, size, one=one, paused=paused, in_hand=False)
    if paused:
        _due(store, plan.calls(400))
    return store


def filled_file(path: Path, waiting: int, *, one: bool, paused: bool, due: int = 400) -> SqliteStore:
    """Return a file in which so many entries wait; those that are paused are all but some that are due."""
    store = SqliteStore(path)
    store._transaction(
        lambda db: db.execute(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :number)"
            " INSERT INTO afilnet_outbox (operation, platform, platform_id, destination, arguments, shown, not_before,"
            " created_at, changed_at) SELECT 'send_message', 'whatsapp', '100', iif(:one, '341', '34' || n),"
            " json_object('platform', 'whatsapp', 'platform_id', '100', 'destination', '341', 'message', n), n,"
            " iif(:paused AND n > :due, :now + 1000 + n / 1000.0, 0), :at, :at FROM n",
            {
                "number": waiting,
                "one": one,
                "paused": paused,
                "due": due,
                "now": time.time(),
                "at": "2026-01-01T00:00:00.000+00:00",
            },
        )
    )
    return store


def _step(store: Store) -> Call:
    def step() -> None:
        entry = store.claim("1", sending=True)
        if isinstance(entry, Entry):
            store.finish(entry.id, "1", State.SENT)

    return step


def _due(store: PostgresqlStore, number: int) -> None:
    """Let some entries of a store whose heads are all paused be due."""
    query = store._tables.query("UPDATE {outbox} SET not_before = NULL WHERE id <= %s")
    store._session.do(lambda db: db.execute(query, (number,)))
