"""A process that forks a child for each job, so that a test can kill what does the job at any of its steps.

The module that it runs calls :func:`serve`. It reads jobs, one JSON document a line, from standard input; for each it
forks a child that does the job, and writes a line with the child's number and one with how it ended. It has no threads,
so that forking it is sound, and has loaded everything, so that it is quick. Jobs leave nothing behind in it, so that
whoever needs one next has it again: what it loads takes longer than most jobs.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.time_limit import HANGS

_idle: dict[str, list[subprocess.Popen[bytes]]] = {}
"""The processes that nobody uses now, by the module that each runs."""


class Forker(AbstractContextManager["Forker"]):
    """The process that forks. Jobs are done one after the other."""

    module: str
    """What it runs."""

    def __enter__(self) -> Self:
        idle = _idle.setdefault(self.module, [])
        # Unbuffered: a line that was read ahead would not be seen by whoever looks whether there is one.
        self._process = (
            idle.pop()
            if idle
            else subprocess.Popen(
                [sys.executable, "-m", self.module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
        )
        self._child = 0
        self._under_way = 0
        return self

    def run(self, job: dict[str, Any]) -> int:
        """Do a job and return how it ended."""
        self.start(job)
        return self.ended()

    def start(self, job: dict[str, Any]) -> int:
        """Begin a job and return the number of its process."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        self._under_way += 1
        self._child = self._line()
        return self._child

    def ended(self) -> int:
        """Wait for the job and return how it ended: 0, or the negative number of the signal that killed it."""
        code = self._line()
        self._under_way -= 1
        return code

    def stopped(self) -> int | None:
        """Return the number of the job's process when it has stopped; ``None`` if it ended instead."""
        while not select.select([self._process.stdout], [], [], 0)[0]:
            with contextlib.suppress(OSError):
                if Path(f"/proc/{self._child}/stat").read_text().rpartition(")")[2].split()[0] == "T":
                    return self._child
            time.sleep(0.002)
        return None

    def _line(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline() or b"99")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # One that has not told yet how a job ended, or that nobody got an answer from, is of no more use.
        if kind is None and not self._under_way:
            _idle[self.module].append(self._process)
        else:
            _end(self._process)


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait(HANGS)
    process.stdout.close()


def _end_idle(owner: int) -> None:
    """End all that nobody uses, unless this is a child that was forked meanwhile."""
    if os.getpid() == owner:
        for processes in _idle.values():
            while processes:
                _end(processes.pop())


atexit.register(_end_idle, os.getpid())


def serve(do: Callable[[dict[str, Any]], None]) -> None:
    """Do each job that is asked for, in a child."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            code = 1
            try:
                do(json.loads(line))
                code = 0
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                os._exit(code)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
