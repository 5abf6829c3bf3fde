"""I1: whoever handles an inbox is killed at any step, answers are lost, and a plain loop beside it loses or doubles."""

from __future__ import annotations

import json
import signal
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from afilnet_protocols import connect
from afilnet_protocols.outbox import Outbox
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.state.accounts import Account, Options
from afilnet_protocols.vocabulary import Protocol
from tests.figures.figure import Figure, Run
from tests.inbox.crashes import PLACE, Forker
from tests.outbox.crashes import plain

DESTINATIONS = [f"3460000000{number}" for number in range(6)]
LATEST_STEP = 160
"""A child is killed at one of so many steps; after them most have ended."""


@dataclass
class Ledger:
    """What one inbox, or one loop, was sent and what it did."""

    protocol: str
    marks: bool
    read: str
    received: list[tuple[str, str]] = field(default_factory=list)
    killed: int = 0
    lost_answers: int = 0
    failed: int = 0
    log: list[list[str]] = field(default_factory=list)
    replies: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __str__(self) -> str:
        return f"{self.protocol}, reading {'marks' if self.marks else 'keeps'}, {self.read}"

    def ended(self) -> dict[str, list[str]]:
        """Return the texts that were handled to the end in each conversation, each message once, in their order."""
        found: dict[str, list[str]] = {}
        keys: set[str] = set()
        for what, key, destination, text in self.log:
            if what == "end" and key not in keys:
                keys.add(key)
                found.setdefault(destination, []).append(text)
        return found

    def faults(self) -> Counter[str]:
        """Return what must not be."""
        found: Counter[str] = Counter()
        ended = self.ended()
        for destination in DESTINATIONS:
            texts = [text for place, text in self.received if place == destination]
            handled = ended.get(destination, [])
            found["never handled"] += (Counter(texts) - Counter(handled)).total()
            found["handled as two"] += (Counter(handled) - Counter(texts)).total()
            found["out of order"] += sorted(texts) == sorted(handled) and texts != handled
            for text, times in Counter(texts).items():
                queued = self.replies[destination, f"re: {text}"]
                found["replies missing"] += max(0, times - queued)
                found["replies doubled"] += max(0, queued - times)
        return found

    @property
    def begun_again(self) -> int:
        """How many handlers were begun more than once."""
        begun = Counter(key for what, key, *_ in self.log if what == "begin")
        return sum(times - 1 for times in begun.values())


def measure(run: Run) -> Figure:
    """Kill inboxes and loops over every protocol, under both ways of reading, and compare with what was received."""
    kills = run.of(3, 10, 1000)
    protocols = run.of((Protocol.HTTP_POST,), tuple(Protocol), tuple(Protocol))
    with Forker() as forker, Sandbox(journal_size=1) as sandbox, tempfile.TemporaryDirectory() as folder:
        ledgers = [
            one(run, forker, sandbox, Path(folder), protocol, marks=marks, kills=kills)
            for protocol in protocols
            for marks in (True, False)
        ]
        controls = [
            one(
                run,
                forker,
                sandbox,
                Path(folder),
                Protocol.HTTP_POST,
                marks=marks,
                kills=min(max(kills, 6), 40),
                loop=True,
            )
            for marks in (True, False)
        ]
    return judged(ledgers, controls, run.seed)


def one(
    run: Run,
    forker: Forker,
    sandbox: Sandbox,
    folder: Path,
    protocol: Protocol,
    *,
    marks: bool,
    kills: int,
    loop: bool = False,
    sabotage: str = "",
    place: tuple[str, dict[str, str]] | None = None,
) -> Ledger:
    """Let messages come in while whoever handles them is killed again and again; then let somebody finish."""
    chance = run.chance(protocol, marks, loop)
    account = sandbox.account(options=Options(reading_marks_read=marks))
    read = "unread" if chance.random() < 0.5 or sabotage == "no_intent" else "messages"
    ledger = Ledger(str(protocol), marks, "loop" if loop else read)
    name = f"{protocol}-{marks}-{loop}-{sabotage}"
    job = {
        "path": place[0] if place else str(folder / f"{name}.db"),
        "log": str(folder / f"{name}.log"),
        "settings": plain(sandbox.settings(protocol, account=account, plain=True)),
        "read": read,
        "loop": loop,
        "sabotage": sabotage,
        "how": place[1] if place else {},
    }
    _write(sandbox, account, ledger, chance, kills=1)
    forker.run(job)
    while ledger.killed < kills:
        _write(sandbox, account, ledger, chance, kills=ledger.killed + 1)
        armed = None
        if chance.random() < 0.3:
            armed = sandbox.fault("cut_before_answer", operation="get_unread_messages", account=account)
        ended = forker.run({**job, "kill_at": chance.randint(1, LATEST_STEP)})
        ledger.killed += ended == -signal.SIGKILL
        ledger.failed += ended not in (0, -signal.SIGKILL)
        if armed is not None:
            ledger.lost_answers += bool(armed.hits)
            armed.disarm()
    for later in (0.0, 700.0, 1400.0):
        ledger.failed += forker.run({**job, "later": later}) != 0
    _read_off(ledger, job, sandbox, account, loop=loop)
    sandbox.drop(account)
    return ledger


def _write(sandbox: Sandbox, account: Account, ledger: Ledger, chance: Random, *, kills: int) -> None:
    for number in range(chance.randint(1, 4)):
        destination = chance.choice(DESTINATIONS)
        # Three in ten texts are equal, some of them in one second.
        text = "yes" if chance.random() < 0.3 else f"text {kills} {number}"
        sandbox.receive(**PLACE, destination=destination, message=text, account=account)  # type: ignore[arg-type]
        ledger.received.append((destination, text))


def _read_off(ledger: Ledger, job: dict[str, Any], sandbox: Sandbox, account: Account, *, loop: bool) -> None:
    path = Path(job["log"])
    ledger.log = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    if loop:
        with connect(sandbox.settings(Protocol.HTTP_POST, account=account, plain=True)) as chat:
            for destination in {destination for destination, _ in ledger.received}:
                for message in chat.get_messages(**PLACE, destination=destination):  # type: ignore[arg-type]
                    if message.sent:
                        ledger.replies[destination, message.message] += 1
        return
    with Outbox(job["path"], **job["how"]) as outbox:
        for entry in outbox.entries():
            ledger.replies[entry.arguments["destination"], entry.arguments["message"]] += 1


def judged(ledgers: list[Ledger], controls: list[Ledger], seed: int) -> Figure:
    """Compare what was handled and answered with what was received."""
    figure = Figure("whoever handles an inbox is killed at any step, and another goes on", seed)
    wrong: Counter[str] = Counter()
    for ledger in ledgers:
        faults = ledger.faults()
        wrong.update(faults)
        figure.examples += [f"{count} {fault}: {ledger}" for fault, count in faults.items() if count]
    loops: Counter[str] = Counter()
    for control in controls:
        loops.update(control.faults())
    looped = sum(len(control.received) for control in controls)
    spoilt = loops["never handled"] + loops["replies doubled"] + loops["replies missing"]
    figure.counts = {
        "kills": sum(ledger.killed for ledger in ledgers),
        "protocols and ways of reading": len(ledgers),
        "lost answers of get_unread_messages": sum(ledger.lost_answers for ledger in ledgers),
        "messages": sum(len(ledger.received) for ledger in ledgers),
        "handlers begun again": sum(ledger.begun_again for ledger in ledgers),
        **{fault: wrong[fault] for fault in FAULTS},
        "plain loop: messages": looped,
        "plain loop: lost, or answered not once": spoilt,
    }
    figure.targets = {
        **{f"0 {fault}": not wrong[fault] for fault in FAULTS},
        "nobody failed but by a kill": not any(ledger.failed for ledger in ledgers),
        "begun again only where somebody was killed": all(each.begun_again <= each.killed for each in ledgers),
        "the plain loop loses or doubles 1 % at least": spoilt >= 0.01 * looped,
    }
    return figure


FAULTS = ("never handled", "handled as two", "out of order", "replies missing", "replies doubled")
