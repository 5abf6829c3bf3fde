"""How SIGTERM and SIGHUP end a command: at once and without a word, and leaving no temporary folder behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_FOLDERS = "afilnet_protocols.sandbox.temporary"


@contextlib.contextmanager
def swept() -> Iterator[None]:
    """Remove the temporary folders of this process where a signal ends it, unless somebody else answers that signal."""
    mine = []
    for each in _ENDING:
        if signal.getsignal(each) is signal.SIG_DFL:
            with contextlib.suppress(ValueError):  # only the main thread may, and another one ends as its program does
                signal.signal(each, _sweep)
                mine.append(each)
    try:
        yield
    finally:
        for each in mine:
            signal.signal(each, signal.SIG_DFL)


def end_by(number: int) -> NoReturn:
    """End this process as a signal does. The first process of a container is ended by none, so it ends by its code."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)


def _sweep(number: int, frame: FrameType | None) -> None:
    del frame
    signal.signal(number, signal.SIG_DFL)  # a second one waits for nothing
    try:
        folders = sys.modules.get(_FOLDERS)
        if folders is not None:
            folders.remove_all()
    finally:  # whatever came in the way
        end_by(number)
