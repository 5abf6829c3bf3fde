"""What an answer shows of how the service writes, and nothing of what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from afilnet_protocols.catalogue import ERROR_CODES, GET_MESSAGES, OPERATIONS
from afilnet_protocols.dialects.dimensions import BY_NAME, Answer
from afilnet_protocols.survey.heard import Heard, is_row

_NUMBER = re.compile(r"\d{1,64}")
"""A number that an identifier may be; Python reads no text of thousands of digits as one."""

_FIELDS = {field.wire for operation in OPERATIONS for field in operation.fields} | {"sent", "issent"}
_TIMES: tuple[tuple[str, str], ...] = (
    (r"0000-00-00.*", "zeros"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "plain"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+", "fraction"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "t"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "utc"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", "offset"),
    (r"\d+", "unix_text"),
    (r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", "day_first"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "minutes"),
)
_EMPTY: Mapping[str, object] = {"array": [], "object": {}, "null": None, "text": "", "false": False}
_BESIDE: Mapping[str, object] = {"null": None, "text": "", "array": [], "false": False, "zero": 0}

Seen = Iterator[tuple[str, Answer]]


def manner(heard: Heard) -> Seen:
    """Yield what an answer shows of how every answer is written, by dimension."""
    if heard.envelope is None:
        return
    status = str(heard.envelope.get("status"))
    if status != status.strip():
        yield "json.status", "padded"
    else:
        yield "json.status", "upper" if status.isupper() else "lower" if status.islower() else "title"
    inside = heard.body.removeprefix(b"\xef\xbb\xbf")
    prefix = "bom" if inside != heard.body else "blank_lines" if inside[:1].isspace() else "none"
    yield "json.prefix", prefix
    inside = inside.strip()
    yield "json.layout", "pretty" if inside[1:2].isspace() else "spaced" if b'": ' in inside[:20] else "compact"
    kind = heard.headers.get("content-type", "").replace(" ", "").casefold()
    for value in BY_NAME["json.content_type"].values:
        if str(value.value).replace(" ", "").casefold() == kind:
            yield "json.content_type", value.value


def manner_of_success(heard: Heard) -> Seen:
    """Yield what a success shows beside its list."""
    if heard.envelope is None:
        return
    if "error" not in heard.envelope:
        yield "json.error_beside", "absent"
    else:
        yield from (("json.error_beside", name) for name in names_of(heard.envelope["error"], _BESIDE))
    result = heard.envelope.get("result")
    if set(heard.envelope) - {"status", "result", "error"}:
        yield "json.extra", "envelope"
    elif isinstance(result, dict) and not is_row(result) and "list" in result and set(result) - {"list"}:
        yield "json.extra", "result"
    elif any(set(row) - _FIELDS for row in heard.rows):
        yield "json.extra", "item"
    elif heard.rows:
        yield "json.extra", "none"


def names_of(held: object, known: Mapping[str, object]) -> list[str]:
    """Return the name of the value that is just this one, of the same type; nothing if there is none."""
    return [name for name, value in known.items() if held == value and type(held) is type(value)]


def code_of(heard: Heard | None) -> str:
    """Return the documented error code of an answer; empty if there is none."""
    return "" if heard is None else heard.code


def nothing_there(heard: Heard, fact: str) -> Seen:
    """Yield what a list of nothing is: a list, or the error that there is no conversation; and how it is written."""
    yield from empty_form(heard)
    if heard.code == "CHAT_NOT_FOUND":
        yield fact, "error"
    elif heard.succeeded and not heard.rows:
        yield fact, "list"


def manner_of_error(heard: Heard | None) -> Seen:
    """Yield what an error shows that has nothing to do with credentials."""
    if heard is None or heard.envelope is None or heard.succeeded:
        return
    if BY_NAME["json.error_http"].value(heard.status):
        yield "json.error_http", heard.status
    held = heard.envelope.get("error")
    if isinstance(held, dict | list):
        yield "errors.code", "object" if isinstance(held, dict) else "array"
    elif isinstance(held, int):
        yield "errors.code", "number"
    elif isinstance(held, str):
        shape = "sentence" if " " in held.strip() else "lower" if held.islower() else "plain"
        yield "errors.code", shape


def unlisted(heard: Heard) -> list[bool]:
    """Return whether the code of an error is on no page; nothing if there is none that is written as codes are."""
    held = None if heard.envelope is None or heard.succeeded else heard.envelope.get("error")
    if isinstance(held, dict):
        held = held.get("code")
    texts = [each for each in (held if isinstance(held, list) else [held]) if isinstance(each, str)]
    codes = [text.strip().upper() for text in texts if re.fullmatch(r"\s*[A-Za-z]+(_[A-Za-z0-9]+)+\s*", text)]
    return [code not in ERROR_CODES for code in codes]


def fields(rows: list[dict[str, object]]) -> Seen:
    """Yield whether records have the fields that the page lists."""
    wanted = {field.wire for field in GET_MESSAGES.fields} - {"sent", "issent"}
    if rows:
        whole = all(wanted <= set(row) and {"sent", "issent"} & set(row) for row in rows)
        yield "records.fields", "all" if whole else "fewer"


def escapes(bodies: list[bytes]) -> Seen:
    """Yield which characters are escaped, if that can be told of both kinds."""
    whole = b"".join(bodies)
    slashes = b"\\/" in whole
    beyond = any(int(found, 16) > 126 for found in re.findall(rb"\\u([0-9a-fA-F]{4})", whole))
    plain_slash = re.search(rb"[^\\<]/", whole) is not None
    plain_beyond = any(byte > 127 for byte in whole.replace(b"\xef\xbb\xbf", b""))
    if (slashes or plain_slash) and (beyond or plain_beyond):
        yield "json.escapes", {(0, 0): "none", (0, 1): "unicode", (1, 0): "slashes", (1, 1): "php"}[slashes, beyond]


def empty_form(heard: Heard) -> Seen:
    """Yield how a list of nothing is written."""
    if heard.envelope is None or not heard.succeeded or heard.rows:
        return
    if "result" not in heard.envelope:
        yield "lists.empty", "result_absent"
        return
    result = heard.envelope["result"]
    if isinstance(result, dict) and "list" not in result:
        yield "lists.empty", "absent"
        return
    held, prefix = (result["list"], "") if isinstance(result, dict) else (result, "result_")
    yield from (("lists.empty", f"{prefix}{name}") for name in names_of(held, _EMPTY))


def list_form(lists: list[Heard]) -> Seen:
    """Yield how lists of something are written, if several show it."""
    found = set()
    for heard in lists:
        result = heard.envelope.get("result") if heard.envelope else None
        within = isinstance(result, dict) and "list" in result
        held = result["list"] if isinstance(result, dict) and within else result
        if isinstance(held, dict):
            numbered = list(held) == [str(number) for number in range(len(held))]
            form = "lone" if is_row(held) else "object" if numbered else "gaps"
            found.add(form if within else f"result_{form}")
        elif isinstance(held, list):
            found.add("array" if within else "result")
    for form in ("lone", "result_lone", "gaps", "object", "result", "array"):
        if form in found:
            yield "lists.form", form
            return


def record_manner(rows: list[dict[str, object]]) -> Seen:
    """Yield how the fields of conversations and messages are written."""
    flags = [row[name] for row in rows for name in ("sent", "issent") if name in row]
    yield from _flags(flags)
    if any("sent" in row and "issent" in row for row in rows):
        yield "records.sent", "both"
    for value in [row.get("datetime") for row in rows][:1]:
        if value is None:
            yield "records.times", "null"
        elif isinstance(value, int):
            yield "records.times", "unix"
        for pattern, name in _TIMES:
            if isinstance(value, str) and re.fullmatch(pattern, value):
                yield "records.times", name
                break
    for value in [row.get("status") for row in rows][:1]:
        yield "records.status", "null" if value is None else "number" if isinstance(value, int) else "words"
    yield from _numbers("records.destination", rows, "destination")


def _flags(flags: list[object]) -> Seen:
    if any(isinstance(flag, bool) for flag in flags):
        yield "records.flags", "boolean"
    elif any(isinstance(flag, int) for flag in flags):
        yield "records.flags", "number"
    else:
        # In tuples: a flag that is a list or an object has no hash.
        for values, name in (("",), "cast"), (("0",), "digits"), (("true", "false"), "words"), (("t", "f"), "letters"):
            if any(flag in values for flag in flags):
                yield "records.flags", name


def id_manner(rows: list[dict[str, object]]) -> Seen:
    """Yield how identifiers and names of channels are written."""
    yield from _numbers("records.ids", rows, "platformid")
    if rows:
        yield "records.names", "null" if all(row.get("name") is None for row in rows) else "text"


def _numbers(dimension: str, rows: list[dict[str, object]], name: str) -> Seen:
    values = [row.get(name) for row in rows]
    if any(isinstance(value, int) for value in values):
        yield dimension, "number"
    elif any(isinstance(value, str) and re.fullmatch("0|[1-9][0-9]{0,15}", value) for value in values):
        yield dimension, "text"


def message_ids(read: list[tuple[dict[str, object], Sequence[dict[str, object]]]]) -> Seen:
    """Yield what identifies a message.

    Args:
        read: conversations, each as its last message in one list and as all of its messages in another.
    """
    last = [_id(chat) for chat, rows in read if rows]
    lists = [[_id(row) for row in rows] for _, rows in read if rows]
    if not lists:
        return
    if any(not each.strip() for ids in lists for each in ids):
        yield "records.message_ids", "blank"
    elif any(len(set(ids)) < len(ids) for ids in lists):
        yield "records.message_ids", "reused"
    else:
        known = any(each in ids for each, ids in zip(last, lists, strict=True))
        yield "records.message_ids", "unique" if known else "changing"


def _id(row: dict[str, object]) -> str:
    identifier = row.get("messageid")
    return "" if identifier is None else str(identifier)


def order(dimension: str, rows: list[dict[str, object]]) -> Seen:
    """Yield the order of messages, by their times or else by their numbers."""
    numbers = [str(row.get("messageid")) for row in rows]
    keys: list[object] = [str(row.get("datetime")) for row in rows]
    if len(set(keys)) < 2 or not all(re.match(r"\d{4}-\d\d-", str(key)) for key in keys):
        keys = [int(number) for number in numbers] if all(map(_NUMBER.fullmatch, numbers)) else []
    if len(set(keys)) > 1 and keys in (sorted(keys), sorted(keys, reverse=True)):  # type: ignore[type-var]  # all of one kind
        yield dimension, "oldest_first" if keys == sorted(keys) else "newest_first"  # type: ignore[type-var]  # see above
