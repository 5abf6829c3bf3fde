"""A command that runs code of others is watched by another process, as that code can end its own as if all was done."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from afilnet_protocols.cli.ending.signals import end_by
from afilnet_protocols.clock import monotonic
from afilnet_protocols.errors import NotSentError
from afilnet_protocols.retold import Retold

_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that are for the command, whichever of the two processes gets them."""

_PATIENCE = 5.0
"""How long a child may take to end by SIGTERM or SIGHUP, in seconds: what is busy in C does not let Python answer."""

_UNFORESEEN = 1
"""What Python leaves with where something is raised that nobody catches."""


def watched(work: Callable[[], int], ended: Callable[[str], int]) -> int:
    """Carry work out in a child process; return what that process leaves with.

    Neither ``os._exit`` nor a crash can then give the command a code that the work did not come to, nor can what runs
    after the work, such as a function that was registered by ``atexit``.

    Args:
        work: what is to be done; it returns the exit code.
        ended: is told how the child ended, in words, if that was before the work did; returns the exit code.

    Returns:
        The exit code, in the child and here.

    Raises:
        NotSentError: there can be no child; nothing was done.
    """
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
    try:
        with Retold(OSError, lambda error: NotSentError(f"no other process can be started: {error.strerror}")):
            reads, writes = os.pipe()
            wakes, woken_by = os.pipe()
            child = os.fork()
    except NotSentError:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)
        raise
    if not child:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)
        return _carried_out(work, writes)
    passed_on = _pass_signals_on(child)
    _wake_by_signals(woken_by)
    signal.pthread_sigmask(signal.SIG_SETMASK, set(usual) - {signal.SIGCHLD})
    code = _waited_for(child, wakes, passed_on)
    if -code in passed_on:
        end_by(-code)
    # Processes that the child has left behind may hold the other end, so nothing is waited for here.
    os.close(writes)
    os.set_blocking(reads, False)
    with contextlib.suppress(BlockingIOError):
        told = os.read(reads, 1)
        if told:
            # What comes after the end may make it worse, as a crash does, and no better.
            return 128 - code if code < 0 else told[0] or code
    return ended(f"by {signal.Signals(-code).name}" if code < 0 else f"with the exit code {code}")


def _pass_signals_on(child: int) -> list[int]:
    """Let the child have the signals that end a command; return those that come, as they come."""
    passed_on: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        del frame
        passed_on.append(number)
        if number != signal.SIGINT or not _are_told_by_terminal():
            _send(child, number)

    for each in _PASSED_ON:
        if signal.getsignal(each) is not signal.SIG_IGN:  # as under nohup; the child ignores it too
            signal.signal(each, pass_on)
    return passed_on


def _wake_by_signals(woken_by: int) -> None:
    """Have each signal write there, which ends a wait also if it came just before; Python's answer to it does not."""
    os.set_blocking(woken_by, False)
    signal.set_wakeup_fd(woken_by, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)


def _waited_for(child: int, wakes: int, passed_on: Sequence[int]) -> int:
    """Wait for the end of a child, which has little time left once a signal is to end it; return its exit code."""
    until: float | None = None
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        ending = [each for each in passed_on if each != signal.SIGINT]
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return -ending[-1] if ending and code == -signal.SIGKILL else code
        if ending and until is None:
            until = monotonic() + _PATIENCE
        left = None if until is None else until - monotonic()
        if left is not None and left <= 0.0:
            _send(child, signal.SIGKILL)
            left = None
        if select.select([wakes], (), (), left)[0]:
            os.read(wakes, select.PIPE_BUF)


def _send(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, number)


def _carried_out(work: Callable[[], int], writes: int) -> int:
    """Carry work out, and write down what it came to, whatever the process leaves with in the end."""
    come_to = _UNFORESEEN
    try:
        come_to = work()
        return come_to  # noqa: TRY300 - it is told either way
    except SystemExit as left:
        come_to = left.code if isinstance(left.code, int) else int(left.code is not None)
        raise
    finally:
        os.write(writes, bytes([come_to & 0xFF]))


def _are_told_by_terminal() -> bool:
    """Whether both processes have Ctrl-C of a terminal, so that the child need not be told of it."""
    try:
        with Path("/dev/tty").open("rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
