"""What commands print: tables for people, one JSON document for programs; errors on stderr in the same two forms."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from afilnet_protocols.cli.advice import advise, meaning
from afilnet_protocols.cli.exits import ExitCode, exit_code_of
from afilnet_protocols.errors import AfilnetError, SecurityPolicyError, ServiceError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TURNING = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def print_json(document: object, *, to: TextIO | None = None, indent: int | None = 2) -> None:
    """Print one JSON document, in UTF-8 where the stream can and in ASCII otherwise."""
    import json

    stream = to or sys.stdout
    print(json.dumps(document, ensure_ascii=not _is_utf_8(stream), indent=indent), file=stream, flush=True)


def print_line(text: str) -> None:
    """Print a line for people."""
    if sys.stdout.isatty():
        _console(sys.stdout).print(text, markup=False, highlight=False, soft_wrap=True)
    else:
        _write(sys.stdout, text)


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
    cells = [[visible(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _console(sys.stdout).print(drawn_table(columns, cells, styles=styles or {}, title=title))
        return
    from afilnet_protocols.cli.plain import table_lines

    lines = [title] if title else []
    lines += table_lines(columns, cells, rule="─" if _is_utf_8(sys.stdout) else "-")
    _write(sys.stdout, "\n".join(lines))


def drawn_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    styles: Mapping[str, str],
    title: str | None = None,
) -> Table:
    """Return a table as rich draws it on a terminal: what is too wide is folded."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD, title=title, title_justify="left", show_edge=False, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, style=styles.get(cell, "")) for cell in row))
    return table


def visible(value: object) -> str:
    """Return a value as text that cannot disturb a terminal or a table.

    Control characters are escaped, and so are the invisible ones that turn the direction of text around.
    """
    text = "" if value is None else str(value)
    return text if text.isprintable() else "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    from unicodedata import category

    if character in _ESCAPES:
        return _ESCAPES[character]
    if category(character) == "Cc":
        return f"\\x{ord(character):02x}"
    # A lone surrogate cannot be written; the separators end a line where some read it.
    if character in _TURNING or category(character) in ("Cs", "Zl", "Zp"):
        return f"\\u{ord(character):04x}"
    return character


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
    _say("delivery", f"{error.delivery}: {meaning(error)}")
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


def print_note(text: str) -> None:
    """Print, beside the result, what whoever reads it has to know."""
    _say("note", visible(text))


def _say(label: str, text: str) -> None:
    if not sys.stderr.isatty():
        _write(sys.stderr, f"{label}: {text}")
        return
    console = _console(sys.stderr)
    console.print(f"{label}: ", style="bold red" if label == "error" else "bold", end="", highlight=False)
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _write(stream: TextIO, text: str) -> None:
    stream.write(f"{text}\n")
    # Whoever reads may be waiting for this line, while the command goes on.
    stream.flush()


def _is_utf_8(stream: TextIO) -> bool:
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"


def _console(stream: TextIO) -> Console:
    """Return what writes on a terminal, with colours unless NO_COLOR is set; text like ``:heart:`` stays as it is."""
    from rich.console import Console

    return Console(file=stream, emoji=False, force_terminal=True, legacy_windows=False)
