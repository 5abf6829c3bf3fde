"""R19: several workers on PostgreSQL: faster than one, at one rate together, and quick to take over from a dead one."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from afilnet_protocols.cli.outbox.workers import Workers
from afilnet_protocols.outbox import Entry, Outbox, State
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Protocol
from tests.figures.figure import Figure, Run
from tests.outbox import postgresql
from tests.outbox.crashes import Forker, plain
from tests.time_limit import HANGS

WORKERS = 4
ANSWERS_AFTER = 0.05
RATE, HIGHER = 25.0, 0.05
AHEAD, EACH = timedelta(seconds=1), timedelta(milliseconds=4)
"""How long before entries are due their workers are started, and how long it takes to put one in."""
LEFT = 30
"""How many entries a busy worker has left at least: more than a second's work, in which it looks out."""
UNLIKELY = 5
"""How often a machine may be so busy that it has not, before that is an error."""


@dataclass(frozen=True)
class Stage:
    """What the workers of this figure share."""

    server: postgresql.Server
    settings: Settings
    forkers: list[Forker]

    sabotage: str = ""

    def job(self, schema: str) -> dict[str, object]:
        """Return what a worker is told."""
        place = {"path": self.server.url, "how": {"schema": schema}, "texts": []}
        return {**place, "settings": plain(self.settings), "sabotage": self.sabotage}

    def sessions(self) -> int:
        """Return how many sessions outboxes have with the server."""
        return len(postgresql.sessions(self.server.url))

    def sent(self, schema: str, count: int, *, workers: int, rate: float | None = None) -> tuple[datetime, list[Entry]]:
        """Let workers send entries of as many conversations; return when these became due, and the entries."""
        due = datetime.now(UTC) + AHEAD + count * EACH
        with Outbox(self.server.url, schema=schema) as outbox:
            for number in range(count):
                _put(outbox, number, not_before=due)
            for forker in self.forkers[:workers]:
                forker.start({**self.job(schema), "rate": rate})
            for forker in self.forkers[:workers]:
                forker.ended()
            return due, outbox.entries(State.SENT)


@dataclass(frozen=True)
class TakenOver:
    """When the entry of a killed worker was taken over: so long afterwards, and whether before another one had done."""

    seconds: float
    before_the_end: bool


def measure(run: Run) -> Figure:
    """Measure the three."""
    count, paced, kills = run.of((16, 20, 1), (120, 100, 2), (400, 500, 10))
    threaded = run.of(4, 16, 400)
    with staged() as (stage, sandbox), tempfile.TemporaryDirectory() as folder:
        with sandbox.fault("slow_answer", operation="send_message", seconds=ANSWERS_AFTER, times=None):
            alone, together = (_seconds(*stage.sent(f"of_{each}", count, workers=each)) for each in (1, WORKERS))
            on_server, in_file = (
                in_threads(place, stage.settings, threaded) for place in (stage.server.url, Path(folder) / "outbox.db")
            )
        rate = pace(stage, paced)
        taken_over = [recovery(stage, f"killed_{number}") for number in range(kills)]
    times = {"processes": alone / together, "threads": on_server, "threads on one file": in_file}
    return Figure(
        f"{WORKERS} workers, each a process, on one outbox in PostgreSQL",
        run.seed,
        counts={
            "messages, answered after 50 ms": count,
            "seconds that one worker takes": round(alone, 2),
            "seconds that four take": round(together, 2),
            "times as fast": round(alone / together, 2),
            "times as fast, as four threads of one process": round(on_server, 2),
            "the same, in an SQLite file": round(in_file, 2),
            "messages at one rate of 25 a second": paced,
            "a second, all workers together": round(rate, 2),
            "workers killed while another is busy": kills,
            "longest until its entry was taken over, s": round(max(each.seconds for each in taken_over), 2),
        },
        targets={
            f"the rate is at most {HIGHER:.0%} higher": rate / RATE <= 1 + HIGHER,
            "a busy worker takes over before it has done": all(each.before_the_end for each in taken_over),
            **(_in_time(times, rate, max(each.seconds for each in taken_over)) if run.long else {}),
        },
    )


def _in_time(times: dict[str, float], rate: float, seconds: float) -> dict[str, bool]:
    """Return what takes a computer that has time for it."""
    return {
        **{f"four {of} are 3 times as fast as one": each >= 3 for of, each in times.items()},
        "the rate is at most 5 % lower": rate / RATE >= 0.95,
        "an entry of a killed worker is taken over within a second": seconds <= 1,
    }


@contextlib.contextmanager
def staged(sabotage: str = "") -> Iterator[tuple[Stage, Sandbox]]:
    """Run a server, a service, and what forks workers, which are broken on purpose as ``sabotage`` says."""
    with postgresql.running() as server, Sandbox() as sandbox, contextlib.ExitStack() as ending:
        settings = sandbox.settings(Protocol.HTTP_POST, plain=True)
        yield Stage(server, settings, [ending.enter_context(Forker()) for _ in range(WORKERS)], sabotage), sandbox


def in_threads(place: str | Path, settings: Settings, count: int) -> float:
    """Return how many times as fast as one worker four threads of one process are, as ``--workers 4`` starts them."""
    took = []
    for workers in (1, WORKERS):
        with contextlib.ExitStack() as ending:
            queues = [ending.enter_context(Outbox(place, settings)) for _ in range(workers)]
            for number in range(count):
                _put(queues[0], number)
            begun = time.monotonic()
            report = Workers(queues).run(limit=None, rate=None, wait=False, on_progress=lambda _: None)
            took.append((time.monotonic() - begun) / report.sent)
    return took[0] / took[1]


def pace(stage: Stage, count: int) -> float:
    """Return how many entries a second all workers begin that are told the same rate.

    They begin none before it is due, so that whatever is late makes it lower: it is made up for by one at most.
    """
    due, entries = stage.sent("paced", count, workers=WORKERS, rate=RATE)
    return (len(entries) - 2) / _seconds(due, entries)


def _put(outbox: Outbox, number: int, *, not_before: datetime | None = None) -> int:
    return outbox.enqueue(
        platform="whatsapp",
        platform_id="100",
        destination=f"34{number}",
        message=f"{number}",
        not_before=not_before,
    )


def _seconds(due: datetime, entries: list[Entry]) -> float:
    return (max(entry.changed_at for entry in entries) - due).total_seconds()


def recovery(stage: Stage, schema: str) -> TakenOver:
    """Kill a worker that waits for a service while another has work; return when its entry is out of its hand.

    Where the other one has hardly any work left when the killed one is gone, nothing was shown: that is done again.
    """
    for number in itertools.count():
        found = _recovery(stage, f"{schema}_{number}")
        if found is not None:
            return found
        assert number < UNLIKELY, "the other worker was never busy for long enough"
    raise AssertionError


def _recovery(stage: Stage, schema: str) -> TakenOver | None:
    with socket.create_server(("127.0.0.1", 0)) as silent, Outbox(stage.server.url, schema=schema) as outbox:
        number = _put(outbox, 0)
        elsewhere = stage.settings.but(base_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        doomed = stage.forkers[0].start({**stage.job(schema), "settings": plain(elsewhere)})
        _until(lambda: outbox.status()[State.SENDING] == 1)
        for more in range(1, 2 * LEFT):
            _put(outbox, more)
        stage.forkers[1].start({**stage.job(schema), "rate": RATE})
        _until(lambda: outbox.status()[State.SENT] > 0)
        sessions = stage.sessions()
        killed = datetime.now(UTC)
        os.kill(doomed, signal.SIGKILL)
        stage.forkers[0].ended()
        _until(lambda: stage.sessions() < sessions)
        left = outbox.status()[State.PENDING]
        _until(lambda: _is_unknown(outbox, number))
        stage.forkers[1].ended()
        (entry,) = outbox.entries(State.UNKNOWN)
        end = max(each.changed_at for each in outbox.entries(State.SENT))
    if left < LEFT:
        return None
    return TakenOver((entry.changed_at - killed).total_seconds(), entry.changed_at < end)


def _is_unknown(outbox: Outbox, number: int) -> bool:
    entry = outbox.entry(number)
    return entry is not None and entry.state is State.UNKNOWN


def _until(reached: object) -> None:
    until = time.monotonic() + HANGS
    while not reached():  # type: ignore[operator]  # a condition
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.01)
