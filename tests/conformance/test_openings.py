"""Every state is visited often enough with every seed, because of how sequences begin, and in no other way."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.case_player import EXAMPLES
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.cases.context import Context
from afilnet_protocols.conformance.generated import openings, strategies
from afilnet_protocols.conformance.generated import sequences as generated
from afilnet_protocols.conformance.generated.coverage import FLOOR, STATES, Coverage
from afilnet_protocols.conformance.reference.differential import START, Differential, Participant
from afilnet_protocols.conformance.reference.model import ReferenceModel
from afilnet_protocols.conformance.targets.stage import CHANNELS
from afilnet_protocols.conformance.targets.target import Target
from tests.tables import table

GENERATED = [case for case in CASES if case.generated]


def models(coverage: Coverage) -> Differential:
    clock = [START]

    def participant(name: str) -> Participant:
        model = ReferenceModel(CHANNELS, now=lambda: clock[0])
        return Participant(name, model.reopened, model.receive, model.reset, model.fault)

    return Differential(
        participant("model"),
        [participant("one")],
        set_clock=lambda now: clock.__setitem__(0, now),
        watch=coverage.note,
    )


def visits(steps: list[Step]) -> Counter[str]:
    coverage = Coverage()
    models(coverage).run(steps)
    return coverage.counts


@pytest.mark.parametrize("state", STATES)
@given(seed=st.integers().map(str), channels=st.integers(1, len(CHANNELS)))
def test_an_opening_visits_its_state_whatever_the_seed(state: str, seed: str, channels: int) -> None:
    steps = openings.opening(state, CHANNELS[:channels], seed)
    assert 1 <= len(steps) <= openings.LONGEST
    assert visits(steps)[state] >= 1


@table("state", STATES)
def test_an_opening_differs_from_seed_to_seed_where_there_is_something_to_choose(state: str) -> None:
    drawn = [openings.opening(state, CHANNELS, str(seed)) for seed in range(40)]
    assert drawn[3] == openings.opening(state, CHANNELS, "3")
    assert len({str(steps) for steps in drawn}) > 1 or state == "channels listed"


@pytest.mark.parametrize("examples", EXAMPLES.values())
def test_the_openings_of_a_whole_run_reach_every_floor(examples: int) -> None:
    begun = Counter(state for turn in range(len(GENERATED)) for state in openings.states(turn, examples))
    assert set(begun) == set(STATES)
    assert min(begun.values()) >= FLOOR
    assert begun.total() == len(GENERATED) * examples


def played(monkeypatch: pytest.MonkeyPatch) -> Coverage:
    """Play all generated cases, short as in the quick profile, with nothing drawn but how sequences begin."""
    monkeypatch.setattr(strategies, "sequences", lambda *_, **__: st.just([]))
    coverage = Coverage()
    for turn in range(len(GENERATED)):
        generated.play(Context([Target("one", ReferenceModel)], models(coverage), seed=turn, turn=turn, examples=10))  # type: ignore[arg-type] # its client is never made
    return coverage


def test_a_search_that_draws_nothing_still_reaches_every_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = played(monkeypatch).counts
    assert {state: counts[state] for state in STATES if counts[state] < FLOOR} == {}


def test_without_openings_the_floors_would_not_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openings, "opening", lambda *_: [Step("get_chat_channels")])
    counts = played(monkeypatch).counts
    assert [state for state in STATES if counts[state] >= FLOOR] == ["channels listed"]
