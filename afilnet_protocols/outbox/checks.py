"""What may be put into an outbox: what passes every check of a call that needs no service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from afilnet_protocols import catalogue
from afilnet_protocols.callers import check_function
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.suggestion import all_unknown
from afilnet_protocols.vocabulary import plain_text
from afilnet_protocols.wire.arguments import to_wire

OPERATIONS: tuple[Operation[None], ...] = (catalogue.SEND_MESSAGE, catalogue.SEND_FILE)
"""What an outbox holds."""


def check_arguments(operation: Operation[None], arguments: Mapping[str, object]) -> dict[str, str]:
    """Return the arguments of a send as plain strings, without those that are absent or empty.

    Raises:
        InvalidRequestError: one is unknown, missing, or cannot be sent.
    """
    known = [parameter.name for parameter in operation.parameters]
    unknown = [str(name) for name in arguments if name not in known]
    if unknown:
        raise InvalidRequestError(f"{operation.name} has no {all_unknown('parameter', unknown, known)}")
    to_wire(operation, arguments)
    return {name: plain_text(value) for name, value in arguments.items() if isinstance(value, str) and value}


LONGEST_KEY = 200
"""How many characters a key may have."""


def check_key(key: object) -> str | None:
    """Return the key of an entry.

    Raises:
        InvalidRequestError: it is empty, longer than 200 characters, or holds what cannot be printed.
    """
    if key is None:
        return None
    if not (isinstance(key, str) and 0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise InvalidRequestError(f"a key is a printable string of 1 to {LONGEST_KEY} characters")
    return key


def check_callbacks(on_progress: object, until: object) -> None:
    """Refuse what a run could not call.

    Raises:
        InvalidRequestError: it is no function of that many arguments.
    """
    if on_progress is not None:
        check_function("on_progress", on_progress, "an entry")
    if until is not None:
        check_function("until", until)


EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""What stands for all moments before and after: those are long gone, or never come, and databases cannot tell each."""


def check_times(not_before: datetime | None, expires: datetime | None) -> tuple[datetime | None, datetime | None]:
    """Return the times of an entry in UTC, none before :data:`EARLIEST` or after :data:`LATEST`.

    Raises:
        InvalidRequestError: one is without a time zone, or it expires before it may be sent.
    """
    earliest, latest = _in_utc("not_before", not_before), _in_utc("expires", expires)
    if earliest is not None and latest is not None and latest <= earliest:
        raise InvalidRequestError("expires must be later than not_before")
    return _kept(earliest), _kept(latest)


def _kept(moment: datetime | None) -> datetime | None:
    return None if moment is None else min(max(moment, EARLIEST), LATEST)


def _in_utc(name: str, moment: object) -> datetime | None:
    if moment is None:
        return None
    if isinstance(moment, datetime) and moment.utcoffset() is not None:
        try:
            return moment.astimezone(UTC)
        except OverflowError:  # at the ends of the calendar
            return (datetime.min if moment.year < EARLIEST.year else datetime.max).replace(tzinfo=UTC)
    raise InvalidRequestError(f"{name} is a datetime with a time zone, such as datetime.now(UTC)")
