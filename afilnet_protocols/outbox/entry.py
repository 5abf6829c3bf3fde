"""What is in an outbox: an entry with its state, and the report of a run over many of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """What is known about an entry.

    ``PENDING → SENDING → SENT | REJECTED | UNKNOWN``; back to ``PENDING`` only when it provably was not carried out.
    """

    PENDING = "pending"
    """Not sent, to be sent."""
    SENDING = "sending"
    """A worker is about to send it or sending it; if that worker is gone, the outcome is unknown."""
    SENT = "sent"
    """Accepted by the service, or found in the conversation."""
    REJECTED = "rejected"
    """Refused by the service, or not fit to be sent. It will not be sent."""
    UNKNOWN = "unknown"
    """It may have been sent. It is never sent again unless somebody who accepts duplicates says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message or file in the outbox, as it was when it was read.

    Attributes:
        id: its number in the outbox; lower ones were put in earlier.
        key: the name that its caller gave it, if any; there is one entry of each name.
        operation: ``send_message`` or ``send_file``.
        arguments: the arguments of the operation, by their Python names; not in the repr, for they are personal data.
        state: what is known about it.
        attempts: how many times it was begun to be sent.
        error: the class of the last error, such as ``NotSentError``; ``None`` if there was none.
        reason: the last error in words; ``None`` if there was none.
        created_at: when it was put in, in UTC by the clock of what keeps the outbox: this computer, or the database.
        changed_at: when its state last changed, in UTC by the same clock.
        not_before: before when it was not to be sent, in UTC; ``None`` if nothing was said.
        expires: from when on it is not sent any more, in UTC; ``None`` if nothing was said.
    """

    id: int
    key: str | None
    operation: str
    arguments: Mapping[str, str] = field(repr=False)
    state: State
    attempts: int = 0
    error: str | None = None
    reason: str | None = None
    created_at: datetime
    changed_at: datetime
    not_before: datetime | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run did.

    Attributes:
        sent: how many entries the service accepted, those among them that were found by reading back.
        rejected: how many were refused.
        unknown: how many got an unknown outcome and still have it after reading back, if that is configured.
        reconciled: how many were found by reading back.
        not_sent: how many attempts came to nothing; their entries were put back into the queue.
        recovered: how many entries were found that a worker which is gone had begun.
        remaining: how many entries are pending or being sent by others when the run ends.
        seconds: how long it took.
        stopped: why it ended before the queue was empty, in words; ``None`` if it did not.
    """

    sent: int = 0
    rejected: int = 0
    unknown: int = 0
    reconciled: int = 0
    not_sent: int = 0
    recovered: int = 0
    remaining: int = 0
    seconds: float = 0.0
    stopped: str | None = None
