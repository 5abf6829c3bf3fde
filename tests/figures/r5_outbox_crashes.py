"""R5: a worker of an outbox is killed at every step, over every protocol, and another one goes on."""

from __future__ import annotations

import contextlib
import itertools
import random
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from afilnet_protocols.outbox import Outbox, State
from afilnet_protocols.registry import connect
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Protocol
from tests.figures.figure import Figure, Run
from tests.outbox import postgresql
from tests.outbox.crashes import ARRIVED, DURING, POINTS, UNSENT, Forker, plain, put
from tests.sizes import SHORT

TIMES = 50
"""How often a worker is killed at each step over each protocol, in the long form; otherwise once."""
ENTRIES = 3

Place = tuple[str, dict[str, str]]
"""Where an outbox is: the arguments of ``Outbox``."""


@dataclass(frozen=True)
class Crash:
    """One worker that was killed, and what the outbox said when another had gone on."""

    protocol: str
    point: str
    nth: int
    texts: tuple[str, ...]
    killed: bool
    states: dict[str, State]

    def __str__(self) -> str:
        return f"{self.protocol} killed at {self.point} of entry {self.nth}: {[str(s) for s in self.states.values()]}"


class _Borrowed:
    """A client that an outbox uses and does not close."""

    def __init__(self, chat: object) -> None:
        self._chat = chat

    def __getattr__(self, name: str) -> object:
        return getattr(self._chat, name)

    def close(self) -> None:
        pass


def measure(run: Run) -> Figure:
    """Kill workers, let another go on, and compare with what arrived."""
    chance = run.chance("plan")
    plan = plan_of(run, chance)
    with Sandbox(journal_size=1_000_000) as sandbox, tempfile.TemporaryDirectory() as folder:
        crashes = crash_all(sandbox, in_files(Path(folder)), [(*each, chance.randint(1, ENTRIES)) for each in plan])
        arrived = Counter(
            call.arguments["message"]
            for call in sandbox.journal()
            if call.outcome == "SUCCESS" and call.operation == "send_message"
        )
    return judged(crashes, arrived, run.seed)


def plan_of(run: Run, chance: random.Random, points: Sequence[str] = POINTS) -> list[tuple[Protocol, str]]:
    """Return the steps at which a worker is killed: over all protocols, or in the short form over one of them each."""
    if run.form == SHORT:
        order = chance.sample(list(Protocol), len(Protocol))
        return [(order[number % len(order)], point) for number, point in enumerate(points)]
    return [(protocol, point) for protocol in Protocol for point in points] * (TIMES if run.long else 1)


def crash_all(
    sandbox: Sandbox, new_place: Callable[[], Place], plan: list[tuple[Protocol, str, int]], *, sabotage: str = ""
) -> list[Crash]:
    """Kill a worker for each line of the plan, each in a place of its own, and let another go on."""
    with Forker() as forker:
        settings = {protocol: sandbox.settings(protocol, plain=True) for protocol in Protocol}
        given = {protocol: plain(each) for protocol, each in settings.items()}
        clients = {protocol: connect(each) for protocol, each in settings.items()}
        try:
            crashes = []
            for number, (protocol, point, nth) in enumerate(plan):
                texts = tuple(f"crash {number} {entry}" for entry in range(1, ENTRIES + 1))
                place, how = new_place()
                job = {"path": place, "how": how, "settings": given[protocol], "texts": texts}
                job |= {"point": point, "nth": nth}
                with postgresql.mourned(place) if "://" in place else contextlib.nullcontext():
                    forker.start({**job, "sabotage": sabotage})
                    killed = forker.ended() == -signal.SIGKILL

                def borrow(_: Settings, chat: object = clients[protocol]) -> _Borrowed:
                    return _Borrowed(chat)

                states = _go_on((place, how), settings[protocol], borrow, texts)
                crashes.append(Crash(protocol, point, nth, texts, killed, states))
        finally:
            for client in clients.values():
                client.close()
    return crashes


def in_files(folder: Path) -> Callable[[], Place]:
    """Return what makes a new file for each outbox."""
    numbers = itertools.count()
    return lambda: (str(folder / f"{next(numbers)}.db"), {})


def _go_on(place: Place, settings: Settings, borrow: object, texts: tuple[str, ...]) -> dict[str, State]:
    """Do what an application does after a crash: put in what it is not sure to have put in, and run."""
    with Outbox(place[0], settings, make_client=borrow, **place[1]) as outbox:  # type: ignore[arg-type]  # it is used as a client
        for text in texts:
            put(outbox, text)
        outbox.run()
        return {entry.arguments["message"]: entry.state for entry in outbox.entries()}


def judged(crashes: list[Crash], arrived: Counter[str], seed: int) -> Figure:
    """Compare what outboxes say with what arrived."""
    figure = Figure("a worker is killed at every step of an outbox, and another goes on", seed)
    wrong: Counter[str] = Counter()
    states: Counter[str] = Counter()
    for crash in crashes:
        found = _faults(crash, arrived)
        wrong.update(found)
        states.update(crash.states.values())
        figure.examples += [f"{fault}: {crash}" for fault in found]
    figure.counts = {
        "crashes": len(crashes),
        "protocols": len({crash.protocol for crash in crashes}),
        "steps": len({crash.point for crash in crashes}),
        "messages": sum(len(crash.texts) for crash in crashes),
        "sent": states[State.SENT],
        "unknown, and reported so": states[State.UNKNOWN],
        "duplicates": wrong["duplicate"],
        "lost": wrong["lost"],
    }
    figure.targets = {
        "every worker was killed where it was to be": not wrong["not killed"],
        "0 duplicates": not wrong["duplicate"],
        "0 lost": not wrong["lost"],
        "unknown is the entry in hand, and no other": not wrong["wrongly unknown"],
        "an entry that cannot have arrived has not, one that must have has": not wrong["wrong account"],
    }
    return figure


def _faults(crash: Crash, arrived: Counter[str]) -> list[str]:
    faults = [] if crash.killed else ["not killed"]
    for text in crash.texts:
        state, count = crash.states.get(text), arrived[text]
        if count > 1:
            faults.append("duplicate")
        if state not in (State.SENT, State.UNKNOWN) or (state is State.SENT and not count):
            faults.append("lost")
    unknown = [text for text in crash.texts if crash.states.get(text) is State.UNKNOWN]
    # An entry's conversation and place are told by its last word.
    if [int(text.rsplit(" ", 1)[-1]) for text in unknown] not in in_hand(crash.point, crash.nth):
        faults.append("wrongly unknown")
    first_is_token = crash.protocol == Protocol.JSON and crash.nth == 1
    count = sum(arrived[text] for text in unknown)
    unsent = crash.point in (*UNSENT, "note.after")
    over = crash.point in ARRIVED or (crash.point in ("claim.begin", "claim.commit") and crash.nth > 1)
    if (unsent and count) or (over and not count and not first_is_token):
        faults.append("wrong account")
    return faults


def in_hand(point: str, nth: int) -> list[list[int]]:
    """Return which entries a worker may have in hand that is killed at a step of an entry: one of these lists.

    An entry is noted as sent in the transaction in which the next one is taken.
    """
    before, itself, behind = ([number] if 0 < number <= ENTRIES else [] for number in (nth - 1, nth, nth + 1))
    of_point = {
        "claim.begin": [before],
        "claim.commit": [before],
        "claim.unheard": [before, itself],
        "note.unheard": [itself, behind],
        "note.after": [behind],
    }
    return of_point.get(point, [itself] if point in DURING else [[]])
