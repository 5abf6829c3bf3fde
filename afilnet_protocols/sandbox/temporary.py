"""Temporary folders that this process has made, so that what ends it without a word need leave none behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_made: dict[Path, int] = {}
"""Each that is there, and the process that made it: a child of a fork has but a copy of this."""


def make(purpose: str) -> Path:
    """Make a folder that only this user can look into.

    Args:
        purpose: what its name says that it is for.

    Raises:
        OSError: it cannot be made.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"afilnet-{purpose}-"))
    _made[folder] = os.getpid()
    return folder


def remove(folder: Path) -> None:
    """Remove a folder and what is in it; doing it again does nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    _made.pop(folder, None)


def remove_all() -> None:
    """Remove all that this process has made."""
    for folder, process in tuple(_made.items()):
        if process == os.getpid():
            remove(folder)


@contextlib.contextmanager
def folder(purpose: str) -> Iterator[Path]:
    """Make a folder for the time of a block; as :func:`make`."""
    made = make(purpose)
    try:
        yield made
    finally:
        remove(made)
