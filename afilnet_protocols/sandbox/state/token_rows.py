"""`TokenRows`: the tokens that were issued, until they expire."""

from __future__ import annotations

from typing import NamedTuple

from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.sandbox.state.database import Database


class TokenRow(NamedTuple):
    """A token that was issued: whose it is, ``access`` or ``refresh``, its scope, and when it expires."""

    account: int
    kind: str
    scope: str
    expires: float


class TokenRows(Database):
    """The tokens in the database."""

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

    def remove_token(self, token: str) -> None:
        """Revoke a token."""
        with self._lock:
            self._db.execute("DELETE FROM tokens WHERE token = ?", (token,))

    def remove_tokens(self, account: Account) -> None:
        """Revoke every token of an account."""
        with self._lock:
            self._db.execute("DELETE FROM tokens WHERE account = ?", (account.number,))
