"""What is written to the process's standard output and standard error past Python's own files."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import IO

_STDOUT, _STDERR = 1, 2


@contextlib.contextmanager
def past_python() -> Iterator[list[str]]:
    """Collect what is written to either descriptor; it goes where it was to go once it is known.

    Gives:
        A list, which holds the text of each afterwards.
    """
    found: list[str] = []
    with contextlib.ExitStack() as stack:
        for descriptor, file in ((_STDOUT, sys.stdout), (_STDERR, sys.stderr)):
            stack.enter_context(_collected(descriptor, file, found))
        yield found


@contextlib.contextmanager
def _collected(descriptor: int, file: IO[str] | None, found: list[str]) -> Iterator[None]:
    _flush(file)
    try:
        usual = os.dup(descriptor)
    except OSError:  # it is closed, and nothing can be written to it
        yield
        return
    with tempfile.TemporaryFile() as instead:
        os.dup2(instead.fileno(), descriptor)
        try:
            yield
        finally:
            _flush(file)
            os.dup2(usual, descriptor)
            os.close(usual)
            instead.seek(0)
            written = instead.read()
            found.append(written.decode("utf-8", "backslashreplace"))
            with contextlib.suppress(OSError):
                os.write(descriptor, written)


def _flush(file: IO[str] | None) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if file is not None:
            file.flush()
