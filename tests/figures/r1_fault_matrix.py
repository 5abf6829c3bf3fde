"""Every fault x every protocol x every operation x with and without TLS: what the caller is told is true."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass

from afilnet_protocols.sandbox.faults.fault_kind import Kind, Processed, Stage
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.state.accounts import Account
from tests.figures.figure import Figure, Run
from tests.figures.stage import (
    DONE,
    OPERATIONS,
    PROTOCOLS,
    Connect,
    Outcome,
    Worker,
    attempt,
    meeting,
    opened,
    operate,
    shared_out,
)
from tests.time_limit import HANGS

TIMEOUT = 0.4
"""How long a call may take, in seconds, that only ends when its time is up."""

PATIENCE = 10.0
"""How long any other call may take: a busy machine is no fault."""

TRIES = 3
"""How often a cell is played, each time with twice the time, if the time was up before the call met its fault."""

DOUBTS_ADDED = {
    "a page instead of the document": ("bad_request", "forbidden", "not_found", "not_allowed"),
    "a redirect that asks for the same again": ("redirect_307", "redirect_308", "redirect_to_nowhere"),
    "an error document under an intermediary's status": ("error_document",),
    "an answer that a cache kept": ("kept_answer",),
}
"""What is unknown because it need not be the service's word, and would pass for certain by its status or document."""

DOUBTS_TAKEN = {
    "hints before the answer": ("early_hints", "early_hints_late", "hints_of_all_kinds"),
    "a document that shows its own end": ("http_1_0", "no_length"),
}
"""What is certain because of what came, and would be unknown by the form in which it came."""

LARGE = "x" * 200_000
"""A message that no kernel takes in one piece while nobody reads."""


@dataclass(frozen=True)
class Cell:
    """One combination."""

    kind: Kind
    protocol: str
    operation: str
    tls: bool
    large: bool
    processed: bool
    other: str

    def __str__(self) -> str:
        return f"{self.kind.name}, {self.protocol}, {self.operation}, {'TLS' if self.tls else 'TCP'}"

    @property
    def timeout(self) -> float:
        return TIMEOUT if self.kind.holds else PATIENCE


def cells(run: Run) -> list[Cell]:
    """Return all cells, in an order that depends on nothing."""
    found = []
    for kind, protocol, operation, tls in itertools.product(KINDS.values(), PROTOCOLS, OPERATIONS, (True, False)):
        if protocol in kind.protocols and (tls or not kind.https_only):
            chance = run.chance(kind.name, protocol, operation, tls)
            large = kind.stage is Stage.REQUEST and operation == "send_message" and protocol != "http-get"
            processed = chance.random() < 0.5 if kind.processed is Processed.EITHER else True
            large = large and chance.random() < 0.5
            found.append(Cell(kind, protocol, operation, tls, large, processed, chance.choice(OPERATIONS)))
    return found


def measure(run: Run, *, connect: Connect = opened, only: int | None = None) -> Figure:
    """Measure a tenth of all cells, so that runs with ten seeds in a row cover all.

    All of them in the long form, one of each fault in the short one.

    Args:
        run: how.
        connect: makes the clients.
        only: how many of the cells, spread over all, for those who want to see it fail.
    """
    chosen = cells(run)
    known = len(chosen)
    shards = run.of(61, 10, 1)  # of the 60 cells of a fault, and each time of another protocol and operation
    chosen = chosen[run.seed % shards :: shards]
    if only is not None:
        chosen = run.chance("only").sample(chosen, only)
    run.chance("order").shuffle(chosen)
    total = shared_out(chosen, lambda worker, cell: play(worker, cell, connect), threads=8)
    tally = total.tally
    figure = Figure("fault matrix: faults x protocols x operations x {TLS, TCP}", run.seed)
    figure.counts = {
        "faults (of them for json alone)": f"{len(KINDS)} ({sum(len(kind.protocols) == 1 for kind in KINDS.values())})",
        "cells, of so many in all": f"{tally['cells']} of {known}",
        "attempts that met their fault": tally["hits"],
        **{f"ended as {verdict}": tally[verdict] for verdict in (DONE, "rejected", "not_sent", "unknown")},
        "unknown, and in truth not carried out": tally["unknown, not processed"],
        **{f"unknown for {rule}": tally[rule] for rule in DOUBTS_ADDED},
        **{f"no longer unknown for {rule}": tally[rule] for rule in DOUBTS_TAKEN},
    }
    figure.targets = {
        "at least 72 faults that meet all protocols": sum(len(kind.protocols) == 5 for kind in KINDS.values()) >= 72,
        "0 cells skipped": tally["cells"] == len(chosen) and not tally["skipped"],
        "0 foreign exceptions": not tally["foreign"],
        "0 wrong verdicts": not (tally["wrong"] or tally["unsound"]),
        "0 sends carried out twice": not tally["doubled"],
    }
    figure.examples = total.examples
    return figure


def play(worker: Worker, cell: Cell, connect: Connect) -> None:
    """Play one cell and judge it."""
    for attempt_number in range(TRIES):
        account = worker.account()
        outcome, hits = meet(worker, cell, account, connect, cell.timeout * 2**attempt_number)
        processed = worker.processed(account, cell.operation)
        worker.sandbox.drop(account)
        if hits or outcome.verdict == DONE:
            break
    worker.tally["cells"] += 1
    worker.tally["hits"] += hits
    worker.tally[outcome.verdict] += 1
    if not hits:
        worker.blame("skipped", f"{cell}: the fault met nothing: {outcome.verdict}, {outcome.error}")
    judge(worker, cell, outcome, processed)


def meet(worker: Worker, cell: Cell, account: Account, connect: Connect, timeout: float) -> tuple[Outcome, int]:
    """Make a call that meets the fault; return how it ended and how many attempts met the fault."""
    kind = cell.kind
    with meeting(
        worker,
        kind,
        connect=connect,
        protocol=cell.protocol,
        account=account,
        times=kind.times,
        processed=cell.processed,
        other=cell.other,
        plain=not cell.tls,
        timeout=timeout,
    ) as (chat, armed):
        outcome = attempt(lambda: operate(chat, cell.operation, LARGE if cell.large else "hola"))
    if kind.processed is Processed.LATE and armed.hits:
        await_processing(worker, account, cell)
    return outcome, armed.hits


def await_processing(worker: Worker, account: Account, cell: Cell) -> None:
    """Wait until the service has done what it does after the client has gone."""
    until = time.monotonic() + HANGS
    while not worker.processed(account, cell.operation) and time.monotonic() < until:
        time.sleep(0.005)


def judge(worker: Worker, cell: Cell, outcome: Outcome, processed: int) -> None:
    """Compare what the caller was told with the truth about the fault, and with what the service did."""
    told = f"{cell}: {outcome.verdict}, carried out {processed} times: {type(outcome.error).__name__} {outcome.error}"
    truth = cell.kind.truth(cell.protocol, tls=cell.tls)
    sends = cell.operation.startswith("send")
    if outcome.foreign:
        worker.blame("foreign", told)
    elif outcome.verdict not in truth:
        worker.blame("wrong", told)
    if outcome.verdict in ("not_sent", "rejected") and processed:
        worker.blame("unsound", told)
    if outcome.verdict == DONE and not processed:
        worker.blame("unsound", told)
    if sends and processed > 1:
        worker.blame("doubled", told)
    for rule, kinds in (DOUBTS_ADDED | DOUBTS_TAKEN).items():
        if cell.kind.name in kinds:
            worker.tally[rule] += (outcome.verdict == "unknown") == (rule in DOUBTS_ADDED)
    if outcome.verdict == "unknown" and not processed:
        worker.tally["unknown, not processed"] += 1
