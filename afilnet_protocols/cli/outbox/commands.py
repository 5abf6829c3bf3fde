"""`afilnet outbox`: send what an outbox holds, look into it, and decide about what is left in doubt."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from afilnet_protocols import catalogue
from afilnet_protocols.cli.ending.exits import leave
from afilnet_protocols.cli.ending.interruption import Interrupted, saying
from afilnet_protocols.cli.ending.stopping import stopped_by_signals
from afilnet_protocols.cli.options.calls import defaults_of, options_of
from afilnet_protocols.cli.options.connection import Connection, connected
from afilnet_protocols.cli.options.place import LOOKING, OutboxPlace, at_outbox
from afilnet_protocols.cli.outbox.bulk import (
    NAMES,
    Reading,
    counts_of,
    exit_code,
    reading_options,
    sending,
    tell_repeats,
)
from afilnet_protocols.cli.outbox.status import health, list_entries, metrics, status, watch
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.terminal.output import print_json, print_outcome, print_table, print_text
from afilnet_protocols.cli.terminal.progress import at_work, progress
from afilnet_protocols.cli.terminal.troubles import heard
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.places import DEFAULT_SCHEMA, check_shown
from afilnet_protocols.plural import several

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from afilnet_protocols.outbox import Entry, Outbox


def command(name: str) -> grammar.Command:
    """Return the group."""
    return outbox_commands


@grammar.group("outbox")
def outbox_commands() -> None:
    """Send what an outbox holds, look into it, and decide about what is left in doubt."""


@outbox_commands.command()
@at_outbox
@grammar.option("--limit", kind=kinds.Number(int, 0), metavar="N", help="How many attempts to make at most.")
@grammar.option("--rate", kind=kinds.RATE, metavar="N/s", help="How many to begin in a second at most.")
@grammar.option("--workers", kind=kinds.Number(int, 1, 64), default=1, metavar="N", help="How many send at once.")
@grammar.option("--wait", flag=True, help="Wait for more when nothing is due, until SIGTERM or SIGINT comes.")
@grammar.json_option
@connected
def run(
    *,
    outbox: OutboxPlace,
    connection: Connection,
    limit: int | None,
    rate: float | None,
    workers: int,
    wait: bool,
    json: bool,
) -> None:
    """Send what is in the queue. What provably was not sent stays in it; run it again to go on.

    What is put in for later, or rests before another attempt, is waited for, however long that takes.

    When nothing can be sent, that is said on standard error as it begins, and when it is over.
    """
    from afilnet_protocols.cli.outbox.workers import Workers

    settings = connection.settings()
    done: Counter[State] = Counter()
    with saying(lambda: _interrupted(outbox, done)), contextlib.ExitStack() as open_now:
        with at_work(LOOKING, silent=json):
            queues = [open_now.enter_context(outbox.there(settings)) for _ in range(workers)]
            waiting = queues[0].status()[State.PENDING]
        tell = open_now.enter_context(sending(waiting, silent=json))
        crew = Workers(queues)
        if wait:
            open_now.enter_context(stopped_by_signals(crew.stop))
        hear = heard(tell, as_json=json)

        def count(entry: Entry) -> None:
            done[entry.state] += 1
            hear(entry)

        report = crew.run(limit=limit, rate=rate, wait=wait, on_progress=count)
    if json:
        print_json(asdict(report))
    else:
        print_table(NAMES, [counts_of(report)])
        if report.stopped:
            print_text(f"stopped: {report.stopped}")
    left = {"unknown": report.unknown, "rejected": report.rejected, "pending": report.remaining}
    leave(exit_code([state for state, count in left.items() if count]))


def _interrupted(outbox: OutboxPlace, done: Mapping[State, int]) -> Interrupted:
    """Return how far a run has come: what is in doubt by it counts as such, for it is noted before the run ends."""
    sent, refused, doubtful = (done.get(each, 0) for each in (State.SENT, State.REJECTED, State.UNKNOWN))
    doubts = f", {several(doubtful, 'is', 'are')} in doubt" if doubtful else ""
    return Interrupted(
        f"{several(sent, 'message was', 'messages were')} sent, {refused} refused{doubts}",
        f"'afilnet outbox run {outbox}' goes on there and sends nothing twice",
        delivery="unknown" if sent or refused or doubtful else "not_sent",
    )


@outbox_commands.command()
@at_outbox
@grammar.option(
    "--from",
    "source",
    kind=kinds.FILE,
    metavar="FILE",
    required=True,
    help="A CSV or JSON file ('-': standard input).",
)
@grammar.having(*options_of(catalogue.SEND_MESSAGE, for_rows=True))
@reading_options
@grammar.json_option
def put(
    *,
    outbox: OutboxPlace,
    source: Path,
    keep_repeats: bool,
    as_written: bool,
    json: bool,
    **arguments: str | None,
) -> None:
    """Put the rows of a file into an outbox, made if it is not there, and send nothing. Options about a message are for
    rows that do not say otherwise.
    """
    reading = Reading(source, defaults_of(source, arguments), keep_repeats=keep_repeats, as_written=as_written)
    rows = reading.rows(silent=json)
    with at_work(f"putting {several(len(rows), 'row')} in", silent=json), outbox.made() as queue:
        new = sum(queue.put((row.operation, row.arguments, row.key) for row in rows))
    if json:
        print_json({"outbox": str(outbox), "rows": len(rows), "new": new, "repeats": len(rows.repeats)})
        return
    tell_repeats(rows)
    print_text(f"{new} of {several(len(rows), 'row is', 'rows are')} new: afilnet outbox run {outbox}")


@outbox_commands.command("copy")
@grammar.argument("source", metavar="FILE", help="The outbox's file; stop its workers before.")
@grammar.argument("target", metavar="TARGET", help="postgresql://… without a password.")
@grammar.option("--schema", metavar="NAME", default=DEFAULT_SCHEMA, help="The schema of the tables.")
@grammar.json_option
def copy_entries(*, source: str, target: str, schema: str, json: bool) -> None:
    """Copy an outbox in a file to PostgreSQL; the file is then used no more. If interrupted, do it again."""
    from afilnet_protocols.outbox import copy

    held = "the file may be held still, and the entries may be there"
    with (
        saying(lambda: Interrupted(held, "give the same command again: it goes on", delivery="not_sent")),
        progress(None, "copying", silent=json) as tell,
    ):
        count = copy(
            check_shown(source),
            check_shown(target),
            schema=schema,
            on_progress=lambda done: tell(f"copying: {several(done, 'entry', 'entries')} so far"),
        )
    print_outcome(
        {"entries": count},
        f"{several(count, 'entry is', 'entries are')} there: afilnet outbox run {OutboxPlace(target, schema)}",
        as_json=json,
    )


@outbox_commands.command()
@at_outbox
@grammar.option(
    "--older-than", kind=kinds.Number(float, 0), metavar="DAYS", required=True, help="Settled so long ago at least."
)
@grammar.json_option
def purge(*, outbox: OutboxPlace, older_than: float, json: bool) -> None:
    """Delete what was sent or rejected long ago; its keys are forgotten with it."""
    with at_work(LOOKING, silent=json), outbox.there() as queue:
        count = queue.purge(older_than=older_than * 86400)
    print_outcome({"deleted": count}, several(count, "entry is deleted", "entries are deleted"), as_json=json)


@outbox_commands.command()
@at_outbox
@grammar.json_option
def migrate(*, outbox: OutboxPlace, json: bool) -> None:
    """Bring the tables of an earlier version to this one; stop the outbox's workers before."""
    from afilnet_protocols.outbox import migrate

    with at_work("bringing the tables up to date", silent=json):
        before, now = migrate(check_shown(outbox.name), schema=outbox.schema)
    line = f"the tables are of version {now}" + (f" now, and were of {before}" if before != now else "")
    print_outcome({"from": before, "to": now}, line, as_json=json)


@outbox_commands.command()
@at_outbox
@grammar.option("--resend-absent", flag=True, help="Put what is absent after the settle time back into the queue.")
@grammar.json_option
@connected
def reconcile(*, outbox: OutboxPlace, connection: Connection, resend_absent: bool, json: bool) -> None:
    """Read conversations back, to find out about entries whose outcome is unknown."""
    noted = "what was found out by then is noted"
    go_on = "the same command again looks for the rest"
    settings = connection.settings()
    with (
        saying(lambda: Interrupted(noted, go_on, delivery="not_sent")),
        at_work(LOOKING, silent=json),
        outbox.there(settings) as queue,
    ):
        with progress(queue.status()[State.UNKNOWN], "reading back", silent=json) as tell:
            findings = queue.reconcile(resend_absent=resend_absent, on_progress=_once_each(tell, "reading back"))
        left = {number: str(entry.state) for number in findings if (entry := queue.entry(number)) is not None}
    if json:
        print_json(
            [{"id": number, "finding": str(finding), "state": left[number]} for number, finding in findings.items()]
        )
    else:
        print_table(["id", "finding", "state"], [[number, found, left[number]] for number, found in findings.items()])
    leave(exit_code([state for state in left.values() if state == "unknown"]))


def _once_each(tell: Callable[[str], None], what: str) -> Callable[[Entry], None]:
    """Return what is told entries, some of them again, and counts each of them once."""
    told: set[int] = set()

    def count(entry: Entry) -> None:
        if entry.id not in told:
            told.add(entry.id)
            tell(what)

    return count


@outbox_commands.command("requeue")
@at_outbox
@grammar.argument(
    "ids",
    kind=kinds.WHOLE,
    multiple=True,
    required=False,
    metavar="[ID]…",
    help="The entries; all in that state.",
)
@grammar.option("--state", kind=kinds.Choice(["pending", "unknown"]), default="pending", help="pending or unknown.")
@grammar.option(
    "--accept-duplicates", flag=True, help="For unknown ones: they may have been sent, and then are sent twice."
)
@grammar.json_option
def requeue(*, outbox: OutboxPlace, ids: tuple[int, ...], state: str, accept_duplicates: bool, json: bool) -> None:
    """Make entries due again, all that are named or none; 'afilnet outbox run' then sends them."""
    with at_work(LOOKING, silent=json), outbox.there() as queue:
        if state == "pending" or accept_duplicates:
            _check_there(queue, ids, state)
        count = queue.retry(*ids, state=state, accept_duplicates=accept_duplicates)
    print_outcome(
        {"due": count}, f"{several(count, 'entry is', 'entries are')} due: afilnet outbox run {outbox}", as_json=json
    )


def _check_there(queue: Outbox, ids: tuple[int, ...], state: str) -> None:
    """Refuse numbers of entries that are not there, or in another state."""
    for number in ids:
        found = queue.entry(number)
        if found is None or found.state != state:
            what = "is not there" if found is None else f"is {found.state}, not {state}"
            raise InvalidRequestError(f"entry {number} {what}: nothing was changed")


# What it was called before.
outbox_commands.rename("retry", requeue)

for each in (status, watch, health, metrics, list_entries):
    outbox_commands.add(each)
