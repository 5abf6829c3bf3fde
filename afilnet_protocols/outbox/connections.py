"""The database connection that an application is in a transaction on, by whatever it hands over."""

from __future__ import annotations

_INSIDE = ("driver_connection", "dbapi_connection", "connection")
"""Where wrappers keep the connection of the driver: SQLAlchemy's pooled connections (2.0) under the first two names,
its ``Connection`` and ``Session.connection()``, and Django's wrappers, under the last."""

_DEEPEST = 4


def driver_connection(given: object, kind: type) -> object | None:
    """Return the driver's connection inside what an application hands over; ``None`` if there is none of this kind.

    Args:
        given: a connection of the driver, of SQLAlchemy or of Django.
        kind: the class of the driver's connections.
    """
    for _ in range(_DEEPEST):
        if isinstance(given, kind):
            return given
        if callable(getattr(given, "ensure_connection", None)):
            given.ensure_connection()  # type: ignore[attr-defined]  # Django connects when it is first asked to
        if callable(getattr(given, "in_transaction", None)) and not given.in_transaction():  # type: ignore[attr-defined]
            # SQLAlchemy's: what it did not begin, it would not commit.
            given.begin()  # type: ignore[attr-defined]
        inner = next((getattr(given, name, None) for name in _INSIDE if getattr(given, name, None) is not None), None)
        if inner is None:
            return None
        given = inner
    return None
