"""`Audits`: when a conversation is read again by itself, after it changed.

They are not a precaution but part of the promise: a message that appears late, before the last one, and one of the same
text in the same second as the last one cannot be seen in ``get_chats``.
"""

from __future__ import annotations

from afilnet_protocols.inbox.store import Conversation

SOON = 2.0
"""After how long a listing that lacks what ``get_chats`` has shown is read again, in seconds."""


class Audits:
    """The audits of a conversation, which its row remembers.

    Args:
        after: how long after a change each of them is, in seconds, in rising order.
    """

    def __init__(self, after: tuple[float, ...]) -> None:
        self._after = after

    def is_due(self, kept: Conversation, now: float) -> bool:
        """Whether its time has come, or is further ahead than any: then a clock has been set back."""
        return kept.audit_at is not None and not now < kept.audit_at <= now + self._after[-1]

    def plan(self, kept: Conversation, now: float, *, news: bool, lacking: bool, partial: bool) -> None:
        """Say when a conversation that was read is read again.

        Args:
            kept: the conversation.
            now: the time, in seconds since the epoch.
            news: whether something in it was new.
            lacking: whether its listing lacked what ``get_chats`` has shown.
            partial: whether something was left out of its listing.
        """
        if news:
            kept.stage = 0
        elif self.is_due(kept, now):
            kept.stage += 1
        if partial:  # what was left out of it may be readable one day
            kept.stage = min(kept.stage, len(self._after) - 1)
        if lacking and news:
            kept.audit_at = now + min(SOON, self._after[0])
        else:
            kept.audit_at = now + self._after[kept.stage] if kept.stage < len(self._after) else None

    def plan_of_hidden(self, kept: Conversation, now: float) -> None:
        """Say when a conversation is read again that ``get_chats`` has left out for the first time."""
        kept.audit_at, kept.stage = now + self._after[-1], len(self._after)
