"""Every figure reaches its target in its short form."""

from __future__ import annotations

import random

import pytest

from tests.figures.__main__ import measure, names
from tests.figures.figure import Run


@pytest.mark.parametrize("name", sorted(names()))
def test_the_figure_is_reached(name, request):
    seed = random.randrange(2**32)
    figure = measure(name, Run(seed=seed, long=request.config.getoption("--long")))
    print(figure.as_text(name, 0.0))
    assert figure.reached, figure.as_text(name, 0.0)
