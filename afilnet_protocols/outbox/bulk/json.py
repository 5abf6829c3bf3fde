"""A JSON file of rows: one object on each line, or one array of objects. As in a table, an empty one is passed over."""

from __future__ import annotations

import json
from collections.abc import Iterator

from afilnet_protocols.outbox.bulk.csv import Line
from afilnet_protocols.outbox.bulk.text import Wrong
from afilnet_protocols.suggestion import quoted


def json_lines(text: str) -> Iterator[Line]:
    """Yield the objects of JSON Lines, each with the number of its line."""
    # Not splitlines(): JSON may hold other line ends, such as U+2028, as they are.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and (found := _object(line)):
            yield number, found


def json_array(text: str) -> Iterator[Line]:
    """Yield the objects of an array, each with its own number, from 1: an array may stand on one line.

    Raises:
        Wrong: it is no JSON from a place on.
    """
    at = _next(text, text.index("[") + 1)
    number, comma = 0, False
    while comma or text[at : at + 1] != "]":
        if comma and text[at : at + 1] == "]":
            raise Wrong(f"line {_line(text, at)}: not JSON: there is a comma before the end of the array: remove it")
        found, end = _value(text, at)
        number += 1
        if found:
            yield number, found
        at = _next(text, end)
        comma = text[at : at + 1] == ","
        if comma:
            at = _next(text, at + 1)
        elif text[at : at + 1] != "]":
            raise Wrong(f"line {_line(text, at)}: not JSON: a comma or the end of the array is missing")
    behind = _next(text, at + 1)
    if behind < len(text):
        raise Wrong(f"line {_line(text, behind)}: there is more behind the end of the JSON array: put it inside")


def _next(text: str, at: int) -> int:
    while text[at : at + 1] in ("\n", "\r", "\t", " "):
        at += 1
    return at


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"the member {quoted(name)} is there twice")
        members[name] = value
    return members


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _any_number(digits: str) -> int:
    """Return a number that stands for one: none is taken, and of very long ones Python makes none."""
    return int(digits[:20])


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number, parse_int=_any_number)
_LINES = "each line is one whole object, or the file one array of them"


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _value(text: str, at: int) -> tuple[dict[str, object] | Wrong, int]:
    reason = ""
    try:
        found, end = _DECODER.raw_decode(text, at)
        return _given(found), end
    except json.JSONDecodeError as error:
        reason = f"line {_line(text, error.pos)}: not JSON: {error.msg.removesuffix(' at')}"
    except (ValueError, RecursionError) as error:
        reason = f"line {_line(text, at)}: not usable: {error}"
    raise Wrong(reason)


def _object(line: str) -> dict[str, object] | Wrong:
    try:
        return _given(_DECODER.decode(line))
    except json.JSONDecodeError as error:
        return Wrong(f"not JSON: {error.msg.removesuffix(' at')} at character {error.pos + 1}: {_LINES}")
    except (ValueError, RecursionError) as error:
        return Wrong(f"not usable: {error}")


def _given(found: object) -> dict[str, object] | Wrong:
    if not isinstance(found, dict):
        return Wrong("not a JSON object")
    # Blanks in quotes are meant as they stand.
    return {name: value for name, value in found.items() if value not in (None, "")}
