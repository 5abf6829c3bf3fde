"""What commands print: tables for people, one JSON document for programs; errors on stderr in the same two forms."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from afilnet_protocols.cli.ending.exits import ExitCode, exit_code_of
from afilnet_protocols.cli.terminal.colours import coloured, has_colours
from afilnet_protocols.cli.terminal.plain import width_of as cells_of
from afilnet_protocols.cli.terminal.streams import is_lost, width_of, write
from afilnet_protocols.errors import AfilnetError, SecurityPolicyError, ServiceError
from afilnet_protocols.patterns import late

if TYPE_CHECKING:
    from afilnet_protocols.cli.terminal.fitting import Fitted

_PIECE = late(r"'afilnet [^']*'\S*|\bafilnet [a-z].*|\bpip install .*|\S+")
"""What stays on one line: a command that is quoted, one that goes on to the end, any other word."""

_PART = 500
"""How many items of a list are printed at once."""

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_IN_JSON = late("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON may hold as it is, and a terminal obeys or cannot show: whoever writes a message may write it."""

_TURNING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def print_json(document: object, *, to: TextIO | None = None, indent: int | None = 2) -> None:
    """Print one JSON document, in UTF-8 where the stream can and in ASCII otherwise."""
    stream = to or sys.stdout
    write(stream, _in_json(document, plain=not _is_utf_8(stream), indent=indent) + "\n")


def _in_json(document: object, *, plain: bool, indent: int | None) -> str:
    """Return a document as JSON in which nothing disturbs a terminal; programs read the same from it."""
    import json

    written = json.dumps(document, ensure_ascii=plain, indent=indent)
    return written if plain else _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def print_json_list(items: Iterable[object]) -> None:
    """Print one JSON document that is a list, part by part: a long one is not held whole, and ends when nobody reads.

    Args:
        items: what is in it; each is asked for when those before have been printed.
    """
    plain, before, part = not _is_utf_8(sys.stdout), "[\n  ", list[str]()
    for item in items:
        # Each line end is one of the form: those in texts are escaped.
        part.append(_in_json(item, plain=plain, indent=2).replace("\n", "\n  "))
        if len(part) == _PART:
            write(sys.stdout, before + ",\n  ".join(part))
            before, part = ",\n  ", []
            if is_lost():
                return
    rest = before + ",\n  ".join(part) if part else ""
    write(sys.stdout, f"{rest}\n]\n" if part or before.startswith(",") else "[]\n")


def age(seconds: float | None) -> str:
    """Return how long ago something was, in words; nothing for nothing."""
    if seconds is None:
        return ""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def print_line(text: str) -> None:
    """Print what is to be copied, or read by programs, as it is."""
    write(sys.stdout, f"{text}\n")


def print_outcome(document: object, line: str, *, as_json: bool) -> None:
    """Print what became of something: as one JSON document, or as a line."""
    if as_json:
        print_json(document)
    else:
        print_text(line)


def print_text(text: str) -> None:
    """Print what is to be read by people, beside a table and no wider than it may be; what is to be copied stays whole.

    Args:
        text: lines, each of which is broken at blanks where there is a width; the rest of it is indented as it is.
    """
    width = width_of(sys.stdout)
    text = _undisturbing(text)
    if width is not None:
        text = "\n".join(part for line in text.split("\n") for part in wrapped(line, width))
    write(sys.stdout, f"{text}\n")


def _undisturbing(text: str) -> str:
    """Return lines that cannot disturb a terminal: names of files, profiles and servers' words stand in them."""
    return text if text.isprintable() else "\n".join(map(visible, text.split("\n")))


def wrapped(line: str, width: int) -> list[str]:
    """Return a line in parts of a width, broken at blanks outside of commands; what is longer alone stays whole."""
    if cells_of(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip(" "))]
    parts: list[str] = []
    for piece in _PIECE.findall(line):
        if parts and cells_of(f"{parts[-1]} {piece}") <= width:
            parts[-1] += f" {piece}"
        else:
            parts.append(f"{indent}{piece}")
    return parts or [line]


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    styles: Mapping[str, str] | None = None,
    title: str | None = None,
) -> None:
    """Print a table: fitted to a terminal, or to ``COLUMNS``; anywhere else every row on one line, however long.

    What does not fit loses the columns whose cells are all the same, which are named above it; then one column shrinks,
    the messages if there are any; what is too narrow for that is printed as one block for each row.

    Args:
        columns: the headings.
        rows: the cells, in the columns' order.
        styles: how cells of a certain text are coloured on a terminal.
        title: what stands above the table.
    """
    cells = [[visible(cell) for cell in row] for row in rows]
    width = width_of(sys.stdout)
    coloured_as = (styles or {}) if has_colours(sys.stdout) else {}
    lines = [title] if title else []
    lines += _drawn(columns, cells, coloured_as) if width is None else _fitted(columns, cells, coloured_as, width)
    write(sys.stdout, "".join(f"{line}\n" for line in lines))


def _fitted(
    columns: Sequence[str], cells: Sequence[Sequence[str]], styles: Mapping[str, str], width: int
) -> Iterator[str]:
    from afilnet_protocols.cli.terminal.fitting import blocks, fit

    fitted = fit(columns, cells, width)
    if fitted is None:
        yield from blocks(columns, cells, width)
    else:
        yield from (f"{name}: {cell}" for name, cell in fitted.same)
        yield from _drawn(fitted.columns, _folded(fitted), styles)


def _folded(fitted: Fitted) -> list[list[str]]:
    from afilnet_protocols.cli.terminal.fitting import fold

    rows = fitted.rows
    if fitted.shrunk is not None:
        at = fitted.shrunk
        rows = [
            [part if column == at else cell if number == 0 else "" for column, cell in enumerate(row)]
            for row in fitted.rows
            for number, part in enumerate(fold(row[at], fitted.width))
        ]
    return rows


def _drawn(columns: Sequence[str], rows: Sequence[Sequence[str]], styles: Mapping[str, str]) -> Iterator[str]:
    from afilnet_protocols.cli.terminal.plain import table_lines

    return table_lines(columns, rows, rule="─" if _is_utf_8(sys.stdout) else "-", styles=styles)


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
    from afilnet_protocols.cli.advice import advise, meaning

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
    _say("error", str(error))
    _say("delivery", f"{error.delivery}: {meaning(error)}")
    _say("what to do", advise(error))
    return code


def print_interruption(interruption: BaseException, *, as_json: bool) -> ExitCode:
    """Print what was done before an interruption, and how to go on; return the exit code."""
    from afilnet_protocols.cli.ending.interruption import Interrupted, nothing_done

    known = interruption if isinstance(interruption, Interrupted) else nothing_done()
    if as_json:
        document = {"type": "Interrupted", "message": f"interrupted: {known.done}", "delivery": known.delivery}
        code = int(ExitCode.INTERRUPTED)
        print_json({"error": {**document, "what_to_do": known.go_on, "exit_code": code}}, to=sys.stderr)
    else:
        _say("interrupted", known.done)
        _say("what to do", known.go_on)
    return ExitCode.INTERRUPTED


def print_usage_error(message: str, *, path: str, as_json: bool) -> ExitCode:
    """Print what is wrong with the words of the command that ``path`` leads to; return the exit code."""
    todo = f"'{path or 'afilnet'} --help' lists what there is"
    if as_json:
        document = {
            "type": "UsageError",
            "message": message,
            "delivery": "not_sent",
            "operation": None,
            "protocol": None,
            "what_to_do": todo,
            "exit_code": int(ExitCode.USAGE),
        }
        print_json({"error": document}, to=sys.stderr)
    else:
        _say("error", visible(message))
        _say("what to do", todo)
    return ExitCode.USAGE


def print_note(text: str) -> None:
    """Print, beside the result, what whoever reads it has to know."""
    _say("note", visible(text))


def pause(text: str) -> None:
    """Tell whoever sits at the terminal to do something, and wait for a line; where nobody sits, do not wait."""
    print_note(text)
    if sys.stdin.isatty():
        sys.stdin.readline()


def _say(label: str, text: str) -> None:
    # A line of its own however long, for logs have it too; a terminal folds it.
    heading = f"{label}:"
    if has_colours(sys.stderr):
        heading = coloured(heading, "bold red" if label == "error" else "bold")
    write(sys.stderr, f"{heading} {_undisturbing(text)}\n")


def _is_utf_8(stream: TextIO) -> bool:
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"
