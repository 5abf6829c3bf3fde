"""Standard output and error, which may be closed, full, or a pipe that nobody reads any more.

What a command has done is done, whether or not it can be told: to write never raises here. What could not be written is
remembered, and becomes the exit code when all else went well.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from _thread import RLock
from typing import TextIO

_lost: set[str] = set()
_encoders: dict[TextIO, codecs.IncrementalEncoder] = {}

_LONGEST_WIDTH = 9
"""How many digits of ``COLUMNS`` can be meant; Python refuses to read some thousands."""

writing = RLock()
"""Held by whoever writes: a line that passes may be written by another thread."""
_passing = False
"""Whether a line that passes is on the terminal."""


def prepare() -> None:
    """Make both streams usable at the beginning of a command."""
    _lost.clear()
    _encoders.clear()
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # A file descriptor that is closed would be given to the next file or socket that is opened.
            descriptor = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, _Nowhere(name, descriptor) if name != "stdin" else _NothingToRead(descriptor))
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
        stream.flush()
        descriptor = _descriptor(stream)
        if descriptor is None:
            stream.write(text)
            stream.flush()
        else:
            _write_whole(descriptor, _encoder(stream).encode(text))
    except (OSError, ValueError):
        give_up(stream)


def _descriptor(stream: TextIO) -> int | None:
    """Return what a stream of this process writes to; ``None`` for what stands for one."""
    try:
        return stream.fileno() if hasattr(stream, "buffer") else None
    except (OSError, ValueError):
        return None


def _encoder(stream: TextIO) -> codecs.IncrementalEncoder:
    if stream not in _encoders:
        _encoders[stream] = codecs.getincrementalencoder(stream.encoding)(stream.errors or "strict")
    return _encoders[stream]


def _write_whole(descriptor: int, data: bytes) -> None:
    """Write all of it, or raise.

    Python's own stream loses the rest without a word where the system takes a part and nothing is buffered
    (``PYTHONUNBUFFERED``): on a disk that becomes full, or in a pipe that another process has set not to wait.
    """
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            wait_for(descriptor, writing=True)


def wait_for(descriptor: int, *, writing: bool) -> None:
    """Wait until a descriptor that does not wait by itself can be read or written, or is at its end."""
    import select  # hardly ever

    events = select.poll()
    events.register(descriptor, select.POLLOUT if writing else select.POLLIN)
    events.poll()


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
    if named.isascii() and named.isdigit() and len(named) <= _LONGEST_WIDTH and int(named) > 0:
        return int(named)
    if not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


def is_closed(stream: TextIO) -> bool:
    """Return whether standard input was closed when the process began."""
    return isinstance(stream, _NothingToRead)


class _NothingToRead(io.TextIOWrapper):
    """What stands for a standard input that was closed when the process began."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(io.FileIO(descriptor))


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
