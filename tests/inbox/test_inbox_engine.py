"""The steps of one process, each by itself: what it takes, what becomes of it, when there is something to do again."""

from __future__ import annotations

import itertools
import logging
import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from afilnet_protocols import ConfigurationError, Inbox, InvalidRequestError, NotSentError
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.inbox import HandlingFailed, Polling, State, engine
from afilnet_protocols.inbox.manner import Conduct
from afilnet_protocols.waiting import signal as signal_module
from afilnet_protocols.waiting import threads
from tests.at_step import AtStep, steps_are_told
from tests.inbox.service import Service, opened
from tests.time_limit import HANGS

ACCOUNT = "user"
TRACED = (threading.__file__, signal_module.__file__, threads.__file__)
EVENLY = Polling(quickest=10.0, usual=10.0, slowest=10.0)


class Process:
    """The engine of one process, begun, and what is seen of it."""

    def __init__(self, place, service, **given):
        self.service, self.told = service, []
        given = {"start": "all", "polling": EVENLY, "on_trouble": lambda each: self.told.append(str(each)), **given}
        self.inbox = opened(Inbox, place, service, **given)
        self.engine = self.inbox.engine
        self.engine.begin()

    def takes(self):
        """Look for messages, and take the next one."""
        self.engine.poll()
        incoming = self.engine.claim()
        assert incoming is not None
        return incoming

    def kept(self, *states):
        return self.inbox._store.received(states or list(State))

    @property
    def waits(self):
        """How long the next message waits, in seconds."""
        return self.inbox._store.next_due(ACCOUNT) - self.service.now

    @property
    def counts(self):
        return {str(name): count for name, count in self.engine.counts.items() if count}

    @property
    def pending(self):
        return [entry.arguments["message"] for entry in self.inbox.outbox.entries()]


@pytest.fixture
def place(tmp_path):
    return tmp_path / "inbox.db", {}


@pytest.fixture
def process(place):
    made = []

    def begin(service=None, **given):
        made.append(Process(place, service or Service(), **given))
        return made[-1]

    yield begin
    for each in made:
        each.engine.end()
        each.inbox.close()


def with_a_message(text="hello"):
    service = Service()
    service.write("341", text)
    return service


def raising(error):
    """Return an error as it is when a handler raised it."""
    try:
        raise error
    except (Exception, KeyboardInterrupt) as raised:
        return raised


# Beginning and ending


def test_a_run_begins_with_nothing_counted_and_nothing_wrong(process):
    here = process(with_a_message())
    here.engine.settling.failed(here.takes(), ValueError("no"))
    here.engine.begin()
    assert here.counts == {}
    assert [here.engine.troubles.count(each) for each in ("polling", "sending", "handling")] == [0, 0, 0]


def test_a_run_begins_with_sending_what_is_there(process):
    here = process()
    here.engine.sending.send()
    here.inbox.outbox.enqueue(platform="whatsapp", platform_id="100", destination="341", message="hello")
    here.engine.begin()
    here.engine.sending.send()
    assert here.service.outgoing("341") == ["hello"]


def test_before_it_begins_and_after_it_ended_a_process_has_nothing_in_hand_and_no_name(place):
    with opened(Inbox, place, with_a_message()) as inbox:
        for _ in range(2):
            with pytest.raises(InvalidRequestError, match="not running"):
                inbox.engine.claim()
            inbox.engine.begin()
            inbox.engine.end()
            inbox.engine.end()


def test_before_it_begins_there_is_no_round_that_could_fail_or_be_due(place):
    with opened(Inbox, place, Service()) as inbox:
        inbox.engine.poll()
        assert not inbox.engine.round_is_due
        assert inbox.engine.failure is None
        assert inbox.engine.pause() == 0.0


def test_who_ends_leaves_the_turn_to_another_one_at_once(process):
    service = Service()
    here, other = process(service), process(service)
    here.engine.poll()
    other.engine.poll()
    assert service.calls["get_chats"] == 1
    here.engine.end()
    service.now += 2.0
    other.engine.poll()
    assert service.calls["get_chats"] == 2


def test_who_ends_leaves_it_to_one_too_that_cannot_see_who_is_gone(process, monkeypatch):
    service = Service()
    here, other = process(service), process(service)
    here.engine.poll()
    here.engine.end()
    monkeypatch.setattr(other.inbox._store, "is_gone", lambda token: False)
    other.engine.poll()
    assert service.calls["get_chats"] == 2


def test_who_ends_is_gone_even_if_that_cannot_be_noted(process, monkeypatch):
    here, other = process(), process()
    token = here.engine._token

    def full(*_):
        raise ConfigurationError("the disk is full")

    monkeypatch.setattr(here.inbox._store, "leave_turn", full)
    assert not other.inbox._store.is_gone(token)
    here.engine.end()
    assert other.inbox._store.is_gone(token)


def test_who_is_interrupted_while_it_ends_is_gone_all_the_same_and_may_run_again(process, monkeypatch):
    here, other = process(), process()
    tokens, right = [], here.inbox._store.leave_turn

    def interrupted(account, token, now):
        if now is None and not tokens:
            tokens.append(token)
            raise KeyboardInterrupt
        right(account, token, now)

    here.engine.end()
    here.inbox.handler(lambda _: None)
    monkeypatch.setattr(here.inbox._store, "leave_turn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        here.inbox.run(wait=False)
    assert other.inbox._store.is_gone(tokens[0])
    here.inbox.run(wait=False)


# Polling


def test_a_round_is_made_when_it_is_due_and_no_sooner(process):
    here = process()
    assert here.engine.round_is_due
    for later, made in ((0.0, 1), (9.9, 1), (0.1, 2)):
        here.service.now += later
        here.engine.poll()
        assert here.service.calls["get_chats"] == made
        assert not here.engine.round_is_due


def test_what_all_rounds_noticed_is_counted(process):
    here = process()
    for text in ("one", "two", "three"):
        here.service.write("341", text)
        here.engine.poll()
        here.service.now += 10.0
    assert here.counts == {"noticed": 3}


def test_a_round_that_fails_is_a_trouble_until_one_that_does_not(process):
    here = process()
    here.service.fates = ["unreached", "unreached"]
    for failed in (True, True, False):
        here.engine.poll()
        assert isinstance(here.engine.failure, NotSentError) is failed
        here.service.now += 60.0
    assert here.told == ["polling: nobody is there", "polling: works again"]


def test_what_one_that_is_gone_had_in_hand_is_handed_over_and_what_the_living_have_is_not(process):
    service = with_a_message()
    for destination in ("342", "343", "344"):
        service.write(destination, "hello")
    here, living, gone = process(service), process(service), process(service)
    here.takes(), living.engine.claim(), gone.engine.claim(), gone.engine.claim()
    gone.engine._alive.close()
    service.now += 10.0
    here.engine.poll()
    assert here.counts == {"noticed": 4, "taken over": 2}
    assert [each.state for each in here.kept()].count(State.HANDLING) == 2
    assert living.engine.claim() is not None
    assert here.engine.claim() is not None
    assert here.engine.claim() is None


def test_what_was_interrupted_too_often_is_dead(process):
    service = with_a_message()
    here, gone = process(service, interruptions=1), process(service)
    here.engine.poll()
    gone.engine.claim()
    gone.engine._alive.close()
    service.now += 10.0
    here.engine.poll()
    assert [each.state for each in here.kept()] == [State.DEAD]


# Handing over


@pytest.mark.parametrize(("later", "age"), [(7.0, 7.0), (0.0, 0.0), (-7.0, 0.0)])
def test_the_age_of_a_message_is_since_it_was_noticed_and_never_below_zero(process, later, age):
    here = process(with_a_message())
    here.engine.poll()
    here.inbox._store._transaction(
        lambda db: db.execute("UPDATE afilnet_inbox_messages SET noticed_at = noticed_at - ?", (later,))
    )
    assert here.engine.claim().age == age


def test_nothing_is_taken_if_nothing_waits(process):
    here = process()
    here.engine.poll()
    assert here.engine.claim() is None


@pytest.mark.parametrize(("processing", "again"), [("at_least_once", True), ("at_most_once", False)])
def test_what_is_handed_over_once_at_most_cannot_be_asked_for_again(process, processing, again):
    here = process(with_a_message(), processing=processing)
    incoming = here.takes()
    if again:
        incoming.retry(5.0)
        here.engine.settling.settle(incoming)
        assert here.waits == 5.0
    else:
        with pytest.raises(InvalidRequestError, match="at_most_once"):
            incoming.retry(5.0)


# What becomes of it


def test_a_handled_message_is_done_and_counted_and_its_replies_are_in_the_outbox(process):
    here = process(with_a_message())
    incoming = here.takes()
    incoming.reply("re")
    here.engine.settling.settle(incoming)
    assert here.counts == {"noticed": 1, "done": 1}
    assert [each.state for each in here.kept()] == [State.DONE]
    assert here.pending == ["re"]
    assert here.told == []


@pytest.mark.parametrize("replies", [0, 1])
def test_replies_are_sent_a_fifth_of_a_second_after_they_were_given_and_nothing_is_without_them(process, replies):
    here = process(with_a_message())
    here.engine.sending.send()
    incoming = here.takes()
    asked = []
    here.inbox.outbox.waits = lambda: asked.append(here.service.now) or False
    for _ in range(replies):
        incoming.reply("re")
    here.engine.settling.settle(incoming)
    for _ in range(2):
        here.service.now += 0.2
        here.engine.sending.send(more=True)
    assert len(asked) == replies


def test_a_message_that_is_asked_for_again_waits_and_its_replies_are_not_sent_this_time(process):
    here = process(with_a_message())
    incoming = here.takes()
    incoming.reply("not yet")
    incoming.retry(30.0, reason="the calendar is away")
    here.engine.settling.settle(incoming)
    assert (here.pending, here.waits) == ([], 30.0)
    assert here.counts == {"noticed": 1, "waiting": 1}
    assert here.told == ["handling: the calendar is away"]
    here.service.now += 30.0
    incoming = here.engine.claim()
    assert incoming.attempt == 1
    here.engine.settling.settle(incoming)
    assert here.told[1:] == ["handling: works again"]


def test_to_ask_for_a_message_again_without_a_reason_is_no_trouble(process):
    here = process(with_a_message())
    incoming = here.takes()
    incoming.retry(30.0)
    here.engine.settling.settle(incoming)
    assert here.told == []
    assert here.engine.troubles.count("handling") == 0


def test_a_message_that_nobody_handles_is_rejected_with_the_reason(process):
    here = process(with_a_message())
    here.engine.settling.reject(here.takes(), "there is no handler")
    assert [(each.state, each.reason) for each in here.kept()] == [(State.REJECTED, "there is no handler")]
    assert here.counts == {"noticed": 1, "rejected": 1}


def test_a_message_that_was_settled_in_its_transaction_is_not_settled_again(process):
    here = process(with_a_message())
    incoming = here.takes()
    incoming.done()
    here.engine.settling.settle(incoming)
    assert here.counts == {"noticed": 1, "done": 1}


def test_a_transaction_of_the_caller_that_was_not_committed_is_an_attempt_that_failed(process, place):
    here = process(with_a_message())
    incoming = here.takes()
    connection = sqlite3.connect(place[0], isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with incoming.transaction(connection):
        pass
    connection.execute("ROLLBACK")
    connection.close()
    here.engine.settling.settle(incoming)
    (kept,) = here.kept()
    assert (kept.state, kept.raised, kept.interrupted) == (State.WAITING, 1, 0)
    assert "committed" in kept.reason
    assert here.waits == 0.75
    assert here.counts == {"noticed": 1, "put back": 1}


def taken_over(here, process):
    """Let another process take over what one has in hand, which it takes for gone."""
    other = process(here.service)
    assert other.inbox._store.recover(here.engine._token, here.engine.manner.limits, here.service.now) == 1


@pytest.mark.parametrize(
    "ends",
    [
        lambda here, incoming: here.engine.settling.settle(incoming),
        lambda here, incoming: here.engine.settling.failed(incoming, ValueError("no")),
        lambda here, incoming: here.engine.settling.left(incoming),
    ],
    ids=["settled", "raised", "left"],
)
def test_of_what_another_process_has_taken_over_nothing_is_noted(process, ends):
    here = process(with_a_message())
    incoming = here.takes()
    incoming.reply("re")
    taken_over(here, process)
    ends(here, incoming)
    counts = here.counts
    counts.pop("raised", None)
    assert counts == {"noticed": 1, "taken over by others": 1}
    assert here.pending == []
    assert here.told == []
    (kept,) = here.kept()
    assert (kept.state, kept.raised, kept.interrupted) == (State.WAITING, 0, 1)


# Handlers that raise


def test_a_handler_that_raises_is_asked_again_later_and_later_until_the_message_is_dead(process):
    here = process(with_a_message(), attempts=9)
    pauses = []
    for attempt in range(1, 9):
        incoming = here.takes()
        assert incoming.attempt == attempt
        here.engine.settling.failed(incoming, raising(ValueError("no")))
        pauses.append(here.waits)
        here.service.now += pauses[-1]
    assert pauses == [0.75, 1.5, 3.0, 6.0, 12.0, 24.0, 45.0, 45.0]
    assert here.told == [f"handling: its handler raised ValueError (message {incoming.key})"]
    here.engine.settling.failed(here.takes(), raising(ValueError("no")))
    (kept,) = here.kept()
    assert (kept.state, kept.raised, kept.interrupted) == (State.DEAD, 9, 0)
    assert here.counts == {"noticed": 1, "raised": 9, "put back": 8, "dead": 1}
    assert here.told[1:] == [
        f"handling: its handler raised ValueError; given up after 9 attempts (message {incoming.key})"
    ]
    assert here.engine.troubles.count("handling") == 0


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 0.5), (0.25, 0.625), (1.0, 1.0)])
def test_the_pause_is_between_half_and_all_of_it_so_that_not_all_come_at_once(process, chance, pause):
    service = with_a_message()
    conduct = Conduct(now=lambda: service.now, wait=service.wait, chance=lambda: chance)
    here = process(service, conduct=conduct)
    here.engine.settling.failed(here.takes(), ValueError("no"))
    assert here.waits == pause


def test_what_others_raise_is_logged_with_its_traceback_and_what_says_its_reason_itself_is_not(process, caplog):
    service = with_a_message()
    service.write("342", "hello")
    here = process(service)
    here.engine.settling.failed(here.takes(), raising(HandlingFailed("it said so")))
    with caplog.at_level(logging.ERROR, "afilnet_protocols.inbox"):
        assert caplog.records == []
        error = raising(ValueError("no"))
        here.engine.settling.failed(here.engine.claim(), error)
    (record,) = caplog.records
    assert record.getMessage() == "a handler raised; attempt 1"
    assert record.exc_info[1] is error


def test_what_ends_a_process_is_no_failure_of_the_handler_and_its_message_waits_for_nothing(process, caplog):
    here = process(with_a_message())
    here.engine.settling.failed(here.takes(), raising(KeyboardInterrupt()))
    (kept,) = here.kept()
    assert (kept.state, kept.raised, kept.interrupted) == (State.WAITING, 0, 1)
    assert here.waits == 0.0
    assert here.counts == {"noticed": 1, "put back": 1}
    assert (here.told, caplog.records) == ([], [])


def test_a_message_that_ends_the_process_each_time_is_dead_after_as_many_interruptions(process):
    here = process(with_a_message(), interruptions=2)
    here.engine.settling.failed(here.takes(), raising(KeyboardInterrupt()))
    assert [each.state for each in here.kept()] == [State.WAITING]
    incoming = here.engine.claim()
    here.engine.settling.failed(incoming, raising(KeyboardInterrupt()))
    assert [each.state for each in here.kept()] == [State.DEAD]
    assert here.told == [
        f"handling: its handler raised KeyboardInterrupt; given up after 2 attempts (message {incoming.key})"
    ]


def test_a_handler_that_raises_after_it_settled_its_message_is_told_and_the_message_stays_settled(process):
    here = process(with_a_message())
    incoming = here.takes()
    incoming.done()
    here.engine.settling.failed(incoming, raising(ValueError("too late")))
    assert [each.state for each in here.kept()] == [State.DONE]
    assert here.counts == {"noticed": 1, "raised": 1, "done": 1}
    assert here.told == [
        f"handling: its handler raised ValueError, after its message was settled (message {incoming.key})"
    ]


def test_an_interruption_after_a_message_was_settled_is_no_trouble(process):
    here = process(with_a_message())
    incoming = here.takes()
    incoming.done()
    here.engine.settling.failed(incoming, raising(KeyboardInterrupt()))
    assert here.counts == {"noticed": 1, "done": 1}
    assert here.told == []


# Loops that are left


def test_a_loop_that_is_left_puts_back_what_it_had_in_hand_at_once_and_says_what_settles_it(process, caplog):
    here = process(with_a_message())
    here.engine.settling.left(here.takes())
    (kept,) = here.kept()
    assert (kept.state, kept.raised, kept.interrupted) == (State.WAITING, 0, 1)
    assert "left" in kept.reason
    assert here.waits == 0.0
    assert here.counts == {"noticed": 1, "put back": 1}
    assert ["incoming.done()" in record.getMessage() for record in caplog.records] == [True]


def test_a_loop_that_is_left_after_it_settled_its_message_has_handled_it(process, caplog):
    here = process(with_a_message())
    incoming = here.takes()
    incoming.done()
    here.engine.settling.left(incoming)
    assert [each.state for each in here.kept()] == [State.DONE]
    assert here.counts == {"noticed": 1, "done": 1}
    assert caplog.records == []


# Waiting


def test_there_is_nothing_to_do_until_a_round_or_a_message_is_due_or_others_may_have_put_something_in(process):
    here = process(with_a_message())
    assert here.engine.pause() == 0.0
    assert not here.engine.has_due()
    here.engine.poll()
    assert here.engine.has_due()
    assert here.engine.pause() == 0.0
    incoming = here.engine.claim()
    assert not here.engine.has_due()
    assert here.engine.pause() == 0.5  # a round in ten seconds
    incoming.retry(9.8)
    here.engine.settling.settle(incoming)
    assert here.engine.pause() == 0.5
    here.service.now += 9.75
    assert here.engine.pause() == pytest.approx(0.05)
    assert not here.engine.has_due()
    here.service.now += 0.2
    assert here.engine.has_due()
    here.engine.claim()
    assert here.engine.pause() == pytest.approx(0.05)
    here.service.now += 1.0
    assert here.engine.pause() == 0.0


def test_a_wait_is_that_of_the_conduct(process):
    service, waited = Service(), []
    conduct = Conduct(now=lambda: service.now, wait=waited.append, chance=lambda: 0.5)
    process(service, conduct=conduct).engine.rest(0.25)
    assert waited == [0.25]


def test_a_wait_ends_when_somebody_stops_it(process):
    service = Service()
    here = process(service, conduct=Conduct(now=lambda: service.now))
    here.engine.rest(0.0)
    with ThreadPoolExecutor(1) as thread:
        resting = thread.submit(here.engine.rest, HANGS)
        here.engine.stopped.set()
        resting.result()


@steps_are_told
def test_a_signal_s_handler_stops_it_at_any_step_of_a_wait(process, monkeypatch):
    """A lock that the wait has at one of them would be waited for by its own thread, for ever."""

    def limited(seconds: float) -> Deadline:
        return Deadline(seconds, clock=itertools.count(0.0, seconds / 8).__next__)

    def play() -> int:
        here = process(Service(), conduct=Conduct(now=lambda: 0.0))
        for step in itertools.count(1):
            here.engine.after_fork()
            at, before = AtStep(step, here.engine.stopped.set, TRACED), sys.gettrace()
            sys.settrace(at)
            try:
                here.engine.rest(0.05)
            finally:
                sys.settrace(before)
            if at.left > 0:
                return step
        raise AssertionError

    monkeypatch.setattr(engine, "Deadline", limited)  # or it has passed before the wait, on a busy machine
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(play).result(HANGS) > 10
