"""The canonical form of what a call did: plain data in which two right answers are equal and no wrong one is.

Message ids become references (``<msg:1>`` is the first id that this participant showed), because a service may number
as it likes as long as it stays consistent. Types are part of the answer: the number 7 is not the id ``"7"``, a record
is not a list of one, and 1 is not ``True``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from afilnet_protocols.errors import AfilnetError, ServiceError
from afilnet_protocols.records import Channel, Chat, Message, PartialList
from afilnet_protocols.security.redaction import mask
from afilnet_protocols.vocabulary import ListedPlatform, Platform

Plain = str | bool | int | float | None | list["Plain"] | dict[str, "Plain"]
"""What JSON can hold."""

_LONGEST_TEXT = 2000
"""How much of a foreign error's text is kept, in characters."""

_RECORDS = (Channel, Chat, Message)
_PLATFORMS = frozenset(platform.value for platform in Platform)


class References:
    """Names ids by the order in which they are first seen."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def name(self, identifier: str) -> str:
        """Return the reference of an id, the same whenever it is seen again."""
        return self._seen.setdefault(identifier, f"<msg:{len(self._seen) + 1}>")


def of_result(value: object, references: References) -> Plain:
    """Return the canonical form of what a call returned."""
    if value is None:
        return {"returned": None}
    if type(value) is list:
        return {"returned": [_record(item, references) for item in value]}
    if isinstance(value, PartialList):
        # A list that lacks something is not like one that is whole.
        lacking: dict[str, Plain] = {"skipped": len(value.skipped), **({"more": True} if value.more else {})}
        return {"returned": [_record(item, references) for item in value], **lacking}
    return {"returned": _wrong_type(value)}


def of_error(error: BaseException) -> Plain:
    """Return the canonical form of what a call raised: class, code and delivery, never its text.

    Only of what is no error of ours, and so is wrong anyhow, the text is kept, secrets masked: it is what helps the
    author of a backend.
    """
    if not isinstance(error, AfilnetError):
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        said = mask(words_of(error))[:_LONGEST_TEXT]
        return {"raised": f"{kind}, which is not one of our errors" + (f": {said}" if said.strip() else "")}
    code = error.code if isinstance(error, ServiceError) else None
    return {"raised": type(error).__name__, "code": code, "delivery": str(error.delivery)}


def words_of(value: object) -> str:
    """Return what a foreign object says of itself; nothing if it cannot even do that."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - whatever it raises, it is what is told of, and tells nothing
        return ""


def _record(item: object, references: References) -> Plain:
    if type(item) not in _RECORDS:
        return _wrong_type(item)
    shown: dict[str, Plain] = {"record": type(item).__name__}
    for name in type(item).__struct_fields__:  # type: ignore[attr-defined]  # every record is a msgspec.Struct
        shown[name] = _field(name, getattr(item, name), references)
    return shown


def _field(name: str, value: object, references: References) -> Plain:
    match name:
        case "timestamp":
            return value.isoformat(" ") if isinstance(value, datetime) else _wrong_type(value)
        case "sent":
            return value if isinstance(value, bool) else _wrong_type(value)
        case "platform":
            return _platform(value)
        case _ if type(value) is not str:
            return _wrong_type(value)
        case "message_id":
            return references.name(value)
        case _:
            return value


def _platform(value: object) -> Plain:
    if isinstance(value, Platform) or (type(value) in (str, ListedPlatform) and value not in _PLATFORMS):
        return str.__str__(value)
    return _wrong_type(value)


def _wrong_type(value: object) -> Plain:
    return f"{type(value).__name__}, which is the wrong type: {words_of(value)[:80]}"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where two canonical forms differ.

    Attributes:
        field: the path to it, such as ``returned[0].message`` or ``code``.
        expected: what the first form has there.
        actual: what the second form has there.
    """

    field: str
    expected: Plain
    actual: Plain


def difference(expected: Plain, actual: Plain, path: str = "") -> Difference | None:
    """Return the first difference between two canonical forms; ``None`` if they are equal."""
    if isinstance(expected, dict) and isinstance(actual, dict) and expected.keys() == actual.keys():
        for name in expected:
            found = difference(expected[name], actual[name], f"{path}.{name}" if path else name)
            if found:
                return found
        return None
    if isinstance(expected, list) and isinstance(actual, list):
        for index, (left, right) in enumerate(zip(expected, actual, strict=False)):
            found = difference(left, right, f"{path}[{index}]")
            if found:
                return found
        if len(expected) != len(actual):
            return Difference(f"{path} (length)", len(expected), len(actual))
        return None
    if type(expected) is type(actual) and expected == actual:
        return None
    return Difference(path or "outcome", expected, actual)
