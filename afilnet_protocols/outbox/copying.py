"""`copy`: from an outbox in a file to one in PostgreSQL, with nothing lost and nothing doubled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from afilnet_protocols.callers import check_function
from afilnet_protocols.errors import AfilnetError, ConfigurationError, InvalidRequestError
from afilnet_protocols.outbox.places import (
    DEFAULT_SCHEMA,
    check_place,
    file_at,
    is_address,
    open_store,
    refuse_other_schemes,
)
from afilnet_protocols.security.safe_repr import origin_only
from afilnet_protocols.vocabulary import Delivery

if TYPE_CHECKING:
    from afilnet_protocols.outbox.postgresql.store import PostgresqlStore


def _silent(_: int) -> None:
    """Tell nobody."""


def copy(
    source: str | Path, target: str, *, schema: str = DEFAULT_SCHEMA, on_progress: Callable[[int], None] = _silent
) -> int:
    """Copy all entries of an outbox in a file to one in PostgreSQL, and let the file be used no more.

    From the first moment on, nobody can take an entry of the file or put one in; then all entries, whatever their
    state, arrive in one transaction. So wherever it is interrupted, no entry can be sent from both places: do it again
    with the same target, and it goes on, or finds that it was done. What an inbox keeps in the file stays there.

    Args:
        source: the outbox's file. Its workers must be stopped; entries that a worker which is gone had begun to send
            arrive as ``UNKNOWN``.
        target: ``postgresql://…``; tables are made if there are none.
        schema: the schema of the tables.
        on_progress: is told how many entries have come over.

    Returns:
        How many entries were copied, by this call or by an earlier one.

    Raises:
        ConfigurationError: one of the places cannot be used, a worker has an entry in hand, or an earlier copy went to
            another place. What the target could not take is as it was, and unless an earlier call may have brought it
            there, the file can be used as before.
        InvalidRequestError: the target has an entry of a key that the source has too. Nothing was copied, and the file
            can be used as before. Or ``on_progress`` is no function.
    """
    target, source = origin_only(target), origin_only(source)
    check_function("on_progress", on_progress, "a count")
    check_place(source)
    check_place(target)
    refuse_other_schemes(source)
    if not is_address(str(target)):
        raise ConfigurationError("an outbox is copied from a file to a database: postgresql://…")
    if isinstance(source, str) and is_address(source):
        raise ConfigurationError("an outbox is copied from a file to a database, not the other way round")
    store = cast("PostgresqlStore", open_store(target, schema=schema))  # as the store of an address is
    from afilnet_protocols.outbox.sqlite.leaving import COLUMNS, leaving

    try:
        leaves = leaving(file_at(source))
        try:
            name = leaves.hold(f"{store.place} schema {schema}")
            try:
                return store.take_over(name, COLUMNS, leaves.rows(), on_progress)
            except AfilnetError as error:
                if error.delivery is Delivery.NOT_SENT:  # what was begun there was rolled back
                    leaves.release(refused=isinstance(error, InvalidRequestError))
                raise
        finally:
            leaves.close()
    finally:
        store.close()
