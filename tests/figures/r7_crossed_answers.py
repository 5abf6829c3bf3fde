"""No answer reaches another call than its own, whatever comes late, twice or unasked before the next request."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from afilnet_protocols.records import Message
from afilnet_protocols.sandbox import Sandbox
from tests.figures.figure import Figure, Run
from tests.figures.stage import DONE, PERSON, PROTOCOLS, Connect, Worker, attempt, opened, shared_out

POISONS = (
    "surplus_answer",
    "late_surplus",
    "early_hints",
    "early_hints_late",
    "continue_twice",
    "continue_late",
    "long_body",
    "no_content",
    "slow_answer",
)
CALLS, STRAY = 50, 20
"""How many reads a client makes, and in how many of them something stray comes."""

LATE = 0.003
"""Longer than the fault `late_surplus` waits, in seconds."""

PEOPLE = 5


def measure(run: Run, *, connect: Connect = opened, count: int | None = None) -> Figure:
    """Measure 1,000 reads, each of a conversation of its own, two in five of them after something stray.

    They are 5,000 in the long form, 200 in the short one.

    Args:
        run: how.
        connect: makes the clients.
        count: another number of reads.
    """
    count = count or run.of(200, 1_000, 5_000)
    chance = run.chance("crossed")
    jobs = [random.Random(chance.random()) for _ in range(count // CALLS)]
    total = shared_out(jobs, lambda worker, job: _session(worker, job, connect), threads=4)
    tally = total.tally
    figure = Figure("crossed answers: reads over kept connections on which stray bytes come", run.seed)
    figure.counts = {
        "reads": tally["reads"],
        "of them with something stray": tally["stray"],
        "answered": tally[DONE],
        "refused as unknown": tally["unknown"],
    }
    figure.targets = {
        f"0 of {tally['reads']} answers were another call's": not tally["crossed"],
        "0 foreign exceptions": not tally["foreign"],
        "at least a third had something stray": tally["stray"] * 3 >= tally["reads"],
        "at least half were answered": tally[DONE] * 2 >= tally["reads"],
    }
    figure.examples = total.examples
    return figure


def _session(worker: Worker, chance: random.Random, connect: Connect) -> None:
    """Read several conversations in turn with one client; each has a text that no other has."""
    sandbox, account = worker.sandbox, worker.sandbox.account()
    people = [{**PERSON, "destination": f"346000000{number:02d}"} for number in range(PEOPLE)]
    for person in people:
        sandbox.receive(**person, message=f"of {person['destination']}", account=account)
    protocol = chance.choice(PROTOCOLS)
    settings = sandbox.settings(protocol, account=account, plain=chance.random() < 0.5, timeout=10)
    with connect(settings) as chat:
        astray = set(chance.sample(range(CALLS), STRAY))
        for number in range(CALLS):
            person = chance.choice(people)
            stray = number in astray
            armed = sandbox.fault(chance.choice(POISONS), operation="get_messages", account=account) if stray else None
            _read(worker, lambda who=person: chat.get_messages(**who), f"of {person['destination']}", protocol)
            if armed is not None:
                armed.disarm()
                worker.tally["stray"] += armed.hits
                _let_it_arrive(sandbox)
    sandbox.drop(account)


def _let_it_arrive(sandbox: Sandbox) -> None:
    """Wait until the server has sent what it sends late.

    A whole answer that is sent once the next request has arrived cannot be told from the right one:
    docs/decisions/0004-fresh-connection-per-send.md says what that means.
    """
    server = sandbox._server
    assert server is not None
    assert server._loop is not None
    # Both wait on the same loop, and this one longer.
    asyncio.run_coroutine_threadsafe(asyncio.sleep(LATE), server._loop).result()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(LATE), server._loop).result()


def _read(worker: Worker, call: Callable[[], list[Message]], expected: str, protocol: str) -> None:
    outcome = attempt(call)
    worker.tally["reads"] += 1
    worker.tally[outcome.verdict] += 1
    if outcome.verdict != DONE:
        if outcome.foreign:
            worker.blame("foreign", f"{protocol}: {outcome.error!r}")
        return
    texts = [message.message for message in outcome.value]
    if texts != [expected]:
        worker.blame("crossed", f"{protocol}: asked for {expected!r}, got {texts}")
