"""How far a command has come, on one line of a terminal that is written again and again, also while nothing comes."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

from afilnet_protocols.cli.terminal.streams import is_screen, passing, width_of, writing

PATIENCE = 2.0
"""After how many seconds a command that shows nothing else says that it is at work."""

_WIDTH = 30
_PAUSE = 0.1
"""How often the line is written at most, in seconds."""
_TICK = 1.0
"""How often it is written although nothing new is told, in seconds: the time in it goes on."""


@contextlib.contextmanager
def progress(
    total: int | None, what: str, *, patience: float | None = None, silent: bool = False
) -> Iterator[Callable[[str], None]]:
    """Show on a terminal how far something is; elsewhere nothing. Yield what is told after every step what it was.

    Of several that are open at once, the innermost is shown.

    Args:
        total: how many steps there are; ``None`` where nobody knows, and what is told is shown alone.
        what: what is done until the first step is told.
        patience: for how many seconds nothing is shown yet; :data:`PATIENCE` by default.
        silent: whether nothing is to be shown.
    """
    if silent or not is_screen(sys.stderr):
        yield lambda description: None
        return
    with _Line(total, what, PATIENCE if patience is None else patience) as line:
        yield line.tell


@contextlib.contextmanager
def at_work(what: str, *, silent: bool = False) -> Iterator[None]:
    """Say on a terminal what is being done, and for how long, if it takes longer than two seconds.

    Args:
        what: what is done, such as ``asking the service``.
        silent: whether nothing is to be shown.
    """
    with progress(None, what, silent=silent):
        yield


@contextlib.contextmanager
def set_aside() -> Iterator[None]:
    """Leave the terminal to whoever is asked something on it."""
    _open.append(None)
    passing("")
    try:
        yield
    finally:
        _open.remove(None)


class _Line:
    """The line of something that goes on.

    Args:
        total: how many steps there are, if that is known.
        what: what is done at first.
        patience: for how many seconds nothing is shown yet.
    """

    def __init__(self, total: int | None, what: str, patience: float) -> None:
        self._total, self._what, self._patience = total, what, patience
        self._begun = self._shown = time.monotonic()
        self._done = 0
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> _Line:
        from afilnet_protocols.settings.asking import leave_alone  # only a terminal is asked on

        leave_alone(set_aside)
        _open.append(self)
        if not self._patience:
            self._show(self._begun)
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        _open.remove(self)
        self._over.set()
        self._clock.join()
        passing("")

    def tell(self, description: str) -> None:
        """Count a step, which was this."""
        self._done += 1
        self._what = description
        now = time.monotonic()
        if now - self._begun >= self._patience and now - self._shown >= _PAUSE:
            self._show(now)

    def _go_on(self) -> None:
        wait = self._patience
        while not self._over.wait(wait or _TICK):
            wait = _TICK
            self._show(time.monotonic())

    def _show(self, now: float) -> None:
        with writing:  # what is looked at first holds until it is written: nobody is given the terminal meanwhile
            if _open[-1:] == [self]:
                self._shown = now
                passing(self._text(now - self._begun)[: _room() - 1])

    def _text(self, seconds: float) -> str:
        minutes, rest = divmod(int(seconds), 60)
        taken = f"{minutes}:{rest:02}"
        if self._total is None:
            return f"{self._what} {taken}"
        filled = _WIDTH * self._done // max(self._total, self._done, 1)
        bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {self._done}/{self._total} {taken}"
        return f"{self._what} {bar}"


def _room() -> int:
    """Return how many cells a line may have: one that is folded stays. ``COLUMNS`` may be of an earlier window."""
    named = width_of(sys.stderr) or 80
    try:
        return min(named, os.get_terminal_size(sys.stderr.fileno()).columns or named)
    except (OSError, ValueError):
        return named


_open: list[_Line | None] = []
"""The lines of what goes on, innermost last; ``None`` where the terminal is somebody else's."""
