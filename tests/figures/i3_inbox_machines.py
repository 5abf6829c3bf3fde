"""I3: three machines' worth of processes handle one inbox on PostgreSQL, and who polls is killed each second."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.state.accounts import Options
from afilnet_protocols.vocabulary import Protocol
from tests.figures.figure import Figure, Run
from tests.figures.i1_inbox_crashes import AUDITS, FAULTS, Ledger
from tests.inbox.crashes import PLACE, Forker
from tests.outbox import postgresql
from tests.outbox.crashes import plain
from tests.time_limit import HANGS

PROCESSES = 3
"""One for each machine: what is on another machine shares nothing with the others either, but the server."""

KILLS_OF_AN_INBOX = 60
SCHEMA = "inbox"


@dataclass
class Machines:
    """Processes that run one inbox until they are killed or asked to end."""

    forkers: list[Forker]
    log: Path
    job: dict[str, object]
    ledger: Ledger

    def __post_init__(self) -> None:
        self._names = itertools.count(1)
        self.running: dict[str, tuple[Forker, int]] = {}

    def start(self, forker: Forker) -> None:
        """Let a process begin."""
        who = f"{next(self._names)}"
        self.running[who] = forker, forker.start({**self.job, "who": who, "stays": True})

    def kill(self, who: str) -> None:
        """Kill one, and let another begin in its place."""
        forker, process = self.running.pop(who)
        os.kill(process, signal.SIGKILL)
        self.ledger.failed += forker.ended() != -signal.SIGKILL
        self.ledger.killed.add(who)
        self.start(forker)

    def end(self) -> None:
        """Ask all to end after what they have in hand."""
        self.ledger.read_log(self.log)
        while not self.running.keys() <= {who for what, who, *_ in self.ledger.log if what == "present"}:
            time.sleep(0.05)
            self.ledger.read_log(self.log)
        for _, process in self.running.values():
            os.kill(process, signal.SIGTERM)
        for forker, _ in self.running.values():
            self.ledger.failed += forker.ended() != 0

    def named(self, token: str) -> str | None:
        """Return who has a token, if it runs."""
        self.ledger.read_log(self.log)
        names = [who for what, who, known, *_ in self.ledger.log if what == "present" and known == token]
        return names[0] if names and names[0] in self.running else None


def measure(run: Run) -> Figure:
    """Kill whoever polls, each second, while messages come; and compare with what was received."""
    kills = run.of(3, 10, 1000)
    most = min(kills, KILLS_OF_AN_INBOX)
    figure = Figure(f"{PROCESSES} processes on one inbox in PostgreSQL, and who polls is killed each second", run.seed)
    with postgresql.running() as server, Sandbox(journal_size=1) as sandbox:
        for number in range(-(-kills // most)):
            for marks in (True, False) if run.long else (number % 2 == 0,):
                name = ("marks" if marks else "keeps", number)
                part = run.part(lambda: machines(server, sandbox, run, name, kills=most).counts(), *name)  # noqa: B023
                for label, count in part.items():
                    figure.counts[label] = int(str(figure.counts.get(label, 0))) + count
                figure.examples += [f"{part[fault]} {fault}: {name}" for fault in FAULTS if part[fault]]
    figure.targets = {f"0 {fault}": not figure.counts[fault] for fault in FAULTS}
    return figure


def machines(
    server: postgresql.Server,
    sandbox: Sandbox,
    run: Run,
    name: tuple[str, int],
    *,
    kills: int,
    sabotage: str = "",
) -> Ledger:
    """Let messages come to an inbox of several processes while who polls is killed each second."""
    chance, ledger = run.chance(*name), Ledger()
    account = sandbox.account(options=Options(reading_marks_read=name[0] == "marks"))
    with (
        tempfile.TemporaryDirectory() as folder,
        psycopg.connect(server.url, autocommit=True) as db,
        contextlib.ExitStack() as ending,
    ):
        db.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE".encode())
        log = Path(folder) / "log"
        job = {
            "path": server.url,
            "how": {"schema": SCHEMA},
            "log": str(log),
            "settings": plain(sandbox.settings(Protocol.HTTP_POST, account=account, plain=True)),
            "read": "unread",
            "sabotage": sabotage,
        }
        started = Machines([ending.enter_context(Forker()) for _ in range(PROCESSES)], log, job, ledger)
        started.forkers[0].run({**job, "who": "first"})
        for forker in started.forkers:
            started.start(forker)
        texts, next_kill = itertools.count(1), time.monotonic() + 1.0
        armed = []
        while len(ledger.killed) < kills and not ledger.failed:
            destination, text = f"34{chance.randint(1, 8)}", f"text {next(texts)}"
            sandbox.receive(**PLACE, destination=destination, message=text, account=account)  # type: ignore[arg-type]
            ledger.received.append((destination, text))
            if chance.random() < 0.1:
                armed.append(sandbox.fault("cut_before_answer", operation="get_unread_messages", account=account))
            time.sleep(0.02 + 0.2 * chance.random())
            if time.monotonic() >= next_kill:
                (token,) = db.execute(f"SELECT poller FROM {SCHEMA}.inbox_accounts".encode()).fetchone() or (None,)
                who = started.named(str(token))
                if who is not None:
                    started.kill(who)
                    next_kill = time.monotonic() + 1.0
                ledger.failed += time.monotonic() > next_kill + HANGS
        started.end()
        for each in armed:
            ledger.lost_answers += bool(each.hits)
            each.disarm()
        for later in AUDITS:
            ledger.failed += started.forkers[0].run({**job, "who": f"{later} later", "later": later}) != 0
        ledger.read_log(log)
        ledger.read_outbox(server.url, {"schema": SCHEMA})
    sandbox.drop(account)
    return ledger
