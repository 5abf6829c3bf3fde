"""Reads are repeated by so many threads as were asked for, each counts once, and whoever waits for them is told."""

from __future__ import annotations

import threading

import pytest

from afilnet_protocols import NotSentError, ShadowChat
from afilnet_protocols.migration.state import StateFile
from afilnet_protocols.migration.tally import Tally
from tests.migration.fakes import Raising
from tests.migration.test_canary import Fine
from tests.migration.test_truth import Service
from tests.time_limit import HANGS


class Counting(Fine):
    def __init__(self) -> None:
        super().__init__()
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_shadow_that_is_closed_twice_closes_its_primary_once():
    primary = Counting()
    shadow = ShadowChat(primary, Fine())
    shadow.close()
    shadow.close()
    assert primary.closed == 1


def test_a_shadow_closes_its_primary_and_keeps_its_counts_where_no_thread_can_be_had(monkeypatch, tmp_path, caplog):
    start = threading.Thread.start

    def refuse(thread):
        if thread.name == "afilnet-shadow-close":
            raise RuntimeError("can't create new thread at interpreter shutdown")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    primary, state = Counting(), tmp_path / "state.json"
    kept = StateFile(state, mode="shadow", profile="old", candidate="new")
    chat = ShadowChat(primary, Fine(), state=kept)
    chat.get_chat_channels()
    chat.close()
    assert primary.closed == 1
    assert state.exists()
    assert "the migration's candidate could not be closed" in caplog.text


def workers(shadow: ShadowChat) -> list[threading.Thread]:
    return shadow._repeating._threads


def test_so_many_threads_repeat_as_were_asked_for():
    before = {thread for thread in threading.enumerate() if thread.name == "afilnet-shadow"}
    candidate = Service("wait agree")
    with ShadowChat(Service("agree"), candidate, concurrency=2, grace=HANGS) as shadow:
        for _ in range(5):
            shadow.get_chat_channels()
        for _ in range(2):
            candidate.begun.acquire()
        shadow._repeating._start()
        there = {thread for thread in threading.enumerate() if thread.name == "afilnet-shadow"} - before
        assert there == set(workers(shadow))
        assert len(there) == 2
        assert all(thread.daemon for thread in there)
        candidate.go_on.set()
    assert shadow.counts.numbers == {"sampled": 5, "compared": 5, "equal": 5}


def test_no_thread_begins_while_a_client_closes():
    shadow = ShadowChat(Service("agree"), Service("agree"))
    shadow._repeating.closed = True
    shadow._repeating._start()
    assert workers(shadow) == []


def test_a_thread_that_cannot_be_had_now_is_begun_with_a_later_read(monkeypatch):
    start, refusals = threading.Thread.start, [RuntimeError("can't start new thread")]

    def once(thread):
        if thread.name == "afilnet-shadow" and refusals:
            raise refusals.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", once)
    with ShadowChat(Service("agree"), Service("agree"), grace=HANGS) as shadow:
        shadow.get_chat_channels()
        assert workers(shadow) == []
        shadow.get_chat_channels()
        assert len(workers(shadow)) == 1
        assert shadow.settle(HANGS)
    assert shadow.counts.number("equal") == 2


class Saved(StateFile):
    """Writes nothing, and notes how it was asked to."""

    def __init__(self, path) -> None:
        super().__init__(path, mode="shadow", profile="old", candidate="new")
        self.asked: list[tuple[bool, bool]] = []
        self.first = threading.Event()

    def save(self, tally: Tally, *, now: bool = False, last: bool = False) -> None:
        self.asked.append((now, last))
        self.first.set()


def test_what_was_seen_is_saved_meanwhile_and_when_the_client_is_closed(tmp_path):
    state = Saved(tmp_path / "s")
    with ShadowChat(Service("agree"), Service("agree"), state=state) as shadow:
        shadow.get_chat_channels()
        assert state.first.wait(HANGS)
        assert set(state.asked) == {(False, False)}
    assert state.asked[-1] == (True, True)
    assert set(state.asked[:-1]) == {(False, False)}


def test_what_ends_a_program_ends_nothing_in_a_candidate_and_is_told(caplog):
    with ShadowChat(Service("agree"), Raising(lambda: SystemExit("hunter2")), grace=HANGS) as shadow:
        shadow.get_chat_channels()
        assert shadow.settle(HANGS)
    for thread in workers(shadow):
        thread.join(HANGS)
    assert shadow.counts.numbers == {"sampled": 1, "failed": 1}
    assert "the migration's candidate could not be compared: SystemExit" in caplog.text
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    ("primary", "candidate", "told", "timed"),
    [
        ("agree", "agree", ["answered"], 1),
        ("agree", "differ", ["answered"], 1),
        ("agree", "silent", ["rests"], 0),
        ("silent", "agree", [], 0),
    ],
)
def test_only_an_answer_speaks_for_a_candidate_and_has_a_time(monkeypatch, primary, candidate, told, timed):
    events: list[str] = []
    with ShadowChat(Service(primary), Service(candidate), grace=HANGS) as shadow:
        monkeypatch.setattr(shadow._repeating._candidate, "answered", lambda: events.append("answered"))
        monkeypatch.setattr(shadow._repeating._candidate, "let_rest", lambda: events.append("rests"))
        try:
            shadow.get_chat_channels()
        except NotSentError:
            assert primary == "silent"
        assert shadow.settle(HANGS)
    assert events == told
    assert (len(shadow.counts.primary_ms), len(shadow.counts.candidate_ms)) == (timed, timed)


class Stuck(Service):
    """Goes on when it is let to, whether it was closed or not."""

    def close(self) -> None:
        pass


def test_whoever_waits_for_what_closing_leaves_out_waits_no_longer(monkeypatch):
    candidate = Stuck("wait agree")
    shadow = ShadowChat(Service("agree"), candidate, grace=0)
    shadow.get_chat_channels()
    candidate.begun.acquire()
    settled: list[bool] = []
    entered, idle = threading.Event(), shadow._repeating._idle
    wait_for = idle.wait_for
    monkeypatch.setattr(idle, "wait_for", lambda until, seconds: wait_for(lambda: (entered.set(), until())[1], seconds))
    waiting = threading.Thread(target=lambda: settled.append(shadow.settle(HANGS)))
    waiting.start()
    entered.wait(HANGS)
    shadow.close()
    waiting.join(HANGS / 2)
    assert settled == [True]
    candidate.go_on.set()
