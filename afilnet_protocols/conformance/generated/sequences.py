"""Generated sequences on the model and on every backend at once, each drawn for what one area is about."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import hypothesis.configuration
from hypothesis import HealthCheck, Phase, Verbosity, given
from hypothesis import strategies as st

from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.cases.context import MOST_RUNS, Context
from afilnet_protocols.conformance.generated import openings, strategies
from afilnet_protocols.conformance.generated.shortening import After, shortened
from afilnet_protocols.conformance.results.finding import Finding
from afilnet_protocols.conformance.targets.target import repeatable
from afilnet_protocols.process.user_folders import cache_folder
from afilnet_protocols.settings.private_file import working_folder

FEWEST_STEPS = 8
"""The fewest steps of a sequence, so that conversations grow."""

MOST_PEOPLE = 2
"""The most other parties in a sequence, for the same reason."""


class _Enough(BaseException):
    """Ends the search. Not an ``Exception``: Hypothesis would play it again, and call flaky what has a memory."""

    ends_the_run = True


@functools.cache
def _keep_out_of_the_way() -> None:
    """Let Hypothesis keep its files in the user's cache, unless told where: else it makes a folder where one stands."""
    if "HYPOTHESIS_STORAGE_DIRECTORY" not in os.environ and not Path(working_folder(), ".hypothesis").exists():
        home = cache_folder("afilnet-protocols")
        if home is not None:
            hypothesis.configuration.set_hypothesis_home_dir(Path(home) / "hypothesis")


def play(
    context: Context,
    *,
    focus: Sequence[str] = (),
    texts: st.SearchStrategy[str] | None = None,
    after: After = lambda steps, trace: None,
) -> None:
    """Draw sequences, the same for the same seed, and play them on the model and all targets.

    Each begins with steps that visit a state of the model, each state in its turn; the rest is drawn.

    Args:
        context: the case.
        focus: the kinds of steps that are drawn more often.
        texts: what is written; mostly text that some protocol is known to damage, by default.
        after: looks at what else is to hold when a sequence has ended.

    Raises:
        Disagreement: a target did something else than the model; told in as few steps as could be found.
        Finding: ``after`` found something; shortened too.
    """
    found: list[Finding] = []
    beginnings = [
        openings.opening(state, context.channels, f"{context.seed} {number}")
        for number, state in enumerate(openings.states(context.turn, context.examples))
    ]
    # What reports show of a case that holds is short, and says something.
    context.asked = max(beginnings, key=len)
    begun = iter(beginnings)

    def attempt(steps: Sequence[Step]) -> None:
        try:
            mapped = context.to_recipients(steps)
            after(mapped, context.differential.run(mapped))
        except Finding as finding:
            found.append(finding)
            raise _Enough from None

    drawn = strategies.sequences(
        context.channels, min_steps=FEWEST_STEPS, focus=focus, texts=texts, most_people=MOST_PEOPLE
    )
    with contextlib.suppress(_Enough):
        _search(drawn, lambda steps: attempt([*next(begun, ()), *steps]), context)
        # Hypothesis ends early when it has nothing new to draw; what sequences begin with is owed all the same.
        for opening in begun:
            attempt(opening)
    if found and not repeatable(context.targets, found[0].steps):
        raise found[0]
    if found:
        raise shortened(context.differential, found[0], most_runs=MOST_RUNS, after=after)


def _search(drawn: st.SearchStrategy[list[Step]], attempt: Callable[[list[Step]], None], context: Context) -> None:
    """Attempt as many sequences as the case asks for, the same for the same seed."""
    _keep_out_of_the_way()

    @hypothesis.seed(context.seed)
    @hypothesis.settings(
        max_examples=context.examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=drawn)
    def search(steps: list[Step]) -> None:
        attempt(steps)

    search()
