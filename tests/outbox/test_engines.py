"""Engines side by side: the account of what arrived is right, and finds an engine that repeats or forgets."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.benchmarks.engines.__main__ import ENGINES
from tests.benchmarks.engines.engine import Standing
from tests.benchmarks.engines.trial import Account, Ground, account, killed
from tests.benchmarks.engines.with_outbox import OutboxInFile

NOTHING = Account(8, 1, lost=0, kept=0, doubled=0, doubtful=0, doubtful_sent=0, overtaken=0)


@pytest.mark.parametrize(
    ("arrived", "standing", "told"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], Standing(), {}),
        ([3, 1, 0, 2, 4, 5, 7, 6], Standing(), {}),
        ([0, 1, 2, 3, 4, 5, 6], Standing(), {"lost": 1}),
        ([0, 1, 2, 3, 4, 5, 6], Standing(kept={7}), {"kept": 1}),
        ([0, 1, 2, 3, 4, 5, 6], Standing(doubtful={7}), {"doubtful": 1}),
        ([0, 1, 2, 3, 4, 5, 6], Standing(doubtful={7}, kept={7}), {"doubtful": 1}),
        ([0, 1, 2, 3, 4, 5, 6, 7], Standing(doubtful={7}), {"doubtful": 1, "doubtful_sent": 1}),
        ([0, 1, 2, 0, 3, 4, 5, 6, 7], Standing(kept={0}), {"doubled": 1}),
        ([4, 0, 1, 2, 3, 5, 6, 7], Standing(), {"overtaken": 1}),
        ([0, 4, 0, 1, 2, 3, 5, 6, 7], Standing(), {"doubled": 1}),
    ],
)
def test_what_arrived_is_compared_with_what_the_engine_says(arrived, standing, told):
    assert account(range(8), arrived, standing, kills=1) == replace(NOTHING, **told)


class Repeating(OutboxInFile):
    """Puts back what a killed worker had."""

    rests = 1.5

    def environ(self, job):
        return replace(job, settings={**job.settings, "delivery": "at_least_once"}).environ()


class Forgetting(OutboxInFile):
    """Says nothing of what a killed worker had."""

    rests = 1.5

    def standing(self, job):
        return Standing()


@pytest.mark.proof(short="test_what_arrived_is_compared_with_what_the_engine_says")
@pytest.mark.parametrize("engine", [Repeating(), Forgetting()], ids=["repeats", "forgets"])
def test_an_engine_that_repeats_or_forgets_is_found_out(engine):
    found = killed(engine, Ground({}, ""), messages=24, kills=4, chance=random.Random(1))
    assert found.kills == 4
    assert (found.doubled > 0) == isinstance(engine, Repeating)
    assert (found.lost > 0) == isinstance(engine, Forgetting)


def test_an_engine_that_is_not_there_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("tests.outbox.postgresql.programs", lambda: None)
    for engine in ENGINES[1:]:
        assert "installed" in (engine.lacks() or ""), engine.name
