"""A worker with all that it has started: killed together, and its CPU told together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.benchmarks.engines.engine import Engine
from tests.benchmarks.engines.job import Job

_TICK = os.sysconf("SC_CLK_TCK")


class Worker:
    """A worker of an engine; it is killed where its block ends, if it has not been before."""

    def __init__(self, engine: Engine, job: Job) -> None:
        self._log = Path(job.folder) / "output"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                engine.command(job),
                env=engine.environ(job),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill it and whatever it has started, as a container is killed."""
        for pid in self._all():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    @property
    def cpu(self) -> float:
        """How many seconds of a processor it has had, with those of its children that have ended."""
        ticks = 0
        for pid in self._all():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15]))
        return ticks / _TICK

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    @property
    def said(self) -> str:
        """What it has printed last."""
        return self._log.read_text("utf-8", "replace")[-2000:]

    def _all(self) -> list[int]:
        return [self._process.pid, *_descendants(self._process.pid)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def _descendants(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, children.read_text().split()):
                yield child
                yield from _descendants(child)
