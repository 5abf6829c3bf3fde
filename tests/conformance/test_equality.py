"""Same calls, five protocols, one behaviour: generated sequences on all five backends and the model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings

from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.generated import corpus, strategies
from afilnet_protocols.conformance.reference.differential import Differential
from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.conformance.targets import stage
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Protocol
from tests.sizes import examples

CHAT = {"platform": "telegram", "platform_id": "007", "destination": "0034600000000"}
EVERYTHING = [
    Step("get_chat_channels"),
    Step("get_chats", {"platform": "telegram", "platform_id": "007"}),
    Step("receive", {**CHAT, "message": " \r\n+ & % ]]> <b>\r\u2028\x85😀 שלום "}),
    Step("get_unread_messages", CHAT),
    Step("send_message", {**CHAT, "message": "\t\n"}),
    Step("send_message", {**CHAT, "message": " \r\n+ & % ]]> ñ😀 "}),
    Step("advance_clock", {"seconds": 7200}),
    Step(
        "send_file",
        {**CHAT, "file_type": "voice", "file_url": corpus.GOOD_URLS[1], "thumb_url": None, "message": ""},
    ),
    Step("get_messages", CHAT),
    Step("get_unread_messages", CHAT),
    Step("get_chats", {"platform": "telegram", "platform_id": "007"}),
]


@pytest.fixture(scope="module")
def five(sandbox: Sandbox) -> Iterator[Differential]:
    with stage.staged(sandbox, stage.built_in(plain=True)) as differential:
        yield differential


@settings(max_examples=examples(15, proof=300))
@given(steps=strategies.sequences(stage.CHANNELS))
@example(steps=EVERYTHING)
def test_generated_sequences_end_alike_on_all_five_and_the_model(five: Differential, steps: list[Step]) -> None:
    assert [each.name for each in five.backends] == [str(protocol) for protocol in Protocol]
    before = five.compared
    trace = five.run(steps)
    assert len(trace) == len(steps)
    assert five.compared - before == 5 * sum(step.do != "advance_clock" for step in steps)


@pytest.mark.hypothesis  # so that it is among the proofs, at its full size
@pytest.mark.parametrize("rules", [Rules(), Rules(reading_marks_read=True), Rules(empty_chats_is_error=True)])
def test_they_also_end_alike_over_tls_whatever_the_vendor_leaves_open(sandbox: Sandbox, rules: Rules) -> None:
    with stage.staged(sandbox, stage.built_in(), rules=rules) as five:

        @settings(max_examples=examples(2, proof=15, long=1_000))
        @given(steps=strategies.sequences(stage.CHANNELS))
        @example(steps=EVERYTHING)
        def play(steps: list[Step]) -> None:
            five.run(steps)

        play()


def test_one_sequence_gives_one_trace(sandbox: Sandbox) -> None:
    traces = []
    for plain in (True, False):
        with stage.staged(sandbox, stage.built_in(plain=plain)) as five:
            traces += [five.run(EVERYTHING), five.run(EVERYTHING)]
    assert all(trace == traces[0] for trace in traces)
