"""Every figure reaches its target in its short form."""

from __future__ import annotations

import os
import random

import pytest

from tests.figures.__main__ import measure, names
from tests.figures.figure import Run
from tests.outbox import postgresql

ON_POSTGRESQL = ("R18",)


@pytest.mark.parametrize("name", sorted(names()))
def test_the_figure_is_reached(name, request):
    if name in ON_POSTGRESQL and postgresql.programs() is None:
        reason = "no PostgreSQL server is installed (initdb was not found)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    seed = random.randrange(2**32)
    figure = measure(name, Run(seed=seed, long=request.config.getoption("--long")))
    print(figure.as_text(name, 0.0))
    assert figure.reached, figure.as_text(name, 0.0)
