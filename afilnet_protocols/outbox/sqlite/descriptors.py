"""Which descriptors of this process are a file's, and whether they still are.

Daemons close all descriptors when they begin, and whatever is opened next has their numbers. SQLite does not notice: it
writes into it, and locks it, and what was noted is nowhere (https://sqlite.org/howtocorrupt.html §2.1).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from pathlib import Path

Identity = tuple[int, int]
"""The device and the number of a file, which it keeps under whatever name."""

CLOSED = (
    "its descriptors were closed after it was opened, as daemons do with all that they have: start this process again, "
    "and let it open the file when that is done"
)


def descriptors(file: Identity | None) -> frozenset[int]:
    """Return the descriptors of a file, whoever has opened them; none where the system does not list them."""
    numbers: list[Path] = []
    if file is not None:
        with contextlib.suppress(OSError):
            numbers = list(Path("/dev/fd").iterdir())
    return frozenset(number for number in (int(each.name) for each in numbers) if _is_of(number, file))


def are_closed(numbers: Collection[int], file: Identity | None) -> bool:
    """Whether all descriptors that a file had are closed, or something else's."""
    return bool(numbers) and not any(_is_of(number, file) for number in numbers)


def _is_of(number: int, file: Identity | None) -> bool:
    try:
        status = os.fstat(number)
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == file
