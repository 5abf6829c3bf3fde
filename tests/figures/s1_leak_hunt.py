"""S1: failures by the thousand on every protocol and operation, and no secret in anything that they leave behind."""

from __future__ import annotations

import http.client
import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from afilnet_protocols import AfilnetError
from tests.figures.figure import Figure, Run
from tests.figures.stage import Connect, opened
from tests.leaks import raw_libraries
from tests.leaks.failures import MISTAKES, Box, jobs
from tests.leaks.scanner import Leak, Scanner, Watch, sinks_of, sinks_of_process, watching
from tests.matrix import PROTOCOLS
from tests.sizes import SHORT

BATCH = 500
EACH_MISTAKE = len(PROTOCOLS) * len(MISTAKES)
"""How many failures there are if nothing is called, and each mistake is made once over each protocol."""

THOROUGH = 25
"""Every so many failures, all objects that can be reached from the error are looked at, not only the nearest."""


class Hunt:
    """One hunt: what failed, how, and what was found.

    Args:
        chance: chooses secrets and failures.
        connect: makes the clients whose calls fail.
        once: whether it is over as soon as something is found.
    """

    def __init__(self, chance: random.Random, connect: Connect = opened, *, once: bool = False) -> None:
        self._chance = chance
        self._connect = connect
        self._once = once
        self.failures: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.succeeded = self.sinks = self.bytes = 0
        self.spellings = self.records = 0
        self.foreign: list[str] = []
        self.leaks: list[tuple[str, Leak]] = []

    def run(self, count: int, *, calls: bool = True) -> None:
        """Make this many more failures, with fresh secrets for each batch.

        Args:
            count: how many.
            calls: whether calls fail too, or only what precedes them: without them `EACH_MISTAKE` is each once.
        """
        count += sum(self.failures.values())
        with (
            tempfile.TemporaryDirectory() as folder,
            mock.patch.dict(os.environ, {"TMPDIR": folder}),
            mock.patch.object(tempfile, "tempdir", folder),
            # What some debugging session may have left switched on.
            mock.patch.object(http.client.HTTPConnection, "debuglevel", 1),
            watching() as watch,
        ):
            while sum(self.failures.values()) < count and not self._over:
                missing = count - sum(self.failures.values())
                self._batch(watch, Path(folder), min(BATCH, missing), calls=calls)

    @property
    def _over(self) -> bool:
        return self._once and bool(self.leaks)

    def _batch(self, watch: Watch, folder: Path, batch: int, *, calls: bool) -> None:
        box = Box(self._chance)
        scanner = Scanner(box.names())
        self.spellings = scanner.spellings
        for name, job in jobs(self._chance, box, folder, batch=batch, calls=calls, connect=self._connect):
            self._one(name, job, scanner, watch)
            if self._over:
                return
        self._search("the process", scanner, sinks_of_process(folder) | watch.drain())

    def _one(self, name: str, job: Callable[[], object], scanner: Scanner, watch: Watch) -> None:
        number = sum(self.failures.values())
        try:
            job()
        except AfilnetError as error:
            sinks = sinks_of(error, most=None if number % THOROUGH == 0 else 2_000)
            self.kinds[type(error).__name__] += 1
        except Exception as error:
            self.foreign.append(f"{name}: {type(error).__name__}: {error}")
            sinks = sinks_of(error)
        else:
            self.succeeded += 1
            sinks = {}
        self.records += len(watch.records)
        self._search(name, scanner, sinks | watch.drain())
        if "str" in sinks:
            self.failures[name] += 1

    def _search(self, name: str, scanner: Scanner, sinks: dict[str, bytes]) -> None:
        self.sinks += len(sinks)
        self.bytes += sum(len(content) for content in sinks.values())
        self.leaks += [(name, leak) for leak in scanner.scan(sinks)]


def measure(run: Run, *, connect: Connect = opened) -> Figure:
    """Hunt, and show that the same scanner finds what the libraries below us leak by themselves.

    Args:
        run: how.
        connect: makes the clients whose calls fail.
    """
    figure = Figure("secrets: none in anything that a failure leaves behind", run.seed)
    hunt = Hunt(run.chance("hunt"), connect)
    if run.form == SHORT:
        hunt.run(EACH_MISTAKE, calls=False)
    count = run.of(200, 5_000, 50_000)
    hunt.run(count)
    control = raw_libraries.found(Box(run.chance("control")).access_token.replace("/", "a").replace("+", "b"))
    caught = [site for site, leaks in control.items() if leaks]
    figure.counts = {
        "failures": sum(hunt.failures.values()),
        "kinds of failure (mistake or operation, and protocol)": len(hunt.failures),
        "classes of error": ", ".join(f"{name} {count}" for name, count in hunt.kinds.most_common()),
        "calls that succeeded all the same": hunt.succeeded,
        "secrets and spellings of each": f"5 x {hunt.spellings}",
        "sinks searched": hunt.sinks,
        "megabytes searched": round(hunt.bytes / 1e6),
        "log records searched": hunt.records,
        "secrets found": len(hunt.leaks),
        "control: known leaks of the libraries found": f"{len(caught)} of {len(control)}",
    }
    figure.targets = {
        f"at least {count:,} failures": sum(hunt.failures.values()) >= count,
        "every protocol, every operation, every mistake": len(hunt.failures) >= 5 * (6 + 20),
        "at least 12 spellings": hunt.spellings >= 12,
        "no error of a foreign class": not hunt.foreign,
        "no secret anywhere": not hunt.leaks,
        "the control is 8 of 8": len(caught) == len(control) == 8,
    }
    figure.examples = [
        *dict.fromkeys(f"{name}: {leak.secret} in {leak.sink}" for name, leak in hunt.leaks),
        *hunt.foreign,
    ]
    figure.examples += [f"not found in {site}" for site in control if site not in caught]
    return figure
