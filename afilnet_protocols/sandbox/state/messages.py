"""`Messages`: the conversations and messages of all accounts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.sandbox.state.database import Database

_MESSAGE = """
SELECT c.platform_id, c.platform, m.message, c.destination, m.number, m.sent, m.status, m.timestamp
FROM messages AS m JOIN conversations AS c ON c.number = m.conversation
"""

_APPEND = """
INSERT INTO messages
SELECT ?, coalesce((SELECT max(number) FROM messages WHERE account = ?), 0) + 1, ?, ?, ?, ?, ?, ?
RETURNING number
"""


class MessageRow(NamedTuple):
    """A message as it is stored, by the catalogue's Python names."""

    platform_id: str
    platform: str
    message: str
    destination: str
    message_id: str
    sent: bool
    status: str
    timestamp: str


class Messages(Database):
    """What is said in the database."""

    def __init__(self, path: str | Path | None = None) -> None:
        super().__init__(path)
        self._late: dict[int, dict[int, float]] = {}

    def conversation(self, account: Account, platform: str, platform_id: str, destination: str) -> int | None:
        """Return the number of a conversation, or ``None`` if there is none."""
        with self._lock:
            row = self._db.execute(
                "SELECT number FROM conversations"
                " WHERE account = ? AND platform = ? AND platform_id = ? AND destination = ?",
                (account.number, platform, platform_id, destination),
            ).fetchone()
        return None if row is None else int(row[0])

    def append(
        self,
        account: Account,
        *texts: str,
        platform: str,
        platform_id: str,
        destination: str,
        sent: bool,
        status: str,
        timestamp: str,
        unread: bool,
    ) -> list[str]:
        """Append messages to a conversation, which is created if needed; return their identifiers."""
        with self._lock:
            conversation = self.conversation(account, platform, platform_id, destination)
            rest = (sent, status, timestamp, unread)
            if conversation is not None and len(texts) == 1:
                return [self._append(account, conversation, *texts, *rest)]
            with self._transaction() as db:
                if conversation is None:
                    conversation = db.execute(
                        "INSERT INTO conversations (account, platform, platform_id, destination) VALUES (?, ?, ?, ?)",
                        (account.number, platform, platform_id, destination),
                    ).lastrowid
                return [self._append(account, conversation, text, *rest) for text in texts]

    def _append(self, account: Account, conversation: int | None, *rest: object) -> str:
        # One statement is a transaction by itself, at a third of the cost of one that is begun and committed.
        written = (account.number, account.number, conversation, *rest)
        [(number,)] = self._db.execute(_APPEND, written).fetchall()
        return str(number)

    def hide(self, account: Account, identifiers: Iterable[str], until: float) -> None:
        """Have messages appear at a time only, in seconds since the epoch. It is forgotten when the process ends."""
        with self._lock:
            self._late.setdefault(account.number, {}).update(dict.fromkeys(map(int, identifiers), until))

    def hidden(self, account: Account, now: float) -> frozenset[int]:
        """Return the numbers of an account's messages that have not appeared yet."""
        if account.number not in self._late:
            return frozenset()
        with self._lock:
            late = {number: until for number, until in self._late.pop(account.number, {}).items() if until > now}
            if late:
                self._late[account.number] = late
        return frozenset(late)

    def newest_received(self, account: Account) -> frozenset[int]:
        """Return the number of the newest message of the other party in each conversation of an account."""
        with self._lock:
            rows = self._db.execute(
                "SELECT max(number) FROM messages WHERE account = ? AND NOT sent GROUP BY conversation",
                (account.number,),
            ).fetchall()
        return frozenset(number for (number,) in rows)

    def last_messages(
        self, account: Account, platform: str, platform_id: str, *, hidden: frozenset[int] = frozenset()
    ) -> list[MessageRow]:
        """Return the last message of each conversation of a channel, oldest conversation first."""
        last = f"(SELECT max(number) FROM messages WHERE conversation = c.number{_but(hidden)})"  # noqa: S608 - numbers
        return self._messages(
            f"WHERE c.account = ? AND c.platform = ? AND c.platform_id = ? AND m.number = {last} ORDER BY c.number",
            (account.number, platform, platform_id),
        )

    def messages(self, conversation: int, *, hidden: frozenset[int] = frozenset()) -> list[MessageRow]:
        """Return all messages of a conversation, oldest first."""
        return self._messages(f"WHERE m.conversation = ?{_but(hidden, 'm.')} ORDER BY m.number", (conversation,))

    def unread(self, conversation: int, *, mark_read: bool, hidden: frozenset[int] = frozenset()) -> list[MessageRow]:
        """Return the unread messages of a conversation, oldest first, and mark them as read if asked to."""
        with self._lock:
            rows = self._messages(
                f"WHERE m.conversation = ? AND m.unread{_but(hidden, 'm.')} ORDER BY m.number", (conversation,)
            )
            if mark_read and rows:
                self._db.execute(
                    f"UPDATE messages SET unread = 0 WHERE conversation = ? AND unread{_but(hidden)}",  # noqa: S608 - numbers
                    (conversation,),
                )
        return rows

    def mark_all_read(self, account: Account) -> None:
        """Mark all messages of an account as read."""
        with self._lock:
            self._db.execute("UPDATE messages SET unread = 0 WHERE account = ? AND unread", (account.number,))

    def _messages(self, condition: str, values: tuple[object, ...]) -> list[MessageRow]:
        with self._lock:
            rows = self._db.execute(_MESSAGE + condition, values).fetchall()
        return [MessageRow(a, b, c, d, str(number), bool(sent), g, h) for a, b, c, d, number, sent, g, h in rows]

    def _forget_hidden(self, account: Account) -> None:
        self._late.pop(account.number, None)


def _but(hidden: frozenset[int], of: str = "") -> str:
    """Return the part of a condition that leaves messages out, by their numbers."""
    return f" AND {of}number NOT IN ({', '.join(map(str, sorted(hidden)))})" if hidden else ""
