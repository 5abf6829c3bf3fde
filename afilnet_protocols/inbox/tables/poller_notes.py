"""`PollerNotes`: what the one poller of an account notes of its channels, conversations and messages."""

from __future__ import annotations

from collections.abc import Sequence

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.inbox.identity import Trace, Trust
from afilnet_protocols.inbox.store import ChannelState, Conversation
from afilnet_protocols.inbox.tables.database import Database, Tables
from afilnet_protocols.inbox.tables.rows import CONVERSATION, MARK_HEAD, begun, keep, read_conversation
from afilnet_protocols.outbox.store import UNDONE, Conversing
from afilnet_protocols.records import Message

ASUNDER = 60.0
"""How far the clocks of several computers may be apart, in seconds."""

_PUT_IN = """
INSERT INTO afilnet_inbox_messages (conversation, digest, message_id, state, key, message, due, noticed_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

_PUT_OFF = """
SELECT m.id, m.conversation FROM afilnet_inbox_messages AS m
JOIN afilnet_inbox_conversations AS c ON c.id = m.conversation
WHERE c.account = ? AND m.state = 'waiting' AND m.due > ? AND (m.noticed_at > ? OR m.begun_at > ?) ORDER BY m.id
"""


class PollerNotes(Tables):
    """What is noticed: only by the poller; it raises ``ConfigurationError`` if another one took over."""

    def channel(self, account: str, platform: str, platform_id: str) -> ChannelState | None:
        """Return what is kept of a channel; ``None`` if it was never seen."""
        query = (
            "SELECT trust, floor, newest_first FROM afilnet_inbox_channels"
            " WHERE (account, platform, platform_id) = (?, ?, ?)"
        )
        row = self._do(lambda db: db.execute(query, (account, platform, platform_id)).fetchone())
        return row and ChannelState(trust=Trust(row[0]), floor=row[1], newest_first=bool(row[2]))

    def prime(
        self, account: str, token: str, channel: tuple[str, str], state: ChannelState, there: Sequence[Conversation]
    ) -> None:
        """Note a channel that is seen for the first time, and the conversations whose messages are history."""

        def note(db: Database) -> None:
            self.check_turn(db, account, token)
            db.execute(
                "INSERT INTO afilnet_inbox_channels VALUES (?, ?, ?, ?, ?, ?)",
                (account, *channel, state.trust, state.floor, int(state.newest_first)),
            )
            for conversation in there:
                keep(db, account, conversation)

        self._transaction(note)

    def conversations(self, account: str, platform: str, platform_id: str) -> list[Conversation]:
        """Return what is kept of the conversations of a channel."""
        query = (
            f"SELECT {CONVERSATION} FROM afilnet_inbox_conversations"  # noqa: S608 -- constants
            " WHERE (account, platform, platform_id) = (?, ?, ?)"
        )
        rows = self._do(lambda db: db.execute(query, (account, platform, platform_id)).fetchall())
        return [read_conversation(row) for row in rows]

    def intend(self, account: str, token: str, conversation: Conversation) -> None:
        """Note that ``get_unread_messages`` is about to be called; the conversation is kept from now on."""
        conversation.intent = True

        def note(db: Database) -> None:
            self.check_turn(db, account, token)
            conversation.id = keep(db, account, conversation)

        self._transaction(note)

    def known(self, conversation: Conversation) -> list[Trace]:
        """Return what is kept of a conversation's messages."""
        if conversation.id is None:
            return []
        query = "SELECT digest, message_id FROM afilnet_inbox_messages WHERE conversation = ?"
        rows = self._do(lambda db: db.execute(query, (conversation.id,)).fetchall())
        return [Trace(*row) for row in rows]

    def note(
        self,
        account: str,
        token: str,
        conversation: Conversation,
        state: ChannelState,
        found: Sequence[tuple[Message, Trace, bool]],
        now: float,
    ) -> None:
        """Note what a reading of a conversation showed.

        Args:
            account: whose.
            token: the poller.
            conversation: what is kept of it from now on; its number is filled in.
            state: what is kept of its channel from now on.
            found: the new messages in their order, each with its trace and whether it is to be handled.
            now: when they were noticed.
        """
        platform, platform_id, _ = conversation.place

        def write(db: Database) -> int:
            self.check_turn(db, account, token)
            number = keep(db, account, conversation)
            now_known = (state.trust, int(state.newest_first))
            db.execute(
                "UPDATE afilnet_inbox_channels SET (trust, newest_first) = (?, ?)"
                " WHERE (account, platform, platform_id) = (?, ?, ?) AND (trust, newest_first) <> (?, ?)",
                (*now_known, account, platform, platform_id, *now_known),
            )
            rows = [(number, *seen, *begun(message, wanted, now)) for message, seen, wanted in found]
            if rows and db.executemany(_PUT_IN, rows).rowcount != len(rows):
                raise ConfigurationError(UNDONE)  # what was unread is not shown as unread again
            if any(wanted for *_, wanted in found):
                db.execute(MARK_HEAD, (number,))
            return number

        conversation.id = self._transaction(write)

    def hasten(self, account: str, now: float) -> None:
        """Make due what was put off by a clock that has been set back since: until when it was to wait nobody can tell.

        It was noticed, or its handler was begun, later than now.
        """
        limits = (account, now, now + ASUNDER, now + ASUNDER)
        found = self._do(lambda db: db.execute(_PUT_OFF, limits).fetchall())

        def mend(db: Database) -> None:
            for number, conversation in found:
                query = "UPDATE afilnet_inbox_messages SET due = ? WHERE id = ? AND state = 'waiting'"
                db.execute(query, (now, number))
                db.execute(MARK_HEAD, (conversation,))

        if found:
            self._transaction(mend)

    def saw_others(self, account: str, now: float) -> None:
        """Note that somebody else read or answered."""
        query = "UPDATE afilnet_inbox_accounts SET others_at = ? WHERE account = ?"
        self._transaction(lambda db: db.execute(query, (now, account)))

    def sent(self, place: Conversing, text: str) -> tuple[int, int]:
        """Return how often the outbox surely sent a text to a conversation, and how often it may have, with those."""
        query = (
            "SELECT count(*) FILTER (WHERE state = 'sent'), count(*) FROM afilnet_outbox WHERE attempts > 0"  # noqa: S608 -- constants
            f" AND (platform, platform_id, destination, {self.SHOWN}) = (?, ?, ?, {self.SHOWN_VALUE})"
        )
        surely, perhaps = self._do(lambda db: db.execute(query, (*place, text)).fetchone())
        return int(surely), int(perhaps)
