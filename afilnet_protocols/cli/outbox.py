"""`afilnet outbox`: send what an outbox holds, look into it, and decide about what is left in doubt."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from afilnet_protocols.cli.bulk import NAMES, counts_of, exit_code, progress
from afilnet_protocols.cli.connection import Connection, connected
from afilnet_protocols.cli.exits import EPILOG, ExitCode
from afilnet_protocols.cli.operations import JSON
from afilnet_protocols.cli.output import print_json, print_line, print_table
from afilnet_protocols.errors import InvalidRequestError

if TYPE_CHECKING:
    from afilnet_protocols.outbox import Entry

Place = Annotated[Path, typer.Argument(metavar="OUTBOX", help="The outbox's file.")]
Rate = Annotated[float | None, typer.Option("--rate", metavar="N/s", help="How many to begin in a second at most.")]


def register(app: typer.Typer, name: str) -> None:
    """Add the group."""
    group = typer.Typer(
        rich_markup_mode=None,
        help="Send what an outbox holds, look into it, and decide about what is left in doubt.",
        epilog=EPILOG,
        no_args_is_help=True,
    )
    for action, command in (("run", connected(run)), ("status", status), ("list", list_entries)):
        group.command(action, epilog=EPILOG)(command)
    group.command("reconcile", epilog=EPILOG)(connected(reconcile))
    group.command("retry", epilog=EPILOG)(retry)
    app.add_typer(group, name=name)


def run(
    outbox: Place,
    *,
    connection: Connection,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="How many attempts to make at most.")
    ] = None,
    rate: Rate = None,
    json: JSON = False,
) -> None:
    """Send what is in the queue. What provably was not sent stays in it; run it again to go on."""
    from afilnet_protocols.outbox import Outbox, State

    _exists(outbox)
    with Outbox(outbox, connection.resolved().settings) as queue, progress(queue.status()[State.PENDING]) as tell:
        report = queue.run(limit=limit, rate=rate, on_progress=tell)
    if json:
        print_json(asdict(report))
    else:
        print_table(NAMES, [counts_of(report)])
        if report.stopped:
            print_line(f"stopped: {report.stopped}")
    left = {"unknown": report.unknown, "rejected": report.rejected, "pending": report.remaining}
    _leave(exit_code([state for state, count in left.items() if count]))


def status(outbox: Place, *, json: JSON = False) -> None:
    """Count the entries in each state."""
    from afilnet_protocols.outbox import Outbox

    _exists(outbox)
    with Outbox(outbox) as queue:
        counts = queue.status()
    if json:
        print_json({str(state): count for state, count in counts.items()})
    else:
        print_table(["state", "entries"], list(counts.items()))


def list_entries(
    outbox: Place,
    *,
    state: Annotated[str | None, typer.Option("--state", metavar="WORD", help="Only those in this state.")] = None,
    json: JSON = False,
) -> None:
    """List the entries, oldest first."""
    from afilnet_protocols.outbox import Outbox

    _exists(outbox)
    with Outbox(outbox) as queue:
        entries = queue.entries(state)
    if json:
        print_json([_as_data(entry) for entry in entries])
        return
    columns = ["id", "state", "attempts", "operation", "platform", "platform_id", "destination", "message", "reason"]
    rows = [{**entry.arguments, **_as_data(entry)} for entry in entries]
    print_table(columns, [[row.get(column) for column in columns] for row in rows])


def reconcile(
    outbox: Place,
    *,
    connection: Connection,
    resend_absent: Annotated[
        bool,
        typer.Option("--resend-absent", help="Put what is absent after the settle time back into the queue."),
    ] = False,
    json: JSON = False,
) -> None:
    """Read conversations back, to find out about entries whose outcome is unknown."""
    from afilnet_protocols.outbox import Outbox

    _exists(outbox)
    with Outbox(outbox, connection.resolved().settings) as queue:
        findings = queue.reconcile(resend_absent=resend_absent)
        left = {entry.id: str(entry.state) for entry in queue.entries() if entry.id in findings}
    if json:
        print_json(
            [{"id": number, "finding": str(finding), "state": left[number]} for number, finding in findings.items()]
        )
    else:
        print_table(["id", "finding", "state"], [[number, found, left[number]] for number, found in findings.items()])
    _leave(exit_code([state for state in left.values() if state == "unknown"]))


def retry(
    outbox: Place,
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]…", help="The entries; all in that state.")] = None,
    *,
    state: Annotated[str, typer.Option("--state", metavar="WORD", help="pending or unknown.")] = "pending",
    accept_duplicates: Annotated[
        bool,
        typer.Option("--accept-duplicates", help="For unknown ones: they may have been sent, and then are sent twice."),
    ] = False,
    json: JSON = False,
) -> None:
    """Make entries due again; 'afilnet outbox run' then sends them."""
    from afilnet_protocols.outbox import Outbox

    _exists(outbox)
    with Outbox(outbox) as queue:
        count = queue.retry(*(ids or []), state=state, accept_duplicates=accept_duplicates)
    if json:
        print_json({"due": count})
    else:
        print_line(f"{count} entries are due: afilnet outbox run {outbox}")


def _exists(outbox: Path) -> None:
    """Refuse a file that is not there: a mistyped name shall not make an empty outbox."""
    if not outbox.exists():
        raise InvalidRequestError(f"there is no outbox {str(outbox)!r}: 'afilnet send --from FILE' makes one")


def _leave(code: ExitCode) -> None:
    if code:
        raise typer.Exit(code)


def _as_data(entry: Entry) -> dict[str, object]:
    return {
        **asdict(entry),
        "state": str(entry.state),
        "created_at": entry.created_at.isoformat(),
        "changed_at": entry.changed_at.isoformat(),
    }
