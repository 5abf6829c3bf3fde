"""`afilnet outbox status`, `watch`, `health`, `metrics` and `list`: what is in an outbox, and how it is doing."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING

from afilnet_protocols.cli.ending.exits import leave
from afilnet_protocols.cli.options.place import LOOKING, OutboxPlace, at_outbox
from afilnet_protocols.cli.outbox.bulk import exit_code
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.terminal.output import (
    age,
    print_json,
    print_json_list,
    print_line,
    print_outcome,
    print_table,
)
from afilnet_protocols.cli.terminal.progress import at_work
from afilnet_protocols.cli.terminal.streams import is_lost
from afilnet_protocols.outbox import State
from afilnet_protocols.plural import several

if TYPE_CHECKING:
    from collections.abc import Mapping

    from afilnet_protocols.outbox import Entry

STATES = [str(state) for state in State]


@grammar.command()
@at_outbox
@grammar.json_option
def status(*, outbox: OutboxPlace, json: bool) -> None:
    """Count the entries in each state, and say how many came into it of late and since when the oldest is in it."""
    with at_work(LOOKING, silent=json), outbox.there() as queue:
        counts, ages, rates = queue.status(), queue.ages(), queue.rates()
    if json:
        more = {"ages": _rounded(ages), "per_second": _rounded(rates)}
        print_json({str(state): count for state, count in counts.items()} | more)
    else:
        rows = [[state, count, f"{rates[state]:.1f}", age(ages.get(state))] for state, count in counts.items()]
        print_table(["state", "entries", "per second", "oldest"], rows)


@grammar.command()
@at_outbox
@grammar.option(
    "--every", kind=kinds.Number(float, 0.1, 3600), default=2.0, metavar="SECONDS", help="How often to look."
)
@grammar.option("--times", kind=kinds.Number(int, 1), metavar="N", help="How often in all; until it is interrupted.")
@grammar.json_option
def watch(*, outbox: OutboxPlace, every: float, times: int | None, json: bool) -> None:
    """Show again and again how many entries are in each state, and how many came into it in a second."""
    from afilnet_protocols.cli.outbox.watch import looks

    with outbox.there() as queue:
        for look in looks(queue, every, times):
            if json:
                print_json(look.document, indent=None)
            else:
                print_table(["state", "entries", "per second", "oldest"], look.rows, title=look.title)
            if is_lost():  # nobody looks any more, as behind `| head`
                break


@grammar.command()
@at_outbox
@grammar.option(
    "--oldest", kind=kinds.Number(float, 0), default=300.0, metavar="SECONDS", help="How long an entry may wait."
)
@grammar.option("--doubtful", kind=kinds.Number(int, 0), default=0, metavar="N", help="How many may be in doubt.")
@grammar.json_option
def health(*, outbox: OutboxPlace, oldest: float, doubtful: int, json: bool) -> None:
    """Say by the exit code whether entries are sent in time: 3 if one waits too long, 5 if too many are in doubt."""
    with at_work(LOOKING, silent=json), outbox.there() as queue:
        counts, overdue = queue.status(), queue.overdue()
    reasons = {}
    if overdue is not None and overdue > oldest:
        reasons["pending"] = f"an entry has been due for {age(overdue)}: is a worker running?"
    if counts[State.UNKNOWN] > doubtful:
        reasons["unknown"] = (
            f"{several(counts[State.UNKNOWN], 'entry is', 'entries are')} in doubt: afilnet outbox reconcile {outbox}"
        )
    told = "\n".join(reasons.values()) or "healthy"
    print_outcome({"healthy": not reasons, "reasons": list(reasons.values())}, told, as_json=json)
    leave(exit_code(list(reasons)))


@grammar.command()
@at_outbox
def metrics(*, outbox: OutboxPlace) -> None:
    """Print counts and ages in Prometheus' text format."""
    from afilnet_protocols.outbox.metrics import exposition

    with at_work(LOOKING), outbox.there() as queue:
        told = exposition(queue).rstrip()
    print_line(told)


@grammar.command("list")
@at_outbox
@grammar.option("--state", kind=kinds.Choice(STATES), help="Only those in this state.")
@grammar.json_option
def list_entries(*, outbox: OutboxPlace, state: str | None, json: bool) -> None:
    """List the entries, oldest first."""
    with at_work(LOOKING, silent=json), outbox.there() as queue:
        entries = queue.entries(state)
    if json:
        print_json_list(map(_as_data, entries))
        return
    columns = ["id", "state", "attempts", "operation", "platform", "platform_id", "destination", "message", "reason"]
    print_table(columns, ([getattr(entry, name, entry.arguments.get(name)) for name in columns] for entry in entries))


def _rounded(figures: Mapping[State, float]) -> dict[str, float]:
    return {str(state): round(figure, 3) for state, figure in figures.items()}


def _as_data(entry: Entry) -> dict[str, object]:
    given = {each.name: getattr(entry, each.name) for each in fields(entry)}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()}
