"""After thousands of calls that met faults, nothing is left: no descriptor, no thread, no memory."""

from __future__ import annotations

import gc
import os
import threading
import time
from pathlib import Path

from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from tests.figures.figure import Figure, Run
from tests.figures.stage import OPERATIONS, Connect, Worker, attempt, meeting, opened, operate

GROWTH_MB = 10.0
HEAVY = ("gzip_bomb", "deep_document", "chunk_extensions", "throttled_for_ages")
"""What makes large answers: the sandbox shares the process, and the allocator keeps what was in use at once."""

PATIENCE = 30.0
"""How long what is ending may take on a busy machine, in seconds: what is left for good is still there then."""

BATCH = 25


def measure(run: Run, *, connect: Connect = opened, count: int | None = None, patience: float = PATIENCE) -> Figure:
    """Measure 1,000 calls; before the first count a fifth as many warm up what is made only once.

    They are 10,000 in the long form, 50 in the short one.

    Args:
        run: how.
        connect: makes the clients.
        count: another number of calls.
        patience: how long what is ending may take in the end, in seconds.
    """
    count = count or run.of(50, 1_000, 10_000)
    from afilnet_protocols.sandbox import Sandbox

    with Sandbox() as sandbox:
        worker = Worker(sandbox)
        _calls(worker, run, "warm up", max(min(400, count), count // 5), connect)
        before = _held()
        _calls(worker, run, "measured", count, connect)
        after = _held(before, patience)
    growth = (after[2] - before[2]) / 1e6
    figure = Figure("what faulted calls leave behind, client and sandbox in one process", run.seed)
    figure.counts = {
        "calls": count,
        "that met a fault": worker.tally["measured"],
        "descriptors before and after": f"{before[0]}, {after[0]}",
        "threads before and after": f"{before[1]}, {after[1]}",
        "growth of the resident set": f"{growth:.1f} MB",
    }
    figure.targets = {
        "0 leaked descriptors": after[0] <= before[0],
        "0 leaked threads": after[1] <= before[1],
        f"at most {GROWTH_MB:g} MB of growth": growth <= GROWTH_MB,
        "nine in ten met a fault": worker.tally["measured"] >= count * 0.9,
        "0 foreign exceptions": not worker.tally["foreign"],
    }
    figure.examples = worker.examples
    return figure


def _calls(worker: Worker, run: Run, name: str, count: int, connect: Connect) -> None:
    chance = run.chance(name)
    kinds = [kind for kind in KINDS.values() if not kind.holds and kind.name not in HEAVY]
    for start in range(0, count, BATCH):
        account = worker.account()
        for _ in range(min(BATCH, count - start)):
            kind = chance.choice(kinds)
            protocol = chance.choice([str(protocol) for protocol in kind.protocols])
            plain = chance.random() < 0.5 and not kind.https_only
            operation = chance.choice(OPERATIONS)
            with meeting(
                worker, kind, connect=connect, protocol=protocol, account=account, times=1, plain=plain, timeout=5
            ) as (chat, armed):
                outcome = attempt(lambda chat=chat, what=operation: operate(chat, what))
            worker.tally[name] += bool(armed.hits)
            if outcome.foreign:
                worker.blame("foreign", f"{kind.name}, {protocol}: {outcome.error!r}")
        worker.sandbox.drop(account)


def _held(before: tuple[int, int, int] | None = None, patience: float = 0) -> tuple[int, int, int]:
    """Return the descriptors, the threads, and the bytes of memory that the process holds, once it has come to rest.

    What was there `before` tells whether it has: on a busy machine what ends may take its time.
    """
    until = time.monotonic() + patience
    for _ in range(3):
        gc.collect()
        time.sleep(0.1)
    while True:
        held = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
        if before is None or (held[0] <= before[0] and held[1] <= before[1]) or time.monotonic() > until:
            break
        time.sleep(0.1)
    return *held, int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
