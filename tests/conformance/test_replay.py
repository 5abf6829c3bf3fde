"""What was recorded on one protocol runs on another, and one seed gives one run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from afilnet_protocols import ConfigurationError
from afilnet_protocols.comparison.steps import ADVANCE_CLOCK, RECEIVE, Step
from afilnet_protocols.conformance import case_player, replay, runner
from afilnet_protocols.conformance.cases import CASES
from afilnet_protocols.conformance.results.outcome import Outcome
from afilnet_protocols.conformance.targets import parse as targets
from afilnet_protocols.conformance.targets.target import Target

WHERE = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
STEPS = (
    Step("get_messages", WHERE),
    Step("send_message", {**WHERE, "message": " a\r\n+& 😀 "}),
    Step(ADVANCE_CLOCK, {"seconds": 3600}),
    Step(RECEIVE, {**WHERE, "message": "¿qué tal?"}),
    Step("send_message", {**WHERE, "message": "\ud800"}),
    Step("get_unread_messages", WHERE),
    Step("get_chats", {"platform": "whatsapp", "platform_id": "100"}),
)


@pytest.fixture(scope="module")
def five() -> Iterator[list[Target]]:
    with targets.opened(["sandbox"], plain=True) as found:
        yield found


def test_what_one_recorded_every_other_repeats(five: list[Target]) -> None:
    recordings = [replay.record(target, STEPS) for target in five]
    for recorded in recordings:
        assert recorded.expected == recordings[0].expected
        again = replay.loads(recorded.dumps())
        assert again == recorded
        assert {replay.play(again, target).outcome for target in five} == {Outcome.PASS}


def test_a_recorded_outcome_that_is_another_is_found_and_named(five: list[Target]) -> None:
    document = json.loads(replay.record(five[0], STEPS).dumps())
    document["steps"][5]["expected"]["returned"][0]["message"] = "other"
    document["recorded_on"] = "elsewhere"
    result = replay.play(replay.loads(json.dumps(document)), five[3])

    assert (result.outcome, result.operation, result.field) == (
        Outcome.FAIL,
        "get_unread_messages",
        "returned[0].message",
    )
    assert (result.expected, result.actual) == ("other", "¿qué tal?")
    assert len(result.steps) == 6
    assert result.wire[five[3].name]


def test_a_target_without_a_world_cannot_begin_from_nothing(five: list[Target]) -> None:
    recorded = replay.record(five[0], STEPS)

    assert replay.play(recorded, Target("live", five[0].make)).outcome is Outcome.UNPROVED


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[" * 100_000, '{"format": "afilnet-conformance-replay", "version": 2, "steps": []}']
)
def test_what_is_no_replay_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match="replay file"):
        replay.read(tmp_path / "x.json")


def test_a_byte_order_mark_is_an_editors_and_no_part_of_a_replay_file(five: list[Target], tmp_path: Path) -> None:
    recorded = replay.record(five[0], STEPS)
    (tmp_path / "x.json").write_text(recorded.dumps(), "utf-8-sig")
    assert replay.read(tmp_path / "x.json") == recorded


def test_two_runs_with_one_seed_are_one_run_and_another_seed_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(case_player.EXAMPLES, "quick", 3)
    generated = [case for case in CASES if case.generated][:1]

    def run(seed: int) -> tuple[object, ...]:
        with targets.opened(["sandbox:http-post"], plain=True) as found:
            report = runner.run(found, cases=generated, seed=seed)
        return report.coverage, [(result.case, result.outcome, result.steps) for result in report.results]

    assert run(7) == run(7)
    assert run(7) != run(8)


def test_a_file_without_an_end_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="longer than"):
        replay.read(Path("/dev/zero"))
