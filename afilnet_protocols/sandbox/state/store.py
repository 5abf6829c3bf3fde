"""`Store`: the sandbox's state: its accounts, and with them conversations, messages and tokens, in SQLite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox.state import state_file
from afilnet_protocols.sandbox.state.accounts import Account, Options, as_json, of_row
from afilnet_protocols.sandbox.state.messages import Messages
from afilnet_protocols.sandbox.state.token_rows import TokenRow, TokenRows


class Store(Messages, TokenRows):
    """What the sandbox keeps. Safe to use from any thread."""

    def __init__(self, path: str | Path | None = None) -> None:
        super().__init__(path)
        self._read_accounts()

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
                taken = f"an account {user!r}" if user in self._accounts else f"a client {client_id!r}"
                raise ConfigurationError(f"the sandbox has {taken} already: choose another name")
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
            self._forget_hidden(account)
            self._accounts.pop(account.user, None)
            self._by_client.pop(account.client_id, None)
            self._by_number.pop(account.number, None)

    def account_of_user(self, user: str) -> Account | None:
        """Return the account of this user, or ``None``."""
        return self._accounts.get(user)

    def account_of_client(self, client_id: str) -> Account | None:
        """Return the account of this OAuth 2.0 client, or ``None``."""
        return self._by_client.get(client_id)

    def account_of_token(self, row: TokenRow) -> Account | None:
        """Return the account that a token belongs to."""
        return self._by_number.get(row.account)

    def accounts(self) -> list[Account]:
        """Return all accounts, oldest first."""
        with self._lock:
            return sorted(self._accounts.values(), key=lambda account: account.number)

    def clear(self, account: Account) -> None:
        """Forget the conversations, messages and tokens of an account; its message numbers start at 1 again."""
        with self._transaction() as db:
            self._forget_hidden(account)
            db.execute("DELETE FROM messages WHERE account = ?", (account.number,))
            db.execute("DELETE FROM conversations WHERE account = ?", (account.number,))
            db.execute("DELETE FROM tokens WHERE account = ?", (account.number,))

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
            self._late.clear()
            self._read_accounts()

    def _read_accounts(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._by_client: dict[str, Account] = {}
        self._by_number: dict[int, Account] = {}
        for row in self._db.execute("SELECT * FROM accounts ORDER BY number").fetchall():
            self._remember(of_row(row))
