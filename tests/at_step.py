"""`AtStep`: have something happen at one step of some code, where Python looks for signals."""

from __future__ import annotations

import contextlib
import dis
import functools
import gc
import sys
from collections.abc import Callable, Collection, Iterator
from types import CodeType, FrameType

import pytest

# Python 3.12 tells of steps only where some frame wanted to be told before anything was traced.
sys._getframe().f_trace_opcodes = True

steps_are_told = pytest.mark.skipif(
    sys.version_info >= (3, 13), reason="Python 3.13 tells of a function's steps from its second call in a row on"
)
"""For tests that look at every step."""


@functools.cache
def looked_for_signals(code: CodeType) -> frozenset[int]:
    """Return where in a function of ours an exception may come from outside: behind its calls, and where it repeats.

    What stands behind a jump is no such place: Python goes there from elsewhere, with another way out.
    """
    found, before = set(), ""
    for each in dis.get_instructions(code):
        if before.startswith("CALL") and not each.opname.startswith("RETURN"):
            found.add(each.offset)
        if "JUMP_BACKWARD" in each.opname and not each.opname.endswith("NO_INTERRUPT"):
            found.add(each.argval)
        before = before if each.opname == "CACHE" else each.opname
    return frozenset(found)


@contextlib.contextmanager
def nothing_is_collected() -> Iterator[None]:
    """Have what other tests left behind end neither at a step nor meanwhile, where what is raised would be dropped."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Interrupted(Exception):
    """What a signal's handler raises."""


def interrupt() -> None:
    raise Interrupted


class AtStep:
    """Traces what is called, and does something at one of the steps where Python looks for signals.

    Args:
        step: at the how manieth.
        what: what to do.
        files: the files whose steps count.
        classes: further classes whose steps count, by name.
    """

    def __init__(
        self, step: int, what: Callable[[], object], files: Collection[str | None], classes: Collection[str] = ()
    ) -> None:
        self.left, self._what = step, what
        self._files, self._classes = files, classes

    def __call__(self, frame: FrameType, event: str, _: object) -> object:
        """Take note that a function is entered, and go along with those whose steps count."""
        if not self._counts(frame):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self._step()
        return self._within

    def _within(self, frame: FrameType, event: str, _: object) -> object:
        if event == "opcode" and frame.f_lasti in looked_for_signals(frame.f_code):
            self._step()
        return self._within

    def _step(self) -> None:
        self.left -= 1
        if not self.left:
            sys.settrace(None)
            self._what()

    def _counts(self, frame: FrameType | None) -> bool:
        assert frame is not None
        code = frame.f_code
        if code.co_filename not in self._files and code.co_qualname.partition(".")[0] not in self._classes:
            return False
        while frame is not None:
            if frame.f_code.co_name == "__del__":
                return False  # what is raised in a finalizer, Python drops
            frame = frame.f_back
        return True
