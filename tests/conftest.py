"""What all tests share: the length of generated proofs, a seed that is always printed, and one running sandbox."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase

if TYPE_CHECKING:
    from afilnet_protocols.sandbox import Sandbox

_QUICK = {"deadline": None, "print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis.settings.register_profile("ci", max_examples=100, database=None, **_QUICK)
hypothesis.settings.register_profile("long", max_examples=5_000, phases=tuple(Phase), **_QUICK)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long form of every proof")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("long" if config.getoption("--long") else "ci")
    # A seed of our own choosing, so that a run that fails can be repeated whether or not it was told a seed.
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = str(random.SystemRandom().randrange(2**32))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(f"the same again: pytest --hypothesis-seed={config.getoption('--hypothesis-seed')}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="the long form of a proof: run with --long"))


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    from afilnet_protocols.sandbox import Sandbox

    with Sandbox() as running:
        yield running
