"""The sandbox's state: accounts, conversations, messages and tokens, in SQLite."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox.state import state_file
from afilnet_protocols.sandbox.state.accounts import Account, Options, as_json, of_row
from afilnet_protocols.sandbox.state.schema import SCHEMA, SCHEMA_VERSION

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


class TokenRow(NamedTuple):
    """A token that was issued: whose it is, ``access`` or ``refresh``, its scope, and when it expires."""

    account: int
    kind: str
    scope: str
    expires: float


class Store:
    """One SQLite database, in memory or in a file that survives a restart. Safe to use from any thread."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._lock = threading.RLock()
        self._late: dict[int, dict[int, float]] = {}
        opened: sqlite3.Connection | None = None
        failure = None
        try:
            opened = self._db = sqlite3.connect(
                ":memory:" if path is None else path, check_same_thread=False, isolation_level=None
            )
            self._prepare()
        except sqlite3.Error as error:
            failure = str(error)
        if failure is not None:
            if opened is not None:
                opened.close()
            raise ConfigurationError(f"the sandbox cannot keep its state in {path}: {failure}")
        self._read_accounts()

    def _prepare(self) -> None:
        # WAL without a sync per commit: what was answered survives the end of the process, however it ends.
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"it was written by another version (schema {version}, not {SCHEMA_VERSION})")

    def close(self) -> None:
        """Close the database; what was committed stays."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # Accounts

    def _remember(self, account: Account) -> None:
        self._accounts[account.user] = self._by_client[account.client_id] = self._by_number[account.number] = account

    def add_account(
        self,
        *,
        user: str,
        password: str,
        client_id: str,
        client_secret: str,
        channels: tuple[Channel, ...],
        options: Options,
    ) -> Account:
        """Create an account.

        Raises:
            ConfigurationError: its user or client identifier is taken.
        """
        written = (user, password, client_id, client_secret, *as_json(options, channels))
        with self._lock:
            if user in self._accounts or client_id in self._by_client:
                raise ConfigurationError(f"the sandbox has an account {user!r} already: choose another name")
            cursor = self._db.execute(
                "INSERT INTO accounts (user, password, client_id, client_secret, options, channels)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                written,
            )
            account = of_row((cursor.lastrowid, *written))
            self._remember(account)
        return account

    def remove_account(self, account: Account) -> None:
        """Remove an account with all that it holds."""
        with self._lock:
            self._db.execute("DELETE FROM accounts WHERE number = ?", (account.number,))
            self._late.pop(account.number, None)
            self._accounts.pop(account.user, None)
            self._by_client.pop(account.client_id, None)
            self._by_number.pop(account.number, None)

    def account_of_user(self, user: str) -> Account | None:
        """Return the account of this user, or ``None``."""
        return self._accounts.get(user)

    def account_of_client(self, client_id: str) -> Account | None:
        """Return the account of this OAuth 2.0 client, or ``None``."""
        return self._by_client.get(client_id)

    def accounts(self) -> list[Account]:
        """Return all accounts, oldest first."""
        with self._lock:
            return sorted(self._accounts.values(), key=lambda account: account.number)

    def clear(self, account: Account) -> None:
        """Forget the conversations, messages and tokens of an account; its message numbers start at 1 again."""
        with self._transaction() as db:
            self._late.pop(account.number, None)
            db.execute("DELETE FROM messages WHERE account = ?", (account.number,))
            db.execute("DELETE FROM conversations WHERE account = ?", (account.number,))
            db.execute("DELETE FROM tokens WHERE account = ?", (account.number,))

    # Conversations and messages

    def has_conversations(self, account: Account, platform: str, platform_id: str) -> bool:
        """Whether a channel has any conversation."""
        with self._lock:
            row = self._db.execute(
                "SELECT 1 FROM conversations WHERE account = ? AND platform = ? AND platform_id = ? LIMIT 1",
                (account.number, platform, platform_id),
            ).fetchone()
        return row is not None

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

    # What is shown

    @property
    def changes(self) -> int:
        """How many rows were ever written or taken away: a mark that differs once anything has changed."""
        return self._db.total_changes

    def rows(self, query: str, values: tuple[str | int, ...] = ()) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def set_options(self, account: Account, options: Options) -> None:
        """Make an account behave in another way from now on."""
        with self._lock:
            written, _ = as_json(options, account.channels)
            self._db.execute("UPDATE accounts SET options = ? WHERE number = ?", (written, account.number))
            self._remember(replace(account, options=options, home=None))

    def export(self) -> bytes:
        """Return the whole state but for tokens, as the bytes of a file that this class opens."""
        with self._lock:
            return state_file.exported(self._db)

    def take_over(self, exported: bytes, *, keeping: str) -> None:
        """Put the state of :meth:`export` in place of this one.

        Args:
            exported: the bytes.
            keeping: the user of an account that must be in it.

        Raises:
            ConfigurationError: it is none, or of another version.
        """
        with self._lock:
            state_file.take_over(self._db, exported, keeping=keeping)
            self._read_accounts()

    def _read_accounts(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._by_client: dict[str, Account] = {}
        self._by_number: dict[int, Account] = {}
        for row in self._db.execute("SELECT * FROM accounts ORDER BY number").fetchall():
            self._remember(of_row(row))

    # Tokens

    def add_token(self, token: str, row: TokenRow, *, now: float) -> None:
        """Keep a token that was issued, and forget the account's expired ones."""
        with self._transaction() as db:
            db.execute("DELETE FROM tokens WHERE account = ? AND expires <= ?", (row.account, now))
            db.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?)", (token, *row))

    def token(self, token: str) -> TokenRow | None:
        """Return what is known of a token, or ``None``."""
        with self._lock:
            row = self._db.execute(
                "SELECT account, kind, scope, expires FROM tokens WHERE token = ?", (token,)
            ).fetchone()
        return None if row is None else TokenRow(*row)

    def account_of_token(self, row: TokenRow) -> Account | None:
        """Return the account that a token belongs to."""
        return self._by_number.get(row.account)

    def remove_token(self, token: str) -> None:
        """Revoke a token."""
        with self._lock:
            self._db.execute("DELETE FROM tokens WHERE token = ?", (token,))

    def remove_tokens(self, account: Account) -> None:
        """Revoke every token of an account."""
        with self._lock:
            self._db.execute("DELETE FROM tokens WHERE account = ?", (account.number,))


def _but(hidden: frozenset[int], of: str = "") -> str:
    """Return the part of a condition that leaves messages out, by their numbers."""
    return f" AND {of}number NOT IN ({', '.join(map(str, sorted(hidden)))})" if hidden else ""
