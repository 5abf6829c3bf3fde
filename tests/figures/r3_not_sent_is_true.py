"""`not_sent` and `rejected` are never wrong; and how often `unknown` could have been known."""

from __future__ import annotations

from collections import Counter

from afilnet_protocols.sandbox.faults.fault_kind import Stage
from tests.figures import ledger as entries
from tests.figures.figure import Figure, Run
from tests.figures.stage import Connect, Worker, opened
from tests.sizes import LONG, PROOF

ANYWHERE = (Stage.CONNECT, Stage.REQUEST, Stage.ANSWER, Stage.TIME, Stage.TOKEN)
BEFORE = (Stage.CONNECT, Stage.TOKEN)
"""Where a fault most often keeps a request from leaving."""

ROUND = 5_000
UNDONE = {PROOF: 0.4, LONG: 0.35}
"""The most of the unknown that may in truth not have been carried out, or more could be told than is told.

It is a third, and 43 % where nothing is told that could be. So of the eighty of the short form it says nothing, and of
the 330 as a proof it may be some more by chance."""


def measure(run: Run, *, connect: Connect = opened, count: int | None = None) -> Figure:
    """Measure 600 sends, most of which meet a fault before, while or right after they leave.

    They are 20,000 in the long form, 150 in the short one.

    The long form goes on with faults before they leave until 20,000 have been told ``not_sent``.

    Args:
        run: how.
        connect: makes the clients.
        count: another number of sends.
    """
    wanted = 20_000 if run.long and count is None else 0
    count = count or run.of(150, 600, 20_000)
    anywhere = entries.ledger(run, count, connect, stages=ANYWHERE)
    before: list[Worker] = []
    tally = Counter(anywhere.tally)
    while tally["not_sent"] < wanted:
        again = Run(seed=run.seed + len(before) + 1, form=run.form)
        before.append(entries.ledger(again, ROUND, connect, stages=BEFORE))
        tally.update(before[-1].tally)
    figure = Figure("soundness of not_sent: sends that fail before, while or right after they leave", run.seed)
    denied = tally["not_sent"] + tally["rejected"]
    unknown, undone = anywhere.tally["unknown"], anywhere.tally["unknown, not carried out"]
    figure.counts = {
        "sends": tally["sends"],
        "of them with faults anywhere, not only before they leave": anywhere.tally["sends"],
        "told not_sent": tally["not_sent"],
        "told rejected": tally["rejected"],
        "told unknown, with faults anywhere": unknown,
        "of these, in truth carried out": anywhere.tally["unknown, carried out"],
        "of these, in truth not carried out": undone,
    }
    figure.targets = {
        f"0 of {denied} denials unsound": not tally["unsound"],
        f"at least {wanted or count // 20} told not_sent": tally["not_sent"] >= (wanted or count // 20),
        "at least a tenth unknown and carried out": anywhere.tally["unknown, carried out"] * 10 >= count,
        "0 duplicates": not tally["duplicate"],
        "0 foreign exceptions": not tally["foreign exception"],
    }
    if run.form in UNDONE:
        most = UNDONE[run.form]
        figure.targets[f"at most {most:.0%} of the unknown not carried out"] = undone <= most * unknown
    figure.examples = [example for each in (anywhere, *before) for example in each.examples]
    return figure
