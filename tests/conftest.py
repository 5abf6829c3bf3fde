"""What all tests share: the length of generated proofs, a printed seed, one running sandbox, one PostgreSQL server."""

from __future__ import annotations

import fcntl
import gc
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from tests.sizes import LONG, PROOF, SHORT, USUAL
from tests.time_limit import pytest_timeout_set_timer  # noqa: F401 -- a hook

if TYPE_CHECKING:
    from afilnet_protocols.sandbox import Sandbox
    from tests.outbox.postgresql import Server

_QUICK = {"deadline": None, "print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}
# Laws fail each time they find a mistake that was planted: explaining that took a seventh of their time.
_UNEXPLAINED = tuple(each for each in Phase if each is not Phase.explain)
hypothesis.settings.register_profile(SHORT, max_examples=USUAL[SHORT], database=None, phases=_UNEXPLAINED, **_QUICK)
hypothesis.settings.register_profile(PROOF, max_examples=USUAL[PROOF], database=None, **_QUICK)
hypothesis.settings.register_profile(LONG, max_examples=USUAL[LONG], phases=tuple(Phase), **_QUICK)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long form of every proof")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # Four processes read all tests, and start hundreds of others: each file is compiled once, whatever is usual here.
    # Those others do as the environment says, but read what was compiled.
    sys.dont_write_bytecode = False
    # Before the tests are imported, since what they decorate keeps the profile of that moment.
    chosen = LONG if config.getoption("--long") else config.getoption("--hypothesis-profile")
    hypothesis.settings.load_profile(chosen or SHORT)
    # A seed of our own choosing, so that a run that fails can be repeated whether or not it was told a seed.
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = str(random.SystemRandom().randrange(2**32))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(f"the same again: pytest --hypothesis-seed={config.getoption('--hypothesis-seed')}")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    # Now Hypothesis looks for constants in every module of ours, and keeps what it found. The first process does it.
    with Path(__file__).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_SH)  # once it is kept, all others read it at the same time
        yield
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="the long form of a proof: run with --long"))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Read only the files that can have what is asked for: importing all of them takes longer than a smoke run."""
    asked = config.getoption("-m")
    if asked == "smoke" and collection_path.name.startswith("test_") and collection_path.suffix == ".py":
        return "mark.smoke" not in collection_path.read_text("utf-8") or None
    return None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    # Four processes come to a file at the same time. The first compiles it, and the others read what it kept.
    if not isinstance(collector, pytest.Module):
        return (yield)
    with collector.path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    # Once and for all Hypothesis looks at every character there is, and keeps what it saw: one process of several does.
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
        st.text().validate()
    # While tests are read, next to nothing becomes garbage: looking for it again and again takes a tenth of the time.
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    # The tests themselves live to the end: no collection of garbage has to go through them again. Nor does one now: it
    # takes a third of a second in each process, and what it would free is small beside the tests.
    gc.freeze()
    # A call of ours leaves no cycle, so that there is little to find: looking every 700 objects took a twentieth.
    gc.set_threshold(10_000, 10, 10)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[object]:
    result = yield
    if nextitem is not None and nextitem.path != item.path:
        # What a file leaves behind, such as what it imported, lives to the end as well. A test that collects all
        # garbage had to go through it again, which took a quarter of a second each time.
        gc.collect()
        gc.freeze()
    return result


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    # Each file has one of its own: it takes six milliseconds, and what one file leaves there no other one finds.
    from afilnet_protocols.sandbox import Sandbox

    with Sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # Here, so that outboxes and inboxes have one between them.
    from tests.outbox import postgresql

    if postgresql.programs() is None:
        reason = "no PostgreSQL server is installed (initdb was not found)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    pytest.importorskip("psycopg")
    if "PYTEST_XDIST_WORKER" in os.environ:
        # Each process has a folder of its own in that of the run.
        postgresql.kept = tmp_path_factory.getbasetemp().parent
    with postgresql.of_this_session() as server:
        yield server
