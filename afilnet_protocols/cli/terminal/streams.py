"""Standard output and error, which may be closed, full, or a pipe that nobody reads any more.

What a command has done is done, whether or not it can be told: to write never raises here. What could not be written is
remembered, and becomes the exit code when all else went well.
"""

from __future__ import annotations

import os
import sys
from _thread import RLock
from typing import TextIO

_lost: set[str] = set()

writing = RLock()
"""Held by whoever writes: a line that passes may be written by another thread."""
_passing = False
"""Whether a line that passes is on the terminal."""


def prepare() -> None:
    """Make both streams usable at the beginning of a command."""
    _lost.clear()
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # A file descriptor that is closed would be given to the next file or socket that is opened.
            descriptor = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, _Nowhere(name, descriptor) if name != "stdin" else os.fdopen(descriptor))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show an emoji shall not end the command.
            stream.reconfigure(errors="backslashreplace")


def write(stream: TextIO, text: str) -> None:
    """Write a text, and see to it that whoever waits for it gets it now. A line that passes makes way for it."""
    with writing:
        _wipe()
        _write(stream, text)


def passing(text: str) -> None:
    """Show a line in the place of the last such one on the terminal that standard error is; no text removes it."""
    global _passing
    with writing:
        if text:
            _write(sys.stderr, f"\r{text}\x1b[K")
            _passing = True
        else:
            _wipe()


def _wipe() -> None:
    global _passing
    if _passing:
        _passing = False
        _write(sys.stderr, "\r\x1b[K")


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        give_up(stream)


def give_up(stream: TextIO) -> None:
    """Remember that something could not be written, and have the rest go nowhere, also at the end of the process."""
    _lost.add("stderr" if stream is sys.stderr else "stdout")
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        pass


def is_screen(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that obeys what is written to it, and none that calls itself dumb."""
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def is_lost() -> bool:
    """Return whether part of the result could not be written to standard output."""
    return "stdout" in _lost


def width_of(stream: TextIO) -> int | None:
    """Return how many cells there are in a line; ``None`` where nobody said."""
    named = os.environ.get("COLUMNS", "")
    if named.isascii() and named.isdigit() and int(named) > 0:
        return int(named)
    if not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


class _Nowhere:
    """What stands for a stream that was closed when the process began."""

    encoding = "utf-8"

    def __init__(self, name: str, descriptor: int) -> None:
        self._name, self._descriptor = name, descriptor

    def write(self, text: str) -> int:
        """Remember that there was something to say."""
        if text:
            _lost.add(self._name)
        return len(text)

    def flush(self) -> None:
        """Do nothing: there is nothing."""

    def isatty(self) -> bool:
        """Say that nobody looks."""
        return False

    def fileno(self) -> int:
        """Return a descriptor that leads nowhere."""
        return self._descriptor
