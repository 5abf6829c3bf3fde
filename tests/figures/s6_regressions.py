"""S6: known weaknesses of clients like this one are not here, and each check notices the removal of its guard."""

from __future__ import annotations

from tests.figures.figure import Figure, Run
from tests.security.regressions import Regression, regressions


def measure(run: Run) -> Figure:
    """Make every check, with its guard and without it."""
    figure = Figure("regressions: known weaknesses, each with the removal of what keeps it out", run.seed)
    every = regressions()
    present = [each for each in every if not _passes(each)]
    unnoticed = []
    for each in every:
        with each.sabotage():
            if _passes(each):
                unnoticed.append(each)
    figure.counts = {
        "regressions": len(every),
        "of them with a number (CVE)": sum(each.name.startswith("CVE-") for each in every),
        "present": len(present),
        "not noticed without the guard": len(unnoticed),
    }
    figure.targets = {
        "at least 30": len(every) >= 30,
        "none is present": not present,
        "every check fails without its guard": not unnoticed,
    }
    figure.examples = [f"present: {each.name}" for each in present] + [
        f"not noticed: {each.name}" for each in unnoticed
    ]
    return figure


def _passes(regression: Regression) -> bool:
    try:
        regression.check()
    except AssertionError:
        return False
    return True
