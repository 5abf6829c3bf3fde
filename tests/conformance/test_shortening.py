from __future__ import annotations

from typing import Any

import pytest

from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.generated import shortening
from afilnet_protocols.conformance.generated.shortening import _shorter, shortened
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


def test_what_is_short_stays_as_it_is_and_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = differential(one=Folding)
    steps = [Step("send_message", {**CHAT, "message": "\r\n"}), Step("get_messages", CHAT)]
    with pytest.raises(Disagreement) as caught:
        pair.run(steps)
    looked_at = []
    monkeypatch.setattr(shortening, "_shorter", lambda steps: looked_at.append(steps) or _shorter(steps))
    assert shortened(pair, caught.value).steps == tuple(steps)
    assert looked_at == [tuple(steps)]


def test_a_fault_and_the_call_that_it_meets_are_left_out_together() -> None:
    # Without the fault alone another call disagrees first; without its call the fault meets the one that disagrees.
    pair = differential(one=Folding)
    sent, read = Step("send_message", {**CHAT, "message": "\r\n"}), Step("get_messages", CHAT)
    met = Step("get_chats", {"platform": "whatsapp", "platform_id": "100"})
    with pytest.raises(Disagreement) as caught:
        pair.run([sent, Step("fault", {"code": "CHANNEL_NOT_FOUND"}), met, read])
    assert shortened(pair, caught.value).steps == (sent, read)


def plays_of(most_runs: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many sequences are played to make a long one short."""
    pair, found = long_disagreement()
    plays, run = [0], pair.run

    def counted(steps: Any) -> Any:
        plays[0] += 1
        return run(steps)

    monkeypatch.setattr(pair, "run", counted)
    shortened(pair, found, most_runs=most_runs)
    return plays[0]


def test_it_tries_as_many_sequences_as_it_may_and_ends_where_nothing_is_shorter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert [plays_of(most, monkeypatch) for most in (1, 2)] == [1, 2]
    assert 2 < plays_of(5, monkeypatch) <= 5  # of the five, some are known by then
    enough = plays_of(1_000, monkeypatch)
    assert 5 < enough < 1_000
    assert plays_of(2_000, monkeypatch) == enough


def test_it_plays_no_sequence_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = differential(one=Folding)
    steps = [Step("send_message", {**CHAT, "message": "aaaa\r\naaaa"}), Step("get_messages", CHAT)]
    with pytest.raises(Disagreement) as caught:
        pair.run(steps)
    played, run = [steps], pair.run

    def kept(steps: Any) -> Any:
        assert steps not in played
        played.append(steps)
        return run(steps)

    monkeypatch.setattr(pair, "run", kept)
    assert shortened(pair, caught.value).steps[0].arguments["message"] == "\r\n"
    assert len(played) > 5


def letters(text: str) -> list[Step]:
    return [Step("get_chats", {"platform": "whatsapp", "platform_id": letter}) for letter in text]


def test_what_is_shorter_lacks_a_block_of_steps_or_two_that_stand_apart_and_never_the_last() -> None:
    found = ["".join(str(step.arguments["platform_id"]) for step in steps) for steps in _shorter(letters("abcd"))]
    assert found == ["d", "bcd", "acd", "abd", "cd", "bd", "ad"]


@pytest.mark.parametrize(
    ("text", "shorter"), [("abc", ["", "bc", "ac", "ab"]), ("ab", ["", "b", "a"]), ("a", []), (7, [])]
)
def test_what_is_shorter_lacks_a_piece_of_one_text(text: Any, shorter: list[str]) -> None:
    before, written, last = (Step("receive", {**CHAT, "message": each}) for each in ("x", text, "z"))
    rest = list(_shorter([before, written, last]))[4:]  # after those that lack steps
    assert rest == [[before, Step("receive", {**CHAT, "message": each}), last] for each in shorter]
