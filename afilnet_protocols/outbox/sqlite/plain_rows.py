"""`plainly`: rows and texts as sqlite3 gives them by itself, on a connection that an application has set up."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator


@contextlib.contextmanager
def plainly(db: sqlite3.Connection) -> Iterator[None]:
    """Have rows be tuples and texts be texts in the block, whatever they are to the application outside of it.

    Args:
        db: the connection. A ``row_factory`` that makes dictionaries is in the documentation of sqlite3.
    """
    rows, texts = db.row_factory, db.text_factory
    db.row_factory, db.text_factory = None, str
    try:
        yield
    finally:
        db.row_factory, db.text_factory = rows, texts
