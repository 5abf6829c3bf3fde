"""Every figure reaches its target: in its short form, and as a proof at the size that continuous integration runs."""

from __future__ import annotations

import os
import random

import pytest

from tests.figures.__main__ import measure, names
from tests.figures.figure import Run
from tests.outbox import postgresql
from tests.sizes import LONG, PROOF, SHORT

ON_POSTGRESQL = ("I3", "R18", "R19")

IN_SHORT_ELSEWHERE = {
    "I3": "tests/inbox/test_inbox_machines.py",
    "R18": "tests/outbox/test_outbox_sabotage.py, tests/outbox/test_outbox_postgresql.py",
    "R19": "tests/outbox/test_outbox_postgresql.py",
    "S4": "tests/security/test_policy_lattice.py",
    "S5": "tests/figures/test_figures_controls.py",
    "S6": "tests/security/test_regressions.py",
}
"""Figures that count what tests of their own show as well, and more quickly."""


@pytest.mark.parametrize("name", sorted(set(names()) - set(IN_SHORT_ELSEWHERE)))
def test_the_figure_is_reached(name):
    reach(name, SHORT)


@pytest.mark.proof(short="test_the_figure_is_reached")
@pytest.mark.parametrize("name", sorted(names()))
def test_the_figure_is_reached_at_full_size(name, request):
    reach(name, LONG if request.config.getoption("--long") else PROOF)


BY_TASKS = ("R1", "R2", "R3", "R6", "R7", "R9", "R11", "S1", "S2", "S3")
IN_SHORT_BY_TASKS = ("R1", "R6", "R7", "R9")
"""Where the driver could be at fault: verdicts, waits, whose answer it is, and what is left behind. Both drivers have
the rest in common: what is read, who is trusted, and what is shown."""


@pytest.mark.parametrize("name", IN_SHORT_BY_TASKS)
def test_the_figure_is_reached_by_asyncio(name):
    reach(name, SHORT, driver="asyncio")


@pytest.mark.proof("test_the_figure_is_reached_by_asyncio", "test_the_figure_is_reached")
@pytest.mark.parametrize("name", BY_TASKS)
def test_the_figure_is_reached_by_asyncio_at_full_size(name, request):
    reach(name, LONG if request.config.getoption("--long") else PROOF, driver="asyncio")


def reach(name, form, *, driver="threads"):
    if name in ON_POSTGRESQL and postgresql.programs() is None:
        reason = "no PostgreSQL server is installed (initdb was not found)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    seed = random.randrange(2**32)
    figure = measure(name, Run(seed=seed, form=form), driver=driver)
    print(figure.as_text(name, 0.0))
    assert figure.reached, figure.as_text(name, 0.0)
