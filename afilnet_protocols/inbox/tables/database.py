"""`Tables`: what the steps over an inbox's tables are made of, and who is there to take them."""

from __future__ import annotations

import abc
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from afilnet_protocols.inbox.connection import DatabaseConnection
from afilnet_protocols.inbox.store import TAKEN_OVER, TakenOver, Turn
from afilnet_protocols.outbox.store import Alive
from afilnet_protocols.outbox.store import Store as OutboxStore

T = TypeVar("T")


class Rows(Protocol):
    """What a statement returned."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""

    def fetchone(self) -> Any:
        """Return the next row, or ``None``."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""


class Database(Protocol):
    """A connection, as far as it is needed here. Values stand for ``?`` or ``:name``."""

    def execute(self, query: str, values: Any = (), /) -> Rows:
        """Carry out a statement."""

    def executemany(self, query: str, values: Any, /) -> Rows:
        """Carry out a statement for each of several values; of what it returns, only ``rowcount`` is of use."""


class Tables(abc.ABC):
    """The tables in a database. What opens it and its transactions are subclasses.

    Each step is one transaction, on disk when it returns, and raises a ``ConfigurationError`` if the place cannot be
    used. ``now`` is in seconds since the epoch.

    Attributes:
        FOR_UPDATE: what has a ``SELECT`` hold what it finds, where several may write at once.
        SKIP_LOCKED: what has it pass over what others hold.
        SHOWN: what the outbox's index has of a text.
        SHOWN_VALUE: the same of a value.
    """

    FOR_UPDATE = ""
    SKIP_LOCKED = ""
    SHOWN = "shown"
    SHOWN_VALUE = "?"

    _outbox: OutboxStore

    @abc.abstractmethod
    def close(self) -> None:
        """Close it; doing it again does nothing."""

    @abc.abstractmethod
    def is_gone(self, token: str) -> bool:
        """Whether the process of a name has ended."""

    @abc.abstractmethod
    def _do(self, action: Callable[[Database], T]) -> T:
        """Read something."""

    @abc.abstractmethod
    def _transaction(self, action: Callable[[Database], T]) -> T:
        """Do something whole or not at all."""

    @abc.abstractmethod
    def _given(self, connection: object) -> tuple[DatabaseConnection, Database]:
        """Return the driver's connection inside what an application hands over, and how to use it here."""

    @abc.abstractmethod
    def _part(self, driver: DatabaseConnection) -> AbstractContextManager[None]:
        """Return a part of an application's transaction, which is in it whole or not at all."""

    @abc.abstractmethod
    def _opened(self) -> AbstractContextManager[tuple[DatabaseConnection, Database]]:
        """Return a transaction: the driver's connection, and how to use it here."""

    @abc.abstractmethod
    def _guarded(self, action: Callable[[], None]) -> None:
        """Do something with a connection, and say it in our words if it cannot be done."""

    def check_open(self) -> None:
        """Refuse a place that was closed.

        Raises:
            ConfigurationError: it was.
        """
        self._do(lambda db: None)

    def present(self) -> Alive:
        """Return the proof that this process is alive, held from now on: the same as a worker of the outbox has."""
        return self._outbox.worker()

    # Who is there

    def take_turn(self, account: str, token: str) -> Turn:
        """Become the one poller of an account, or stay it, unless another one is alive."""
        query = "SELECT poller FROM afilnet_inbox_accounts WHERE account = ?"
        row = self._do(lambda db: db.execute(query, (account,)).fetchone())
        before = row[0] if row else None
        if before == token:
            return Turn.KEPT
        if before is not None and not self.is_gone(before):
            return Turn.OTHERS
        done = self._transaction(
            lambda db: (
                db.execute(
                    "INSERT INTO afilnet_inbox_accounts (account, poller) VALUES (?, ?)"
                    " ON CONFLICT (account) DO UPDATE SET poller = excluded.poller"
                    " WHERE coalesce(afilnet_inbox_accounts.poller, '') = ?",
                    (account, token, before or ""),
                ).rowcount
            )
        )
        return Turn.TAKEN if done == 1 else Turn.OTHERS

    def leave_turn(self, account: str, token: str, now: float | None) -> None:
        """Note that a round ended; with no time, that this one polls no more."""
        change = "poller = NULL" if now is None else "polled_at = :now"
        query = f"UPDATE afilnet_inbox_accounts SET {change} WHERE account = :account AND poller = :token"  # noqa: S608 -- constants
        self._transaction(lambda db: db.execute(query, {"account": account, "token": token, "now": now}))

    def check_turn(self, db: Database, account: str, token: str) -> None:
        """Raise ``TakenOver`` if another process has become the poller; until the transaction ends none can."""
        query = f"SELECT 1 FROM afilnet_inbox_accounts WHERE account = ? AND poller = ?{self.FOR_UPDATE}"  # noqa: S608 -- constants
        if db.execute(query, (account, token)).fetchone() is None:
            raise TakenOver(TAKEN_OVER)
