"""The database connection that an application is in a transaction on, by whatever it hands over."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.retold import Retold

if TYPE_CHECKING:
    import asyncio

_INSIDE = ("driver_connection", "dbapi_connection", "connection")
"""Where wrappers keep the connection of the driver: SQLAlchemy's pooled connections (2.0) under the first two names,
its ``Connection`` and ``Session.connection()``, and Django's wrappers, under the last."""

_DEEPEST = 4

_OF_DJANGO, _IN_A_LOOP = (
    "SynchronousOnlyOperation",
    ": use it in a thread, inside sync_to_async, with an Outbox or Inbox",
)
"""What Django raises in a thread that has a running event loop, and what to do."""

C = TypeVar("C")


def driver_connection(given: object, kind: type[C], *, due: str) -> C:
    """Return the driver's connection inside what an application hands over.

    Args:
        given: a connection of the driver, of SQLAlchemy or of Django.
        kind: the class of the driver's connections.
        due: what should have been handed over, as ``connection= takes an open connection to 'app.db', of sqlite3``.

    Raises:
        ConfigurationError: there is none of this kind, or it cannot be used now: it is closed, cannot be opened, or is
            Django's in a thread that has a running event loop.
    """
    handed = given.connection if isinstance(given, OfLoop) else given
    told = f"{due}, or of SQLAlchemy or Django over it"
    with _unusable(told, handed):
        found, has_one = _inside(given, kind), callable(getattr(handed, "connection", None))
    if not isinstance(found, kind):
        hint = ": give what its connection() returns" if has_one else ""  # a session of SQLAlchemy
        raise ConfigurationError(f"{told}, not {_named(handed, found)}{hint}")
    return found


def _named(handed: object, innermost: object) -> str:
    """Return what was handed over, and whose it is, for many call theirs a connection."""
    whose, over = (type(each).__module__.partition(".")[0] for each in (handed, innermost))
    name = type(handed).__name__
    if whose == "builtins":
        return name
    return f"{name} of {whose}" if over in (whose, "builtins") else f"{name} of {whose} over {over}"


def _unusable(told: str, handed: object) -> Retold[Exception]:
    """Have what other libraries raise about a connection told as an error of ours, of which the class says enough."""

    def tell(error: Exception) -> ConfigurationError:
        why = type(error).__name__
        hint = _IN_A_LOOP if why == _OF_DJANGO else ""
        return ConfigurationError(f"{told}: this {type(handed).__name__} cannot be used now ({why}){hint}")

    return Retold(Exception, tell)


def _inside(given: object, kind: type[C]) -> object:
    """Return the driver's connection inside of another one, in a transaction; what is innermost if there is none."""
    for _ in range(_DEEPEST):
        if isinstance(given, kind):
            break
        if callable(getattr(given, "ensure_connection", None)):
            given.ensure_connection()  # type: ignore[attr-defined]  # Django connects when it is first asked to
        if callable(getattr(given, "in_transaction", None)) and not given.in_transaction():  # type: ignore[attr-defined]
            # SQLAlchemy's: what it did not begin, it would not commit.
            given.begin()  # type: ignore[attr-defined]
        inner = next((getattr(given, name, None) for name in _INSIDE if getattr(given, name, None) is not None), None)
        if inner is None:
            break
        given = inner
    return given


@dataclass(frozen=True)
class OfLoop:
    """An asynchronous connection of the driver, and the loop that it is used in."""

    connection: object
    loop: asyncio.AbstractEventLoop


async def of_loop(given: object, loop: asyncio.AbstractEventLoop) -> OfLoop | None:
    """Return the driver's asynchronous connection inside what a task hands over; ``None`` if it has none.

    Args:
        given: a connection of the driver, or SQLAlchemy's ``AsyncConnection`` (2.0).
        loop: the running loop.

    Raises:
        ConfigurationError: it cannot be used now, such as one that is closed.
    """
    raw = getattr(given, "get_raw_connection", None)
    if raw is not None and inspect.iscoroutinefunction(raw):
        with _unusable("connection= takes an open connection", given):
            if not given.in_transaction():  # type: ignore[attr-defined]  # SQLAlchemy's
                # What it did not begin, it would not commit.
                await given.begin()  # type: ignore[attr-defined]
            given = (await raw()).driver_connection
    return OfLoop(given, loop) if inspect.iscoroutinefunction(getattr(given, "execute", None)) else None
