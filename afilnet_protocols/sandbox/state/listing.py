"""`Listing`: how a call is shown what there is: under which identifiers, and without what is not there yet."""

from __future__ import annotations

from dataclasses import dataclass

from afilnet_protocols.sandbox.state.messages import MessageRow

REUSED_AFTER = 7
"""After how many messages of an account identifiers begin again, where they are reused."""

_READING = 10**6
"""What the number of a reading is multiplied by, where every reading has identifiers of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How one call is shown what there is.

    Attributes:
        ids: how messages are identified, as :class:`~afilnet_protocols.sandbox.Options` says it; ``None`` for as the
            account does it.
        late: whether the newest message of the other party in each conversation is not there yet.
        leaves_out: the other party of a conversation that ``get_chats`` leaves out; empty for the one that began
            first; ``None`` for none.
        read_before: whether somebody else reads what is unread just before.
    """

    ids: str | None = None
    late: bool = False
    leaves_out: str | None = None
    read_before: bool = False


WHOLE = Listing()
"""All that there is."""


def identified(rows: list[MessageRow], ids: str, reading: int) -> list[MessageRow]:
    """Return messages under the identifiers that they are shown with."""
    match ids:
        case "blank":
            return [row._replace(message_id="") for row in rows]
        case "reused":
            return [row._replace(message_id=str(int(row.message_id) % REUSED_AFTER)) for row in rows]
        case "changing":
            return [row._replace(message_id=str(reading * _READING + int(row.message_id))) for row in rows]
        case "text":
            return [row._replace(message_id=f"wamid.{row.message_id}+aB/c==") for row in rows]
    return rows


def without(rows: list[MessageRow], destination: str) -> list[MessageRow]:
    """Return the last messages of conversations without that of one, or without the first."""
    left_out = destination or (rows[0].destination if rows else "")
    return [row for row in rows if row.destination != left_out]
