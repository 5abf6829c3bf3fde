"""Engines side by side: the account of what arrived is right, and finds an engine that repeats or forgets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.benchmarks.engines.__main__ import ENGINES
from tests.benchmarks.engines.engine import Standing
from tests.benchmarks.engines.trial import Account, Ground, Moments, account, killed
from tests.benchmarks.engines.with_outbox import OutboxInFile
from tests.tables import table
from tests.time_limit import HANGS

NOTHING = Account(8, 1, lost=0, kept=0, doubled=0, doubtful=0, doubtful_sent=0, overtaken=0)


@table(
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


class Quick(OutboxInFile):
    """Is not given long to go on."""

    rests = 0.3


class Repeating(Quick):
    """Puts back what a killed worker had."""

    def environ(self, job):
        return replace(job, settings={**job.settings, "delivery": "at_least_once"}).environ()


class Forgetting(Quick):
    """Says nothing of what a killed worker had."""

    def standing(self, job):
        return replace(super().standing(job), doubtful=set())


def noted(job, sandbox):
    """Count the messages that a worker has begun with, and does not know of any more."""
    return len(OutboxInFile().standing(job).doubtful)


NEVER = 3600.0
AS_SOON_AS_IT_HAS_ARRIVED = Moments(lambda: 0, stuck_after=HANGS, delay=0, answers_after=NEVER)
BEFORE_IT_LEAVES = Moments(lambda: 0, steps=noted, stuck_after=HANGS, delay=NEVER)


@pytest.mark.proof(short="test_what_arrived_is_compared_with_what_the_engine_says")
@table(
    ("engine", "moments", "lost", "doubled"),
    [
        pytest.param(Quick(), AS_SOON_AS_IT_HAS_ARRIVED, 0, 0, id="neither, where one repeats"),
        pytest.param(Quick(), BEFORE_IT_LEAVES, 0, 0, id="neither, where one forgets"),
        pytest.param(Repeating(), AS_SOON_AS_IT_HAS_ARRIVED, 0, 1, id="repeats"),
        pytest.param(Forgetting(), BEFORE_IT_LEAVES, 2, 0, id="forgets"),
    ],
)
def test_an_engine_that_repeats_or_forgets_is_found_out(engine, moments, lost, doubled):
    found = killed(engine, Ground({}, ""), messages=6, kills=2, moments=moments)
    assert (found.kills, found.lost, found.doubled) == (2, lost, doubled)


def test_an_engine_that_is_not_there_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("tests.outbox.postgresql.programs", lambda: None)
    for engine in ENGINES[1:]:
        assert "installed" in (engine.lacks() or ""), engine.name
