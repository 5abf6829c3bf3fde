"""One command for each operation of the catalogue; its options are the operation's parameters."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.cli.foreign_modules import load_sockets
from afilnet_protocols.cli.options.calls import arguments_of, defaults_of, options_of
from afilnet_protocols.cli.options.connection import Connection, connected
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.parser.words import UsageError
from afilnet_protocols.cli.terminal.output import print_json, print_note, print_outcome, print_table
from afilnet_protocols.cli.terminal.progress import at_work
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.process.interruption import delivery_of
from afilnet_protocols.suggestion import misspelt
from afilnet_protocols.vocabulary import Delivery, ListedPlatform, Platform

if TYPE_CHECKING:
    from pathlib import Path

    from afilnet_protocols.cli.ending.interruption import Interrupted
    from afilnet_protocols.records import Record

COMMANDS: Mapping[str, Operation[object]] = {
    "channels": catalogue.GET_CHAT_CHANNELS,
    "send": catalogue.SEND_MESSAGE,
    "send-file": catalogue.SEND_FILE,
    "chats": catalogue.GET_CHATS,
    "messages": catalogue.GET_MESSAGES,
    "unread": catalogue.GET_UNREAD_MESSAGES,
}
"""The commands, and what each carries out."""


def command(name: str) -> grammar.Command:
    """Return the command of an operation."""
    operation = COMMANDS[name]
    return _send(name) if operation is catalogue.SEND_MESSAGE else _call(name, operation)


def _call(name: str, operation: Operation[object]) -> grammar.Command:
    @grammar.command(name, about=f"{operation.about}.")
    @grammar.having(*options_of(operation))
    @grammar.json_option
    @connected
    def call(*, connection: Connection, json: bool, **arguments: str | None) -> None:
        _carry_out(operation, connection, arguments, as_json=json)

    return call


def _send(name: str) -> grammar.Command:
    from afilnet_protocols.cli.outbox.bulk import Reading, reading_options, send_rows

    operation = catalogue.SEND_MESSAGE

    @grammar.command(name, about=f"{operation.about}.")
    @grammar.having(*options_of(operation, for_rows=True))
    @grammar.option(
        "--from",
        "source",
        kind=kinds.FILE,
        help="Send every row of a CSV or JSON file ('-': standard input), once each; the other options are "
        "for rows that do not say otherwise.",
    )
    @grammar.option("--outbox", kind=kinds.NEW_FILE, help="The outbox that rows go through (default: FILE.outbox.db).")
    @grammar.option("--rate", kind=kinds.RATE, metavar="N/s", help="How many rows to begin in a second at most.")
    @reading_options
    @grammar.json_option
    @connected
    def send(
        *,
        connection: Connection,
        source: Path | None,
        outbox: Path | None,
        rate: float | None,
        keep_repeats: bool,
        as_written: bool,
        json: bool,
        **arguments: str | None,
    ) -> None:
        if source is None:
            of_rows = outbox is not None or rate is not None or keep_repeats or as_written
            _refuse_incomplete(arguments, with_rows=of_rows)
            _carry_out(operation, connection, arguments, as_json=json)
            return
        reading = Reading(source, defaults_of(source, arguments), keep_repeats=keep_repeats, as_written=as_written)
        send_rows(connection, reading, outbox=outbox, rate=rate, as_json=json)

    return send


def _listed(chat: ChatOperations, arguments: dict[str, str | None]) -> dict[str, str | None]:
    """Return arguments; a platform that looks misspelt and is one that the service lists is marked as such."""
    platform = arguments.get("platform")
    if platform is None or platform in tuple(Platform) or misspelt(platform, Platform) is None:
        return arguments
    known = any(channel.platform == platform for channel in chat.get_chat_channels())
    return {**arguments, "platform": ListedPlatform(platform)} if known else arguments


def _refuse_incomplete(arguments: Mapping[str, str | None], *, with_rows: bool) -> None:
    """Refuse a message without what it needs, where no file of rows may give it."""
    wanted = [each.name for each in catalogue.SEND_MESSAGE.parameters if each.compulsory]
    missing = [f"--{name.replace('_', '-')}" for name in wanted if arguments[name] is None]
    if missing:
        from afilnet_protocols.plural import all_of  # only a mistake needs it

        raise UsageError(f"give {all_of(missing)}, or rows with --from FILE")
    if with_rows:
        raise UsageError("--outbox, --rate and the like are for rows from a file: give --from FILE")


def _carry_out(
    operation: Operation[object], connection: Connection, arguments: Mapping[str, str | None], *, as_json: bool
) -> None:
    read = arguments_of(operation, arguments)
    load_sockets()  # a help needs no client
    from afilnet_protocols.registry import connect

    settings = connection.settings()
    with at_work("asking the service", silent=as_json), contextlib.closing(connect(settings)) as chat:
        try:
            records = getattr(chat, operation.name)(**_listed(chat, read))
        except KeyboardInterrupt as interruption:
            known = _interrupted(operation, delivery_of(interruption))
            raise known from None
    from afilnet_protocols.records import has_more, skipped_in  # with the first client, not before

    for skipped in skipped_in(records):
        print_note(f"left out: record {skipped.number} ({skipped.place}): {skipped.why}")
    if has_more(records):
        print_note("this is a part: the service says that there are more, and documents no way to ask for them")
    if operation.record is None:
        done = {"operation": operation.name, "accepted": True}
        print_outcome(done, "accepted by the service", as_json=as_json)
    elif as_json:
        print_json([as_data(record) for record in records])
    else:
        columns = [field.name for field in operation.fields]
        print_table(columns, [[getattr(record, column) for column in columns] for record in records])


def _interrupted(operation: Operation[object], delivery: Delivery | None) -> Interrupted:
    from afilnet_protocols.cli.ending.interruption import Interrupted, nothing_done

    if operation.record is not None or delivery is Delivery.NOT_SENT:
        return nothing_done()
    look = "look with 'afilnet messages' whether it happened before you send anything again"
    return Interrupted("the message may have been sent", look, delivery=Delivery.UNKNOWN)


def as_data(record: Record) -> dict[str, object]:
    """Return a record as JSON can hold it: our field names, and times in ISO 8601."""
    import msgspec

    data = msgspec.to_builtins(record)
    return {str(name): value for name, value in data.items()}
