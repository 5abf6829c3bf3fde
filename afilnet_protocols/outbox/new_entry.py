"""`NewEntry`: an entry on its way into an outbox, before it has a number and a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry that is to be put in; its parts are checked.

    Attributes:
        operation: the operation's name.
        arguments: its arguments; not in the repr, for they are personal data.
        key: the caller's name for it, if any.
        not_before: before when it is not sent, aware; ``None`` for at once.
        expires: from when on it is not sent any more, aware; ``None`` for never.
    """

    operation: str
    arguments: Mapping[str, str] = field(repr=False)
    key: str | None = None
    not_before: datetime | None = None
    expires: datetime | None = None
