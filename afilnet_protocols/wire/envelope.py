"""The service's envelope, ``{status, result | error}``, as every protocol carries it: into records, or into an error.

Observed in the vendor's own libraries: ``{"status":"SUCCESS","result":…}`` and ``{"status":"ERROR","error":"CODE"}``.
Not documented, and so read tolerantly: the letter case of ``status``, whether ids are numbers or strings, and how an
empty list, or one with gaps in its numbering, is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar, cast

from afilnet_protocols.catalogue import ERROR_CODES, Field, Kind, Operation
from afilnet_protocols.errors import (
    OutcomeUnknownError,
    RateLimitedError,
    ServiceError,
    UnknownServiceError,
)
from afilnet_protocols.security.redaction import shown
from afilnet_protocols.vocabulary import Platform
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.verdict import retry_after, unintelligible

R = TypeVar("R")

_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:?[0-9]{2})?", re.ASCII
)
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_SENT = ("sent", "issent")


class Malformed(ValueError):
    """Something in the envelope is not what it must be. The text says what, without quoting the answer."""


def read(operation: Operation[R], envelope: Mapping[str, object], reply: Reply) -> R:
    """Turn an envelope into the operation's records, or raise what it says.

    Args:
        operation: the operation that was called.
        envelope: the envelope, however the protocol carried it.
        reply: the HTTP answer it came in.

    Returns:
        The records; ``None`` for a send that the service confirmed.

    Raises:
        ServiceError: the envelope holds an error code.
        OutcomeUnknownError: it is neither a success nor an error, or misses a compulsory field.
    """
    why = ""
    try:
        status = envelope.get("status")
        word = status.casefold() if isinstance(status, str) else ""
        if word == "error":
            raise error_for(_code(envelope.get("error")), reply)
        if word != "success":
            raise Malformed("its status is neither SUCCESS nor ERROR")
        if envelope.get("error"):
            raise Malformed("it is a success and an error at once")
        if not 200 <= reply.status < 300:
            raise Malformed(f"it says SUCCESS with HTTP {reply.status}")
        return cast("R", records(operation, envelope.get("result")))
    except Malformed as error:
        why = str(error)
    raise (
        unintelligible(reply, why=why)
        if reply.status != 200
        else OutcomeUnknownError(f"the answer cannot be understood: {why}")
    )


def error_for(code: str, reply: Reply | None = None) -> ServiceError:
    """Return the error that a service's code is raised as; an undocumented code is an ``UnknownServiceError``."""
    if code not in ERROR_CODES:
        # Then it is just the service's own text, which may repeat a secret that it was told.
        code = shown(code)
    if reply is not None and reply.status == 429:
        return RateLimitedError(code, f"the service asks to slow down ({code})", retry_after=retry_after(reply))
    known = ERROR_CODES.get(code)
    if known is None:
        return UnknownServiceError(code, f"the service answered {code}, a code that no vendor page lists for chat")
    return known.error(code, f"{code}: {known.about}")


def records(operation: Operation[object], result: object) -> list[object] | None:
    """Read the ``result`` of a success.

    Raises:
        Malformed: it is not a list of complete records.
    """
    if operation.record is None:
        return None
    readers = [(_spellings(field), _READERS[field.kind], field.wire) for field in operation.fields]
    make = cast("Callable[..., object]", operation.record)
    return [make(*_values(item, readers)) for item in _items(result)]


_Reader = Callable[[object], object]


def _values(item: object, readers: list[tuple[tuple[str, ...], _Reader, str]]) -> list[object]:
    if not isinstance(item, Mapping):
        raise Malformed("an item of the list is not a record")
    values = []
    for names, reader, wire in readers:
        found = [item[name] for name in names if name in item]
        if len(found) != 1:
            raise Malformed(f"a record {'misses' if not found else 'repeats'} its compulsory field {wire!r}")
        try:
            values.append(reader(found[0]))
        except ValueError:
            found.clear()
        if not found:
            raise Malformed(f"the field {wire!r} of a record cannot be read")
    return values


def _items(result: object) -> list[object]:
    """Return the items of ``result.list``, which may be absent, null, empty, an array, or an object of items."""
    if result is None or result == "" or result == []:
        return []
    if not isinstance(result, Mapping):
        raise Malformed("its result is not an object")
    found = result.get("list")
    if found is None or found == "":
        return []
    if isinstance(found, list):
        return found
    if isinstance(found, Mapping):
        return list(found.values())
    raise Malformed("its list is not a list")


def _spellings(field: Field) -> tuple[str, ...]:
    return _SENT if field.wire in _SENT else (field.wire,)


def _code(value: object) -> str:
    if isinstance(value, str) and _CODE.fullmatch(value.strip()):
        return value.strip()
    raise Malformed("it is an error without an error code")


def _id(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return _id(value)


def _platform(value: object) -> Platform | str:
    text = _id(value)
    return _PLATFORMS.get(text, text)


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    flag = _FLAGS.get(str(value).casefold()) if isinstance(value, str | int) else None
    if flag is None:
        raise ValueError
    return flag


def _timestamp(value: object) -> datetime:
    if isinstance(value, str) and _TIMESTAMP.fullmatch(value):
        return datetime.fromisoformat(value)
    raise ValueError


_PLATFORMS = {platform.value: platform for platform in Platform}

_READERS: dict[Kind, _Reader] = {
    Kind.ID: _id,
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
    Kind.TIMESTAMP: _timestamp,
    Kind.PLATFORM: _platform,
}
