"""A state of the model counts as visited when it was, and only then."""

from __future__ import annotations

import pytest

from afilnet_protocols.comparison.canonical import Plain
from afilnet_protocols.comparison.steps import ADVANCE_CLOCK, EXPIRE_TOKENS, FAULT, RECEIVE, Step
from afilnet_protocols.conformance.generated.coverage import STATES, Coverage

CHATS, MESSAGES = Step("get_chats"), Step("get_messages")
NOTHING: Plain = {"returned": []}


def visited(*noted: tuple[Step, Plain]) -> dict[str, int]:
    """Return the states that were visited, and how often."""
    coverage = Coverage()
    for step, outcome in noted:
        coverage.note(step, outcome)
    return {state: count for state, count in coverage.counts.items() if count}


def listed(*texts: str, day: str = "2024-02-29") -> Plain:
    return {"returned": [{"message": text, "timestamp": f"{day} 23:59:51"} for text in texts]}


def test_nothing_is_visited_before_anything_is_done() -> None:
    assert dict(Coverage().counts) == dict.fromkeys(STATES, 0)
    assert visited((Step(ADVANCE_CLOCK), None)) == {}


def test_the_first_call_after_tokens_have_expired_counts_once_whatever_comes_in_between() -> None:
    expired = Step(EXPIRE_TOKENS), {"returned": None}
    between = [(Step(RECEIVE), {"returned": None}), (Step(FAULT), {"returned": None})]
    state = "call after tokens expired"
    assert state not in visited((CHATS, NOTHING), *between, (CHATS, NOTHING))
    assert state not in visited(expired, *between)
    assert visited(expired, *between, (CHATS, NOTHING), (CHATS, NOTHING))[state] == 1
    assert visited(expired, (CHATS, NOTHING), expired, (CHATS, NOTHING))[state] == 2


@pytest.mark.parametrize(
    ("step", "outcome", "states"),
    [
        (CHATS, NOTHING, {"channel without conversations"}),
        (CHATS, listed("a"), set()),
        (CHATS, listed("a", "b"), {"two conversations in a channel"}),
        (MESSAGES, listed("a", "b"), set()),
        (MESSAGES, listed("a", "b", "c"), {"conversation of three messages"}),
        (MESSAGES, listed("\uffff"), set()),
        (MESSAGES, listed("\U00010000"), {"text beyond the first plane"}),
        (MESSAGES, listed(""), set()),
        (MESSAGES, listed("a", day="2024-03-01"), {"message of the next day"}),
    ],
)
def test_a_list_visits_what_is_in_it(step: Step, outcome: Plain, states: set[str]) -> None:
    assert set(visited((step, outcome))) == states
