"""What commands print: tables for people, one JSON document for programs; errors on stderr in the same two forms."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from afilnet_protocols.cli.advice import MEANING, advise
from afilnet_protocols.cli.exits import ExitCode, exit_code_of
from afilnet_protocols.errors import AfilnetError, SecurityPolicyError, ServiceError

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 10_000
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def print_json(document: object, *, to: TextIO | None = None, indent: int | None = 2) -> None:
    """Print one JSON document, in UTF-8 where the stream can and in ASCII otherwise."""
    stream = to or sys.stdout
    ascii_only = (getattr(stream, "encoding", None) or "").lower().replace("-", "") != "utf8"
    print(json.dumps(document, ensure_ascii=ascii_only, indent=indent), file=stream, flush=True)


def print_line(text: str) -> None:
    """Print a line for people."""
    _console(sys.stdout).print(text, markup=False, highlight=False, soft_wrap=True)


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    styles: Mapping[str, str] | None = None,
    title: str | None = None,
) -> None:
    """Print a table: fitted to a terminal; anywhere else every row on one line, whatever its length.

    Args:
        columns: the headings.
        rows: the cells, in the columns' order.
        styles: how cells of a certain text are coloured on a terminal.
        title: what stands above the table.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console = _console(sys.stdout)
    table = Table(
        box=box.SIMPLE_HEAD, title=title, title_justify="left", show_edge=False, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=not console.is_terminal)
    for row in rows:
        cells = [visible(cell) for cell in row]
        table.add_row(*(Text(cell, style=(styles or {}).get(cell, "")) for cell in cells))
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print_line(line.rstrip())


def visible(value: object) -> str:
    """Return a value as text that cannot disturb a terminal or a table.

    Control characters are escaped, and so are the invisible ones that turn the direction of text around.
    """
    text = "" if value is None else str(value)
    return "".join(
        _ESCAPES.get(character) or f"\\x{ord(character):02x}"
        if unicodedata.category(character) == "Cc"
        else f"\\u{ord(character):04x}"
        if character in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        or unicodedata.category(character) == "Cs"
        else character
        for character in text
    )


def print_error(error: AfilnetError, *, as_json: bool) -> ExitCode:
    """Print what happened, whether the service acted on it, and what to do; return the exit code."""
    code = exit_code_of(error)
    document: dict[str, object] = {
        "type": type(error).__name__,
        "message": str(error),
        "delivery": str(error.delivery),
        "operation": error.operation,
        "protocol": error.protocol,
        "what_to_do": advise(error),
        "exit_code": int(code),
    }
    if isinstance(error, ServiceError):
        document["code"] = error.code
    if isinstance(error, SecurityPolicyError):
        document |= {"required": error.required, "effective": error.effective, "missing": list(error.missing)}
        document["fix"] = error.fix
    if as_json:
        print_json({"error": document}, to=sys.stderr)
        return code
    lines = str(error).split("\n")
    _say("error", "\n".join(visible(line) for line in lines))
    _say("delivery", f"{error.delivery}: {MEANING[error.delivery]}")
    _say("what to do", advise(error))
    return code


def print_usage_error(message: str, *, as_json: bool) -> ExitCode:
    """Print what is wrong with a command's words; return the exit code."""
    if as_json:
        document = {"type": "UsageError", "message": message, "delivery": "not_sent", "exit_code": int(ExitCode.USAGE)}
        print_json({"error": document}, to=sys.stderr)
    else:
        _say("error", visible(message))
        _say("what to do", "'afilnet COMMAND --help' lists the options")
    return ExitCode.USAGE


def _say(label: str, text: str) -> None:
    console = _console(sys.stderr)
    console.print(f"{label}: ", style="bold red" if label == "error" else "bold", end="", highlight=False)
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _console(stream: TextIO) -> Console:
    """Return a console: with colours on a terminal unless NO_COLOR is set, and without end of line elsewhere."""
    from rich.console import Console

    terminal = stream.isatty()
    return Console(file=stream, width=None if terminal else _WIDE, force_terminal=terminal, legacy_windows=False)
