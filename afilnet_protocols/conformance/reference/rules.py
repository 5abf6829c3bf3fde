"""`Rules`: what the vendor leaves open, and a service decides. Where no page says which is usual, that is assumed."""

from __future__ import annotations

from typing import NamedTuple

from afilnet_protocols.dialects import Dialect

SENT = "sent"
RECEIVED = "received"
"""``status`` of outgoing and incoming messages. Assumed: no vendor page lists the values."""


class Rules(NamedTuple):
    """What the vendor leaves open and a client shows, as the modelled account decides it.

    Attributes:
        reading_marks_read: whether reading the unread messages marks them as read.
        empty_chats_is_error: whether a channel without conversations answers ``CHAT_NOT_FOUND``.
        unknown_chat_is_error: whether reading a conversation that is not there does so.
        newest_messages_first: whether messages are listed in that order, else the oldest first.
        newest_chats_first: whether the conversation with the newest message is listed first, else that which began
            first.
        nameless: whether channels are listed without their names.
        statuses: the ``status`` of outgoing and of incoming messages.
        message_ids: what identifies a message: ``unique``, ``blank``, ``reused`` or ``changing`` identifiers.
        offset: in which zone times are listed, in hours from UTC; ``None`` if they say no zone.
    """

    reading_marks_read: bool = False
    empty_chats_is_error: bool = False
    unknown_chat_is_error: bool = True
    newest_messages_first: bool = False
    newest_chats_first: bool = False
    nameless: bool = False
    statuses: tuple[str, str] = (SENT, RECEIVED)
    offset: int | None = None
    message_ids: str = "unique"

    @classmethod
    def of(cls, dialect: Dialect) -> Rules:
        """Return what a service of this dialect decides."""
        return cls(
            reading_marks_read=dialect.unread_reading == "marks",
            empty_chats_is_error=dialect.lists_empty_channel == "error",
            unknown_chat_is_error=dialect.lists_unknown_chat == "error",
            newest_messages_first=dialect.lists_messages == "newest_first",
            newest_chats_first=dialect.lists_chats == "newest_first",
            nameless=dialect.records_names == "null",
            statuses={"words": (SENT, RECEIVED), "number": ("1", "0"), "null": ("", "")}[dialect.records_status],
            offset={"utc": 0, "offset": 1}.get(dialect.records_times),
            message_ids=dialect.records_message_ids,
        )
