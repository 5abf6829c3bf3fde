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
from afilnet_protocols.settings import Settings
from tests.benchmarks.interleaved import Plan
from tests.benchmarks.service import CHANNEL, Service
from tests.benchmarks.table import Row, Target
from tests.outbox import postgresql

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
