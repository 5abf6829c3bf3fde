"""I1: whoever handles an inbox is killed at any step, answers are lost, and a plain loop beside it loses or doubles."""

from __future__ import annotations

import itertools
import json
import shutil
import signal
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from afilnet_protocols import connect
from afilnet_protocols.outbox import Outbox
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.state.accounts import Account, Options
from afilnet_protocols.vocabulary import Protocol
from tests.figures.figure import Figure, Run
from tests.inbox.crashes import PLACE, Forker
from tests.outbox.crashes import plain

DESTINATIONS = [f"3460000000{number}" for number in range(6)]
LATEST_STEP, LATEST_OF_A_LOOP = 240, 60
"""A child is killed at one of so many steps, of an inbox or of a plain loop; after them most have ended."""

AUDITS = (0.0, 700.0, 1400.0)
"""How much later somebody finishes: until every audit is over."""

KILLS_OF_AN_INBOX = 50
"""How many kills one inbox is given at most, so that its conversations stay as short as those of people are."""

UNLIKELY = 10
"""How many pairs of plain loops are killed at most until something is spoilt: the first pair hardly ever is not."""

FAULTS = (
    "never handled",
    "handled as two",
    "out of order",
    "replies missing",
    "replies doubled",
    "begun again without a kill",
    "failed but by a kill",
)


@dataclass
class Ledger:
    """What one inbox, or one loop, was sent and what it did.

    Attributes:
        received: the conversation and the text of each message, in their order.
        killed: the processes that were.
        lost_answers: how many answers of ``get_unread_messages`` were lost.
        failed: how many processes ended neither well nor by a kill.
        log: what handlers did: ``begin`` or ``end``, in which process, and the message's key, conversation and text.
        replies: how many there are of each, by conversation and text.
    """

    received: list[tuple[str, str]] = field(default_factory=list)
    killed: set[str] = field(default_factory=set)
    lost_answers: int = 0
    failed: int = 0
    log: list[list[str]] = field(default_factory=list)
    replies: Counter[tuple[str, str]] = field(default_factory=Counter)

    def read_log(self, path: Path) -> None:
        """Read what handlers did."""
        self.log = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def read_outbox(self, place: str, how: dict[str, str]) -> None:
        """Count the replies that are in an outbox."""
        with Outbox(place, **how) as outbox:  # type: ignore[arg-type]  # the schema
            for entry in outbox.entries():
                self.replies[entry.arguments["destination"], entry.arguments["message"]] += 1

    def ended(self) -> dict[str, list[str]]:
        """Return the texts that were handled to the end in each conversation, each message once, in their order."""
        found: dict[str, list[str]] = {}
        keys: set[str] = set()
        for what, _, key, destination, text in self.log:
            if what == "end" and key not in keys:
                keys.add(key)
                found.setdefault(destination, []).append(text)
        return found

    def begun_again(self, *, unkilled: bool = False) -> int:
        """Return how many handlers were begun again; only those whose process was not killed, if asked for."""
        begun: dict[str, list[str]] = {}
        for what, who, key, *_ in self.log:
            if what == "begin":
                begun.setdefault(key, []).append(who)
        return sum(
            not unkilled or before not in self.killed or before == after
            for each in begun.values()
            for before, after in itertools.pairwise(each)
        )

    def faults(self) -> Counter[str]:
        """Return what must not be."""
        found: Counter[str] = Counter()
        ended = self.ended()
        for destination in {destination for destination, _ in self.received}:
            texts = [text for place, text in self.received if place == destination]
            handled = ended.get(destination, [])
            found["never handled"] += (Counter(texts) - Counter(handled)).total()
            found["handled as two"] += (Counter(handled) - Counter(texts)).total()
            found["out of order"] += sorted(texts) == sorted(handled) and texts != handled
            for text, times in Counter(texts).items():
                queued = self.replies[destination, f"re: {text}"]
                found["replies missing"] += max(0, times - queued)
                found["replies doubled"] += max(0, queued - times)
        found["begun again without a kill"] = self.begun_again(unkilled=True)
        found["failed but by a kill"] = self.failed
        return found

    def counts(self) -> dict[str, int]:
        """Return what it comes to."""
        faults = self.faults()
        return {
            "kills": len(self.killed),
            "lost answers of get_unread_messages": self.lost_answers,
            "messages": len(self.received),
            "handlers begun again": self.begun_again(),
            **{fault: faults[fault] for fault in FAULTS},
        }


def measure(run: Run) -> Figure:
    """Kill inboxes and loops over every protocol, under both ways of reading, and compare with what was received."""
    kills = run.of(3, 10, 1000)
    protocols = run.of((Protocol.HTTP_POST,), tuple(Protocol), tuple(Protocol))
    most, of_a_loop = min(kills, KILLS_OF_AN_INBOX), min(max(kills, 6), 40)
    inboxes = list(itertools.product(range(kills // most), protocols, (True, False)))
    with Forker() as forker, Sandbox(journal_size=1) as sandbox, tempfile.TemporaryDirectory() as folder:

        def part(number: int, protocol: Protocol, marks: bool, most: int, *, loop: bool = False) -> dict[str, int]:
            name = ("loop" if loop else "inbox", str(protocol), "marks" if marks else "keeps", number)

            def ledger() -> dict[str, int]:
                chance = run.chance(*name)
                return one(forker, sandbox, Path(folder), chance, protocol, marks=marks, kills=most, loop=loop).counts()

            return run.part(ledger, *name)

        counted = {each: part(*each, most) for each in inboxes}
        loops: list[dict[str, int]] = []
        for number in range(UNLIKELY):
            loops += [part(number, Protocol.HTTP_POST, marks, of_a_loop, loop=True) for marks in (True, False)]
            if is_spoilt(loops):
                break
    return judged(counted, loops, run.seed)


def one(
    forker: Forker,
    sandbox: Sandbox,
    folder: Path,
    chance: Random,
    protocol: Protocol,
    *,
    marks: bool,
    kills: int,
    loop: bool = False,
    sabotage: str = "",
    place: tuple[str, dict[str, str]] | None = None,
) -> Ledger:
    """Let messages come in while whoever handles them is killed again and again; then let somebody finish."""
    account = sandbox.account(options=Options(reading_marks_read=marks))
    read = "unread" if chance.random() < 0.7 or sabotage == "no_intent" else "messages"
    ledger, folder = Ledger(), Path(tempfile.mkdtemp(dir=folder))
    job = {
        "path": place[0] if place else str(folder / "inbox.db"),
        "log": str(folder / "log"),
        "settings": plain(sandbox.settings(protocol, account=account, plain=True)),
        "read": read,
        "loop": loop,
        "sabotage": sabotage,
        "how": place[1] if place else {},
    }
    _write(sandbox, account, ledger, chance, run=0)
    forker.run(job)
    for run in itertools.count(1):
        if len(ledger.killed) == kills:
            break
        _write(sandbox, account, ledger, chance, run=run)
        armed = None
        if chance.random() < 0.3:
            armed = sandbox.fault("cut_before_answer", operation="get_unread_messages", account=account)
        ended = forker.run(
            {**job, "who": f"{run}", "kill_at": chance.randint(1, LATEST_OF_A_LOOP if loop else LATEST_STEP)}
        )
        ledger.failed += ended not in (0, -signal.SIGKILL)
        if ended == -signal.SIGKILL:
            ledger.killed.add(f"{run}")
        if armed is not None:
            ledger.lost_answers += bool(armed.hits)
            armed.disarm()
    for later in AUDITS:
        ledger.failed += forker.run({**job, "who": f"{later} later", "later": later}) != 0
    ledger.read_log(Path(job["log"]))
    if loop:
        _read_service(ledger, sandbox, account)
    else:
        ledger.read_outbox(job["path"], job["how"])
    sandbox.drop(account)
    shutil.rmtree(folder)
    return ledger


def _write(sandbox: Sandbox, account: Account, ledger: Ledger, chance: Random, *, run: int) -> None:
    for number in range(chance.randint(1, 4)):
        destination = chance.choice(DESTINATIONS)
        # Three in ten texts are equal, some of them in one second.
        text = "yes" if chance.random() < 0.3 else f"text {run} {number}"
        sandbox.receive(**PLACE, destination=destination, message=text, account=account)  # type: ignore[arg-type]
        ledger.received.append((destination, text))


def _read_service(ledger: Ledger, sandbox: Sandbox, account: Account) -> None:
    with connect(sandbox.settings(Protocol.HTTP_POST, account=account, plain=True)) as chat:
        for destination in {destination for destination, _ in ledger.received}:
            for message in chat.get_messages(**PLACE, destination=destination):  # type: ignore[arg-type]
                if message.sent:
                    ledger.replies[destination, message.message] += 1


def is_spoilt(loops: list[dict[str, int]]) -> bool:
    """Whether plain loops have lost or doubled one message in a hundred."""
    return _spoilt(loops) >= 0.01 * sum(part["messages"] for part in loops)


def _spoilt(loops: list[dict[str, int]]) -> int:
    return sum(part["never handled"] + part["replies doubled"] + part["replies missing"] for part in loops)


def judged(counted: dict[tuple[int, Protocol, bool], dict[str, int]], loops: list[dict[str, int]], seed: int) -> Figure:
    """Compare what was handled and answered with what was received."""
    counts = Counter[str]()
    for part in counted.values():
        counts.update(part)
    return Figure(
        "whoever handles an inbox is killed at any step, and another goes on",
        seed,
        counts={
            "protocols and ways of reading": len({each[1:] for each in counted}),
            **counts,
            "plain loop: messages": sum(part["messages"] for part in loops),
            "plain loop: lost, or answered not once": _spoilt(loops),
        },
        targets={
            **{f"0 {fault}": not counts[fault] for fault in FAULTS},
            "the plain loop loses or doubles 1 % at least": is_spoilt(loops),
        },
        examples=[
            f"{part[fault]} {fault}: inbox {each[0]} over {each[1]}, reading {'marks' if each[2] else 'keeps'}"
            for each, part in counted.items()
            for fault in FAULTS
            if part[fault]
        ],
    )
