"""What a forked child does with the connections of its parent: it keeps them, and has no hold on the server by them.

To close one in the child would end it over there. But as long as any process has its descriptor, the server does not
see it end: were the parent killed, it would seem to be alive, with its lock and what it had in hand, until the last of
its children ends. So another descriptor takes that one's place, which ends nothing.
"""

from __future__ import annotations

import contextlib
import os
from weakref import WeakKeyDictionary

import psycopg

from afilnet_protocols.outbox.postgresql.pooler import Connection

Identity = tuple[int, int, int]
"""A descriptor, and the device and the number of what it is of."""

_of_parents: list[Connection] = []
"""Connections that the child refers to as long as it lives: the last reference that goes would close one."""

_sockets: WeakKeyDictionary[Connection, Identity] = WeakKeyDictionary()


def note_socket(db: Connection) -> None:
    """Note the descriptor of a connection, to know it again in a child that has closed descriptors since the fork."""
    _sockets[db] = _identity(db.fileno())


def leave_to_parent(db: Connection) -> None:
    """Leave a connection to the parent of this process, as soon as the fork is noticed."""
    _of_parents.append(db)
    with contextlib.suppress(psycopg.Error, OSError, KeyError):  # it is closed; or there is no descriptor left
        if _identity(db.fileno()) == _sockets[db]:
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, db.fileno(), inheritable=False)
            os.close(nothing)


def _identity(number: int) -> Identity:
    status = os.fstat(number)
    return number, status.st_dev, status.st_ino
