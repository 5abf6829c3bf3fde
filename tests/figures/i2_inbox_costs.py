"""I2: what an inbox costs and how soon it notices: calls, reads, late messages, and a day by a clock of its own."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from afilnet_protocols import Inbox
from afilnet_protocols.inbox.pace import Pace, Polling
from afilnet_protocols.inbox.poller import CHANNELS_FOR
from tests.figures.figure import Figure, Run
from tests.inbox.service import Service, opened

DAY = 86_400.0
MESSAGES = 330
"""How many messages come in on the day."""
TALK = 8
"""How many of them make a talk."""


def measure(run: Run) -> Figure:
    """Run inboxes on a service in memory, and count."""
    figure = Figure("what an inbox costs, and how soon it notices", run.seed)
    with tempfile.TemporaryDirectory() as folder:
        places = iter((Path(folder) / f"{number}.db", {}) for number in range(100))
        idle = {count: idle_calls(next(places), count) for count in (1, run.of(20, 200, 2000))}
        bursts = reads(next(places), run.chance("bursts"), run.of(10, 100, 200), reply=False)
        replying = reads(next(places), run.chance("replies"), run.of(10, 100, 200), reply=True)
        late = missed(next(places), run.of(40, 200, 1000))
        steps = {count: remembered(next(places), count) for count in (1000, run.of(5000, 100_000, 100_000))}
        cost = handler_cost(next(places), run.of(50, 300, 1000))
    days = [day(run.chance("day", number), apart=30.0) for number in range(5)]
    p95, calls = sorted(lag for lag, _ in days)[2], max(calls for _, calls in days)
    figure.counts = {
        "calls of an idle round, by conversations": idle,
        "reads a message, five at a time": round(bursts, 2),
        "reads a message, with replies": round(replying, 2),
        "late messages missed after the last audit": late,
        "SQLite's steps of a round, by remembered": steps,
        "CPU a message beside the calls (ms)": round(cost, 2),
        "lag on a day, 95th percentile (s)": round(p95, 2),
        "calls on a day, the most of five": calls,
    }
    figure.targets = {
        "an idle round is one call for one channel": set(idle.values()) == {1.0},
        "<= 1.1 reads a message in bursts, audits included": bursts <= 1.1,
        "<= 2.0 reads a message with replies, audits included": replying <= 2.0,
        "no late message is missed": not late,
        "what is remembered costs <= 1.2 times": max(steps.values()) <= 1.2 * min(steps.values()),
        "lag p95 <= 6 s": p95 <= 6.0,
        "<= 12,000 calls on a day": calls <= 12_000,
    }
    return figure


def handling(inbox: Inbox, seen: Callable[[str], None], *, reply: bool = False) -> None:
    @inbox.handler()
    def handle(incoming: object) -> None:
        seen(incoming.text)  # type: ignore[attr-defined]
        if reply:
            incoming.reply(f"re: {incoming.text}")  # type: ignore[attr-defined]


def idle_calls(place: object, conversations: int) -> float:
    """Return how many calls a round makes in which nothing has happened."""
    service = Service()
    for number in range(conversations):
        service.write(f"34{number}", "history")
    with opened(Inbox, place, service) as inbox:
        handling(inbox, lambda _: None)
        inbox.run(wait=False)
        service.calls.clear()
        for _ in range(5):
            service.now += 20
            inbox.run(wait=False)
    return (service.calls["get_chats"] + service.calls["get_messages"] + service.calls["get_unread_messages"]) / 5


def reads(place: object, chance: Random, conversations: int, *, reply: bool) -> float:
    """Return how often a conversation is read for each message, where five come at a time, to the last audit."""
    service, seen = Service(), list[str]()
    with opened(Inbox, place, service, start="all") as inbox:
        handling(inbox, seen.append, reply=reply)
        for number in range(conversations):
            for part in range(5):
                service.write(f"34{number}", f"{number} {part}")
            service.now += chance.uniform(1, 5)
            inbox.run(wait=False)
        end = service.now + 1300
        while service.now < end:
            service.now += 40
            inbox.run(wait=False)
    assert len(seen) == 5 * conversations
    return (service.calls["get_messages"] + service.calls["get_unread_messages"]) / len(seen)


def missed(place: object, count: int) -> int:
    """Return how many messages were never handled of those that appear late, before the last one."""
    service, seen = Service(), list[str]()
    with opened(Inbox, place, service, start="all") as inbox:
        handling(inbox, seen.append)
        for number in range(count):
            service.write(f"34{number}", f"late {number}", late=1 + number % 500)
            service.write(f"34{number}", f"last {number}")
        for _ in range(45):
            inbox.run(wait=False)
            service.now += 31
    return 2 * count - len(set(seen))


def day(chance: Random, *, apart: float) -> tuple[float, int]:
    """Return the lag (95th percentile) and the calls of a day at the default settings, by a clock of its own.

    Each message costs a reading, and each talk its audits.
    """
    polling = Polling()
    pace = Pace(polling, chance.random)
    arrivals, lags, now, calls = talks(chance, apart), list[float](), 0.0, 0
    while now < DAY:
        come = [at for at in arrivals if at <= now]
        arrivals = arrivals[len(come) :]
        lags += [now - at for at in come]
        made = 2 if come else 1
        calls += made
        now += pace.after(now, calls=made, active=bool(come), round_calls=1)
    lags.sort()
    return lags[int(0.95 * len(lags))], calls + len(polling.audits) * MESSAGES // TALK + int(DAY / CHANNELS_FOR)


def talks(chance: Random, apart: float) -> list[float]:
    """Return when messages come: in talks, so many seconds apart on average, between 8 and 22 o'clock."""
    found: list[float] = []
    while len(found) < MESSAGES:
        at = chance.uniform(8, 22) * 3600
        for _ in range(TALK):
            found.append(at)
            at += chance.expovariate(1 / apart)
    return sorted(at for at in found if at < DAY)


def remembered(place: object, count: int) -> int:
    """Return how many of SQLite's steps a round with one message takes where so many messages are remembered."""
    service = Service()
    with opened(Inbox, place, service, start="all") as inbox:
        handling(inbox, lambda _: None)
        inbox.run(wait=False)
        service.write("341", "first")
        inbox.run(wait=False)
        store = inbox._store
        rows = [(10 + number % 200, f"{number:024x}", str(number), "done", 1.0) for number in range(count)]
        store._transaction(
            lambda db: db.executemany(
                "INSERT INTO afilnet_inbox_messages (conversation, digest, message_id, state, noticed_at)"
                " VALUES (?, ?, ?, ?, ?)",
                rows,
            )
        )
        service.now += 10
        service.write("341", "second")
        steps = [0]

        def count_step() -> int:
            steps[0] += 1
            return 0

        db = store._file._usable()
        db.set_progress_handler(count_step, 1)
        inbox.run(wait=False)
        db.set_progress_handler(None, 0)
    return steps[0]


def handler_cost(place: object, count: int) -> float:
    """Return how much time of the processor an inbox takes for a message, in milliseconds."""
    service, seen = Service(), list[str]()
    with opened(Inbox, place, service, start="all") as inbox:
        handling(inbox, seen.append)
        for number in range(count):
            service.write(f"34{number % 50}", f"{number}")
        begun = time.process_time()
        inbox.run(wait=False)
        return (time.process_time() - begun) * 1000 / max(1, len(seen))
