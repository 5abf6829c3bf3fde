"""How far a command has come, on one line of a terminal that it writes again and again."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator

_WIDTH = 30
_PAUSE = 0.1
"""How often the line is written at most, in seconds."""


@contextlib.contextmanager
def progress(total: int, *, patience: float = 0.0, silent: bool = False) -> Iterator[Callable[[str], None]]:
    """Show on a terminal how far something is; elsewhere nothing. Yield what is told after every step what it was.

    Args:
        total: how many steps there are.
        patience: for how many seconds nothing is shown yet.
        silent: whether nothing is to be shown.
    """
    if silent or not sys.stderr.isatty():
        yield lambda description: None
        return
    begun = shown = time.monotonic()
    done = 0

    def tell(description: str) -> None:
        nonlocal done, shown
        done += 1
        now = time.monotonic()
        if now - begun >= patience and now - shown >= _PAUSE:
            shown = now
            _write(f"\r{_line(description, done, total, now - begun)}\x1b[K")

    try:
        yield tell
    finally:
        if shown != begun:
            _write("\r\x1b[K")


def _line(description: str, done: int, total: int, seconds: float) -> str:
    filled = _WIDTH * done // max(total, done, 1)
    minutes, rest = divmod(int(seconds), 60)
    line = f"{description} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done}/{total} {minutes}:{rest:02}"
    with contextlib.suppress(OSError):
        return line[: os.get_terminal_size(sys.stderr.fileno()).columns - 1 or None]
    return line


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
