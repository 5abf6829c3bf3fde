"""`Engine`: something that takes messages over and lets workers send them."""

from __future__ import annotations

import abc
import importlib.metadata
import importlib.util
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.engines.job import Job
from tests.outbox import postgresql


@dataclass(frozen=True)
class Standing:
    """What an engine says in the end.

    Attributes:
        doubtful: the messages of which it says that nobody knows whether they were sent.
        kept: those that it still has to send, whenever that will be.
    """

    doubtful: set[int] = field(default_factory=set)
    kept: set[int] = field(default_factory=set)


class Engine(abc.ABC):
    """One engine under one choice of settings.

    Attributes:
        name: the engine and what it stands on.
        settings: what was chosen for it, in words.
        module: what a worker runs.
        packages: the Python packages whose versions are told.
        broker: ``redis``, ``rabbitmq``, or nothing.
        database: whether it needs PostgreSQL.
        rests: the longest silence that may be followed by another message, in seconds.
    """

    name: str
    settings: str
    module: str
    packages: Sequence[str] = ()
    broker: str = ""
    database: bool = False
    rests: float = 8.0

    def lacks(self) -> str | None:
        """Return why it cannot run here, if it cannot."""
        for package in self.packages:
            if not importlib.util.find_spec(package):
                return f"the Python package {package} is not installed"
        if self.broker and not shutil.which(f"{self.broker}-server"):
            return f"{self.broker}-server is not installed"
        if self.database and postgresql.programs() is None:
            return "no PostgreSQL server is installed (initdb was not found)"
        return None

    def version(self) -> str:
        """Return the versions of its packages."""
        return " ".join(importlib.metadata.version(package) for package in self.packages)

    @abc.abstractmethod
    def put(self, job: Job, numbers: Sequence[int]) -> None:
        """Hand messages over, in this order."""

    def command(self, job: Job) -> list[str]:
        """Return what starts a worker, which sends one message at a time."""
        return [sys.executable, "-m", self.module]

    def environ(self, job: Job) -> dict[str, str]:
        """Return the environment of a worker."""
        return job.environ()

    @abc.abstractmethod
    def standing(self, job: Job) -> Standing:
        """Return what it says of its messages now that no worker is there."""
