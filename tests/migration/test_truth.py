"""A recommendation rests on all calls that were to be looked at: what is left out is shown, and never speaks for it."""

from __future__ import annotations

import contextlib
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import (
    AuthenticationError,
    CanaryChat,
    ConfigurationError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    ShadowChat,
)
from afilnet_protocols.forwarding import Forwarding
from afilnet_protocols.migration.advice import Word, advise
from afilnet_protocols.migration.agreement import Agreement, settle
from afilnet_protocols.migration.coverage import Coverage
from afilnet_protocols.migration.diff import Kind, Noticed
from afilnet_protocols.migration.state import StateFile, read_state
from afilnet_protocols.migration.tally import Counts, Tally
from afilnet_protocols.records import Channel
from afilnet_protocols.vocabulary import Platform
from tests.migration.fakes import Raising
from tests.migration.planted import HERE
from tests.tables import table
from tests.time_limit import HANGS

SOON = HANGS
CHANNELS = [Channel("100", Platform.WHATSAPP, "WhatsApp")]
VERDICTS = {"equal", "different", "unanswered"}
LEFT_OUT = {"noise", "incomparable", "dropped", "resting", "unavailable", "failed"}


class Service(Forwarding):
    """Answers as it is told for each call; ``wait`` for when it is let to."""

    def __init__(self, *behaviours):
        self.behaviours = list(behaviours)
        self.begun, self.go_on = threading.Semaphore(0), threading.Event()

    def _call(self, operation, arguments):
        behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
        self.begun.release()
        if behaviour.startswith("wait"):
            self.go_on.wait(SOON)
        if behaviour.endswith("silent"):
            raise NotSentError("no connection")
        if behaviour.endswith("strange"):
            raise RuntimeError("not ours")
        if operation.record is None:
            return None
        return CHANNELS * (2 if behaviour.endswith("differ") else 1)

    def close(self):
        self.go_on.set()


def seen_while_closing(behaviour):
    """Return what a shadow counts of one read that its candidate answers while the client is being closed."""
    candidate = Service(f"wait {behaviour}")
    shadow = ShadowChat(Service("agree"), candidate, grace=SOON)
    shadow.get_chat_channels()
    candidate.begun.acquire()
    closing = threading.Thread(target=shadow.close)
    closing.start()
    while not shadow._repeating.closed:
        closing.join(0.001)
    candidate.go_on.set()
    closing.join(SOON)
    return shadow.counts


@pytest.mark.parametrize(
    ("behaviour", "verdict"), [("agree", "equal"), ("differ", "different"), ("silent", "unanswered")]
)
def test_what_is_seen_while_a_client_closes_counts_as_at_any_time(behaviour, verdict):
    counts = seen_while_closing(behaviour)
    assert counts.numbers == {"sampled": 1, "compared": 1, verdict: 1}


def left_when_closed(behaviour):
    """Return what a shadow counts of three reads of which its candidate answers one before the grace is over."""
    candidate = Service("agree", f"wait {behaviour}")
    shadow = ShadowChat(Service("agree"), candidate, grace=0.0)
    shadow.get_chat_channels()
    assert shadow.settle(SOON)
    shadow.get_chat_channels()
    shadow.get_chat_channels()
    candidate.begun.acquire()
    candidate.begun.acquire()
    shadow.close()
    candidate.go_on.set()
    for thread in shadow._repeating._threads:
        thread.join(SOON)
        assert not thread.is_alive(), "its end went to somebody else"
    return shadow.counts, shadow.report(enough=1)


@pytest.mark.parametrize("behaviour", ["agree", "differ", "silent"])
def test_what_is_not_ready_in_time_is_left_out_whatever_it_would_have_shown(behaviour):
    counts, advice = left_when_closed(behaviour)
    assert counts.numbers == {"sampled": 3, "compared": 1, "equal": 1, "dropped": 2}
    assert advice.word is Word.KEEP
    assert "2 of 3 (67%) of the calls were left out, and at most 10% may be" in str(advice)


def test_a_read_that_is_answered_after_the_client_was_closed_is_left_out():
    primary = Service("wait agree")
    shadow = ShadowChat(primary, Service("agree"), grace=0)
    reading = threading.Thread(target=shadow.get_chat_channels)
    reading.start()
    primary.begun.acquire()
    shadow.close()
    primary.go_on.set()
    reading.join(SOON)
    assert shadow.counts.numbers == {"sampled": 1, "dropped": 1}


def test_a_candidate_that_is_first_needed_while_the_client_closes_is_made_within_the_grace():
    gate = threading.Event()

    def make():
        gate.wait(SOON)
        return Service("agree")

    shadow = ShadowChat(Service("agree"), make, grace=SOON)
    shadow.get_chat_channels()
    closing = threading.Thread(target=shadow.close)
    closing.start()
    while not shadow._repeating.closed:
        closing.join(0.001)
    gate.set()
    closing.join(SOON)
    assert shadow.counts.number("equal") == 1


@given(
    st.lists(st.sampled_from(["agree", "differ", "silent", "strange"]), min_size=1, max_size=12),
    st.integers(0, 12),
    st.sampled_from([0.0, 60.0]),
    st.integers(1, 4),
)
def test_every_sampled_read_is_counted_once_as_a_verdict_or_as_left_out(behaviours, closed_after, rest, queued):
    shadow = ShadowChat(Service(*behaviours), Service(*reversed(behaviours)), rest=rest, queued=queued, grace=SOON)
    for number in range(len(behaviours)):
        if number == closed_after:
            shadow.close()
        with contextlib.suppress(Exception):
            shadow.get_chat_channels()
    shadow.close()
    counts = shadow.counts
    ended = sum(counts.number(name) for name in VERDICTS | LEFT_OUT)
    assert ended == counts.number("sampled") == counts.coverage.calls
    assert counts.coverage.verdicts == counts.number("compared") == sum(counts.number(name) for name in VERDICTS)
    if counts.number("different") or counts.number("failed"):
        assert shadow.report(enough=1).word is Word.NO_GO


# What the advice makes of it

calls = st.dictionaries(st.sampled_from(["get_chats", "get_messages", "send_message"]), st.integers(1, 200), min_size=1)


@given(calls, st.data(), st.sampled_from(["shadow", "canary"]), st.floats(0, 0.5))
def test_go_means_that_enough_of_every_operation_was_looked_at(asked, data, mode, most):
    judged = {name: data.draw(st.integers(0, number)) for name, number in asked.items()}
    counts = Counts(asked=asked, judged=judged)
    advice = advise(mode, counts, enough=1, left_out=most)
    left = {name: asked[name] - judged[name] for name in asked}
    if advice.word is Word.GO:
        assert all(left[name] <= most * asked[name] for name in asked)
        assert str(sum(judged.values())) in str(advice)
    else:
        assert advice.word is Word.KEEP
        assert not any(judged.values()) or any(left[name] > most * asked[name] for name in asked)


@given(calls, st.data(), st.sampled_from(["shadow", "canary"]))
def test_leaving_a_call_out_never_turns_the_advice_to_go(asked, data, mode):
    judged = {name: data.draw(st.integers(0, number)) for name, number in asked.items()}
    one = data.draw(st.sampled_from([name for name in asked if judged[name]] or [None]))
    if one is None:
        return
    fewer = {**judged, one: judged[one] - 1}
    if advise(mode, Counts(asked=asked, judged=judged), enough=1).word is not Word.GO:
        assert advise(mode, Counts(asked=asked, judged=fewer), enough=1).word is not Word.GO


def test_what_both_sides_refuse_is_agreement_but_not_enough_of_it():
    counts = Counts(numbers={"refused": 5}, asked={"get_chats": 5}, judged={"get_chats": 5})
    assert advise("shadow", counts, enough=5).word is Word.KEEP
    counts.numbers["refused"] = 4
    assert advise("shadow", counts, enough=5).word is Word.GO


def test_a_gain_hides_no_loss_in_the_same_place():
    gain = Noticed(Kind.LIMIT, "raised", "raised MessageTooLongError", "returned 1 record")
    loss = Noticed(Kind.LIMIT, "raised", "returned 1 record", "raised MessageTooLongError")
    tally = Tally()
    tally.asked("get_messages")
    tally.judged("get_messages", "different")
    tally.differ("get_messages", [gain])
    assert advise("shadow", tally.total, enough=1).word is Word.GO
    tally.differ("get_messages", [loss])
    assert advise("shadow", tally.total, enough=1).word is Word.NO_GO


@pytest.mark.parametrize("error", [NotSentError("no"), AuthenticationError("X"), RateLimitedError("X")])
def test_two_sides_without_an_answer_agree_on_nothing(error):
    candidate = Raising(lambda: error)
    shadow = ShadowChat(Raising(lambda: error), candidate)
    with pytest.raises(type(error)):
        shadow.get_chat_channels()
    assert shadow.settle(SOON)
    assert shadow.counts.numbers == {"sampled": 1, "incomparable": 1}
    assert candidate.calls == []  # a service that is down, or asks for fewer calls, gets none beside
    chat = CanaryChat(Raising(lambda: error), Raising(lambda: error), share=1.0)
    with pytest.raises(type(error)):
        chat.get_messages(**HERE)
    assert chat.counts.numbers == {"sampled": 1, "fallbacks": 1, "candidate": 1, "undecided": 1}
    assert chat.report(enough=1).word is shadow.report(enough=1).word is Word.KEEP


# The canary


def refused_sends():
    """Return a canary whose candidate finds no channel for any message, and cannot be asked again."""
    chat = CanaryChat(Service("agree"), Raising(lambda: NotFoundError("CHANNEL_NOT_FOUND")), share=1.0)
    for _ in range(3):
        with pytest.raises(NotFoundError):
            chat.send_message(**HERE, message="hola")
    return chat


def test_a_send_that_only_the_candidate_refused_does_not_speak_for_it():
    chat = refused_sends()
    assert chat.counts.numbers == {"sampled": 3, "candidate": 3, "undecided": 3}
    assert chat.report(enough=1).word is Word.KEEP


def test_calls_that_never_reached_a_resting_candidate_are_left_out():
    now = [0.0]
    candidate = Service("agree")
    chat = CanaryChat(Service("agree"), candidate, share=1.0, rest=60, clock=lambda: now[0])
    chat.get_chat_channels()
    chat._until = 60.0
    for _ in range(9):
        chat.get_chat_channels()
    assert chat.counts.numbers == {"sampled": 10, "candidate": 1, "answered": 1, "resting": 9}
    assert chat.report(enough=1).word is Word.KEEP
    assert chat.counts.coverage == Coverage({"get_chat_channels": 10}, {"get_chat_channels": 1})


def test_the_time_of_the_primary_is_that_of_its_own_calls():
    chat = CanaryChat(Service("agree"), Raising(lambda: OutcomeUnknownError("lost")), share=1.0)
    chat.get_messages(**HERE)
    assert not chat.counts.primary_ms
    chat = CanaryChat(Service("agree"), Service("agree"), share=0.0)
    chat.get_messages(**HERE)
    assert len(chat.counts.primary_ms) == 1
    assert not chat.counts.asked


# Counts over processes


@given(st.lists(st.lists(st.sampled_from(["agree", "differ", "left"]), max_size=6), min_size=1, max_size=6))
def test_the_advice_does_not_depend_on_how_calls_are_spread_over_processes(processes):
    def tally_of(calls):
        tally = Tally()
        for call in calls:
            tally.asked("get_chats")
            if call == "left":
                tally.count("dropped")
            else:
                tally.judged("get_chats", "compared", "equal" if call == "agree" else "different")
            if call == "differ":
                tally.differ("get_chats", [Noticed(Kind.ORDER, "returned", "2 records", "another order")])
        return tally.total

    merged = Counts()
    for calls in processes:
        merged.add(tally_of(calls))
    whole = tally_of([call for calls in processes for call in calls])
    assert (merged.numbers, merged.asked, merged.judged) == (whole.numbers, whole.asked, whole.judged)
    assert advise("shadow", merged, enough=3) == advise("shadow", whole, enough=3)


def state_file(path, **given):
    return StateFile(path, **{"mode": "shadow", "profile": "old", "candidate": "new", **given})


def test_a_forked_child_saves_what_it_has_counted_and_not_what_its_parent_has(tmp_path):
    tally, file = Tally(), state_file(tmp_path / "s")
    tally.count("compared")
    with tally._lock, file._lock:
        child = os.fork()
        if child == 0:
            tally.count("noise")
            file.save(tally, now=True)
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    file.save(tally, now=True)
    assert read_state(tmp_path / "s").counts.numbers == {"noise": 1, "compared": 1}


def test_a_child_that_closes_a_shadow_counts_nothing_of_its_parents_reads(tmp_path):
    candidate = Service("wait agree")
    shadow = ShadowChat(Service("agree"), candidate, grace=SOON, state=state_file(tmp_path / "s"))
    shadow.get_chat_channels()
    candidate.begun.acquire()
    child = os.fork()
    if child == 0:
        shadow.close()
        os._exit(0 if not shadow.counts.numbers else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    candidate.go_on.set()
    shadow.close()
    assert read_state(tmp_path / "s").counts.numbers == {"sampled": 1, "compared": 1, "equal": 1}


def test_the_last_write_waits_for_another_process(tmp_path):
    tally, file, other = Tally(), state_file(tmp_path / "s"), state_file(tmp_path / "s")
    tally.count("compared")
    with other._locked(0) as held:
        assert held
        file.save(tally, now=True)
        assert read_state(tmp_path / "s") is None
        saving = threading.Thread(target=file.save, args=(tally,), kwargs={"now": True, "last": True})
        saving.start()
    saving.join(SOON)
    assert read_state(tmp_path / "s").counts.numbers == {"compared": 1}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]"])
def test_a_state_file_that_cannot_be_used_stays_and_a_canary_stays_back(tmp_path, content, caplog):
    (tmp_path / "s").write_bytes(content)
    candidate = Service("agree")
    with CanaryChat(Service("agree"), candidate, share=1.0, state=state_file(tmp_path / "s", mode="canary")) as chat:
        chat.get_chat_channels()
        assert chat.counts.numbers == {"sampled": 1, "resting": 1}
    assert (tmp_path / "s").read_bytes() == content
    assert "is no state file of a migration" in caplog.text


def test_what_an_older_version_counted_is_not_added_to(tmp_path):
    (tmp_path / "s").write_text(
        '{"version": 1, "mode": "shadow", "profile": "old", "candidate": "new", "counts": {"numbers": {"compared": 9}}}'
    )
    tally = Tally()
    tally.count("compared")
    state_file(tmp_path / "s").save(tally, now=True)
    assert read_state(tmp_path / "s").counts.numbers == {"compared": 1}


@table(
    "rest",
    [
        '"mode": "canary", "profile": "old", "candidate": "new", "counts": {"numbers": {"answered": 9}, "returns": []}',
        '"mode": "canary", "profile": "old", "candidate": "new", "counts": [["another", "form"]]',
        '"profiles": {}',
    ],
)
def test_what_a_newer_version_counted_is_left_as_it_is(tmp_path_factory, rest):
    path = tmp_path_factory.mktemp("newer") / "s"
    content = f'{{"version": 3, {rest}}}'
    path.write_text(content)
    with CanaryChat(Service("agree"), Service("agree"), share=1.0, state=state_file(path, mode="canary")) as chat:
        chat.get_chat_channels()
        assert chat.counts.numbers == {"sampled": 1, "resting": 1}, "the newer one may say that it went back"
    assert path.read_text() == content
    with pytest.raises(ConfigurationError, match="newer version"):
        read_state(path)


def test_a_program_that_never_closes_its_client_has_counted_too(tmp_path):
    file = state_file(tmp_path / "s", mode="canary")
    chat = CanaryChat(Service("agree"), Service("agree"), share=1.0, state=file)
    chat.get_chat_channels()
    chat.get_chat_channels()
    del chat
    assert read_state(tmp_path / "s").counts.number("answered") == 2


# Asking again


@given(st.lists(st.integers(0, 2), min_size=6, max_size=6), st.integers(0, 2))
def test_asking_again_never_turns_a_side_that_changes_into_one_that_agrees(answers, constant):
    said = [{"returned": [{"record": "Channel", "name": str(number)}]} for number in range(3)]
    ours = iter(answers)
    first = next(ours)
    settled = settle(said[first], said[constant], lambda: said[next(ours)], lambda: said[constant])
    asked = answers[: len(answers) - len(list(ours))]
    if settled.agreement is Agreement.EQUAL:
        assert len(asked) == 1 or asked[-1] == asked[-2] == constant
        assert asked[0] == constant or asked[-1] == constant
    if settled.agreement is Agreement.DIFFERENT:
        assert constant not in asked
