"""I2: what an inbox costs and how soon it notices: calls, reads, late messages, and a day by a clock of its own."""

from __future__ import annotations

import tempfile
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from afilnet_protocols import Inbox, connect
from afilnet_protocols.inbox import Incoming
from afilnet_protocols.inbox.polling.hours import DAY, REMEMBERED, Hours, Span
from afilnet_protocols.inbox.polling.pace import Pace, Polling
from afilnet_protocols.inbox.polling.poller import CHANNELS_FOR
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Protocol
from tests.figures.figure import Figure, Run
from tests.inbox.service import IDS, Service, opened
from tests.sizes import SHORT


@dataclass(frozen=True)
class Day:
    """How people write on a day.

    Attributes:
        messages: how many messages come.
        talk: how many of them make a talk.
        apart: how far they are apart in it on average, in seconds; how long the wait was says nothing of its end.
        begin: from which hour on talks begin, each as likely at any time.
        end: until which hour.
    """

    messages: int = 330
    talk: int = 8
    apart: float = 30.0
    begin: float = 8.0
    end: float = 22.0

    def drawn(self, chance: Random) -> list[float]:
        """Return when messages come, in seconds from midnight."""
        found: list[float] = []
        while len(found) < self.messages:
            at = chance.uniform(self.begin, self.end) * 3600
            for _ in range(self.talk):
                found.append(at)
                at += chance.expovariate(1 / self.apart)
        return found


USUAL = Day()
OTHERS = {
    "50 messages": Day(messages=50),
    "1,000 messages": Day(messages=1000),
    "talks of 20": Day(talk=20),
    "each a talk of its own": Day(talk=1),
    "10 s apart": Day(apart=10.0),
    "60 s apart": Day(apart=60.0),
    "at any hour": Day(begin=0.0, end=24.0),
}


def measure(run: Run) -> Figure:
    """Run inboxes on a service in memory, and count."""
    figure = Figure("what an inbox costs, and how soon it notices", run.seed)
    with tempfile.TemporaryDirectory() as folder:
        places = iter((Path(folder) / f"{number}.db", {}) for number in range(100))
        idle = {count: idle_calls(next(places), count) for count in (1, run.of(20, 200, 2000))}
        bursts = reads(next(places), run.chance("bursts"), run.of(10, 100, 200), reply=False)
        replying = reads(next(places), run.chance("replies"), run.of(10, 100, 200), reply=True)
        late = missed(next(places), run.of(40, 200, 1000))
        odd = {ids: spoilt(next(places), run.chance(ids), ids, run.of(20, 50, 500)) for ids in IDS}
        steps = {count: remembered(next(places), count) for count in (1000, run.of(5000, 100_000, 100_000))}
        cost = handler_cost(next(places), run.of(10, 300, 1000))
        ratio = beside_a_loop(next(places), run.of(5, 100, 400))
    # The days are the same in every run: how soon is a sharp promise, and chance must not break it.
    days = lived(run.of(5, 40, 100), USUAL)
    # Of other days nothing is promised, so that the short form has nothing to find there.
    others = {} if run.form == SHORT else {name: lived(20, day) for name, day in OTHERS.items()}
    figure.counts = {
        "calls of an idle round, by conversations": idle,
        "reads a message, five at a time": round(bursts, 2),
        "reads a message, with replies": round(replying, 2),
        "late messages missed after the last audit": late,
        "lost or doubled, by what identifiers are": odd,
        "SQLite's steps of a round, by remembered": steps,
        "CPU a message beside the calls (ms)": round(cost, 2),
        "CPU of an inbox beside that of a plain loop": round(ratio, 2),
        "days": len(days.calls),
        "lag on them, 95th percentile (s)": round(days.lag(0.95), 2),
        "lag on them, mean (s)": round(sum(days.lags) / len(days.lags), 2),
        "calls a day": round(sum(days.calls) / len(days.calls)),
        "calls on the day with most": max(days.calls),
        "lag (s) and calls on the first day": (round(days.first, 2), days.calls_of_first),
        "lag (s) and calls on other days": {
            name: (round(each.lag(0.95), 1), round(sum(each.calls) / len(each.calls))) for name, each in others.items()
        },
    }
    figure.targets = {
        "an idle round is one call for one channel": set(idle.values()) == {1.0},
        "<= 1.1 reads a message in bursts, audits included": bursts <= 1.1,
        "<= 2.0 reads a message with replies, audits included": replying <= 2.0,
        "no late message is missed": not late,
        "whatever identifiers are, nothing is lost or doubled": not any(odd.values()),
        "what is remembered costs <= 1.2 times": max(steps.values()) <= 1.2 * min(steps.values()),
        "lag p95 <= 3 s": days.lag(0.95) <= 3.0,
        "<= 12,000 calls a day": sum(days.calls) <= 12_000 * len(days.calls),
        **({"<= 1.5 ms a message": cost <= 1.5, "<= 2 times a plain loop": ratio <= 2.0} if run.long else {}),
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


def spoilt(place: object, chance: Random, ids: str, count: int) -> int:
    """Return how many messages were lost or doubled under such identifiers, some of them alike and in one second."""
    service, seen, written = Service(ids=ids), list[str](), list[str]()
    with opened(Inbox, place, service, start="all") as inbox:
        handling(inbox, seen.append)
        for number in range(count):
            text = f"{number % 20} {'yes' if chance.random() < 0.3 else number}"
            service.write(f"34{number % 20}", text, late=chance.choice((0.0, 0.0, 0.0, 20.0, 500.0)))
            written.append(text)
            if chance.random() < 0.3:
                inbox.run(wait=False)
                service.now += chance.choice((0.1, 1.0, 40.0))
        for _ in range(45):
            inbox.run(wait=False)
            service.now += 31
    kept, found = Counter(written), Counter(seen)
    return ((kept - found) + (found - kept)).total()


@dataclass
class Days:
    """Days at the default settings, by a clock of their own, after those that the hours are learnt from.

    Attributes:
        number: how many.
        day: how people write on them.
        lags: how long after they came messages were noticed, in seconds.
        calls: how many calls each day took, with a reading for each message and the audits of each talk.
        first: the 95th percentile of the lags of the very first day, in seconds.
        calls_of_first: how many calls that took, without audits.
    """

    number: int
    day: Day = USUAL
    lags: list[float] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    first: float = 0.0
    calls_of_first: int = 0

    def live(self, polling: Polling) -> None:
        """Let the days pass."""
        came = sorted(
            day * DAY + at for day in range(REMEMBERED + self.number) for at in self.day.drawn(Random(f"day {day}"))
        )

        def wrote(spans: Sequence[Span]) -> int:
            return sum(bisect_left(came, min(end, now)) - bisect_left(came, begin) for begin, end in spans)

        chance = Random("pace")
        now, next_ = 0.0, 0
        pace = Pace(polling, Hours(wrote).are_quiet, chance.random)
        for day in range(REMEMBERED + self.number):
            lags, calls = list[float](), int(DAY / CHANNELS_FOR)
            while now < (day + 1) * DAY:
                arrived = bisect_left(came, now)
                lags += [now - at for at in came[next_:arrived]]
                made = 1 + (arrived > next_)
                now += pace.after(now, calls=made, active=arrived > next_, round_calls=1)
                calls, next_ = calls + made, arrived
            if day == 0:
                self.first = sorted(lags)[int(0.95 * len(lags))]
                self.calls_of_first = calls
            if day >= REMEMBERED:
                self.lags += lags
                self.calls.append(calls + len(polling.audits) * -(-len(lags) // self.day.talk))

    def lag(self, part: float) -> float:
        """Return the lag that such a part of the messages did not exceed, in seconds."""
        return sorted(self.lags)[int(part * len(self.lags))]


def lived(number: int, day: Day) -> Days:
    """Return so many days at the default settings."""
    days = Days(number, day)
    days.live(Polling())
    return days


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

        db = store._usable()
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


def beside_a_loop(place: object, count: int) -> float:
    """Return how many times as much of the processor an inbox takes as a plain loop that reads and answers as much."""
    with Sandbox() as sandbox:

        def taken_by(either: Callable[[Any, Settings, list[Callable[[], object]]], float]) -> float:
            account = sandbox.account()

            def write(number: int) -> None:
                person = {"platform": "whatsapp", "platform_id": "100", "destination": f"34{number % 10}"}
                sandbox.receive(**person, message=f"{number}", account=account)  # type: ignore[arg-type]

            settings = sandbox.settings(Protocol.HTTP_POST, account=account)
            return either(place, settings, [partial(write, number) for number in range(count)])

        return taken_by(_by_inbox) / taken_by(_by_loop)


def _by_inbox(place: Any, settings: Settings, messages: list[Callable[[], object]]) -> float:
    with Inbox(place[0], settings, start="all") as inbox:

        @inbox.handler()
        def handle(incoming: Incoming) -> None:
            incoming.reply(f"re: {incoming.text}")

        inbox.run(wait=False)
        return _timed(messages, lambda: inbox.run(wait=False))


def _by_loop(_: Any, settings: Settings, messages: list[Callable[[], object]]) -> float:
    with connect(settings) as chat:
        seen: set[str] = set()
        channels = chat.get_chat_channels()

        def round_() -> None:
            for conversation in (each for channel in channels for each in chat.get_chats(**channel.address)):
                if conversation.message_id in seen or conversation.sent:
                    continue
                for message in chat.get_unread_messages(**conversation.address):
                    if message.message_id not in seen:
                        seen.add(message.message_id)
                        chat.send_message(**message.address, message=f"re: {message.message}")

        return _timed(messages, round_)


def _timed(messages: list[Callable[[], object]], round_: Callable[[], object]) -> float:
    """Return how much time of the processor this thread takes for rounds with five new messages each, in seconds."""
    took = 0.0
    for number, write in enumerate(messages, 1):
        write()
        if number % 5 == 0:
            begun = time.thread_time()
            round_()
            took += time.thread_time() - begun
    return took
