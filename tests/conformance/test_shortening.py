from __future__ import annotations

from typing import Any

import pytest

from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.generated.shortening import shortened
from afilnet_protocols.conformance.reference.differential import Disagreement
from afilnet_protocols.conformance.reference.model import ReferenceModel
from tests.conformance.test_differential import CHAT, differential


class Folding(ReferenceModel):
    def send_message(self, **arguments: Any) -> None:
        super().send_message(**{**arguments, "message": arguments["message"].replace("\r\n", "\n")})


LONG = [
    Step("get_chat_channels"),
    Step("send_message", {**CHAT, "message": "harmless"}),
    Step("receive", {**CHAT, "message": "harmless too"}),
    Step("send_message", {**CHAT, "message": "some words,\r\nand many more of them"}),
    Step("advance_clock", {"seconds": 5}),
    Step("send_message", {**CHAT, "message": "\r\n"}),
    Step("get_chats", {"platform": "whatsapp", "platform_id": "100"}),
    Step("get_messages", CHAT),
]


def long_disagreement() -> tuple[Any, Disagreement]:
    pair = differential(one=Folding)
    with pytest.raises(Disagreement) as caught:
        pair.run([step for step in LONG if step.do != "get_chats"])
    return pair, caught.value


def test_a_long_sequence_becomes_the_two_steps_that_matter() -> None:
    pair, found = long_disagreement()
    short = shortened(pair, found)
    assert short.steps == (Step("send_message", {**CHAT, "message": "\r\n"}), Step("get_messages", CHAT))
    assert (short.odd, short.operation, short.field) == (("one",), "get_messages", "returned[0].message")


def test_it_plays_no_more_sequences_than_it_may() -> None:
    pair, found = long_disagreement()
    before = pair.compared
    assert shortened(pair, found, most_runs=0) is found
    assert pair.compared == before


def test_what_is_short_stays_as_it_is() -> None:
    pair = differential(one=Folding)
    steps = [Step("send_message", {**CHAT, "message": "\r\n"}), Step("get_messages", CHAT)]
    with pytest.raises(Disagreement) as caught:
        pair.run(steps)
    assert shortened(pair, caught.value).steps == tuple(steps)


def test_a_fault_and_the_call_that_it_meets_are_left_out_together() -> None:
    # Without the fault alone another call disagrees first; without its call the fault meets the one that disagrees.
    pair = differential(one=Folding)
    sent, read = Step("send_message", {**CHAT, "message": "\r\n"}), Step("get_messages", CHAT)
    met = Step("get_chats", {"platform": "whatsapp", "platform_id": "100"})
    with pytest.raises(Disagreement) as caught:
        pair.run([sent, Step("fault", {"code": "CHANNEL_NOT_FOUND"}), met, read])
    assert shortened(pair, caught.value).steps == (sent, read)
