"""Of a process that is killed its file tells what was seen against a candidate as well as what was seen for it."""

from __future__ import annotations

import threading

from afilnet_protocols import CanaryChat, NotSentError, ShadowChat
from afilnet_protocols.migration import repeating, tally
from afilnet_protocols.migration.advice import Word, advise
from afilnet_protocols.migration.state import StateFile, read_state
from tests.migration.fakes import Raising
from tests.migration.test_canary import Fine
from tests.migration.test_truth import Service
from tests.time_limit import HANGS


class Written(StateFile):
    """By a clock that stands still, nothing but the first is due. Notes what has been written or passed over."""

    def __init__(self, path, mode="shadow") -> None:
        super().__init__(path, mode=mode, profile="old", candidate="new", every=5, clock=lambda: 0.0)
        self.asked = threading.Semaphore(0)

    def save(self, tally, *, now=False, last=False):
        super().save(tally, now=now, last=last)
        self.asked.release()


def seen_and_killed(path):
    """Have the first call agree and the next ones differ, one after the other; nobody closes the client."""
    state = Written(path)
    chat = ShadowChat(Service("agree"), Service("agree", "differ"), state=state)
    place = {"platform": "whatsapp", "platform_id": "100"}
    for read in (chat.get_chat_channels, *[lambda: chat.get_chats(**place)] * 3):
        read()
        assert chat.settle(HANGS)
        for _ in ("before it is repeated", "afterwards"):
            assert state.asked.acquire(timeout=HANGS)
    return read_state(path).counts


def test_what_differs_for_the_first_time_is_written_at_once(tmp_path):
    counts = seen_and_killed(tmp_path / "s")
    assert counts.asked == {"get_chat_channels": 1, "get_chats": 1}
    assert [seen.operation for seen in counts.differences] == ["get_chats"]
    assert advise("shadow", counts, enough=1).word is Word.NO_GO


def test_a_tally_that_has_no_news_is_caught(tmp_path, monkeypatch):
    monkeypatch.setattr(tally.Tally, "has_news", False)
    assert advise("shadow", seen_and_killed(tmp_path / "s"), enough=1).word is not Word.NO_GO


def test_that_a_call_is_asked_is_written_before_it_is_answered(tmp_path):
    state, candidate = Written(tmp_path / "s"), Service("wait agree")
    with ShadowChat(Service("agree"), candidate, state=state) as chat:
        chat.get_chat_channels()
        assert candidate.begun.acquire(timeout=HANGS)
        counts = read_state(state.path).counts
        candidate.go_on.set()
    assert counts.asked == {"get_chat_channels": 1}
    assert counts.judged == {}


def test_what_was_counted_last_is_written_when_nothing_follows(tmp_path, monkeypatch):
    monkeypatch.setattr(repeating, "EVERY", 0.001)
    state = StateFile(tmp_path / "s", mode="shadow", profile="old", candidate="new", every=0.001)
    chat = ShadowChat(Service("agree"), Service("agree"), state=state)
    for _ in range(5):
        chat.get_chat_channels()
    assert chat.settle(HANGS)
    ended = threading.Event()
    for _ in range(int(HANGS / 0.001)):
        if read_state(state.path).counts.judged == {"get_chat_channels": 5} or ended.wait(0.001):
            break
    assert read_state(state.path).counts.judged == {"get_chat_channels": 5}
    chat.close()


def test_the_first_failure_of_a_canary_is_written_at_once(tmp_path):
    state = Written(tmp_path / "s", mode="canary")
    chat = CanaryChat(Fine(), Raising(lambda: NotSentError("down")), share=1.0, state=state)
    for _ in range(3):
        chat.get_chat_channels()
    assert read_state(state.path).counts.number("failed") == 1


def test_kinds_beyond_those_that_are_remembered_are_no_news(monkeypatch):
    monkeypatch.setattr(tally, "MOST_DIFFERENCES", 1)
    counted = tally.Tally()
    first, second = (tally.Counts(differences=[tally.Seen(name, "value", "x", "a", "b", 1, "", "")]) for name in "ab")
    counted._add(first)
    assert counted.has_news
    counted.take()
    for again in (first, second):
        counted._add(again)
        assert not counted.has_news
