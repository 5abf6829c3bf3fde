"""What PostgreSQL says when it does not do a statement: which refusals pass, and the sentence for the rest."""

from __future__ import annotations

import psycopg

PASSING = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
"""What the server refuses because of another transaction, and takes the next time."""

CANCELLED = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)
"""What the server ended without doing it, for a limit of time or at a word of its administrator."""


def told(error: psycopg.Error) -> str:
    """Return what the database says, in one line. libpq does not repeat a password."""
    text = error.diag.message_primary or str(error)
    if error.diag.constraint_name == "outbox_pkey":
        return (
            "its sequences are behind its entries, as a logical copy leaves them: by setval, set that of the column id "
            "to max(id), and claims to max(claim)"
        )
    if isinstance(error, psycopg.errors.InFailedSqlTransaction):
        return (
            "a statement before it in this transaction failed, and that was passed over: let it out, or bear it in a "
            "`with connection.transaction():`"
        )
    if "session is read-only" in text:  # libpq, of target_session_attrs
        return "it is read-only: a replica, or default_transaction_read_only = on for this role or database"
    return (text.strip().splitlines() or [type(error).__name__])[0]
