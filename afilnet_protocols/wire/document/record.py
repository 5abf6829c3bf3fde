"""One record after the other: what each field may be, and what becomes of a record that is odd.

The same for all protocols: what an answer carried has become mappings, lists, texts, numbers and flags before.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import cast

from afilnet_protocols.catalogue import Field, Kind, Operation
from afilnet_protocols.patterns import late
from afilnet_protocols.records import PartialList, SkippedRecord
from afilnet_protocols.security.redaction import shown
from afilnet_protocols.vocabulary import ListedPlatform, Platform, platform_of
from afilnet_protocols.wire.document.contents import Listing
from afilnet_protocols.wire.malformed import Malformed
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.strict_json import Doubtful, has_half

_TIMESTAMP = late(
    r"(?P<moment>[0-9]{4}-[0-9]{2}-[0-9]{2}[ Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?)"
    r"(?: ?(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-5][0-9])?))?",
    re.ASCII,
)
"""A date and a time to the second as RFC 3339 and ISO 8601 allow it, and a blank before the zone."""
_ZEROS = late(r"0000-00-00([ T].*)?", re.ASCII | re.DOTALL)
_PLAIN_ID = late(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)
_FLAGS = {
    **dict.fromkeys(("true", "1", "t", "yes", "y", "on"), True),
    **dict.fromkeys(("false", "0", "f", "no", "n", "off"), False),
}
_BLANK = " \t\r\n"
_EXACT = 2**53
"""Below it, a number that was written as a real one is the whole number that it says."""
_SENT = ("sent", "issent")

_Reader = Callable[[object], object]


class Odd(ValueError):
    """A value is not what its field must be. The text says what is wrong with it."""


def read_records(operation: Operation[object], listing: Listing, *, skip: bool) -> list[object]:
    """Read the records of an answer.

    Args:
        operation: the operation that was called.
        listing: the answer's list.
        skip: whether records that cannot be read are left out, with a note of each.

    Returns:
        The records; a :class:`PartialList` if some were left out, or there are more.

    Raises:
        Malformed: a record cannot be read and is not to be left out; or none of them can.
    """
    readers = [(_spellings(field), READERS[field.kind], field.wire) for field in operation.fields]
    spellings = frozenset(name for names, _, _ in readers for name in names)
    make = cast("Callable[..., object]", operation.record)
    made: list[object] = []
    skipped: list[SkippedRecord] = []
    for number, item in enumerate(listing.items, 1):
        try:
            made.append(make(*_values(item, readers, spellings)))
        except Odd as odd:
            skipped.append(_note(operation, listing, number, str(odd)))
        if skipped and not skip:
            break
    if skipped and not (skip and made):
        first = skipped[0]
        known = f", messageid {first.message_id!r}" if first.message_id else ""
        rest = "" if not skip else "; no other can be read either"
        raise Malformed(f"record {first.number} of {len(listing.items)} ({first.place}{known}): {first.why}{rest}")
    return PartialList(made, skipped, more=listing.more) if skipped or listing.more else made


def _values(
    item: object, readers: list[tuple[tuple[str, ...], _Reader, str]], spellings: frozenset[str]
) -> list[object]:
    """Return the values of a record's fields."""
    if not isinstance(item, dict):
        raise Odd("it is not a record")
    values = []
    # A field may stand there a second time, in other letters, only in a record that has more than it needs.
    twice = isinstance(item, Doubtful) or (
        len(item) > len(readers) and any(fold(name) in spellings for name in item if name not in spellings)
    )
    for names, reader, wire in readers:
        # Nearly every field stands under its one name and can be read: only the others are worth a call.
        if not twice and len(names) == 1 and (value := item.get(names[0])) is not None:
            try:
                values.append(reader(value))
                continue
            except ValueError:
                pass
        values.append(_value(item, names, reader, wire, twice=twice))
    return values


def _note(operation: Operation[object], listing: Listing, number: int, why: str) -> SkippedRecord:
    """Say which record is odd, and what of it can be read."""
    item = listing.items[number - 1]
    told: dict[str, object] = {}
    for field in operation.fields:
        if field.name in ("message_id", "sent", "message"):
            with contextlib.suppress(Odd):
                told[field.name] = _value(item, _spellings(field), READERS[field.kind], field.wire)
    identifier = str(told.pop("message_id", ""))
    if _PLAIN_ID.fullmatch(identifier):
        told["message_id"] = shown(identifier)
    return SkippedRecord(number=number, place=f"{listing.place}[{number - 1}]", why=why, **told)  # type: ignore[arg-type]  # of the field's kind


def _value(item: object, names: tuple[str, ...], reader: _Reader, wire: str, *, twice: bool = True) -> object:
    """Return the value of a field.

    Args:
        item: the record.
        names: the names of the field.
        reader: reads its value.
        wire: how the service calls it.
        twice: whether it may stand there in other letters, too.
    """
    if not isinstance(item, dict):
        raise Odd("it is not a record")
    found = [item[name] for name in names if name in item]
    if twice or not found:
        found = [value for name, value in item.items() if fold(name) in names]
    if not found:
        raise Odd(f"it misses its compulsory field {wire!r}")
    if isinstance(item, Doubtful) and any(fold(name) in names for name in item.differing):
        raise Odd(f"its field {wire!r} stands there twice, with values that differ")
    try:
        # Null says nothing, and so contradicts nobody.
        values = [reader(value) for value in found if value is not None] or [reader(None)]
    except Odd as odd:
        why = str(odd)
    except ValueError:
        why = "cannot be read"
    else:
        if any(value != values[0] for value in values[1:]):
            raise Odd(f"its field {wire!r} stands there in several spellings, which differ")
        return values[0]
    raise Odd(f"its field {wire!r} {why}")


def _spellings(field: Field) -> tuple[str, ...]:
    return _SENT if field.wire in _SENT else (field.wire,)


def _id(value: object) -> str:
    if isinstance(value, str) and value:
        return _whole(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Odd(_lack(value))


def _identifier(value: object) -> str:
    # 34600000000.0 and 3.46e10 are this number as well; of a text nobody knows whether it was 5 or 5.0.
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return _id(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _whole(value)
    return _id(value)


def _platform(value: object) -> Platform | ListedPlatform:
    text = _id(value)
    return platform_of(text)


def _flag(value: object) -> bool:
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)  # numbers of JSON are equal however they are written: 1.0 is 1
    flag = _FLAGS.get(value.strip(_BLANK).casefold()) if isinstance(value, str) else None
    if flag is not None:
        return flag
    if isinstance(value, str) and not value.strip(_BLANK):
        # Who wrote a message must not be guessed: a send that is taken for somebody else's would be made again.
        raise Odd("is empty, which PHP makes of false, and others of what they do not know")
    raise Odd(_lack(value))


def _timestamp(value: object) -> datetime:
    if isinstance(value, str):
        if _ZEROS.fullmatch(value):
            raise Odd("is a date of zeros")
        found = _TIMESTAMP.fullmatch(value.strip(_BLANK))
        if found is not None:
            zone = found["zone"] or ""
            # What is finer than a microsecond is cut off.
            return datetime.fromisoformat(found["moment"] + ("Z" if zone.isalpha() else zone))
    if _is_number(value):
        # Of seconds or of milliseconds, since whenever: a moment read out of it would be made up.
        raise Odd("is a number, and no date")
    if isinstance(value, str) and any(character.isdecimal() for character in value):
        raise Odd("cannot be read as yyyy-mm-dd hh:mm:ss")
    raise Odd(_lack(value))


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().isdecimal()
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(text: str) -> str:
    if not text.isascii() and has_half(text):
        raise Odd("holds half of a character (a lone surrogate)")
    return text


def _lack(value: object) -> str:
    """Say what is wrong with a value, without showing it."""
    if value is None:
        return "is null"
    return "is empty" if value in ("", [], {}) else "cannot be read"


READERS: dict[Kind, _Reader] = {
    Kind.ID: _identifier,
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
    Kind.TIMESTAMP: _timestamp,
    Kind.PLATFORM: _platform,
}
"""What reads a value of each kind, or raises ``Odd``, or ``ValueError`` for what is of its form and no value."""
