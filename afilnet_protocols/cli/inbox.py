"""`afilnet inbox`: hand what comes in over to a command or an address, look into the inbox, and try again."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from afilnet_protocols.cli.connection import Connection, connected
from afilnet_protocols.cli.exits import Exit, ExitCode
from afilnet_protocols.cli.outbox import stopped_by_signals
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.terminal.output import print_json, print_line, print_table
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.places import DEFAULT_SCHEMA, check_shown, is_there

if TYPE_CHECKING:
    from afilnet_protocols.inbox import Inbox, Incoming
    from afilnet_protocols.settings import Settings

SECRET = "AFILNET_WEBHOOK_SECRET"  # noqa: S105 -- a name, not a secret
"""The variable that the secret of a webhook's signature is in; with ``_FILE`` behind it, the file that it is in."""


@dataclass(frozen=True)
class Place:
    """Where an inbox is.

    Attributes:
        name: the path of its file, or ``postgresql://…``.
        schema: in PostgreSQL, the schema of its tables.
    """

    name: str
    schema: str

    def there(self) -> Inbox:
        """Open it, if there is anything: a mistyped name shall not make an empty inbox.

        Raises:
            InvalidRequestError: there is nothing.
        """
        from afilnet_protocols.inbox import Inbox

        if not is_there(check_shown(self.name), schema=self.schema):
            raise InvalidRequestError(f"there is no inbox {self.name!r}: 'afilnet inbox run' makes one")
        return Inbox(self.name, schema=self.schema)


def at_inbox(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the words that say which inbox, and hand it to the command as its parameter ``inbox``."""

    @functools.wraps(function)
    def command(*, inbox: str, schema: str, **given: object) -> None:
        function(inbox=Place(inbox, schema), **given)

    about = "The inbox's file, or postgresql://… without a password."
    help_ = f"In PostgreSQL, the schema of its tables ({DEFAULT_SCHEMA!r} by default)."
    made = grammar.option("--schema", metavar="NAME", default=DEFAULT_SCHEMA, help=help_)(command)
    return grammar.argument("inbox", metavar="INBOX", help=about)(made)


def command(name: str) -> grammar.Command:
    """Return the group."""
    return inbox_commands


@grammar.group(
    "inbox",
)
def inbox_commands() -> None:
    """Hand what comes in over to a command or an address, look into the inbox, and try again."""


@inbox_commands.command()
@at_inbox
@grammar.option(
    "--exec", "line", metavar="CMD", help="A command, run for each message: JSON in, replies as JSON lines."
)
@grammar.option("--webhook", metavar="URL", help="An address that each message is posted to, signed.")
@grammar.option(
    "--start", metavar="WORD", default="now", help="Which messages are handed over: from 'now' on, or 'all'."
)
@grammar.option(
    "--attempts", kind=kinds.WHOLE, metavar="N", default=10, help="How often a message is tried (10 by default)."
)
@grammar.option("--once", flag=True, help="Make one round, and end when nothing is left that can be handled now.")
@grammar.json_option
@connected
def run(
    *,
    inbox: Place,
    connection: Connection,
    line: str | None,
    webhook: str | None,
    start: str,
    attempts: int,
    once: bool,
    json: bool,
) -> None:
    """Poll, hand over, and send the replies, until SIGTERM or SIGINT comes."""
    handler = _handler(line, webhook)
    check_shown(inbox.name)
    settings = connection.resolved().settings
    with _opened(inbox, settings, start, attempts) as opened:
        opened.handler()(handler)
        with contextlib.nullcontext() if once else stopped_by_signals(opened.stop):
            report = opened.run(wait=not once)
    if json:
        print_json(asdict(report))
    else:
        print_table(["noticed", "done", "rejected", "dead", "put_back", "sent"], [_counts(asdict(report))])
        if report.failure:
            print_line(f"polling: {report.failure}")
    if once and report.failure:
        # Whoever runs it by the clock learns of an outage by nothing else.
        raise Exit(ExitCode.NOT_SENT)


def _opened(inbox: Place, settings: Settings, start: str, attempts: int) -> Inbox:
    from afilnet_protocols.inbox import Inbox

    if start not in ("now", "all"):
        raise InvalidRequestError("--start is 'now' or 'all'")
    begin: Literal["now", "all"] = "now" if start == "now" else "all"
    return Inbox(inbox.name, settings, schema=inbox.schema, start=begin, attempts=attempts)


def _counts(report: dict[str, object]) -> list[object]:
    return [value for name, value in report.items() if name != "failure"]


def _handler(line: str | None, webhook: str | None) -> Callable[[Incoming], None]:
    from afilnet_protocols.inbox.bridges.command import Command
    from afilnet_protocols.inbox.bridges.webhook import Webhook

    if (line is None) == (webhook is None):
        raise InvalidRequestError("give --exec CMD or --webhook URL, one of them")
    return Command(line) if line is not None else Webhook(webhook or "", secret=_secret())


def _secret() -> str:
    file = os.environ.get(f"{SECRET}_FILE")
    reason = ""
    if file:
        try:
            return Path(file).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            reason = f"the file that {SECRET}_FILE names cannot be read: {type(error).__name__}"
        raise InvalidRequestError(reason)
    found = os.environ.get(SECRET, "")
    if not found:
        raise InvalidRequestError(
            f"a webhook is signed: put a secret into {SECRET}, or into the file {SECRET}_FILE names"
        )
    return found


@inbox_commands.command()
@at_inbox
@grammar.option(
    "--patience",
    kind=kinds.FRACTION,
    metavar="SECONDS",
    default=300.0,
    help="How long a message may wait, or nobody may poll, before the exit code is 1 (300 by default).",
)
@grammar.json_option
def status(*, inbox: Place, patience: float, json: bool) -> None:
    """Count the messages in each state, and say how far behind the inbox is. Exit code 1: it is not well."""
    from afilnet_protocols.inbox.metrics import ailments

    with inbox.there() as opened:
        found = opened.status()
    ill = ailments(found, patience=patience)
    if json:
        counts = {str(state): count for state, count in found.counts.items()}
        print_json({**asdict(found), "counts": counts, "backlog": found.backlog, "ailments": ill})
    else:
        print_table(["state", "messages"], list(found.counts.items()))
        for line in ill:
            print_line(line)
    if ill:
        raise Exit(ExitCode.DISAGREEMENT)


@inbox_commands.command()
@at_inbox
def metrics(*, inbox: Place) -> None:
    """Print counts and times in Prometheus' text format."""
    from afilnet_protocols.inbox.metrics import exposition

    with inbox.there() as opened:
        print_line(exposition(opened.status()).rstrip())


@inbox_commands.command()
@at_inbox
@grammar.json_option
def dead(*, inbox: Place, json: bool) -> None:
    """List the messages that were given up, oldest first."""
    with inbox.there() as opened:
        found = opened.dead()
    rows = [
        {
            "key": each.key,
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
    columns = ["key", "raised", "interrupted", "platform", "platform_id", "destination", "message", "reason"]
    print_table(columns, [[row.get(column) for column in columns] for row in rows])


@inbox_commands.command()
@at_inbox
@grammar.argument("keys", multiple=True, required=False, metavar="[KEY]…", help="The messages; all dead ones.")
@grammar.json_option
def retry(*, inbox: Place, keys: tuple[str, ...], json: bool) -> None:
    """Have dead messages handed over again, or rejected ones that are named."""
    with inbox.there() as opened:
        count = opened.retry(*keys)
    if json:
        print_json({"due": count})
    else:
        print_line(f"{count} messages are due: afilnet inbox run {inbox.name}")
