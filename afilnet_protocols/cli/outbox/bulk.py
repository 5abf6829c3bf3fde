"""`afilnet send --from FILE`: every row of a CSV or JSON file, through an outbox, so that it can be resumed."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from afilnet_protocols.cli.ending.exits import ExitCode, leave
from afilnet_protocols.cli.ending.interruption import Interrupted
from afilnet_protocols.cli.options.connection import Connection
from afilnet_protocols.cli.options.place import as_a_word
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.parser.words import UsageError
from afilnet_protocols.cli.terminal.output import print_json, print_note, print_table, print_text
from afilnet_protocols.cli.terminal.progress import at_work, progress
from afilnet_protocols.cli.terminal.standard_input import standard_input
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.plural import several
from afilnet_protocols.retold import Retold, in_words
from afilnet_protocols.suggestion import LONGEST_PATH, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from afilnet_protocols.outbox import Entry, Outbox, Report
    from afilnet_protocols.outbox.bulk.rows import Row, Rows

LISTED = 20
"""How many rows that were not sent are listed for people."""


class Reading(NamedTuple):
    """How a file of rows is read.

    Attributes:
        source: the file; ``-`` is standard input.
        defaults: arguments for rows that do not give them.
        keep_repeats: whether rows that are equal to one before are kept.
        as_written: whether recipients are taken as they are written, however spoilt they look.
    """

    source: Path
    defaults: Mapping[str, str]
    keep_repeats: bool
    as_written: bool

    def rows(self, *, silent: bool = False) -> Rows:
        """Read and check all of it.

        Args:
            silent: whether a terminal is told nothing, however long it takes.

        Raises:
            InvalidRequestError: it cannot be read, or a row cannot be sent.
        """
        from afilnet_protocols.outbox.bulk.rows import read_rows

        content = _read(self.source)
        with at_work("reading the rows", silent=silent):
            return read_rows(
                content, defaults=self.defaults, keep_repeats=self.keep_repeats, as_written=self.as_written
            )


def reading_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say how rows are read."""
    keep = grammar.option(
        "--keep-repeats", flag=True, help="Send rows that are equal as often as they are there, not once."
    )
    written = grammar.option(
        "--as-written", flag=True, help="Take recipients as the file has them, even if they look spoilt."
    )
    return keep(written(function))


def send_rows(
    connection: Connection, reading: Reading, *, outbox: Path | None, rate: float | None, as_json: bool
) -> None:
    """Put the rows of a file into an outbox, and run it.

    Args:
        connection: what the command line says about the connection.
        reading: the file, and how it is read.
        outbox: the outbox; by default beside the file, with ``.outbox.db`` added to its name.
        rate: how many rows to begin in a second at most.
        as_json: print one JSON document.

    Raises:
        InvalidRequestError: a row cannot be sent; nothing was.
        Interrupted: says how far it came.
    """
    from afilnet_protocols.outbox import Outbox, State

    source = reading.source
    if outbox is None and not _lasts(source):
        raise UsageError("rows from standard input or a pipe need --outbox FILE, to be resumed from")
    rows = reading.rows(silent=as_json)
    place = outbox or _beside(source)
    settings = connection.settings()
    with at_work(f"putting {several(len(rows), 'row')} in", silent=as_json), Outbox(place, settings) as queue:
        if outbox is None:
            _refuse_others(place, rows, queue)
        new = sum(queue.put((row.operation, row.arguments, row.key) for row in rows))
        left = sum(queue.status()[state] for state in (State.PENDING, State.SENDING))
        with sending(left, silent=as_json) as tell:
            try:
                report = queue.run(rate=rate, on_progress=tell)
            except KeyboardInterrupt:
                report = None
        by_key = {entry.key: entry for entry in queue.entries()}
    found = [(row, by_key[row.key]) for row in rows]
    if report is None:
        raise _interrupted(place, rows, found)
    _report(place, report, rows, found, known=len(rows) - new, as_json=as_json)
    leave(exit_code(str(entry.state) for _, entry in found))


def _beside(source: Path) -> Path:
    """Return where the outbox of a file is if nobody says it."""
    place = source.with_name(f"{source.name}.outbox.db")
    otherwise = "rows go through an outbox beside their file: name another place with --outbox FILE"
    with Retold(ValueError, lambda error: UsageError(f"{error}; {otherwise}")):
        kinds.NEW_FILE.read(str(place))
    return place


def _lasts(source: Path) -> bool:
    """Whether a name is that of a file which the same command finds again."""
    from afilnet_protocols.settings.private_file import working_folder

    of_this_process = str(Path(working_folder(), source)).startswith(("/dev/stdin", "/dev/fd/", "/proc/"))
    return str(source) != "-" and not of_this_process and (source.is_file() or not source.exists())


def _refuse_others(place: Path, rows: Rows, queue: Outbox) -> None:
    """Refuse an outbox that merely lies beside the file if messages wait in it that are not in the file.

    Somebody else may have put them there, or they are rows as they were before they were corrected.
    """
    from afilnet_protocols.outbox import State

    if not queue.status()[State.PENDING]:
        return
    keys = {row.key for row in rows}
    others = sum(entry.key not in keys for entry in queue.entries("pending"))
    if others:
        wait = several(others, "message waits", "messages wait")
        raise InvalidRequestError(
            f"nothing was sent: in {place} beside the file, {wait} that the file lacks, perhaps from rows as they were "
            f"before: look with 'afilnet outbox list {as_a_word(place)}', then name it with --outbox to send them too, "
            "or name another"
        )


def _interrupted(place: Path, rows: Rows, found: list[tuple[Row, Entry]]) -> Interrupted:
    """Return how far the rows of a file have come, and how to go on."""
    left = Counter(str(entry.state) for _, entry in found)
    waiting = next((row.line for row, entry in found if entry.state in ("pending", "sending")), None)
    upcoming = f"; next is {rows.unit} {waiting}" if waiting is not None else ""
    doubts = f", {left['unknown']} in doubt" if left["unknown"] else ""
    rows_were = several(len(found), "row was", "rows were")
    done = f"{left['sent']} of {rows_were} sent, {left['rejected']} refused{doubts}{upcoming}"
    command = f"afilnet outbox run {as_a_word(place)}"
    go_on = f"the same command again goes on there and sends nothing twice; so does '{command}'"
    asked = left["sent"] or left["rejected"] or left["unknown"]
    return Interrupted(done, go_on, delivery="unknown" if asked else "not_sent")


def tell_repeats(rows: Rows) -> None:
    """Say on standard error which rows are left out, because they are equal to one before."""
    if not rows.repeats:
        return
    shown = [f"{line} (as {first})" for line, first in list(rows.repeats.items())[:LISTED]]
    more = f" and {len(rows.repeats) - LISTED} more" if len(rows.repeats) > LISTED else ""
    print_note(
        f"{several(len(rows.repeats), 'row')} left out, equal to one before: {rows.unit} {', '.join(shown)}{more}; "
        "--keep-repeats sends them too"
    )


def exit_code(states: Iterator[str] | list[str]) -> ExitCode:
    """Return the exit code of entries that are left in these states: that of the worst."""
    left = set(states)
    if "unknown" in left:
        return ExitCode.UNKNOWN
    if "rejected" in left:
        return ExitCode.REFUSED
    return ExitCode.NOT_SENT if left & {"pending", "sending"} else ExitCode.DONE


@contextlib.contextmanager
def sending(total: int, *, silent: bool) -> Iterator[Callable[[Entry], None]]:
    """Show on a terminal how far a run has come, if it takes longer than two seconds; yield what is to be told."""
    with progress(total, "sending", silent=silent) as tell:
        yield lambda entry: tell("sending") if entry.state != "pending" else None


def _read(source: Path) -> bytes:
    from afilnet_protocols.outbox.bulk.rows import LARGEST

    if str(source) == "-":
        return standard_input(LARGEST)
    told = f"--from: the file {quoted(source, LONGEST_PATH)} cannot be read: "
    with Retold(OSError, lambda error: InvalidRequestError(told + in_words(error))), source.open("rb") as file:
        return file.read(LARGEST + 1)


def _report(
    place: Path, report: Report, rows: Rows, found: list[tuple[Row, Entry]], *, known: int, as_json: bool
) -> None:
    left = [(row, entry) for row, entry in found if entry.state != "sent"]
    lines = [
        {"line": row.line, "id": entry.id, "state": str(entry.state), "error": entry.error, "reason": entry.reason}
        for row, entry in left
    ]
    if as_json:
        told = {"outbox": str(place), "rows": len(found), "known_before": known, "run": dataclasses.asdict(report)}
        repeats = [{"line": line, "as": first} for line, first in rows.repeats.items()]
        print_json({**told, "repeats": repeats, "not_sent": lines})
        return
    tell_repeats(rows)
    print_table(["rows", "known before", *NAMES], [[len(found), known, *counts_of(report)]])
    if left:
        print_text("")
        shown = [[line[name] for name in ("line", "id", "state", "reason")] for line in lines[:LISTED]]
        print_table([rows.unit, "entry", "state", "why"], shown)
        if len(left) > LISTED:
            print_text(f"and {len(left) - LISTED} more: afilnet outbox list {as_a_word(place)}")
        for advice in _advice(place, {str(line["state"]) for line in lines}):
            print_text(f"what to do: {advice}")
    if report.stopped:
        print_text(f"stopped: {report.stopped}")


def _advice(place: Path, states: set[str]) -> Iterator[str]:
    """Yield what to do about entries in these states: the same command again attempts none but those that wait."""
    if states & {"pending", "sending"}:
        yield "the same command again goes on with those that wait"
    if "unknown" in states:
        yield f"'afilnet outbox reconcile {as_a_word(place)}' reads back whether what is unknown was sent"
    if "rejected" in states:
        yield (
            "correct the rows that were rejected: the same command again sends what was changed; as they are, send "
            "them from a file of their own"
        )


NAMES = ("sent", "rejected", "unknown", "not sent", "remaining", "seconds")
"""The headings of a report."""


def counts_of(report: Report) -> list[object]:
    """Return a report as a row under :data:`NAMES`."""
    counts = (report.sent, report.rejected, report.unknown, report.not_sent, report.remaining)
    return [*counts, f"{report.seconds:.1f}"]
