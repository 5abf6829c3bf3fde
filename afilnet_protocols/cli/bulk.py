"""`afilnet send --from FILE`: every row of a CSV or JSON Lines file, through an outbox, so that it can be resumed."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from afilnet_protocols.cli.connection import Connection
from afilnet_protocols.cli.exits import ExitCode
from afilnet_protocols.cli.output import print_json, print_line, print_table
from afilnet_protocols.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from afilnet_protocols.outbox import Entry, Report
    from afilnet_protocols.outbox.rows import Row

PATIENCE = 2.0
"""After how many seconds a progress bar appears on a terminal."""

LISTED = 20
"""How many rows that were not sent are listed for people."""


def send_rows(
    connection: Connection,
    source: Path,
    *,
    outbox: Path | None,
    rate: float | None,
    defaults: Mapping[str, str],
    as_json: bool,
) -> None:
    """Put the rows of a file into an outbox, and run it.

    Args:
        connection: what the command line says about the connection.
        source: the file; ``-`` is standard input.
        outbox: the outbox; by default beside the file, with ``.outbox.db`` added to its name.
        rate: how many rows to begin in a second at most.
        defaults: arguments for rows that do not give them.
        as_json: print one JSON document.

    Raises:
        InvalidRequestError: a row cannot be sent; nothing was.
    """
    from afilnet_protocols.outbox import Outbox, State
    from afilnet_protocols.outbox.rows import read_rows

    if outbox is None and str(source) == "-":
        raise click.BadParameter("rows from standard input need --outbox FILE, to be resumed from")
    rows = read_rows(_read(source), defaults=defaults)
    place = outbox or source.with_name(f"{source.name}.outbox.db")
    with Outbox(place, connection.resolved().settings) as queue:
        new = sum(queue.put((row.operation, row.arguments, row.key) for row in rows))
        with progress(sum(queue.status()[state] for state in (State.PENDING, State.SENDING))) as tell:
            report = queue.run(rate=rate, on_progress=tell)
        by_key = {entry.key: entry for entry in queue.entries()}
    found = [(row, by_key[row.key]) for row in rows]
    _report(place, report, found, known=len(rows) - new, as_json=as_json)
    code = exit_code(str(entry.state) for _, entry in found)
    if code:
        raise Exit(code)


def exit_code(states: Iterator[str] | list[str]) -> ExitCode:
    """Return the exit code of entries that are left in these states: that of the worst."""
    left = set(states)
    if "unknown" in left:
        return ExitCode.UNKNOWN
    if "rejected" in left:
        return ExitCode.REFUSED
    return ExitCode.NOT_SENT if left & {"pending", "sending"} else ExitCode.DONE


@contextlib.contextmanager
def progress(total: int) -> Iterator[Callable[[Entry], None]]:
    """Show on a terminal how far a run has come, if it takes longer than two seconds; yield what is to be told."""
    if not sys.stderr.isatty():
        yield lambda entry: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    )
    task = bar.add_task("sending", total=total)
    begun = time.monotonic()

    def tell(entry: Entry) -> None:
        if entry.state != "pending":
            bar.advance(task)
        if time.monotonic() - begun > PATIENCE and not bar.live.is_started:
            bar.start()

    try:
        yield tell
    finally:
        if bar.live.is_started:
            bar.stop()


def _read(source: Path) -> bytes:
    from afilnet_protocols.outbox.rows import LARGEST

    if str(source) == "-":
        return sys.stdin.buffer.read(LARGEST + 1)
    reason = ""
    try:
        with source.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
    raise InvalidRequestError(f"--from: the file {str(source)!r} cannot be read: {reason}")


def _report(place: Path, report: Report, found: list[tuple[Row, Entry]], *, known: int, as_json: bool) -> None:
    left = [(row, entry) for row, entry in found if entry.state != "sent"]
    lines = [
        {"line": row.line, "id": entry.id, "state": str(entry.state), "error": entry.error, "reason": entry.reason}
        for row, entry in left
    ]
    if as_json:
        told = {"outbox": str(place), "rows": len(found), "known_before": known, "run": asdict(report)}
        print_json({**told, "not_sent": lines})
        return
    print_table(["rows", "known before", *NAMES], [[len(found), known, *counts_of(report)]])
    if left:
        print_line("")
        shown = [[line[name] for name in ("line", "id", "state", "reason")] for line in lines[:LISTED]]
        print_table(["line", "entry", "state", "why"], shown)
        if len(left) > LISTED:
            print_line(f"and {len(left) - LISTED} more: afilnet outbox list {place}")
        print_line(f"what to do: the same command again goes on; 'afilnet outbox --help' for single entries of {place}")
    if report.stopped:
        print_line(f"stopped: {report.stopped}")


NAMES = ("sent", "rejected", "unknown", "not sent", "remaining", "seconds")
"""The headings of a report."""


def counts_of(report: Report) -> list[object]:
    """Return a report as a row under :data:`NAMES`."""
    counts = (report.sent, report.rejected, report.unknown, report.not_sent, report.remaining)
    return [*counts, f"{report.seconds:.1f}"]
