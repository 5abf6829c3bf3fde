"""Sends under random faults, and what the service says of each of them afterwards: R2 and R3 read the same ledger."""

from __future__ import annotations

import bisect
import itertools
import random
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from afilnet_protocols.sandbox.faults.fault_kind import Kind, Processed, Stage
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.state.accounts import Account
from tests.figures.figure import Run
from tests.figures.stage import DONE, PROTOCOLS, Connect, Outcome, Worker, attempt, meeting, operate, pieces, shared_out

BATCH = 20
TIMEOUT = 0.3
PATIENCE = 10.0
FAULTY = 0.8
"""The share of sends that meet a fault."""

LARGE = "y" * 150_000


@dataclass(frozen=True)
class Send:
    """One send: over what, and what it is to meet."""

    number: int
    protocol: str
    tls: bool
    kind: Kind | None
    processed: bool
    large: bool
    file: bool

    @property
    def text(self) -> str:
        return f"send {self.number} " + (LARGE if self.large else "")


def sends(run: Run, count: int, stages: Collection[Stage] = tuple(Stage)) -> list[Send]:
    """Draw the sends; those that hold until their time is up are rarer, or they would take all the time.

    Each fault comes as often as it should, and every other time the call is carried out: what is known of the sends in
    the end has targets, which luck must not miss.
    """
    chance = run.chance("ledger")
    protocols = [PROTOCOLS[number % len(PROTOCOLS)] for number in range(count)]
    chance.shuffle(protocols)
    faulty = set(chance.sample(range(count), round(FAULTY * count)))
    drawn = {}
    for protocol in PROTOCOLS:
        able = [kind for kind in KINDS.values() if protocol in kind.protocols and kind.stage in stages]
        drawn[protocol] = iter(_spread(chance, able, sum(protocols[number] == protocol for number in faulty)))
    processed = {name: itertools.cycle(chance.sample([True, False], 2)) for name in KINDS}
    found = []
    for number, protocol in enumerate(protocols):
        kind = next(drawn[protocol]) if number in faulty else None
        small = kind is None or kind.stage is not Stage.REQUEST or protocol == "http-get"
        large = not small and chance.random() < 0.5
        file = not large and chance.random() < 0.3
        tls = chance.random() < 0.7 or (kind is not None and kind.https_only)
        found.append(Send(number, protocol, tls, kind, kind is not None and next(processed[kind.name]), large, file))
    return found


def _spread(chance: random.Random, kinds: list[Kind], count: int) -> list[Kind]:
    """Return so many kinds in any order, each as often as its weight tells, or once more or less."""
    kinds = chance.sample(kinds, len(kinds))
    ends = list(itertools.accumulate(0.2 if kind.holds else 1.0 for kind in kinds))
    first = chance.random()
    found = [kinds[bisect.bisect(ends, (first + number) / count * ends[-1])] for number in range(count)]
    chance.shuffle(found)
    return found


def ledger(
    run: Run, count: int, connect: Connect, *, stages: Collection[Stage] = tuple(Stage), threads: int = 8
) -> Worker:
    """Make the sends, and compare what each caller was told with what the service did."""
    drawn = sends(run, count, stages)
    # A client keeps its retry quota and its breaker over calls, so the sends of a batch are of the same kind of client.
    drawn.sort(key=lambda send: (send.protocol, send.tls))
    batches = itertools.chain.from_iterable(
        pieces(list(group), BATCH) for _, group in itertools.groupby(drawn, key=lambda send: (send.protocol, send.tls))
    )
    return shared_out(batches, lambda worker, batch: enter(worker, batch, connect), threads=threads)


def enter(worker: Worker, batch: list[Send], connect: Connect) -> None:
    """Make the sends of a batch from one account, and then read the account's journal."""
    account = worker.account()
    told = [(send, one(worker, account, send, connect)) for send in batch]
    await_late(worker, account, told)
    effects = effects_of(worker, account)
    for send, outcome in told:
        enter_one(worker, send, outcome, effects[send.text])
    worker.tally["effects of no send"] += sum(effects.values()) - sum(effects[send.text] for send in batch)
    worker.sandbox.drop(account)


def one(worker: Worker, account: Account, send: Send, connect: Connect) -> Outcome:
    """Make one send, with its fault armed, from a fresh client."""
    kind = send.kind
    timeout = TIMEOUT if kind is not None and kind.holds else PATIENCE
    operation = "send_file" if send.file else "send_message"
    given = {"plain": not send.tls, "timeout": timeout}
    if kind is None:
        with connect(worker.sandbox.settings(send.protocol, account=account, **given)) as chat:
            return attempt(lambda: operate(chat, operation, send.text))
    with meeting(
        worker,
        kind,
        connect=connect,
        protocol=send.protocol,
        account=account,
        times=kind.times,
        processed=send.processed,
        other=operation,
        **given,
    ) as (chat, armed):
        outcome = attempt(lambda: operate(chat, operation, send.text))
    worker.tally["met a fault"] += bool(armed.hits)
    return outcome


def effects_of(worker: Worker, account: Account) -> Counter[str]:
    """Return how often each text was sent, as the service has it in its conversation."""
    return Counter(
        arrival.arguments.get("message", "")
        for arrival in worker.sandbox.journal(account)
        if arrival.outcome == "SUCCESS" and arrival.operation in ("send_message", "send_file")
    )


def await_late(worker: Worker, account: Account, told: list[tuple[Send, Outcome]]) -> None:
    """Give the service its time to do what it does after the client has gone."""
    late = [send for send, outcome in told if send.kind is not None and send.kind.processed is Processed.LATE]
    until = time.monotonic() + 0.5
    while any(not effects_of(worker, account)[send.text] for send in late) and time.monotonic() < until:
        time.sleep(0.01)


def enter_one(worker: Worker, send: Send, outcome: Outcome, effects: int) -> None:
    """Judge one send."""
    tally = worker.tally
    what = f"{send.kind.name if send.kind else 'no fault'}, {send.protocol}, {'TLS' if send.tls else 'TCP'}"
    line = f"{what}: told {outcome.verdict}, {effects} effects: {outcome.error}"
    tally["sends"] += 1
    tally[outcome.verdict] += 1
    if outcome.foreign:
        worker.blame("foreign exception", line)
    if effects > 1:
        worker.blame("duplicate", line)
    if outcome.verdict == DONE and not effects:
        worker.blame("fabricated success", line)
    if outcome.verdict in ("not_sent", "rejected") and effects:
        worker.blame("unsound", line)
    if outcome.verdict == "unknown":
        tally["unknown, carried out" if effects else "unknown, not carried out"] += 1
