"""What a client may leave behind in a process: what it has changed there, and what is still in use."""

from __future__ import annotations

import contextlib
import gc
import locale
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

CLIENTS = 6
"""How many clients are used, so that what each leaves is told from what comes and goes by itself."""

_BY_THE_WAY = CLIENTS // 2
"""How many more may be in use than before: fewer than if each client left one."""

_LIMIT = 97.5
"""A time limit of sockets, in seconds, that is longer than anything waits."""

_PATIENCE = 3.0
"""How long is waited at most, in seconds, until the other end has let go of what was closed."""


def facts() -> dict[str, str]:
    """Return what the whole process shares and a client has no business to change."""
    return {
        **{f"variable {name}": value for name, value in os.environ.items()},
        "folder": str(Path.cwd()),
        "time zone": str(time.tzname),
        "locale": locale.setlocale(locale.LC_ALL),
        "time limit of sockets": str(socket.getdefaulttimeout()),
    }


@contextlib.contextmanager
def marked() -> Iterator[None]:
    """Give what a process has of each one a value that nobody else would set, for a while."""
    limit, zone = socket.getdefaulttimeout(), os.environ.get("TZ")
    socket.setdefaulttimeout(_LIMIT)
    os.environ["TZ"] = "UTC-13:37"
    time.tzset()
    try:
        yield
    finally:
        socket.setdefaulttimeout(limit)
        del os.environ["TZ"]
        if zone is not None:
            os.environ["TZ"] = zone
        time.tzset()


def in_use() -> dict[str, int]:
    """Return how many file descriptors are open and how many threads run."""
    gc.collect()
    return {"file descriptors": len(list(Path("/dev/fd").iterdir())), "threads": threading.active_count()}


def left_in_use(before: Mapping[str, int]) -> dict[str, int]:
    """Return how many more are in use than before, once what ends late has had its time; 0 for a few.

    Args:
        before: what was in use, as :func:`in_use` told it.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        more = {name: number - before[name] for name, number in in_use().items()}
        if max(more.values()) <= _BY_THE_WAY or time.monotonic() > until:
            return {name: number if number > _BY_THE_WAY else 0 for name, number in more.items()}
        time.sleep(0.02)
