"""`asking`: while the program of a secret may ask on the terminal, whoever shows something there leaves it alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager

_aside: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext


def leave_alone(aside: Callable[[], AbstractContextManager[None]]) -> None:
    """Have a context made whenever somebody may ask, by whoever shows something on the terminal.

    Args:
        aside: makes the context, in which nothing is shown.
    """
    global _aside
    _aside = aside


def asking() -> AbstractContextManager[None]:
    """Return a context in which somebody may ask on the terminal."""
    return _aside()
