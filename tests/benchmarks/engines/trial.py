"""An engine's workers are killed at moments by chance; then what arrived is compared with what the engine says."""

from __future__ import annotations

import contextlib
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import psycopg

from afilnet_protocols.sandbox import Sandbox
from tests.benchmarks.engines.engine import Engine, Standing
from tests.benchmarks.engines.job import Job, conversation
from tests.benchmarks.engines.processes import Worker
from tests.outbox.crashes import plain

DELAY = 0.04
"""How long it takes until a message's first byte leaves, in seconds."""
ANSWERS_AFTER = 0.05
"""How long the service takes to answer after it has acted, in seconds."""
LONGEST_LIFE = 1.0
"""When a worker is killed after its first message at the latest, in seconds."""
STUCK_AFTER = 20.0
"""When a worker that has sent nothing is killed all the same, in seconds."""


@dataclass(frozen=True)
class Ground:
    """The servers that engines stand on.

    Attributes:
        brokers: their addresses, by name.
        database: that of a PostgreSQL server, or nothing.
    """

    brokers: dict[str, str]
    database: str


@dataclass(frozen=True)
class Account:
    """How messages ended.

    Attributes:
        messages: how many there were.
        kills: how many workers were killed.
        lost: those that did not arrive, of which the engine knows nothing any more.
        kept: those that did not arrive within the time that was waited, but that the engine still has.
        doubled: those that arrived more than once.
        doubtful: those of which the engine says that nobody knows, and
        doubtful_sent: those of them that had arrived.
        overtaken: those that first arrived behind a later one of their conversation.
    """

    messages: int
    kills: int
    lost: int
    kept: int
    doubled: int
    doubtful: int
    doubtful_sent: int
    overtaken: int


def _arrivals(job: Job, sandbox: Sandbox) -> int:
    return len(arrived(sandbox))


@dataclass(frozen=True)
class Moments:
    """When workers are killed.

    Attributes:
        lives: tells, for each worker, how long it lives after its first step, in seconds.
        steps: counts the steps made so far, by whichever worker: unless said otherwise, messages that arrived.
        stuck_after: when a worker that makes no step is killed all the same, in seconds.
        delay: how long it takes until a message's first byte leaves, in seconds, and
        answers_after: how long the service takes to answer after it has acted, in seconds, as long as some are killed.
    """

    lives: Callable[[], float]
    steps: Callable[[Job, Sandbox], int] = _arrivals
    stuck_after: float = STUCK_AFTER
    delay: float = DELAY
    answers_after: float = ANSWERS_AFTER

    @classmethod
    def by_chance(cls, chance: random.Random) -> Moments:
        """Return moments up to `LONGEST_LIFE` after a worker's first message."""
        return cls(lambda: chance.uniform(0, LONGEST_LIFE))


def account(numbers: Sequence[int], arrived: Sequence[int], standing: Standing, *, kills: int) -> Account:
    """Compare what arrived, in its order, with what an engine says in the end.

    Args:
        numbers: the messages, in the order in which they were handed over.
        arrived: those that arrived, as often as they did.
        standing: what the engine says.
        kills: how many workers were killed.
    """
    counts = Counter(arrived)
    missing = set(numbers) - set(counts)
    latest: dict[str, int] = {}
    overtaken = 0
    for number in dict.fromkeys(arrived):
        place = conversation(number)
        overtaken += number < latest.get(place, -1)
        latest[place] = max(number, latest.get(place, -1))
    return Account(
        messages=len(numbers),
        kills=kills,
        lost=len(missing - standing.doubtful - standing.kept),
        kept=len((missing & standing.kept) - standing.doubtful),
        doubled=sum(count > 1 for count in counts.values()),
        doubtful=len(standing.doubtful),
        doubtful_sent=len(standing.doubtful - missing),
        overtaken=overtaken,
    )


def killed(engine: Engine, ground: Ground, *, messages: int, kills: int, moments: Moments) -> Account:
    """Kill an engine's workers so often, let one go on until nothing happens any more, and account for all messages."""
    with _staged(engine, ground, "killed", delay=DELAY) as (job, sandbox):
        numbers = range(messages)
        engine.put(job, numbers)
        done = 0
        with _answering_after(sandbox, moments.answers_after):
            while done < kills and len(set(arrived(sandbox))) < messages:
                _kill_one(engine, replace(job, delay=moments.delay), sandbox, moments)
                done += 1
        with _answering_after(sandbox, ANSWERS_AFTER):
            _let_one_go_on(engine, job, sandbox, messages)
        time.sleep(ANSWERS_AFTER)  # what the last worker had sent
        return account(numbers, arrived(sandbox), engine.standing(job), kills=done)


def _kill_one(engine: Engine, job: Job, sandbox: Sandbox, moments: Moments) -> None:
    made = moments.steps(job, sandbox)
    with Worker(engine, job) as worker:
        _until(lambda: moments.steps(job, sandbox) > made or worker.ended, moments.stuck_after)
        if worker.ended:
            raise RuntimeError(f"a worker ended by itself: {worker.said}")
        time.sleep(moments.lives())


def _let_one_go_on(engine: Engine, job: Job, sandbox: Sandbox, messages: int) -> None:
    sent = arrived(sandbox)
    with Worker(engine, job):
        if len(set(sent)) < messages:  # it is not silent as long as it begins
            _until(lambda: len(arrived(sandbox)) > len(sent), STUCK_AFTER)
        _until_silent(sandbox, engine.rests)


def cpu_per_message(engine: Engine, ground: Ground, *, messages: int) -> float:
    """Return the worker's CPU for a message in milliseconds, where nobody is killed and nothing is waited for."""
    with _staged(engine, ground, "calm", delay=0.0) as (job, sandbox):
        first = max(5, messages // 10)  # until all is loaded
        engine.put(job, range(first + messages))
        with Worker(engine, job) as worker:
            _until(lambda: len(arrived(sandbox)) >= first, 60)
            begun, sent = worker.cpu, len(arrived(sandbox))
            _until(lambda: len(arrived(sandbox)) >= first + messages, 300)
            return (worker.cpu - begun) / (len(arrived(sandbox)) - sent) * 1e3


def arrived(sandbox: Sandbox) -> list[int]:
    """Return the messages that the service has carried out, in their order."""
    return [
        int(call.arguments["message"])
        for call in sandbox.journal()
        if call.operation == "send_message" and call.outcome == "SUCCESS"
    ]


@contextlib.contextmanager
def _staged(engine: Engine, ground: Ground, name: str, *, delay: float) -> Iterator[tuple[Job, Sandbox]]:
    """Empty what the engine stands on, and run a service."""
    database = ground.database
    if engine.broker == "redis":
        from redis import Redis

        with Redis.from_url(ground.brokers["redis"]) as redis:
            redis.flushall()
    if engine.database:
        with psycopg.connect(database, autocommit=True) as db:
            db.execute("DROP DATABASE IF EXISTS engine WITH (FORCE)")
            db.execute("CREATE DATABASE engine")
        database = database.rpartition("/")[0] + "/engine"
    with Sandbox(journal_size=1_000_000) as sandbox, tempfile.TemporaryDirectory() as folder:
        yield (
            Job(
                name=f"{name}{random.randrange(10**9)}",
                settings=plain(sandbox.settings("http-post", plain=True)),
                broker=ground.brokers.get(engine.broker, ""),
                database=database if engine.database else "",
                folder=folder,
                delay=delay,
            ),
            sandbox,
        )


@contextlib.contextmanager
def _answering_after(sandbox: Sandbox, seconds: float) -> Iterator[None]:
    armed = sandbox.fault("slow_answer", operation="send_message", seconds=seconds, times=None)
    try:  # it need not fire: a worker may be killed before anything arrives
        yield
    finally:
        armed.disarm()


def _until(reached: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not reached() and time.monotonic() < until:
        time.sleep(0.005)


def _until_silent(sandbox: Sandbox, seconds: float) -> None:
    """Wait until nothing has arrived for so long."""
    count, since = len(arrived(sandbox)), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.05)
        now = len(arrived(sandbox))
        if now != count:
            count, since = now, time.monotonic()
