"""An outcome in the service's dialect, as a tree that is neither JSON nor XML yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from afilnet_protocols.catalogue import ERROR_CODES
from afilnet_protocols.dialects import Dialect
from afilnet_protocols.sandbox.state.call import Item, Outcome

Scalar = str | int | float | bool | None
Row = dict[str, Scalar]


class Rows(NamedTuple):
    """A list of records, to be written as lists are written."""

    rows: list[Row]


Node = Scalar | list[str] | Mapping[str, "Node"] | Rows
Tree = dict[str, Node]

_NUMBER = re.compile("0|[1-9][0-9]{0,15}")
_IDS = ("platformid", "messageid")
_FLAGS = ("sent", "issent")
_KNOWN = list(ERROR_CODES)
_NO_ERROR: dict[str, Node] = {"null": None, "text": "", "array": [], "false": False, "zero": 0}


def tree(outcome: Outcome, dialect: Dialect) -> Tree:
    """Return what a service of this dialect says of an outcome."""
    if outcome.error is not None:
        return {"status": word("ERROR", dialect), "error": error(outcome.error, dialect)}
    said: Tree = {"status": word("SUCCESS", dialect)}
    if dialect.json_extra == "envelope":
        said["version"] = "2"
    if dialect.json_error_beside != "absent":
        said["error"] = _NO_ERROR[dialect.json_error_beside]
    result = _result_of_send(dialect) if outcome.items is None else _result_of_read(outcome, dialect)
    return {**said, **result}


def word(status: str, dialect: Dialect) -> str:
    """Return a status as the dialect writes it."""
    match dialect.json_status:
        case "lower":
            return status.lower()
        case "title":
            return status.title()
        case "padded":
            return f" {status} "
    return status


def error(code: str, dialect: Dialect) -> Node:
    """Return an error code as the dialect writes it."""
    about = ERROR_CODES[code].about if code in ERROR_CODES else "Something is wrong"
    match dialect.errors_code:
        case "lower":
            return code.lower()
        case "sentence":
            return about
        case "number":
            return 1000 + (_KNOWN.index(code) if code in _KNOWN else len(_KNOWN))
        case "object":
            return {"code": code, "message": about}
        case "array":
            return [code]
    return code


def error_text(code: str, dialect: Dialect) -> str:
    """Return an error code as the dialect writes it where there can only be a text."""
    said = error(code, dialect)
    return str(said) if isinstance(said, str | int) else code


def _result_of_send(dialect: Dialect) -> Tree:
    results: dict[str, Node] = {
        "null": None,
        "text": "",
        "array": [],
        "object": {},
        "credits": {"messageid": "1", "credits": "1"},
        "number": 12,
        "true": True,
    }
    return {} if dialect.sends_result == "absent" else {"result": results[dialect.sends_result]}


def _result_of_read(outcome: Outcome, dialect: Dialect) -> Tree:
    rows = [row(item, dialect, numbers=outcome.ids_as_numbers) for item in outcome.items or ()]
    further: Tree = {"page": 1} if dialect.json_extra == "result" else {}
    if not rows:
        return _nothing(dialect, further)
    listed: Node = Rows(rows)
    if len(rows) == 1 and dialect.lists_form in ("lone", "result_lone"):
        listed = rows[0]
    if dialect.lists_form in ("result", "result_lone"):
        return {"result": listed}
    return {"result": {"list": listed, **further}}


def _nothing(dialect: Dialect, further: Tree) -> Tree:
    inside: dict[str, Node] = {"array": Rows([]), "object": {}, "null": None, "text": "", "false": False}
    instead: dict[str, Node] = {"result_null": None, "result_array": [], "result_text": "", "result_false": False}
    if dialect.lists_empty in inside:
        return {"result": {"list": inside[dialect.lists_empty], **further}}
    if dialect.lists_empty in instead:
        return {"result": instead[dialect.lists_empty]}
    return {} if dialect.lists_empty == "result_absent" else {"result": further}


# One record


def row(item: Item, dialect: Dialect, *, numbers: bool) -> Row:
    """Return a record as the dialect writes it."""
    written: Row = {}
    for name, value in item.items():
        if name in _FLAGS and isinstance(value, bool):
            written.update(dict.fromkeys(_flag_names(name, dialect), _flag(value, dialect)))
        elif (name in _IDS and numbers) or (name == "destination" and dialect.records_destination == "number"):
            written[name] = int(value) if _is_number(value) else value
        elif name == "status":
            written[name] = _message_status(str(value), dialect)
        elif name == "datetime":
            written[name] = _moment(str(value), dialect)
        elif name == "name" and dialect.records_names == "null":
            written[name] = None
        else:
            written[name] = value
    return {**written, "agent": "1"} if dialect.json_extra == "item" else written


def _is_number(value: str | bool) -> bool:
    """Whether a text is a whole number in the one way in which JSON would write it."""
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def _flag_names(name: str, dialect: Dialect) -> tuple[str, ...]:
    match dialect.records_sent:
        case "both":
            return _FLAGS
        case "swapped":
            return ("issent",) if name == "sent" else ("sent",)
        case "sent" | "issent":
            return (dialect.records_sent,)
    return (name,)


def _flag(value: bool, dialect: Dialect) -> Scalar:
    match dialect.records_flags:
        case "number":
            return int(value)
        case "digits":
            return str(int(value))
        case "words":
            return "true" if value else "false"
        case "letters":
            return "t" if value else "f"
        case "cast":
            return "1" if value else ""
    return value


def _message_status(status: str, dialect: Dialect) -> Scalar:
    match dialect.records_status:
        case "number":
            return int(status == "sent")
        case "null":
            return None
    return status


def _read(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def _moment(written: str, dialect: Dialect) -> Scalar:
    """Return a moment, which the service keeps as ``yyyy-mm-dd hh:mm:ss`` in UTC, as the dialect writes it."""
    match dialect.records_times:
        case "t":
            return written.replace(" ", "T")
        case "fraction":
            return f"{written}.000000"
        case "utc":
            return f"{written.replace(' ', 'T')}Z"
        case "offset":
            # The last hour of the last year has no such name.
            moment = _read(written)
            hours = 1 if moment.year < 9999 else 0
            return moment.astimezone(timezone(timedelta(hours=hours))).isoformat()
        case "unix":
            return int(_read(written).timestamp())
        case "unix_text":
            return str(int(_read(written).timestamp()))
        case "day_first":
            return _read(written).strftime("%d/%m/%Y %H:%M:%S")
        case "minutes":
            return written[:16]
        case "zeros":
            return "0000-00-00 00:00:00"
        case "null":
            return None
    return written
