"""An entry as a row of a table: how it is written, and how it is read, as far as every database does that alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from afilnet_protocols.calls.recovery import SentText
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.new_entry import NewEntry
from afilnet_protocols.plural import all_of
from afilnet_protocols.vocabulary import platform_of

CONVERSATION = ("platform", "platform_id", "destination")

COLUMNS = "id, key, operation, arguments, state, attempts, error, reason, created_at, changed_at, scheduled, expires"
"""What :func:`read_row` reads, in its order."""


def row_of(entry: NewEntry) -> dict[str, object]:
    """Return the columns of a new entry; its times are as they were given."""
    arguments = entry.arguments
    return {
        "key": entry.key,
        "operation": entry.operation,
        **{name: arguments[name] for name in CONVERSATION},
        "arguments": json.dumps(dict(arguments), ensure_ascii=False),
        "shown": SentText.of(arguments).text,
        "scheduled": entry.not_before,
        "expires": entry.expires,
    }


def read_row(row: Sequence[object], moment: Callable[[object], datetime]) -> Entry:
    """Read the :data:`COLUMNS` of a row."""
    number, key, operation, arguments, state, attempts, error, reason, created, changed, scheduled, expires = row
    return Entry(
        id=int(str(number)),
        key=None if key is None else str(key),
        operation=str(operation),
        arguments=_arguments(str(arguments)),
        state=State(str(state)),
        attempts=int(str(attempts)),
        error=None if error is None else str(error),
        reason=None if reason is None else str(reason),
        created_at=moment(created),
        changed_at=moment(changed),
        not_before=None if scheduled is None else moment(scheduled),
        expires=None if expires is None else moment(expires),
    )


KNOWN = "id, state, operation, arguments"
"""What :func:`check_same` reads of the entry that has a key already, in its order."""


def check_same(key: object, row: Sequence[str], operation: object, arguments: Mapping[str, str]) -> int:
    """Return the number of the entry that has a key, if it is the one that is put in once more.

    Raises:
        InvalidRequestError: it is another one. Nothing of either is quoted.
    """
    number, state, known, held = row
    before = json.loads(held)
    names = [name for name in {**before, **arguments} if before.get(name) != arguments.get(name)]
    differing = ["operation"] * (known != operation) + names
    if differing:
        raise InvalidRequestError(
            f"the outbox has another entry of the key {key!r}, number {number}, which is {state} and has another "
            f"{all_of(differing)}: a key stands for one message; under another key this one would be sent as well"
        )
    return int(number)


def storable(text: str, encoding: str = "utf-8") -> str:
    """Return a text for people as a database can keep it, wherever it is from.

    Args:
        text: it.
        encoding: what the database keeps texts in; what that lacks becomes a question mark.
    """
    return text.encode(encoding, "replace").decode(encoding).replace("\0", "?")


def counted(rows: Iterable[Sequence[object]]) -> dict[State, int]:
    """Return a count for each state, from rows of a state and its count; 0 for those that have no row."""
    found = {str(state): int(str(count)) for state, count in rows}
    return {state: found.get(state.value, 0) for state in State}


def _arguments(text: str) -> dict[str, str]:
    """Read arguments. Their platform was checked when they were put in, and is not doubted again."""
    arguments: dict[str, str] = json.loads(text)
    return {**arguments, "platform": platform_of(arguments["platform"])}
