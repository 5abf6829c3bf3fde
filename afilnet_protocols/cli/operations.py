"""One command for each operation of the catalogue; its options are the operation's parameters."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Kind, Operation, Parameter
from afilnet_protocols.cli.connection import Connection, connected, with_signature
from afilnet_protocols.cli.exits import EPILOG
from afilnet_protocols.cli.output import print_json, print_line, print_table
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.vocabulary import FileType, Platform

if TYPE_CHECKING:
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

JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
"""The option of every command."""

_ROWS: Mapping[str, object] = {
    "source": Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Send every row of a CSV or JSON Lines file ('-': standard input), once each; the other options are "
            "for rows that do not say otherwise.",
        ),
    ],
    "outbox": Annotated[
        Path | None,
        typer.Option("--outbox", metavar="FILE", help="The outbox that rows go through (default: FILE.outbox.db)."),
    ],
    "rate": Annotated[
        float | None, typer.Option("--rate", metavar="N/s", help="How many rows to begin in a second at most.")
    ],
}
"""What ``send`` has beside the parameters of its operation: rows of a file."""

_TYPES: Mapping[Kind, type[str]] = {Kind.PLATFORM: Platform, Kind.FILE_TYPE: FileType}


def register(app: typer.Typer, name: str) -> None:
    """Add the command of an operation."""
    app.command(name, epilog=EPILOG)(connected(_command(COMMANDS[name])))


def _command(operation: Operation[object]) -> Callable[..., None]:
    bulk = operation is catalogue.SEND_MESSAGE

    def command(*, connection: Connection, json: bool, **arguments: str | None) -> None:
        rows = {name: arguments.pop(name) for name in _ROWS if bulk}
        if rows.get("source") is not None:
            _send_rows(connection, rows, arguments, as_json=json)
            return
        _refuse_incomplete(operation, rows, arguments)
        _carry_out(operation, connection, arguments, as_json=json)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("connection", keyword, annotation=Connection)]
    parameters += [
        inspect.Parameter(
            parameter.name,
            keyword,
            annotation=_annotation(parameter, optional=bulk or not parameter.compulsory),
            default=None if bulk or not parameter.compulsory else inspect.Parameter.empty,
        )
        for parameter in operation.parameters
    ]
    if bulk:
        parameters += [inspect.Parameter(name, keyword, annotation=_ROWS[name], default=None) for name in _ROWS]
    parameters.append(inspect.Parameter("json", keyword, annotation=JSON, default=False))
    return with_signature(command, parameters, f"{operation.about}.")


def _annotation(parameter: Parameter, *, optional: bool) -> object:
    about = f"{parameter.about}."
    if parameter.kind is Kind.TEXT:
        about += " '-' reads it from standard input, without a line end at its end."
    option = typer.Option(f"--{parameter.name.replace('_', '-')}", help=about)
    kind = _TYPES.get(parameter.kind, str)
    return Annotated[kind | None, option] if optional else Annotated[kind, option]


def _refuse_incomplete(
    operation: Operation[object], rows: Mapping[str, str | None], arguments: Mapping[str, str | None]
) -> None:
    """Refuse a call without what it needs. Only where a file of rows may give it, typer cannot do that by itself."""
    for parameter in operation.parameters:
        if parameter.compulsory and arguments[parameter.name] is None:
            raise typer.BadParameter(f"give --{parameter.name.replace('_', '-')}, or rows with --from FILE")
    if any(value is not None for value in rows.values()):
        raise typer.BadParameter("--outbox and --rate are for rows from a file: give --from FILE")


def _send_rows(
    connection: Connection, rows: Mapping[str, object], arguments: Mapping[str, str | None], *, as_json: bool
) -> None:
    from afilnet_protocols.cli.bulk import send_rows

    rate, outbox = rows["rate"], rows["outbox"]
    send_rows(
        connection,
        Path(str(rows["source"])),
        outbox=None if outbox is None else Path(str(outbox)),
        rate=None if rate is None else float(str(rate)),
        defaults={name: str(value) for name, value in arguments.items() if value is not None},
        as_json=as_json,
    )


def _carry_out(
    operation: Operation[object], connection: Connection, arguments: Mapping[str, str | None], *, as_json: bool
) -> None:
    read = {
        name: _from_stdin() if value == "-" and operation.parameter(name).kind is Kind.TEXT else value
        for name, value in arguments.items()
    }
    with contextlib.closing(connection.open()) as chat:
        records = getattr(chat, operation.name)(**read)
    if operation.record is None:
        _confirm(operation, as_json=as_json)
    elif as_json:
        print_json([as_data(record) for record in records])
    else:
        columns = [field.name for field in operation.fields]
        print_table(columns, [[getattr(record, column) for column in columns] for record in records])


def as_data(record: Record) -> dict[str, object]:
    """Return a record as JSON can hold it: our field names, and times in ISO 8601."""
    import msgspec

    data = msgspec.to_builtins(record)
    return {str(name): value for name, value in data.items()}


def _confirm(operation: Operation[object], *, as_json: bool) -> None:
    if as_json:
        print_json({"operation": operation.name, "accepted": True})
    else:
        print_line("accepted by the service")


def _from_stdin() -> str:
    content = sys.stdin.buffer.read()
    text = _decoded(content)
    if text is None:
        raise InvalidRequestError("what came from standard input is not UTF-8 text")
    return text.removesuffix("\n").removesuffix("\r")


def _decoded(content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None
