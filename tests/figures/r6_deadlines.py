"""No call takes longer than its deadline, whatever stalls or drips, wherever."""

from __future__ import annotations

import math
import random
import threading
import time

from afilnet_protocols.sandbox.faults.fault_kind import Kind
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from tests.figures.figure import Figure, Run
from tests.figures.stage import DONE, OPERATIONS, Connect, Worker, attempt, meeting, opened, operate, shared_out

P99_MS = 50.0
WORST_MS = 250.0
MEDIAN_MS, TIMES_A_WAIT = 100.0, 4
"""How late half of the calls may be: so much, and so many times what half of the bare waits are late by meanwhile."""

THREADS = 3
WORK = 0.004
"""How much work a bare wait comes with, in seconds of the processor: about that of a call."""

EARLY_MS = 20.0
"""A call that ends so long before its deadline was not held."""


def may_be_early(kind: Kind, *, plain: bool) -> bool:
    """Whether a call need not be held: without TLS, half a handshake is garbage at once, and a body can be too long."""
    return kind.name == "endless_body" or (kind.name == "half_handshake" and plain)


def measure(run: Run, *, connect: Connect = opened, count: int | None = None) -> Figure:
    """Measure 200 stalls and drips; 2,000 in the long form, 40 in the short one.

    Args:
        run: how.
        connect: makes the clients.
        count: another number of calls.
    """
    count = count or run.of(40, 200, 2_000)
    chance = run.chance("deadlines")
    kinds = [kind for kind in KINDS.values() if kind.holds]
    jobs = [(chance.choice(kinds), random.Random(chance.random())) for _ in range(count)]
    overruns: list[float] = []

    def play(worker: Worker, job: tuple[Kind, random.Random]) -> None:
        overrun, excused = _overrun(worker, *job, connect)
        if overrun < -EARLY_MS:
            worker.tally["early"] += 1
            worker.tally["early without reason"] += not excused
        else:
            overruns.append(overrun)

    with Waiting() as bare:
        total = shared_out(jobs, play, threads=THREADS)
    overruns.sort()
    tally = total.tally
    median, allowed = overruns[len(overruns) // 2], MEDIAN_MS + TIMES_A_WAIT * bare.median
    p99 = overruns[math.ceil(len(overruns) * 0.99) - 1]
    figure = Figure("deadline overrun of calls that stall or drip until their time is up", run.seed)
    figure.counts = {
        "calls that were held": len(overruns),
        "calls that noticed the fault at once": tally["early"],
        "median overrun": f"{median:.1f} ms",
        "p99 overrun": f"{p99:.1f} ms",
        "worst overrun": f"{overruns[-1]:.1f} ms",
    }
    figure.counts["median of bare waits meanwhile, and what it allows"] = f"{bare.median:.1f} ms, {allowed:.1f} ms"
    figure.counts["p99 and worst of bare waits meanwhile"] = f"{bare.p99:.1f} ms, {bare.worst:.1f} ms"
    figure.targets = {
        "all were held but those that notice the fault": not tally["early without reason"],
        "none succeeded, and none raised a foreign exception": not (tally[DONE] or tally["foreign"]),
        "half of them end about when a bare wait does": median <= allowed,
    }
    if run.long:
        # The other forms run beside other tests, and the longest that they measured would tell of these.
        figure.targets |= {
            f"p99 at most {P99_MS:g} ms": p99 <= P99_MS,
            f"worst at most {WORST_MS:g} ms": overruns[-1] <= WORST_MS,
        }
    figure.examples = total.examples
    return figure


class Waiting:
    """Waits beside the calls, and works for as long as a call does: how late is that on this machine, now?"""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait)
        self._late = [0.0]

    def __enter__(self) -> Waiting:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._late.sort()

    @property
    def median(self) -> float:
        return self._late[len(self._late) // 2]

    @property
    def p99(self) -> float:
        return self._late[math.ceil(len(self._late) * 0.99) - 1]

    @property
    def worst(self) -> float:
        return self._late[-1]

    def _wait(self) -> None:
        while not self._over.is_set():
            begun = time.monotonic()
            time.sleep(0.02)
            worked = time.thread_time() + WORK
            while time.thread_time() < worked:
                pass
            self._late.append((time.monotonic() - begun - 0.02 - WORK) * 1000)


def _overrun(worker: Worker, kind: Kind, chance: random.Random, connect: Connect) -> tuple[float, bool]:
    """Make a call; return how much longer than its deadline it took, in milliseconds, and whether it may be early."""
    protocol = chance.choice([str(protocol) for protocol in kind.protocols])
    operation = chance.choice(OPERATIONS)
    seconds = chance.uniform(0.15, 0.4)
    plain = chance.random() < 0.3
    account = worker.account()
    with meeting(
        worker,
        kind,
        connect=connect,
        protocol=protocol,
        account=account,
        times=None,
        plain=plain,
        timeout=seconds,
        connect_timeout=seconds,
    ) as (chat, _):
        begun = time.monotonic()
        outcome = attempt(lambda: operate(chat, operation))
        taken = time.monotonic() - begun
    worker.sandbox.drop(account)
    worker.tally[outcome.verdict] += 1
    overrun = (taken - seconds) * 1000
    if outcome.foreign or outcome.verdict == DONE or overrun > P99_MS:
        worker.examples.append(f"{kind.name}, {protocol}, {operation}: {overrun:.1f} ms, {outcome.error}")
    return overrun, may_be_early(kind, plain=plain)
