"""`Given`: an application's connection that a message is settled on, and that its handler may leave in the middle."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Protocol, cast

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.inbox.connection import DatabaseConnection
from afilnet_protocols.retold import Retold

_UNDER_WAY = ("ACTIVE", "INTRANS", "INERROR")
"""The states of a connection of psycopg that is in a transaction (``psycopg.pq.TransactionStatus``)."""


class _Status(Protocol):
    name: str


class _Info(Protocol):
    transaction_status: _Status


class _OfServer(Protocol):
    closed: bool
    info: _Info


class _CanRollBack(Protocol):
    def rollback(self) -> object: ...


def refuse_without_transaction(begun: bool) -> None:
    """Refuse a connection on which there would be several commits: after a kill between two, rows come twice.

    Args:
        begun: whether it is in a transaction, or begins one by itself.

    Raises:
        ConfigurationError: neither.
    """
    if not begun:
        raise ConfigurationError(
            "the connection given to incoming.transaction() commits each statement by itself, so that rows, replies and"
            " mark would not be in one commit: begin a transaction before, by connection.transaction() of psycopg,"
            " transaction.atomic() of Django, or BEGIN"
        )


@dataclass(frozen=True, slots=True)
class Given:
    """A connection of the application.

    Attributes:
        handed: what it handed over: a connection of the driver, SQLAlchemy or Django.
        driver: the driver's connection in it.
    """

    handed: object
    driver: DatabaseConnection

    @property
    def is_open(self) -> bool:
        """Whether it is in a transaction."""
        if isinstance(self.driver, sqlite3.Connection):
            try:
                return self.driver.in_transaction
            except sqlite3.Error:  # it is closed
                return False
        driver = cast("_OfServer", self.driver)
        return not driver.closed and driver.info.transaction_status.name in _UNDER_WAY

    def roll_back(self) -> None:
        """Undo what it is in the middle of.

        Raises:
            ConfigurationError: that cannot be done from here, as where another transaction is around it.
        """
        told = "the transaction given to incoming.transaction() was left open: commit it before the handler ends"
        with Retold(Exception, lambda error: ConfigurationError(f"{told} ({type(error).__name__})")):
            cast("_CanRollBack", self.handed).rollback()
