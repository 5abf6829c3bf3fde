"""`survived`: writing to a connection whose other end is gone is an error, and never the end of this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    import signal
else:
    import _signal as signal  # `signal` makes enumerations of all signals, at every start

P = ParamSpec("P")
R = TypeVar("R")

_PIPE = {signal.SIGPIPE}


def survived(write: Callable[P, R]) -> Callable[P, R]:
    """Return what writes, such that SIGPIPE does not end the process.

    Python ignores that signal. Programs that want to end with the reader of their output give it back what it does by
    default, and then each write does this; libpq does the same (``pqsigpipe`` there).
    """
    if signal.getsignal(signal.SIGPIPE) != signal.SIG_DFL:
        return write

    def written(*args: P.args, **kwargs: P.kwargs) -> R:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _PIPE)
        try:
            return write(*args, **kwargs)
        except OSError:
            if signal.SIGPIPE not in before:
                signal.sigtimedwait(_PIPE, 0)  # it came for this thread alone, if it did
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    return written
