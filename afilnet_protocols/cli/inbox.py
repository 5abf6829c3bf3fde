"""`afilnet inbox`: hand what comes in over to a command or an address, look into the inbox, and try again."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from afilnet_protocols.cli.ending.exits import Exit, ExitCode, leave
from afilnet_protocols.cli.ending.stopping import stopped_by_signals
from afilnet_protocols.cli.options.connection import Connection, connected
from afilnet_protocols.cli.options.place import LOOKING, InboxPlace, at_inbox
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.terminal.output import print_json, print_line, print_outcome, print_table, print_text
from afilnet_protocols.cli.terminal.progress import at_work, progress, set_aside
from afilnet_protocols.cli.terminal.troubles import telling
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.places import check_shown
from afilnet_protocols.plural import several
from afilnet_protocols.suggestion import quoted

if TYPE_CHECKING:
    from afilnet_protocols.inbox import Incoming, Received, Report

SECRET = "AFILNET_WEBHOOK_SECRET"  # noqa: S105 -- a name, not a secret
"""The variable that the secret of a webhook's signature is in; with ``_FILE`` behind it, the file that it is in."""


def command(name: str) -> grammar.Command:
    """Return the group."""
    return inbox_commands


@grammar.group("inbox")
def inbox_commands() -> None:
    """Hand what comes in over to a command or an address, look into the inbox, and try again."""


@inbox_commands.command()
@at_inbox
@grammar.option(
    "--exec", "line", metavar="CMD", help="A command, run for each message: JSON in, replies as JSON lines."
)
@grammar.option("--webhook", metavar="URL", help="An address that each message is posted to, signed.")
@grammar.option(
    "--start",
    kind=kinds.Choice(["now", "all"]),
    default="now",
    help="Which messages are handed over: from 'now' on, or 'all'.",
)
@grammar.option(
    "--attempts",
    kind=kinds.Number(int, 1),
    metavar="N",
    default=10,
    help="How often a message is tried.",
)
@grammar.option(
    "--exec-timeout",
    kind=kinds.Number(float, above=0),
    metavar="SECONDS",
    help="After how long CMD is ended, with what it has started, which is a failed attempt (300 by default).",
)
@grammar.option("--once", flag=True, help="Make one round, and end when nothing is left that can be handled now.")
@grammar.json_option
@connected
def run(
    *,
    inbox: InboxPlace,
    connection: Connection,
    line: str | None,
    webhook: str | None,
    start: str,
    attempts: int,
    exec_timeout: float | None,
    once: bool,
    json: bool,
) -> None:
    """Poll, hand over, and send the replies, until SIGTERM or SIGINT comes.

    What goes wrong is said on standard error when it begins and when it is over. Exit code 5: the outcome of a send is
    unknown; 4: the service refused one; 3: the service could not be reached in the end; 1: messages could not be
    handled, so that they wait or were given up.
    """
    from afilnet_protocols.inbox import Inbox

    handler = _handler(line, webhook, exec_timeout)
    check_shown(inbox.name)
    settings = connection.settings()
    told = telling(as_json=json)
    begin: Literal["now", "all"] = "now" if start == "now" else "all"
    with (
        progress(None, "waiting for messages", silent=json) as tell,
        Inbox(inbox.name, settings, schema=inbox.schema, start=begin, attempts=attempts, on_trouble=told) as opened,
        contextlib.nullcontext() if once else stopped_by_signals(opened.stop),
    ):
        opened.handler()(_counted(handler, tell))
        report = opened.run(wait=not once)
    if json:
        print_json(asdict(report))
    else:
        print_table(COUNTS, [[getattr(report, name) for name in COUNTS]])
    leave(_code_of(report))


def _counted(handler: Callable[[Incoming], None], tell: Callable[[str], None]) -> Callable[[Incoming], None]:
    """Return a handler that tells how many messages it was handed."""
    count = itertools.count(1)

    def handle(incoming: Incoming) -> None:
        tell(f"handing over: {several(next(count), 'message')} so far")
        handler(incoming)

    return handle


COUNTS = ("noticed", "done", "rejected", "dead", "put_back", "sent")
"""What is shown of a report."""


def _code_of(report: Report) -> ExitCode:
    """Return the code of the worst that happened, or lasts when the run ends."""
    if report.unknown:
        return ExitCode.UNKNOWN
    if report.refused:
        return ExitCode.REFUSED
    if report.failure or report.unsent:
        return ExitCode.NOT_SENT
    return ExitCode.DISAGREEMENT if report.dead or report.failing else ExitCode.DONE


def _handler(line: str | None, webhook: str | None, exec_timeout: float | None) -> Callable[[Incoming], None]:
    from afilnet_protocols.inbox.bridges.command import PATIENCE, Command
    from afilnet_protocols.inbox.bridges.webhook import Webhook

    if (line is None) == (webhook is None):
        raise InvalidRequestError("give --exec CMD or --webhook URL, one of them")
    if line is None and exec_timeout is not None:
        raise InvalidRequestError("--exec-timeout goes with --exec")
    if line is None:
        return Webhook(webhook or "", secret=_secret())
    return Command(line, timeout=PATIENCE if exec_timeout is None else exec_timeout, aside=set_aside)


def _secret() -> str:
    from afilnet_protocols.settings.private_file import path_from, read_private, working_folder

    file, found = os.environ.get(f"{SECRET}_FILE"), os.environ.get(SECRET, "")
    if file and found:
        raise InvalidRequestError(f"{SECRET} and {SECRET}_FILE are both set: unset one of them")
    if file:
        return read_private(path_from(working_folder(), file), named_by=f"{SECRET}_FILE")
    if not found:
        raise InvalidRequestError(
            f"a webhook is signed: put a secret into {SECRET}, or into the file {SECRET}_FILE names"
        )
    return found


@inbox_commands.command()
@at_inbox
@grammar.option(
    "--patience",
    kind=kinds.Number(float, 0),
    metavar="SECONDS",
    default=300.0,
    help="How long a message may wait, or nobody may poll, before the exit code is 1.",
)
@grammar.json_option
def status(*, inbox: InboxPlace, patience: float, json: bool) -> None:
    """Count the messages in each state, and say how far behind the inbox is. Exit code 1: it is not well."""
    from afilnet_protocols.inbox.metrics import ailments

    with at_work(LOOKING, silent=json), inbox.there() as opened:
        found = opened.status()
    ill = ailments(found, patience=patience)
    if json:
        counts = {str(state): count for state, count in found.counts.items()}
        print_json({**asdict(found), "counts": counts, "backlog": found.backlog, "ailments": ill})
    else:
        print_table(["state", "messages"], list(found.counts.items()))
        for line in ill:
            print_text(line)
    if ill:
        raise Exit(ExitCode.DISAGREEMENT)


@inbox_commands.command()
@at_inbox
def metrics(*, inbox: InboxPlace) -> None:
    """Print counts and times in Prometheus' text format."""
    from afilnet_protocols.inbox.metrics import exposition

    with at_work(LOOKING), inbox.there() as opened:
        told = exposition(opened.status()).rstrip()
    print_line(told)


@inbox_commands.command()
@at_inbox
@grammar.json_option
def dead(*, inbox: InboxPlace, json: bool) -> None:
    """List the messages that were given up, oldest first."""
    with at_work(LOOKING, silent=json), inbox.there() as opened:
        found = opened.dead()
    _print(found, json=json)


@inbox_commands.command("list")
@at_inbox
@grammar.option("--state", metavar="WORD", help="Only those in this state; by default all but those that are done.")
@grammar.json_option
def list_messages(*, inbox: InboxPlace, state: str | None, json: bool) -> None:
    """List the messages, oldest first, with the key of each and what was said about it last."""
    with at_work(LOOKING, silent=json), inbox.there() as opened:
        found = opened.messages() if state is None else opened.messages(state)
    _print(found, json=json)


def _print(found: list[Received], *, json: bool) -> None:
    rows = [
        {
            "key": each.key,
            "state": str(each.state),
            "raised": each.raised,
            "interrupted": each.interrupted,
            **each.message.address,
            "message": each.message.message,
            "reason": each.reason,
        }
        for each in found
    ]
    if json:
        print_json(rows)
        return
    columns = ["key", "state", "raised", "interrupted", "platform", "platform_id", "destination", "message", "reason"]
    print_table(columns, [[row.get(column) for column in columns] for row in rows])


@inbox_commands.command()
@at_inbox
@grammar.argument("keys", multiple=True, required=False, metavar="[KEY]…", help="The messages; all dead ones.")
@grammar.json_option
def retry(*, inbox: InboxPlace, keys: tuple[str, ...], json: bool) -> None:
    """Have dead messages handed over again, or rejected ones that are named; all that are named, or none."""
    with at_work(LOOKING, silent=json), inbox.there() as opened:
        known = {each.key for each in opened.messages("dead", "rejected")} if keys else set()
        wrong = [key for key in keys if key not in known]
        if wrong:
            raise InvalidRequestError(
                f"no message that is dead or rejected has the key {quoted(wrong[0])}: 'afilnet inbox list {inbox}' "
                "shows them; nothing was changed"
            )
        count = opened.retry(*keys)
    print_outcome(
        {"due": count},
        f"{several(count, 'message is due', 'messages are due')}: afilnet inbox run {inbox}",
        as_json=json,
    )
