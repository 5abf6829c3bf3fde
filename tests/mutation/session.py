"""A session of pytest that has read all tests once, and forks for each trial of a change.

A change is put in place, and only the tests are asked that come to the changed statement, the quickest first. What none
of them notices, and what is not the body of a function, is left to a trial of its own (`tests/mutation/trial.py`).
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from tests.mutation.bodies import (
    constants,
    functions,
    put,
    put_constants,
    put_script,
    replaced,
    statement_at,
    telling,
)
from tests.mutation.changes import Change, code_of
from tests.mutation.sources import is_script, path_of
from tests.mutation.trial import ON_SERVER, limit_processor, options, silence
from tests.outbox import postgresql

TIMES, LEAST = 20, 15.0
"""A trial ends in which a test takes so many times as long as without a change, and at least so many seconds."""


@dataclass
class Asked:
    """What a trial has found: the tests that failed, how long each took, and the lines that each came to."""

    failed: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)


class Known:
    """What is changed, and how a change is put in place.

    Args:
        module: its name.
        source: what is in it.
    """

    def __init__(self, module: str, source: str) -> None:
        self._module, self._source = module, source
        if not is_script(module):
            self._loaded = importlib.import_module(module)
            self._there, self._before = functions(self._loaded), code_of(source)
            self._statement = statement_at(source)

    def tell(self) -> None:
        """Let each test say where it comes."""
        if not is_script(self._module):
            put(replaced(self._there, self._before, telling(self._source)) or [])

    def ways(self, change: Change) -> tuple[Callable[[], None] | None, int | None]:
        """Return what puts a change in place, if that can be done, and the line where tests come to it, if one does."""
        after = change.after
        if isinstance(after, str):
            return lambda: put_script(path_of(self._module), after), None
        if bodies := replaced(self._there, self._before, after):
            return lambda: put(bodies), self._statement(change.line)
        values = constants(self._loaded, after)
        return (lambda: put_constants(values)) if values else None, None


class Session:
    """The plug-in that runs trials where the tests would be run.

    Args:
        module: the module that is changed.
        source: its source.
        waiting: the changes.
        jobs: how many trials at once.
        told: a descriptor that is written a line of JSON for each change that a test noticed: both names.
    """

    def __init__(self, module: str, source: str, waiting: Sequence[Change], jobs: int, told: int) -> None:
        self._module, self._source, self._waiting, self._jobs, self._told = module, source, waiting, jobs, told
        self._asked = Asked()
        self._running: dict[int, tuple[str, Path]] = {}
        self._usual: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._asked.failed.append(report.nodeid)
        self._asked.seconds[report.nodeid] = self._asked.seconds.get(report.nodeid, 0.0) + report.duration

    @pytest.hookimpl(trylast=True)
    def pytest_exception_interact(self) -> None:
        # pytest and pytest-timeout take their limits away from a test that fails; what it leaves may yet hang.
        if self._usual:
            faulthandler.dump_traceback_later(LEAST, exit=True, file=2)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        with postgresql.shared() if ON_SERVER in self._module else contextlib.nullcontext():
            return self._try_all(session)

    def _try_all(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        known = Known(self._module, self._source)
        self._start("", list(items.values()), known.tell, whole=True)
        usual = self._ended()[1]
        if usual.failed or not usual.seconds:
            self._tell("", f"as it is, without a change: {', '.join(usual.failed) or 'nothing could be run'}")
            return True
        self._usual = usual.seconds
        quickest = sorted(items.values(), key=lambda item: usual.seconds[item.nodeid])
        quickest = self._without_those_that_fail_by_themselves(quickest)
        waiting, killers = list(self._waiting), dict[str, str]()
        while waiting or self._running:
            while waiting and len(self._running) < self._jobs:
                change = waiting.pop(0)
                put_in_place, line = known.ways(change)
                chosen = [item for item in quickest if line is None or line in usual.lines[item.nodeid]]
                if put_in_place and chosen:
                    self._start(change.name, chosen, put_in_place)
            if self._running:
                name, asked = self._ended()
                if asked.failed or not asked.seconds:
                    killers[name] = asked.failed[0] if asked.failed else ""
        unsound = set()
        for killer in sorted({*killers.values()} - {""}):  # a test that fails alone has noticed nothing
            self._start(killer, [items[killer]], lambda: None)
            if self._ended()[1].failed:
                unsound.add(killer)
        for name, killer in killers.items():
            if killer not in unsound:
                self._tell(name, killer or "the trial itself ended")
        return True

    def _without_those_that_fail_by_themselves(self, items: list[pytest.Item]) -> list[pytest.Item]:
        """Return the tests that pass in a trial of no change, in this order: what another one of them leaves, or a
        limit of trials, may be too much for a test, which would then notice every change."""
        while True:
            self._start("", items, lambda: None)
            asked = self._ended()[1]
            if asked.seconds and not asked.failed:
                return items
            out = {*asked.failed} if asked.failed else {item.nodeid for item in items}
            items = [item for item in items if item.nodeid not in out]

    def _tell(self, change: str, test: str) -> None:
        os.write(self._told, f"{json.dumps([change, test])}\n".encode())

    def _start(
        self, name: str, items: Sequence[pytest.Item], change: Callable[[], None], *, whole: bool = False
    ) -> None:
        """Start a trial: all tests if it is the whole, else to the first that fails."""
        place = Path(tempfile.mkdtemp(prefix="trial-"))
        child = os.fork()
        if child:
            self._running[child] = name, place
            return
        try:
            os.setsid()
            os.environ["PYTEST_DEBUG_TEMPROOT"] = str(place)
            limit_processor(whole=whole)
            change()
            self._ask(items, whole=whole)
            (place / "asked.json").write_text(json.dumps(asdict(self._asked)))
        finally:
            os._exit(0)

    def _ask(self, items: Sequence[pytest.Item], *, whole: bool) -> None:
        for item, following in zip(items, [*items[1:], None], strict=True):
            if item.nodeid in self._usual:
                faulthandler.dump_traceback_later(max(LEAST, TIMES * self._usual[item.nodeid]), exit=True, file=2)
            with self._noting_lines(item.nodeid):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._asked.failed and not whole:
                item.session._setupstate.teardown_exact(None)
                return

    @contextlib.contextmanager
    def _noting_lines(self, test: str) -> Iterator[None]:
        lines: set[int] = set()
        if self._module in sys.modules:
            vars(sys.modules[self._module])["__reached__"] = lines.add
        yield
        self._asked.lines[test] = sorted(lines)

    def _ended(self) -> tuple[str, Asked]:
        """Wait for a trial to end, and leave nothing of it."""
        child, _ = os.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        name, place = self._running.pop(child)
        try:
            asked = Asked(**json.loads((place / "asked.json").read_text()))
        except OSError:
            asked = Asked()
        shutil.rmtree(place, ignore_errors=True)
        return name, asked


def noticed(
    module: str, source: str, tests: Sequence[str], waiting: Sequence[Change], jobs: int
) -> Iterator[tuple[str, str]]:
    """Yield the changes that a test noticed, by their names, and the test; no name: the tests cannot be asked."""
    reading, told = os.pipe()
    child = os.fork()
    if not child:
        try:
            silence()
            pytest.main([*options(module), *tests], plugins=[Session(module, source, waiting, jobs, told)])
        finally:
            os._exit(0)
    os.close(told)
    with os.fdopen(reading, encoding="utf-8") as lines:
        for line in lines:
            change, test = json.loads(line)
            yield change, test
    os.waitpid(child, 0)
