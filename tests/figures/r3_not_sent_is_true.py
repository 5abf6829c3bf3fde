"""`not_sent` and `rejected` are never wrong; and how often `unknown` could have been known."""

from __future__ import annotations

from afilnet_protocols.sandbox.fault_kind import Stage
from tests.figures import ledger as entries
from tests.figures.figure import Figure, Run
from tests.figures.stage import Connect, opened


def measure(run: Run, *, connect: Connect = opened, count: int | None = None) -> Figure:
    """Measure 20,000 sends, or 600, most of which meet a fault before, while or right after they leave.

    Args:
        run: how.
        connect: makes the clients.
        count: another number of sends.
    """
    count = count or (20_000 if run.long else 600)
    total = entries.ledger(
        run, count, connect, stages=(Stage.CONNECT, Stage.REQUEST, Stage.ANSWER, Stage.TIME, Stage.TOKEN)
    )
    tally = total.tally
    figure = Figure("soundness of not_sent: sends that fail before, while or right after they leave", run.seed)
    denied = tally["not_sent"] + tally["rejected"]
    figure.counts = {
        "sends": tally["sends"],
        "told not_sent": tally["not_sent"],
        "told rejected": tally["rejected"],
        "told unknown": tally["unknown"],
        "unknown, in truth carried out": tally["unknown, carried out"],
        "unknown, in truth not carried out": tally["unknown, not carried out"],
    }
    figure.targets = {
        f"0 of {denied} denials unsound": not tally["unsound"],
        "at least a tenth of the sends denied": denied * 10 >= count,
        "at least a tenth unknown and carried out": tally["unknown, carried out"] * 10 >= count,
        "0 duplicates": not tally["duplicate"],
        "0 foreign exceptions": not tally["foreign exception"],
    }
    figure.examples = total.examples
    return figure
