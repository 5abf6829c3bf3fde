"""Messages and files in a CSV or JSON Lines file: read and checked as a whole, before anything is sent.

Columns and members are named like the parameters of the operations; a row with ``file_url`` or ``file_type`` is a
file. ``key`` names a row. An empty cell is an absent one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.checks import OPERATIONS, check_arguments, check_key
from afilnet_protocols.suggestion import did_you_mean

LARGEST = 256 * 1024 * 1024
"""The largest file that is read, in bytes."""

SHOWN = 20
"""How many problems an error lists."""

KEY = "key"
_NAMES = [KEY, *dict.fromkeys(parameter.name for operation in OPERATIONS for parameter in operation.parameters)]


@dataclass(frozen=True, slots=True)
class Row:
    """One row that can be sent.

    Attributes:
        line: the line of the file on which it begins, from 1.
        operation: ``send_message`` or ``send_file``.
        arguments: by their Python names.
        key: its name in the outbox: the one given, else one made of what is to be sent, so that the same row read
            again is known again.
    """

    line: int
    operation: str
    arguments: Mapping[str, str] = field(repr=False)
    key: str


class _Wrong(Exception):
    """What is wrong with a line."""


def read_rows(content: bytes, *, defaults: Mapping[str, str] | None = None) -> list[Row]:
    """Read a CSV file (with a heading, separated by commas or semicolons) or JSON Lines, in UTF-8.

    Args:
        content: the file; it is JSON Lines if it begins with a brace.
        defaults: arguments for the rows that do not give them.

    Returns:
        The rows, in the file's order.

    Raises:
        InvalidRequestError: says what is wrong, with the number of each line, of twenty at most.
    """
    problems: list[str] = []
    rows: list[Row] = []
    seen: Counter[str] = Counter()
    given = defaults or {}
    try:
        for line, values in _lines(_text(content)):
            try:
                if isinstance(values, _Wrong):
                    raise values
                rows.append(_row(line, {**given, **values}, seen))
            except (_Wrong, InvalidRequestError) as error:
                problems.append(f"line {line}: {error}")
    except _Wrong as error:
        problems.append(str(error))
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise InvalidRequestError("\n".join(["nothing was sent, for not all rows can be:", *problems[:SHOWN], *more]))
    return rows


def _text(content: bytes) -> str:
    if len(content) > LARGEST:
        raise _Wrong(f"the file is longer than {LARGEST} bytes: divide it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
    raise _Wrong(f"line {line}: not UTF-8 text: save the file as UTF-8")


def _lines(text: str) -> Iterator[tuple[int, dict[str, object] | _Wrong]]:
    return _json_lines(text) if text.lstrip()[:1] == "{" else _csv_lines(text)


def _json_lines(text: str) -> Iterator[tuple[int, dict[str, object] | _Wrong]]:
    # Not splitlines(): JSON may hold other line ends, such as U+2028, as they are.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _json_object(line)


def _json_object(line: str) -> dict[str, object] | _Wrong:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise ValueError("a member is there twice")
        return members

    reason = ""
    try:
        found = json.loads(line, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        reason = f"not JSON: {error.msg} at character {error.pos + 1}"
    except (ValueError, RecursionError) as error:
        reason = f"not usable: {error}"
    if reason:
        return _Wrong(reason)
    if not isinstance(found, dict):
        return _Wrong("not a JSON object")
    return {name: value for name, value in found.items() if value not in (None, "")}


def _csv_lines(text: str) -> Iterator[tuple[int, dict[str, object] | _Wrong]]:
    heading = text.lstrip("\r\n").partition("\n")[0]
    delimiter = ";" if heading.count(";") > heading.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise _Wrong(f"line {line}: not CSV: {error}") from None
        if not cells:
            continue
        if not names:
            names = _heading(line, cells)
        elif len(cells) != len(names):
            yield line, _Wrong(f"{len(cells)} cells under {len(names)} headings")
        else:
            yield line, {name: cell for name, cell in zip(names, cells, strict=True) if cell != ""}
    if not names:
        raise _Wrong("the file is empty: its first line names the columns, such as destination,message")


def _heading(line: int, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if name not in _NAMES:
            raise _Wrong(f"line {line}: unknown column {name[:40]!r}: {did_you_mean(name, _NAMES)}")
        if names.count(name) > 1:
            raise _Wrong(f"line {line}: the column {name!r} is there twice")
    return names


def _row(line: int, values: dict[str, object], seen: Counter[str]) -> Row:
    key = values.pop(KEY, None)
    operation: Operation[None] = (
        catalogue.SEND_FILE if {"file_url", "file_type"} & set(values) else catalogue.SEND_MESSAGE
    )
    arguments = check_arguments(operation, values)
    if key is None:
        whole = json.dumps([operation.name, arguments], sort_keys=True)
        digest = f"row {hashlib.sha256(whole.encode()).hexdigest()[:32]}"
        seen[digest] += 1
        return Row(line, operation.name, arguments, f"{digest} {seen[digest]}")
    if not isinstance(key, str):
        raise _Wrong("key must be a string")
    seen[check_key(key) or ""] += 1
    if seen[key] > 1:
        raise _Wrong(f"another row has the key {key!r}")
    return Row(line, operation.name, arguments, key)
