"""Make a disagreement short: the fewest steps and the least text with which the same participants still disagree.

Hypothesis shortens what it has found itself. This works on any sequence, also on one that was recorded, and in a number
of runs that is known beforehand.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.reference.differential import Differential
from afilnet_protocols.conformance.results.finding import Finding

MOST_RUNS = 150
"""How many sequences are played at most to make one short."""


After = Callable[[Sequence[Step], Sequence[Plain]], None]
"""Told of a sequence that was played, with its trace, to look at what else is to hold; may raise a finding."""


def shortened(
    differential: Differential,
    found: Finding,
    *,
    most_runs: int = MOST_RUNS,
    after: After = lambda steps, trace: None,
) -> Finding:
    """Return the same finding, told in as few steps and with as little text as could be found.

    Args:
        differential: where it was found.
        found: the disagreement, or what ``after`` found.
        most_runs: how many shorter sequences may be tried for it. None is played twice, however often it comes up.
        after: what else looks at every sequence.
    """
    best = found
    # More than one way leads to a sequence: without either of two letters that are alike, or from another one.
    played = {repr([*found.steps])}
    runs = 0
    improved = True
    while improved:
        improved = False
        for steps in _shorter(best.steps):
            if runs >= most_runs:
                return best
            runs += 1
            written = repr(steps)
            if written in played:
                continue
            played.add(written)
            again = _play(differential, steps, after)
            if again is not None and (again.odd, again.operation) == (best.odd, best.operation):
                best, improved = again, True
                break
    return best


def _play(differential: Differential, steps: Sequence[Step], after: After) -> Finding | None:
    try:
        after(steps, differential.run(steps))
    except Finding as found:
        return found
    return None


def _shorter(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Give the sequences that are one change shorter: without some steps, then without a piece of a text.

    The steps are a block of them, or two that stand apart, such as a fault and the call that it meets: without either
    alone the other would change what comes after.
    """
    before = len(steps) - 1
    for size in _halves(before):
        for start in range(0, before, size):
            yield [*steps[:start], *steps[min(start + size, before) :]]
    for first, second in itertools.combinations(range(before), 2):
        yield [*steps[:first], *steps[first + 1 : second], *steps[second + 1 :]]
    for index, step in enumerate(steps):
        text = step.arguments.get("message")
        if not isinstance(text, str) or len(text) < 2:
            continue
        for size in _halves(len(text)):
            for start in range(0, len(text), size):
                shorter = text[:start] + text[start + size :]
                yield [*steps[:index], Step(step.do, {**step.arguments, "message": shorter}), *steps[index + 1 :]]


def _halves(size: int) -> Iterator[int]:
    while size:
        yield size
        size //= 2
