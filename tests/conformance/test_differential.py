from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, seed, settings

from afilnet_protocols.comparison.canonical import References
from afilnet_protocols.comparison.steps import CALLS, RECEIVE, Step, dumps, loads
from afilnet_protocols.conformance.generated import strategies
from afilnet_protocols.conformance.reference.differential import (
    START,
    Differential,
    Disagreement,
    Participant,
    outcome_of,
    retire,
)
from afilnet_protocols.conformance.reference.model import ReferenceModel
from afilnet_protocols.conformance.targets import stage
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.records import Channel
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.security.secret import Secret
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


class Unfinished(ReferenceModel):
    def get_messages(self, **arguments: Any) -> Any:
        raise ConfigurationError(f"put a-secret-word into mine.ini{'.' * 1000}")


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


def test_what_is_told_of_a_model_that_stands_alone_is_what_the_others_have_and_what_it_has() -> None:
    with pytest.raises(Disagreement) as caught:
        differential(one=Stripping, two=Stripping).run(STEPS)
    found = caught.value
    assert (found.field, found.expected, found.actual) == ("returned[0].message", "a", " a")


def test_two_that_stand_apart_disagree() -> None:
    with pytest.raises(Disagreement, match=r"^two, three disagree with model, one, four\n"):
        differential(one=ReferenceModel, two=Stripping, three=Stripping, four=ReferenceModel).run(STEPS)


def test_one_against_one_the_model_is_right() -> None:
    with pytest.raises(Disagreement) as caught:
        differential(one=Stripping).run(STEPS)
    assert caught.value.odd == ("one",)


def test_a_foreign_exception_is_a_disagreement() -> None:
    with pytest.raises(Disagreement, match="KeyError") as caught:
        differential(one=Leaking, two=ReferenceModel).run(STEPS)
    assert caught.value.odd == ("one",)


def test_what_an_error_of_ours_says_is_told_without_secrets_and_not_compared() -> None:
    secret = Secret("a-secret-word")
    with pytest.raises(Disagreement) as caught:
        differential(one=Unfinished).run(STEPS)
    assert secret.reveal() == "a-secret-word"  # what is masked are secrets that live
    assert caught.value.actual == {"raised": "ConfigurationError", "code": None, "delivery": "not_sent"}
    (said,) = [line for line in str(caught.value).splitlines() if line.startswith("  its error says: put ")]
    assert "secret-word" not in said
    assert len(said) < 400


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
        pytest.raises(ConfigurationError, match="protocol 'not-installed' is unknown"),
        stage.staged(sandbox, candidates),
    ):
        pass


class Client:
    """What a participant is given, which counts how often it is closed and raises what it is told."""

    def __init__(self, raises: BaseException | None = None) -> None:
        self.raises, self.closed = raises, 0

    def get_chat_channels(self) -> list[Channel]:
        return self._raised([])

    def close(self) -> None:
        self.closed += 1
        self._raised(None)

    def _raised(self, otherwise: Any) -> Any:
        if self.raises is not None:
            raise self.raises
        return otherwise


def participant(*clients: Client) -> Participant:
    made = iter(clients)
    return Participant("one", lambda: next(made), lambda **_: None, lambda: None)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("raises", [None, KeyError("closed"), GeneratorExit()])
def test_who_retires_closes_his_client_whatever_that_raises_and_gets_another(raises: BaseException | None) -> None:
    first, second = Client(raises), Client()
    one = participant(first, second)
    one.retire()  # there is none yet
    assert one.chat is first is one.chat
    one.retire()
    assert (first.closed, one.chat) == (1, second)
    assert retire(Client(raises)) == ("nothing" if raises is None else type(raises).__name__)  # type: ignore[arg-type]


def test_an_interruption_is_no_outcome() -> None:
    unruly, step = Client(KeyboardInterrupt()), Step("get_chat_channels")

    def make() -> Any:
        raise KeyboardInterrupt

    never_made = Participant("one", make, lambda **_: None, lambda: None)
    asked = participant(unruly)
    assert asked.chat is unruly
    for interrupted in (
        lambda: retire(unruly),  # type: ignore[arg-type]
        asked.retire,
        lambda: outcome_of(unruly, step),  # type: ignore[arg-type]
        lambda: never_made.perform(step),
    ):
        with pytest.raises(KeyboardInterrupt):
            interrupted()


def test_a_client_that_cannot_be_made_is_an_outcome() -> None:
    def make() -> Any:
        raise ConfigurationError("no")

    outcome = Participant("one", make, lambda **_: None, lambda: None).perform(Step("get_chat_channels"))
    assert outcome == {"raised": "ConfigurationError", "code": None, "delivery": "not_sent"}


@pytest.mark.parametrize(
    ("more", "written"),
    [
        ({}, ["7"]),
        ({"times": None, "people": None}, ["7"]),
        ({"times": 3}, ["7"] * 3),
        ({"people": 2, "times": 2}, ["7000000", "7000001"] * 2),
    ],
)
def test_the_other_party_writes_as_often_as_it_is_said(more: dict[str, int], written: list[str]) -> None:
    heard: list[str] = []
    one = Participant("one", lambda: None, lambda **given: heard.append(given["destination"]), lambda: None)  # type: ignore[arg-type, return-value]
    assert one.perform(Step(RECEIVE, {**CHAT, "message": "x", **more})) == {"returned": None}
    assert heard == written


def test_references_begin_anew_unless_some_are_given() -> None:
    chat = ReferenceModel(CHANNELS, now=lambda: START)
    chat.receive(**CHAT, message="x")  # type: ignore[arg-type]
    step, references = Step("get_messages", CHAT), References()
    references.name("another")
    shown = [outcome_of(chat, step), outcome_of(chat, step), outcome_of(chat, step, references)]
    assert [outcome["returned"][0]["message_id"] for outcome in shown] == ["<msg:1>", "<msg:1>", "<msg:2>"]  # type: ignore[call-overload, index]


def test_time_passes_a_second_for_a_step_and_as_long_as_it_is_said_and_is_no_call() -> None:
    watched: list[str] = []
    pair = differential(one=ReferenceModel)
    pair._watch = lambda step, outcome: watched.append(step.do)
    send = STEPS[0]
    later = [Step("advance_clock", {"seconds": seconds}) for seconds in (0, 60)]
    trace: Any = pair.run([send, *later, send, STEPS[1]])
    times = [each["timestamp"] for each in trace[-1]["returned"]]
    assert times == ["2024-02-29 23:59:51", "2024-03-01 00:00:54"]
    assert trace[1:3] == [{"clock": "2024-02-29 23:59:52"}, {"clock": "2024-03-01 00:00:53"}]
    assert watched == ["send_message", "send_message", "get_messages"]
    assert pair.compared == 3


def test_who_disagrees_and_who_is_closed_gives_up_its_client() -> None:
    pair = differential(one=Leaking)
    with pytest.raises(Disagreement):
        pair.run(STEPS)
    everybody = (pair.reference, *pair.backends)
    assert [each._chat for each in everybody] == [None, None]
    pair.run(STEPS[:1])
    assert None not in [each._chat for each in everybody]
    pair.close()
    assert [each._chat for each in everybody] == [None, None]
