"""One run of one worker, over a store in memory and on a clock of its own: what it sends, tells and waits for."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from afilnet_protocols import (
    AuthenticationError,
    ConfigurationError,
    Delivery,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
)
from afilnet_protocols.errors import RateLimitedError
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.conduct import LONGEST_PAUSE
from afilnet_protocols.outbox.store import POLLING, Later
from afilnet_protocols.outbox.worker import LOOKING_OUT, PATIENCE, TRIES, TURN
from afilnet_protocols.testing import no_waits
from tests.outbox.shelf import FINAL, Clock, Line, Shelf, text_of, worker_of
from tests.tables import table

DELIVERIES = ("at_most_once", "reconcile", "at_least_once")
UNREACHED = NotSentError("nobody is there")
REFUSED = NotFoundError("CHANNEL_NOT_FOUND")
LOST = OutcomeUnknownError("the answer was lost")
OUTCOMES = (None, UNREACHED, REFUSED, LOST)


def after(outcome, delivery):
    """Return what an entry is whose sending ended so."""
    if outcome is LOST:
        return State.PENDING if delivery == "at_least_once" else State.UNKNOWN
    return {None: State.SENT, UNREACHED: State.PENDING, REFUSED: State.REJECTED}[outcome]


class Interrupted(BaseException):
    """What a signal handler may raise."""


# What is sent, noted, told and counted


@table("delivery", DELIVERIES)
@table("told", [False, True])
def test_every_attempt_is_noted_told_and_counted_once(told, delivery):
    for outcomes in itertools.product(OUTCOMES, repeat=3):
        clock = Clock()
        shelf, line, heard = Shelf(clock, "a", "b", "c"), Line(clock, list(outcomes)), []
        worker = worker_of(shelf, line, delivery=delivery, told=heard.append if told else None)
        report = worker.run(None)
        expected = [after(outcome, delivery) for outcome in outcomes]
        again = expected.count(State.PENDING)  # and then they are sent
        expected += [State.SENT] * again
        back = [text for text, state in zip("abc", expected, strict=False) if state is State.PENDING]
        assert line.texts == ["a", "b", "c", *back]  # what was tried comes after what was not
        states = {text: state for text, state in zip(line.texts, expected, strict=True) if state in FINAL}
        assert shelf.states == [states[text] for text in "abc"]
        counts = Counter(expected)
        assert (report.sent, report.rejected, report.unknown) == tuple(counts[state] for state in FINAL)
        assert (report.not_sent, report.recovered, report.remaining, report.stopped) == (again, 0, 0, None)
        assert worker.doubtful == {number for number, state in enumerate(shelf.states, 1) if state is State.UNKNOWN}
        assert [(text_of(entry), entry.state) for entry in heard] == (
            list(zip(line.texts, expected, strict=True)) if told else []
        )
        assert shelf.alive == 0


@pytest.mark.parametrize("told", [None, lambda _: None])
@pytest.mark.parametrize("rate", [None, 4])
def test_noting_an_entry_and_taking_the_next_is_one_step_unless_something_is_to_be_done_between(rate, told):
    clock = Clock()
    shelf, line = Shelf(clock, *"abc"), Line(clock, [None, REFUSED, None])
    worker_of(shelf, line, rate=rate, told=told).run(None)
    assert shelf.at_once == (2 if rate is told is None else 0)


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_a_run_takes_as_long_as_its_sends_and_its_pauses(delivery):
    clock = Clock()
    shelf, line = Shelf(clock, "a", "b"), Line(clock, [UNREACHED], takes=0.125)
    report = worker_of(shelf, line, delivery=delivery, chance=0.2).run(None)
    # An entry rests for a fifth of a second; meanwhile the other one is sent, and then nothing is due.
    assert line.texts == ["a", "b", "a"]
    assert report.seconds == clock.now - 1000.0 == pytest.approx(0.125 + 0.2 + 0.001 + 0.125)


@table("told", [None, lambda _: None])
@table("delivery", DELIVERIES)
@table("limit", [0, 1, 2, 3, 9, None])
def test_no_more_attempts_are_made_than_the_limit_says(limit, delivery, told):
    clock = Clock()
    shelf, line = Shelf(clock, *"abcde"), Line(clock, [None, UNREACHED])
    report = worker_of(shelf, line, delivery=delivery, told=told).run(limit)
    made = 6 if limit is None else min(limit, 6)
    assert len(line.sent) == made
    assert (report.sent, report.not_sent) == (made - (made > 1), int(made > 1))
    assert report.remaining == 5 - report.sent
    assert shelf.states.count(State.SENDING) == 0
    assert shelf.alive == 0


def test_of_one_conversation_nothing_behind_the_entry_is_sent_and_nothing_is_counted_or_waited_for():
    for outcomes in ([], [UNREACHED]):
        clock = Clock()
        shelf, line = Shelf(clock, *"abc"), Line(clock, list(outcomes))
        report = worker_of(shelf, line, chance=0.5).run(None, upto=2)
        assert line.texts == ["a", "b"]
        assert (report.remaining, clock.waits) == (0, [])


def test_without_a_rest_a_run_ends_where_nothing_is_due():
    clock = Clock()
    shelf, line = Shelf(clock, *"ab"), Line(clock, [UNREACHED])
    report = worker_of(shelf, line, chance=0.5).run(None, rest=False)
    assert (line.texts, report.remaining, clock.waits) == (["a", "b"], 1, [])


@pytest.mark.parametrize("told", [False, True])
def test_what_has_expired_is_told_and_counted_and_neither_sent_nor_an_attempt(told):
    clock = Clock()
    shelf, line, heard = Shelf(clock, *"abcd"), Line(clock), []
    shelf.expired = {1, 3}
    report = worker_of(shelf, line, told=heard.append if told else None).run(2)
    assert line.texts == ["b", "d"]
    assert (report.sent, report.rejected) == (2, 2)
    assert [(text_of(entry), str(entry.state)) for entry in heard] == (
        [("a", "rejected"), ("b", "sent"), ("c", "rejected"), ("d", "sent")] if told else []
    )


# What ends a run


@table("when", range(4))
@table("told", [None, lambda _: None])
def test_a_run_that_is_asked_to_stop_finishes_what_it_has_in_hand(told, when):
    clock = Clock()
    shelf, line = Shelf(clock, *"abc"), Line(clock)
    report = worker_of(shelf, line, told=told, stopped=lambda: len(line.sent) >= when).run(None)
    assert line.texts == list("abc")[:when]
    assert report.stopped == "it was asked to stop"
    assert shelf.states.count(State.PENDING) == 3 - when


WAITING = {
    "for what may come": {"due": 9000.0, "wait": True},
    "for what rests": {"due": 9000.0},
    "for its own rate": {"rate": 0.001},
    "for the pace of all": {"rate": 0.001, "pace": [Later(9000.0)] * 99},
    "for a service that is down": {"outcomes": [UNREACHED] * 99, "wait": True},
}


@table("what", WAITING)
def test_a_run_that_is_asked_to_stop_while_it_waits_sends_nothing_more(what):
    how, clock = WAITING[what], Clock()
    shelf, line = Shelf(clock, "a", "b", shares_rate="pace" in how), Line(clock, list(how.get("outcomes", [])))
    shelf.due = dict.fromkeys(shelf.due, how.get("due", clock.now))
    shelf.pace = list(how.get("pace", []))
    worker = worker_of(shelf, line, rate=how.get("rate"), stopped=lambda: clock.now >= 1010.0)
    report = worker.run(None, wait=how.get("wait", False))
    assert report.stopped == "it was asked to stop"
    assert all(moment == 1000.0 for moment, _ in line.sent)
    assert clock.now - 1010.0 <= POLLING


def broken(number):
    error = ConfigurationError("the settings cannot work")
    error.delivery = number
    return error


@pytest.mark.parametrize("told", [None, lambda _: None])
@pytest.mark.parametrize("error", [AuthenticationError("UNAUTHORIZED"), ConfigurationError("the settings cannot work")])
def test_settings_that_cannot_work_end_it_and_nothing_is_lost(error, told):
    clock = Clock()
    shelf, line = Shelf(clock, *"abc"), Line(clock, [None, error])
    with pytest.raises(type(error)):
        worker_of(shelf, line, told=told).run(None)
    assert shelf.states == [State.SENT, State.PENDING, State.PENDING]
    assert (shelf.alive, shelf.due[2]) == (0, clock.now)


@table("error", [REFUSED, UNREACHED, LOST, RateLimitedError("HTTP_429"), broken(Delivery.UNKNOWN)])
def test_no_other_error_ends_it(error):
    clock = Clock()
    shelf, line = Shelf(clock, *"abc"), Line(clock, [error])
    worker_of(shelf, line).run(None)
    assert set(line.texts) == {"a", "b", "c"}


@table("error", [Interrupted(), ValueError("a bug")])
@table("delivery", DELIVERIES)
def test_an_interruption_leaves_the_entry_in_doubt_if_it_may_have_been_sent(delivery, error):
    clock = Clock()
    shelf, line = Shelf(clock, *"abc"), Line(clock, [None, error])
    worker = worker_of(shelf, line, delivery=delivery)
    with pytest.raises(type(error)):
        worker.run(None)
    assert shelf.states == [State.SENT, after(LOST, delivery), State.PENDING]
    assert worker.doubtful == (set() if delivery == "at_least_once" else {2})
    assert shelf.alive == 0


def test_an_interruption_before_the_sending_leaves_the_entry_as_it_was():
    clock = Clock()
    shelf, line = Shelf(clock, *"ab"), Line(clock, readings=[None, Interrupted()])
    worker = worker_of(shelf, line, delivery="reconcile")
    with pytest.raises(Interrupted):
        worker.run(None)
    assert (line.texts, shelf.states, worker.doubtful) == (["a"], [State.SENT, State.PENDING], set())


def test_a_service_that_is_down_ends_it():
    for before in range(3):  # what gets through in between begins the count anew
        for through in (None, REFUSED, LOST):
            clock = Clock()
            texts = [str(number) for number in range(20)]
            shelf, line = Shelf(clock, *texts), Line(clock, [*[UNREACHED] * before, through, *[UNREACHED] * 99])
            report = worker_of(shelf, line).run(None)
            assert len(line.sent) == before + 1 + PATIENCE
            assert report.stopped == f"{PATIENCE} attempts in a row did not get through to the service"


def test_an_entry_that_never_gets_through_is_given_up_in_this_run_and_the_others_are_sent():
    clock = Clock()
    shelf, line = Shelf(clock, *"ab"), Line(clock, [UNREACHED, None, *[UNREACHED] * TRIES])
    report = worker_of(shelf, line).run(None)
    assert line.texts == ["a", "b"] + ["a"] * (TRIES - 1)
    assert (report.remaining, report.stopped) == (1, None)


def test_an_entry_that_was_tried_has_another_turn_before_all_others_are_sent():
    clock = Clock()
    texts = [str(number) for number in range(2 * TURN)]
    shelf, line = Shelf(clock, *texts), Line(clock, [UNREACHED] * 2)
    worker_of(shelf, line).run(None)
    assert line.texts == [*texts[:TURN], "0", *texts[TURN : 2 * TURN - 1], "1", *texts[2 * TURN - 1 :]]


@table("chance", [0.0, 0.9])
def test_runs_of_one_attempt_come_by_chance_to_what_was_tried_though_there_is_always_something_new(chance):
    clock = Clock()
    shelf, line = Shelf(clock, *"abc"), Line(clock, [UNREACHED])
    worker_of(shelf, line, chance=0.1).run(1)
    clock.now += LONGEST_PAUSE
    worker_of(shelf, line, chance=chance).run(1)
    assert line.texts == ["a", "b" if chance else "a"]


def test_what_an_entry_was_tried_counts_for_no_other_sending_of_it():
    clock = Clock()
    shelf, line = Shelf(clock, "a"), Line(clock, [UNREACHED] * (TRIES - 1))
    worker = worker_of(shelf, line)
    assert worker.run(None).sent == 1
    shelf.become(1, State.PENDING)
    line.outcomes = [UNREACHED] * (TRIES - 1)
    worker._fruitless = 0
    assert worker.run(None).sent == 2


# A run that waits


def run_on(shelf, line, *, until, **how):
    """Run until a text is sent so often, and return the report."""
    text, times = until
    return worker_of(shelf, line, stopped=lambda: line.texts.count(text) >= times, **how).run(None, wait=True)


def test_a_run_that_waits_tries_again_what_it_gave_up():
    clock = Clock()
    shelf, line = Shelf(clock, "a"), Line(clock, [UNREACHED] * (TRIES + 1))
    run_on(shelf, line, until=("a", TRIES + 2))
    assert shelf.states == [State.SENT]
    assert shelf.rested == [LOOKING_OUT]  # nothing that it had not given up was due


def test_a_run_that_waits_rests_until_something_is_due_or_it_has_to_look_out():
    for pause, rests in ((0.25, [0.25]), (1.25, [0.5, 0.5, 0.25])):
        clock = Clock()
        shelf, line = Shelf(clock, "a"), Line(clock)
        shelf.due[1] += pause
        run_on(shelf, line, until=("a", 1))
        assert shelf.rested == pytest.approx(rests)


def test_a_run_that_waits_leaves_a_service_that_is_down_alone_for_a_while_and_asks_it_again():
    clock = Clock()
    texts = [str(number) for number in range(30)]
    shelf, line = Shelf(clock, *texts), Line(clock, [UNREACHED] * 3 * PATIENCE)
    run_on(shelf, line, until=("29", 1))
    times = [moment for moment, _ in line.sent[: 3 * PATIENCE + 1]]
    gaps = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert gaps == ([0.0] * (PATIENCE - 1) + [LONGEST_PAUSE]) * 3
    assert max(clock.waits) <= POLLING


@pytest.mark.parametrize("shared", [False, True])
def test_where_pauses_are_turned_off_neither_a_rate_nor_a_service_that_is_down_is_waited_for(shared):
    clock = Clock()
    shelf, line = Shelf(clock, *"abcd", shares_rate=shared), Line(clock, [UNREACHED] * 2 * PATIENCE)
    with no_waits():
        run_on(shelf, line, until=("d", 2), rate=0.001)
    assert clock.waits == []
    assert set(shelf.paces) == {None}
    assert (len(line.sent), clock.now) == (2 * PATIENCE + 1, 1000.0)


# The rate


@table("told", [None, lambda _: None])
@table("takes", [0.0, 0.1, 0.5])
def test_entries_begin_no_faster_than_the_rate_and_no_slower(takes, told):
    clock = Clock()
    shelf, line = Shelf(clock, *"abcde"), Line(clock, takes=takes)
    worker_of(shelf, line, rate=4, told=told).run(None)
    assert [moment for moment, _ in line.sent] == pytest.approx([1000 + max(0.25, takes) * n for n in range(5)])


def test_what_has_expired_takes_no_share_of_the_rate():
    clock = Clock()
    shelf, line = Shelf(clock, *"abcd"), Line(clock)
    shelf.expired = {1, 3}
    worker_of(shelf, line, rate=4).run(None)
    assert [moment for moment, _ in line.sent] == [1000.0, 1000.25]


def test_a_rate_that_was_not_used_is_not_made_up_for():
    clock = Clock()
    shelf, line = Shelf(clock, *"abcd"), Line(clock)
    shelf.due.update({2: 1003.0, 3: 1003.0, 4: 1003.0})
    worker_of(shelf, line, rate=4).run(None)
    first, *others = (moment for moment, _ in line.sent)
    assert first == 1000.0
    assert [moment - others[0] for moment in others] == pytest.approx([0.0, 0.25, 0.5])


@pytest.mark.parametrize("rate", [None, 4])
def test_a_pace_that_workers_share_is_asked_and_waited_for(rate):
    clock = Clock()
    shelf, line = Shelf(clock, *"abc", shares_rate=True), Line(clock)
    shelf.pace = [Later(0.5), Later(3.0), Later(2.0)] if rate else []
    worker_of(shelf, line, rate=rate).run(None)
    assert clock.waits == ([0.5, POLLING, POLLING] if rate else [])  # never long: it may be asked to stop
    assert line.texts == ["a", "b", "c"]
    spacings = {pace and (pace.account, pace.spacing) for pace in shelf.paces}
    assert spacings == {("account", 0.25) if rate else None}


@pytest.mark.parametrize("seconds", [0.5, 3.0])
def test_a_pace_is_waited_for_after_a_send_too(seconds):
    clock = Clock()
    shelf, line = Shelf(clock, *"ab", shares_rate=True), Line(clock)
    send = line.send_message
    line.send_message = lambda **given: (send(**given), shelf.pace.extend([Later(seconds)][len(line.sent) - 1 :]))
    worker_of(shelf, line, rate=4).run(None)
    assert clock.waits == [min(seconds, POLLING)]
    assert line.texts == ["a", "b"]


# What others that are gone had in hand


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_what_others_had_in_hand_is_in_doubt_unless_it_is_sent_again(delivery):
    clock = Clock()
    shelf, line = Shelf(clock, *"abc"), Line(clock)
    shelf.leave(1, clock.now)
    shelf.leave(2, clock.now)
    worker = worker_of(shelf, line, delivery=delivery)
    report = worker.run(None)
    again = delivery == "at_least_once"
    assert (report.recovered, worker.doubtful) == (2, set() if again else {1, 2})
    assert line.texts == (["a", "b", "c"] if again else ["c"])


@pytest.mark.parametrize("told", [None, lambda _: None])
def test_it_looks_out_for_it_as_often_as_it_says_and_no_more_often(told):
    clock = Clock()
    shelf, line = Shelf(clock, *[str(number) for number in range(39)]), Line(clock, takes=LOOKING_OUT / 8)
    worker_of(shelf, line, told=told).run(None)
    assert shelf.looked == [*(1000 + LOOKING_OUT * number for number in range(5)), clock.now]  # and before it ends


@pytest.mark.parametrize("wait", [False, True])
def test_where_nothing_is_due_it_looks_out_and_goes_on_at_once_with_what_it_found(wait):
    clock = Clock()
    shelf, line = Shelf(clock, *"ab"), Line(clock, takes=0.125)
    shelf.leave(2, 1000.1)
    worker = worker_of(shelf, line, delivery="at_least_once", stopped=lambda: len(line.sent) == 2)
    assert worker.run(None, wait=wait).recovered == 1
    assert line.texts == ["a", "b"]
    assert (clock.waits, shelf.rested) == ([], [])


# Reconciling


def test_what_a_conversation_shows_before_a_send_is_noted_before_it():
    clock = Clock()
    shelf, line = Shelf(clock, *"abab"), Line(clock)
    worker_of(shelf, line, delivery="reconcile").run(None)
    assert (line.texts, shelf.baselines) == (list("abab"), [0, 0, 1, 1])


def test_where_the_conversation_cannot_be_read_nothing_is_sent():
    clock = Clock()
    shelf, line = Shelf(clock, *"ab"), Line(clock, readings=[LOST, UNREACHED])
    errors = []
    finish = shelf.finish
    shelf.finish = lambda *given, error, **more: (errors.append(error), finish(*given, error=error, **more))[1]
    report = worker_of(shelf, line, delivery="reconcile").run(None)
    assert (report.not_sent, report.sent, line.texts) == (2, 2, ["a", "b"])
    first, second, *_ = errors
    assert isinstance(first, NotSentError)
    assert "could not be read beforehand, as reconciling needs: the answer was lost" in str(first)
    assert second is UNREACHED


# Pauses


def test_an_entry_rests_longer_each_time_that_it_does_not_get_through():
    clock = Clock()
    shelf, line = Shelf(clock, "a"), Line(clock, [UNREACHED] * 3)
    worker_of(shelf, line, chance=0.5).run(None)
    moments = [moment for moment, _ in line.sent]
    assert [later - sooner for sooner, later in itertools.pairwise(moments)] == pytest.approx([0.5, 1, 2], abs=0.01)
