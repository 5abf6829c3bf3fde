from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, seed, settings

from afilnet_protocols.comparison.steps import CALLS, RECEIVE, Step, dumps, loads
from afilnet_protocols.conformance.generated import strategies
from afilnet_protocols.conformance.reference.differential import START, Differential, Disagreement, Participant
from afilnet_protocols.conformance.reference.model import ReferenceModel
from afilnet_protocols.conformance.targets import stage
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Platform
from tests.sizes import examples

CHANNELS = [Channel("100", Platform.WHATSAPP, "one"), Channel("1", Platform.WEBCHAT, "two")]
CHAT = {"platform": "whatsapp", "platform_id": "100", "destination": "7"}


class Clock:
    def __init__(self) -> None:
        self.now = START

    def set(self, now: datetime) -> None:
        self.now = now


def differential(**others: type[ReferenceModel]) -> Differential:
    """A comparison of models with models: what the comparison itself does, without any I/O."""
    clock = Clock()

    def participant(name: str, kind: type[ReferenceModel]) -> Participant:
        model = kind(CHANNELS, now=lambda: clock.now)
        return Participant(name, model.reopened, model.receive, model.reset, model.fault)

    backends = [participant(name, kind) for name, kind in others.items()]
    return Differential(participant("model", ReferenceModel), backends, set_clock=clock.set)


class Stripping(ReferenceModel):
    def send_message(self, **arguments: Any) -> None:
        super().send_message(**{**arguments, "message": arguments["message"].strip() or "x"})


class Leaking(ReferenceModel):
    def get_messages(self, **arguments: Any) -> Any:
        raise KeyError("messages")


STEPS = [Step("send_message", {**CHAT, "message": " a"}), Step("get_messages", CHAT)]


def test_equal_participants_agree_and_the_trace_is_the_same_each_time() -> None:
    pair = differential(one=ReferenceModel, two=ReferenceModel)
    first = pair.run(STEPS)
    assert pair.run(STEPS) == first
    assert pair.compared == 8
    assert first[1]["returned"][0]["message"] == " a"
    assert first[1]["returned"][0]["timestamp"] == "2024-02-29 23:59:51"


def test_the_report_names_step_operation_field_and_the_odd_one_out() -> None:
    with pytest.raises(Disagreement) as caught:
        differential(one=ReferenceModel, two=Stripping, three=ReferenceModel).run([*STEPS, *STEPS])
    found = caught.value
    assert found.odd == ("two",)
    assert (found.operation, found.field, len(found.steps)) == ("get_messages", "returned[0].message", 2)
    assert str(found).splitlines()[:5] == [
        "two disagrees with model, one, three",
        "  operation get_messages, step 2, field returned[0].message",
        "  expected: ' a'",
        "  two:      'a'",
        "the sequence:",
    ]


def test_a_model_that_stands_alone_is_the_odd_one() -> None:
    with pytest.raises(Disagreement) as caught:
        differential(one=Stripping, two=Stripping).run(STEPS)
    assert caught.value.odd == ("model",)


def test_one_against_one_the_model_is_right() -> None:
    with pytest.raises(Disagreement) as caught:
        differential(one=Stripping).run(STEPS)
    assert caught.value.odd == ("one",)


def test_a_foreign_exception_is_a_disagreement() -> None:
    with pytest.raises(Disagreement, match="KeyError") as caught:
        differential(one=Leaking, two=ReferenceModel).run(STEPS)
    assert caught.value.odd == ("one",)


def test_after_a_disagreement_everybody_begins_with_a_new_client() -> None:
    pair = differential(one=Leaking)
    with pytest.raises(Disagreement):
        pair.run(STEPS)
    assert [step.get("raised") for step in pair.run(STEPS[:1])] == [None]
    pair.close()


def test_a_comparison_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="backends"):
        differential()


@settings(max_examples=examples(15, proof=50))
@given(strategies.sequences(CHANNELS))
def test_generated_sequences_go_to_json_and_back_and_play(steps: list[Step]) -> None:
    assert loads(dumps(steps)) == steps
    assert 1 <= len(steps) <= strategies.LONGEST_SEQUENCE
    differential(one=ReferenceModel).run(loads(dumps(steps)))


SOON = 9
"""A seed that reaches all of it by itself, with the Hypothesis of today; others follow where it does not."""


def test_generated_sequences_reach_what_they_are_for() -> None:
    """A generator that never grows a conversation, or never errs, would prove nothing."""
    calls: set[str] = set()
    codes: set[object] = set()
    longest = [0]
    pair = differential(one=ReferenceModel)

    def play(steps: list[Step]) -> None:
        calls.update(step.do for step in steps)
        for outcome in pair.run(steps):
            codes.add(outcome.get("code") or outcome.get("raised"))
            longest[0] = max(longest[0], len(outcome.get("returned") or []))

    wanted = {
        "CHANNEL_NOT_FOUND",
        "CHAT_NOT_FOUND",
        "InvalidRequestError",
        "UnsupportedTextError",
        "InvalidFileUrlError",
    }
    for number in (SOON, *range(20)):
        seed(number)(settings(max_examples=100)(given(strategies.sequences(CHANNELS))(play)))()
        if {*CALLS, RECEIVE} <= calls and codes >= wanted and longest[0] >= 4:
            return
    raise AssertionError(f"after 2,000 sequences: {calls}, {codes}, {longest}")


@pytest.mark.parametrize("text", ["{}", "[1]", '[{"do": "fly"}]', '[{"do": "receive", "arguments": [1]}]', "nonsense"])
def test_a_file_that_is_no_sequence_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        loads(text)


def test_a_candidate_that_is_not_installed_is_refused_and_no_disagreement() -> None:
    candidates = [stage.Candidate("mine", "not-installed")]
    with (
        Sandbox() as sandbox,
        pytest.raises(ConfigurationError, match="unknown protocol 'not-installed'"),
        stage.staged(sandbox, candidates),
    ):
        pass
