"""R4: reading a conversation back tells what became of a send, if the service is given its time; and not if not."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from afilnet_protocols import OutcomeUnknownError
from afilnet_protocols.backends.sending import Reconciler
from afilnet_protocols.calls.recovery import Conversation, SentText
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.observation import CallInfo
from afilnet_protocols.outbox import Outbox, State
from afilnet_protocols.settings import Settings
from afilnet_protocols.vocabulary import Finding
from afilnet_protocols.waiting import complete
from tests.figures.figure import Figure, Run
from tests.outbox.service import PLACE, Service
from tests.stepwise import stepwise

BATCH = 25
DELAY = 5.0
"""How long the service goes on with a lost request at most, in seconds of its own clock."""
TEXTS = ("hola", "adiós", "hola ")
UNLIKELY = 20
"""How many outboxes are tried at most until one has doubled a message that was not given its time: one in two does."""


@dataclass
class Tally:
    """What was found out, against what was so."""

    cases: int = 0
    found: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0


def measure(run: Run) -> Figure:
    """Lose answers of sends of a client and of an outbox, read back, and compare with what the service did."""
    cases = run.of(250, 500, 5_000)
    sound, hasty = Tally(), Tally()
    chance = run.chance("sound")
    while sound.cases < cases // 2:
        _client(chance, sound, settle=DELAY)
    with tempfile.TemporaryDirectory() as folder:
        while sound.cases < cases:
            _outbox(chance, sound, Path(folder) / f"{sound.cases}.db", settle=DELAY)
        for number in range(UNLIKELY):
            if hasty.duplicates and hasty.cases >= cases // 10:
                break
            _outbox(chance, hasty, Path(folder) / f"hasty-{number}.db", settle=DELAY / 5, resend=True)
    return Figure(
        "reading back what became of a send whose answer was lost",
        run.seed,
        counts={
            "lost answers": sound.cases,
            **{f"found {name}": sound.found[name] for name in Finding},
            "wrong 'delivered'": sound.wrong[Finding.DELIVERED],
            "wrong 'absent'": sound.wrong[Finding.ABSENT],
            "duplicates": sound.duplicates,
            "with too short a settle time: lost answers": hasty.cases,
            "with too short a settle time: wrong 'absent'": hasty.wrong[Finding.ABSENT],
            "with too short a settle time: duplicates": hasty.duplicates,
        },
        targets={
            "0 wrong 'delivered'": not sound.wrong[Finding.DELIVERED] and not hasty.wrong[Finding.DELIVERED],
            "0 wrong 'absent' if the settle time is enough": not sound.wrong[Finding.ABSENT],
            "0 duplicates if the settle time is enough": not sound.duplicates,
            "both answers were found": min(sound.found[Finding.DELIVERED], sound.found[Finding.ABSENT]) > cases // 20,
            "too short a settle time is shown to double messages": hasty.duplicates > 0,
        },
    )


def _fate(chance: random.Random) -> tuple[str, float]:
    return chance.choice([("dropped", 0.0), ("lost", 0.0), ("lost", chance.uniform(0, DELAY))])


def _before(chance: random.Random, service: Service, place: str) -> None:
    """Let there be messages in a conversation, some with the same text, from both sides."""
    for _ in range(chance.randrange(4)):
        service.write(place, chance.choice(TEXTS), sent=chance.random() < 0.7)


class _Reader:
    """A service as a client reads it."""

    over_get = False

    def __init__(self, service: Service) -> None:
        self.wait = stepwise(service.wait)
        self.read_back = stepwise(lambda place, seconds: service.get_messages(**place))


def _client(chance: random.Random, tally: Tally, *, settle: float) -> None:
    """One send of a client under `delivery = "reconcile"`."""
    service, info = Service(), CallInfo("send_message", "soap")
    arguments = {**PLACE, "destination": "341", "message": chance.choice(TEXTS)}
    _before(chance, service, "341")
    before = service.copies()
    service.fates = [_fate(chance)]
    try:
        send = stepwise(lambda _: service.send_message(**arguments))
        complete(Reconciler(settle=settle).send(_Reader(service), arguments, send, Deadline(1000.0), info))
        finding = Finding.DELIVERED
    except OutcomeUnknownError:
        baseline = before[("341", arguments["message"])]
        assert not info.reconciled
        read = stepwise(lambda: service.get_messages(**PLACE, destination="341"))
        finding = complete(Conversation(read, SentText.of(arguments)).look(baseline))
    arrived = service.copies()[("341", arguments["message"])] - before[("341", arguments["message"])]
    _note(tally, finding, arrived)


def _note(tally: Tally, finding: Finding, arrived: int) -> None:
    tally.cases += 1
    tally.found[finding] += 1
    if (finding is Finding.DELIVERED and not arrived) or (finding is Finding.ABSENT and arrived):
        tally.wrong[finding] += 1


def _outbox(chance: random.Random, tally: Tally, path: Path, *, settle: float, resend: bool = False) -> None:
    """Many entries of an outbox, some of them equal and to the same conversation."""
    service = Service()
    settings = Settings(user="u", password="p", delivery="reconcile", settle=settle)
    places = [f"34{number}" for number in range(BATCH // 2)]
    for place in places:
        _before(chance, service, place)
    before = service.copies()
    with Outbox(path, settings, make_client=lambda _: service, conduct=service.conduct()) as outbox:
        for _ in range(BATCH):
            outbox.enqueue(**PLACE, destination=chance.choice(places), message=chance.choice(TEXTS))
        wanted = Counter((each.arguments["destination"], each.arguments["message"]) for each in outbox.entries())
        fates = [chance.choice([("done", 0.0), _fate(chance)]) for _ in range(BATCH)]
        service.fates = list(fates)
        outbox.run()
        entries = outbox.entries()
        lost = [number for number, (fate, _) in enumerate(fates) if fate != "done"]
        findings = outbox.reconcile(resend_absent=resend)
        if resend:
            outbox.run()
    after = service.copies()
    # Equal entries of one conversation cannot be told apart from outside: they are judged together.
    for pair, count in wanted.items():
        arrived = after[pair] - before[pair]
        tally.duplicates += max(0, arrived - count)
        group = [e for e in entries if (e.arguments["destination"], e.arguments["message"]) == pair]
        certain = sum(entry.state is State.SENT for entry in group)
        absent = sum(findings.get(entry.id) is Finding.ABSENT for entry in group)
        if not resend and certain > arrived:
            tally.wrong[Finding.DELIVERED] += certain - arrived
        if not resend and arrived > count - absent:
            tally.wrong[Finding.ABSENT] += arrived - (count - absent)
        if resend and arrived > count:
            tally.wrong[Finding.ABSENT] += arrived - count
    by_order = sorted(entries, key=lambda entry: entry.id)
    for number in lost:
        entry = by_order[number]
        tally.cases += 1
        tally.found[Finding.DELIVERED if entry.state is State.SENT else findings[entry.id]] += 1
