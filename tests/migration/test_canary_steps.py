"""What a canary does with one call, step by step: how long each side has, what is counted, and what is told."""

from __future__ import annotations

import contextlib
import inspect
import threading
from types import SimpleNamespace

import pytest

from afilnet_protocols import (
    AfilnetError,
    AuthenticationError,
    CanaryChat,
    ConfigurationError,
    Delivery,
    NotFoundError,
    NotSentError,
    RejectedRequestError,
)
from afilnet_protocols.deadline import seconds_for_call
from afilnet_protocols.migration import canary as canary_module
from afilnet_protocols.migration.canary import _not_made
from afilnet_protocols.migration.state import StateFile
from afilnet_protocols.migration.tally import Tally
from afilnet_protocols.settings import Settings
from tests.migration.fakes import Raising
from tests.migration.planted import HERE
from tests.migration.test_canary import Fine
from tests.migration.test_repeating import Counting, Saved
from tests.migration.test_truth import Service
from tests.tables import table


class Timed(Fine):
    """Notes how many seconds a call has, whole ones."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[int] = []

    def _call(self, operation, arguments):
        self.seconds.append(round(seconds_for_call(1000)))
        return super()._call(operation, arguments)


def test_a_read_has_half_of_the_time_on_the_candidate_and_a_send_all_of_it():
    candidate = Timed()
    with CanaryChat(Fine(), candidate, share=1.0, timeout=100) as chat:
        chat.get_chat_channels()
        chat.send_message(**HERE, message="hola")
    assert candidate.seconds == [50, 100]


def test_what_a_candidate_that_failed_has_used_is_taken_off_the_time_of_the_primary():
    primary = Timed()
    with CanaryChat(primary, Raising(lambda: NotSentError("no")), share=1.0, timeout=100) as chat:
        chat.get_chat_channels()
    assert primary.seconds == [100]


def test_a_candidate_has_half_of_the_time_to_be_made(monkeypatch):
    given, usual = [], CanaryChat._made
    monkeypatch.setattr(CanaryChat, "_made", lambda chat, seconds: (given.append(seconds), usual(chat, seconds))[1])
    with CanaryChat(Fine(), Fine(), share=1.0, timeout=100) as chat:
        chat.send_message(**HERE, message="hola")
    assert given == [50.0]
    assert inspect.signature(CanaryChat).parameters["timeout"].default == Settings(user="u", password="p").timeout


def test_a_return_that_a_file_tells_of_holds_in_the_next_process_until_the_file_is_removed(tmp_path):
    tally, state = Tally(), StateFile(tmp_path / "s", mode="canary", profile="old", candidate="new")
    tally.count("answered")
    state.save(tally, now=True)
    with CanaryChat(Fine(), Fine(), share=1.0, state=state) as chat:
        assert chat.active
    tally.returned("why")
    state.save(tally, now=True)
    with CanaryChat(Fine(), Fine(), share=1.0, state=state) as chat:
        assert not chat.active
    (tmp_path / "s").unlink()
    with CanaryChat(Fine(), Fine(), share=1.0, state=state) as chat:
        assert chat.active


def test_what_nobody_can_judge_is_saved_now_and_then_like_all_else(tmp_path):
    state = Saved(tmp_path / "s")
    silent = Raising(lambda: NotSentError("no"))
    chat = CanaryChat(silent, Raising(lambda: NotSentError("no")), share=1.0, state=state)
    with pytest.raises(NotSentError):
        chat.get_chat_channels()
    assert state.asked == [(False, False)]


def test_the_answer_is_the_candidate_s():
    with CanaryChat(Service("agree"), Service("differ"), share=1.0) as chat:
        assert len(chat.get_chat_channels()) == 2


def test_once_closed_all_calls_are_the_primary_s_and_count_no_more():
    primary, candidate = Counting(), Counting()
    chat = CanaryChat(primary, candidate, share=1.0)
    chat.close()
    chat.close()
    assert (primary.closed, candidate.closed) == (1, 1)
    assert chat.get_chat_channels() == Fine().get_chat_channels()
    assert (chat.counts.numbers, candidate.calls) == ({}, [])


def test_a_candidate_that_cannot_be_closed_keeps_the_primary_from_nothing(caplog):
    primary = Counting()
    CanaryChat(primary, Raising(lambda: RuntimeError("hunter2")), share=1.0).close()
    assert primary.closed == 1
    assert "the migration's candidate could not be closed: RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(("share", "primary", "candidate"), [(1.0, [], [2500.0]), (0.0, [2500.0], [])])
def test_the_time_of_a_call_is_that_of_the_side_that_carried_it_out(monkeypatch, share, primary, candidate):
    moments = iter([10.0, 12.5])
    monkeypatch.setattr(canary_module, "time", SimpleNamespace(perf_counter=lambda: next(moments)))
    with CanaryChat(Fine(), Fine(), share=share, clock=lambda: 0.0) as chat:
        chat.get_chat_channels()
        assert (chat.counts.primary_ms, chat.counts.candidate_ms) == (primary, candidate)


def read_with(ours: AfilnetError | None, theirs: AfilnetError) -> dict[str, int]:
    """Let both sides do as they are told in a read, and return what was counted."""
    primary = Fine() if ours is None else Raising(lambda: ours)
    chat = CanaryChat(primary, Raising(lambda: theirs), share=1.0)
    with contextlib.suppress(AfilnetError):
        chat.get_chat_channels()
    return {name: count for name, count in chat.counts.numbers.items() if name not in ("sampled", "fallbacks")}


@table(
    ("ours", "theirs", "counted"),
    [
        (None, NotSentError("no"), {"candidate": 1, "failed": 1}),
        (NotSentError("no"), NotSentError("no"), {"candidate": 1, "undecided": 1}),
        (AuthenticationError("no"), NotSentError("no"), {"candidate": 1, "undecided": 1}),
        (NotFoundError("A"), NotFoundError("A"), {"candidate": 1, "answered": 1, "refused": 1}),
        (NotFoundError("A"), NotFoundError("B"), {"candidate": 1, "failed": 1}),
        (NotFoundError("A"), RejectedRequestError("A"), {"candidate": 1, "failed": 1}),
    ],
)
def test_a_candidate_is_judged_by_what_the_primary_does(ours, theirs, counted):
    assert read_with(ours, theirs) == counted


def test_a_send_that_only_the_candidate_made_is_judged_by_itself():
    chat = CanaryChat(Fine(), Raising(lambda: RejectedRequestError("A")), share=1.0)
    with pytest.raises(RejectedRequestError):
        chat.send_message(**HERE, message="hola")
    assert chat.counts.numbers == {"sampled": 1, "candidate": 1, "failed": 1}


def test_a_return_is_told_with_its_reason_and_saved_at_once(tmp_path, caplog):
    state = Saved(tmp_path / "s")
    chat = CanaryChat(Fine(), Raising(lambda: NotSentError("no")), share=1.0, window=2, threshold=0.5, state=state)
    chat.get_chat_channels()
    chat.get_chat_channels()
    chat.get_chat_channels()
    reason = "2 of the candidate's last 2 calls failed, the last with NotSentError"
    assert f"all calls go back to the primary: {reason}" in caplog.text
    assert chat.counts.returns[0].endswith(f": {reason}")
    assert chat.counts.number("returns") == 1
    assert state.asked == [(False, False), (True, False)]
    chat.close()
    assert state.asked[2:] == [(True, True)]


def test_a_window_of_one_call_says_so_in_the_singular():
    chat = CanaryChat(Fine(), Raising(lambda: NotSentError("no")), share=1.0, window=1, threshold=0)
    chat.get_chat_channels()
    assert "1 of the candidate's last 1 call failed" in chat.counts.returns[0]


def test_that_all_calls_stay_with_the_primary_is_told_with_what_is_wrong(tmp_path, caplog):
    (tmp_path / "s").write_bytes(b"{")
    state = Saved(tmp_path / "s")
    state._kind = ("canary", "old", "new")
    with CanaryChat(Fine(), Fine(), share=1.0, state=state) as chat:
        assert not chat.active
    assert "all calls stay with the primary: migration: the state file" in caplog.text


def test_a_candidate_whose_failure_could_not_be_kept_for_the_next_process_is_not_begun_with(tmp_path, caplog):
    def state(path):
        return StateFile(path, mode="canary", profile="old", candidate="new")

    with CanaryChat(Fine(), Fine(), share=1.0, state=state(tmp_path / "missing" / "s")) as chat:
        assert not chat.active
    assert "all calls stay with the primary: migration: nothing can be counted" in caplog.text
    (tmp_path / "link").symlink_to(tmp_path / "s")
    for path in (tmp_path / "s", tmp_path / "link"):
        with CanaryChat(Fine(), Fine(), share=1.0, state=state(path)) as chat:
            assert chat.active
    with CanaryChat(Fine(), Fine(), share=1.0, rest=60, state=state(tmp_path / "missing" / "s")) as chat:
        assert chat.active


@table(
    ("error", "told"),
    [
        (RuntimeError("hunter2"), "cannot be made: RuntimeError; it was asked for nothing"),
        (ConfigurationError("json_url is needed", delivery=Delivery.UNKNOWN), "cannot be made: json_url is needed;"),
        (NotSentError("no thread"), "no thread"),
    ],
)
def test_why_a_candidate_was_not_made_is_told(error, told):
    assert told in str(_not_made(error))
    assert "hunter2" not in str(_not_made(error))
    assert _not_made(error).delivery is Delivery.NOT_SENT


def test_whoever_waits_for_a_candidate_to_be_made_keeps_half_of_the_time_for_the_primary():
    primary, ready = Timed(), threading.Event()
    with CanaryChat(primary, lambda: ready.wait(300) and Fine(), share=1.0, timeout=1) as chat:
        chat.get_chat_channels()
        ready.set()
    assert chat.counts.number("failed") == 1


NUMBERS = ("share", "threshold", "window", "timeout", "rest")


@table(
    "wrong",
    [
        {"share": -0.1},
        {"share": 1.1},
        {"share": True},
        {"threshold": 1.1},
        {"threshold": -1},
        {"window": 0},
        {"window": 1.5},
        {"timeout": 0},
        {"timeout": -1},
        {"rest": -1},
        {"rest": "1"},
        {"share": 2, "rest": -1},
    ],
)
def test_numbers_that_cannot_be_are_refused_each_by_its_name(wrong):
    with pytest.raises(ConfigurationError) as caught:
        CanaryChat(Fine(), Fine(), **{"share": 0.5, **wrong})
    told = str(caught.value)
    assert [told.count(f"{name} is ") for name in NUMBERS] == [int(name in wrong) for name in NUMBERS]
    CanaryChat(Fine(), Fine(), share=0, threshold=1, window=1, timeout=0.5, rest=0)
