"""Sends under random faults: what callers were told adds up, each verdict is true, and nothing is sent twice."""

from __future__ import annotations

from tests.figures.figure import Figure, Run
from tests.figures.ledger import ledger
from tests.figures.stage import DONE, Connect, opened


def measure(run: Run, *, connect: Connect = opened, count: int | None = None) -> Figure:
    """Measure 2,000 sends; 20,000 in the long form, 150 in the short one.

    Args:
        run: how.
        connect: makes the clients.
        count: another number of sends.
    """
    count = count or run.of(150, 2_000, 20_000)
    total = ledger(run, count, connect)
    tally = total.tally
    figure = Figure("effect ledger: sends under random faults, at_most_once", run.seed)
    names = (DONE, "rejected", "not_sent", "unknown")
    figure.counts = {
        "sends": tally["sends"],
        "sends that met a fault": tally["met a fault"],
        **{f"told {name}": tally[name] for name in names},
        "unknown, in truth carried out": tally["unknown, carried out"],
        "unknown, in truth not carried out": tally["unknown, not carried out"],
    }
    figure.targets = {
        f"{count} sends entered, each with one verdict": tally["sends"] == count == sum(tally[name] for name in names),
        "0 successes that did not happen": not tally["fabricated success"],
        "0 denials of what happened": not tally["unsound"],
        "0 duplicates": not tally["duplicate"],
        "0 effects that no send asked for": not tally["effects of no send"],
        "0 foreign exceptions": not tally["foreign exception"],
        "at least half of them met a fault": tally["met a fault"] * 2 >= count,
    }
    figure.examples = total.examples
    return figure
