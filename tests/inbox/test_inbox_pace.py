"""When an inbox polls: where messages are likely, which it learns, and never more often than it may."""

from __future__ import annotations

import pytest

from afilnet_protocols import Inbox
from afilnet_protocols.inbox import Polling
from afilnet_protocols.inbox.polling.hours import DAY, HOUR, Hours
from afilnet_protocols.inbox.polling.pace import Pace
from tests.figures.i2_inbox_costs import Days
from tests.inbox.service import Service, opened

DAYS = 5


@pytest.fixture
def place(new_place):
    return new_place()


def counted(times):
    return lambda spans: sum(begin <= at < end for at in times for begin, end in spans)


def test_an_hour_in_which_nobody_wrote_for_a_week_is_quiet_and_one_message_makes_it_busy():
    now = 30 * DAY + 10 * HOUR
    old = [now - 20 * DAY]
    assert Hours(counted(old)).are_quiet(now) is True
    assert Hours(counted([*old, now - 7 * DAY + 60])).are_quiet(now) is False
    assert Hours(counted([*old, now - 8 * DAY + 60])).are_quiet(now) is True


def test_the_hour_of_yesterday_and_all_messages_of_a_week_count():
    now = 30 * DAY + 10 * HOUR
    old = [now - 20 * DAY]
    assert Hours(counted([*old, now - DAY + 60])).are_quiet(now) is False
    talks_a_week_ago = [now - 7 * DAY + 3 * HOUR] * 200
    assert Hours(counted([*old, *talks_a_week_ago, now - DAY + 60])).are_quiet(now) is True


def test_what_is_known_of_less_than_three_days_shows_nothing():
    now = 30 * DAY
    assert Hours(counted([])).are_quiet(now) is None
    assert Hours(counted([now - 2.9 * DAY])).are_quiet(now) is None
    assert Hours(counted([now - 3.1 * DAY])).are_quiet(now) is not None


def test_the_end_of_a_talk_makes_no_hour_busy():
    now = 30 * DAY + 22 * HOUR
    talks = [now - day * DAY - 5 * HOUR for day in range(1, 8)] * 300
    assert Hours(counted([*talks, now - DAY + 30])).are_quiet(now) is True


def test_hours_are_asked_for_once_an_hour():
    asked = []
    hours = Hours(lambda spans: asked.append(spans) or 1)
    for second in range(0, 7200, 10):
        hours.are_quiet(1000 * HOUR + second)
    assert len(asked) == 2 * 3


def test_rounds_are_quick_in_a_talk_then_usual_then_slow():
    quiet = [None]
    pace = Pace(Polling(), lambda _: quiet[0], lambda: 0.5)
    now = 0.0

    def passes(seconds):
        nonlocal now
        end = now + seconds
        while now < end:
            rest = pace.after(now, calls=1, active=False, round_calls=1)
            now += rest
        return rest

    assert pace.after(now, calls=2, active=True, round_calls=1) == 2.85
    assert passes(170) == pytest.approx(2.85)
    assert passes(600) == pytest.approx(5.8)
    assert passes(5 * HOUR) == pytest.approx(180.0)
    quiet[0] = False
    assert passes(200) == pytest.approx(5.8)
    quiet[0] = True
    assert passes(2 * HOUR) == pytest.approx(180.0)


def test_unless_told_otherwise_an_inbox_polls_as_it_says():
    """Of these numbers, no shorter law shows that each is as good as it could be."""
    assert Polling() == Polling(
        quickest=2.85, talk=180.0, usual=5.8, slowest=4 * 45.0, long=4 * HOUR, budget=120, audits=(30.0, 600.0)
    )


@pytest.mark.parametrize(
    ("silence", "quiet", "to"),
    [
        (9.9, None, 1.0),
        (9.9, True, 1.0),
        (10.0, None, 2.0),
        (99.9, None, 2.0),
        (100.0, None, 3.0),
        (10.0, False, 2.0),
        (100.0, False, 2.0),
        (10.0, True, 3.0),
    ],
)
def test_to_what_the_time_between_two_rounds_grows_depends_on_the_silence_and_the_hour(silence, quiet, to):
    polling = Polling(quickest=1.0, talk=10.0, usual=2.0, slowest=3.0, long=100.0)
    pace = Pace(polling, lambda _: quiet, lambda: 0.5)
    pace.after(1000.0, calls=0, active=True, round_calls=1)
    for _ in range(20):
        pause = pace.after(1000.0 + silence, calls=0, active=False, round_calls=1)
    assert pause == to


def test_the_first_pause_without_a_message_is_the_quickest_and_none_is_quicker():
    pace = Pace(Polling(quickest=0.5, usual=0.1, slowest=0.2), lambda _: None, lambda: 0.5)
    assert [pace.after(0.0, calls=0, active=False, round_calls=1) for _ in range(9)] == [0.5] * 9
    pace = Pace(Polling(quickest=0.5, slowest=100.0), lambda _: None, lambda: 0.5)
    assert pace.after(0.0, calls=0, active=False, round_calls=1) == 0.5


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 95.0), (0.5, 100.0), (1.0, 105.0)])
def test_a_round_is_up_to_a_twentieth_earlier_or_later_by_chance(chance, pause):
    pace = Pace(Polling(quickest=100.0), lambda _: None, lambda: chance)
    assert pace.after(0.0, calls=0, active=True, round_calls=1) == pytest.approx(pause)


@pytest.mark.parametrize(
    ("made", "pauses"),
    [
        ([(0.0, 5)], [0.01]),
        ([(0.0, 6)], [10.0]),
        ([(0.0, 8)], [30.0]),
        ([(0.0, 6), (20.0, 0)], [10.0, 0.01]),
        ([(0.0, 6), (20.0, 2)], [10.0, 10.0]),
        ([(0.0, 6), (25.0, 2)], [10.0, 5.0]),
        ([(0.0, 0), (1e6, 6)], [0.01, 10.0]),
    ],
    ids=["fewer", "all", "more", "a pause", "used again", "a part of one", "no more than a minute's"],
)
def test_calls_are_paid_for_from_a_budget_that_fills_up_to_that_of_a_minute(made, pauses):
    quick = Polling(quickest=0.01, usual=0.01, slowest=0.01, budget=6)
    pace = Pace(quick, lambda _: None, lambda: 0.5)
    found = [pace.after(1000.0 + now, calls=calls, active=True, round_calls=1) for now, calls in made]
    assert found == pytest.approx(pauses)


def test_a_clock_that_is_set_back_takes_nothing_from_the_budget_and_ends_no_talk_later():
    even = Polling(quickest=1.0, talk=60.0, usual=2.0, slowest=2.0, budget=60)
    pace = Pace(even, lambda _: False, lambda: 0.5)
    assert pace.after(9000.0, calls=0, active=True, round_calls=1) == pytest.approx(1.0)
    found = [pace.after(now, calls=0, active=False, round_calls=1) for now in (50.0, 109.0, 110.0, 130.0)]
    assert found == pytest.approx([1.0, 1.0, 1.1, 1.21])


def test_a_budget_fills_up_by_parts_of_a_call_too():
    pace = Pace(Polling(quickest=0.01, usual=0.01, slowest=0.01, budget=60), lambda _: None, lambda: 0.5)
    pauses = [pace.after(now, calls=calls, active=True, round_calls=1) for now, calls in ((0.0, 60), (0.25, 0))]
    assert pauses == pytest.approx([1.0, 0.75])


def test_a_round_waits_until_there_is_room_for_all_of_its_calls():
    quick = Polling(quickest=0.01, usual=0.01, slowest=0.01, budget=6)
    pauses = [
        Pace(quick, lambda _: None, lambda: 0.5).after(0.0, calls=4, active=True, round_calls=calls)
        for calls in (1, 2, 3, 4)
    ]
    assert pauses == pytest.approx([0.01, 0.01, 10.0, 20.0])


def test_an_inbox_learns_its_hours_from_what_it_handled(place):
    service = Service()
    service.now = 100 * DAY + 12 * HOUR
    with opened(Inbox, place, service, start="all") as inbox:

        @inbox.handler()
        def handle(incoming):
            pass

        for day in range(5):
            service.write("341", f"{day}")
            inbox.run(wait=False)
            service.now += DAY
        hours = Hours(inbox._store.wrote)
        assert hours.are_quiet(service.now) is False
        assert hours.are_quiet(service.now + 6 * HOUR) is True


def test_default_settings_notice_within_three_seconds_for_twelve_thousand_calls():
    days = Days(DAYS)
    days.live(Polling())
    assert days.lag(0.95) <= 3.0
    assert sum(days.calls) <= 12_000 * DAYS


@pytest.mark.parametrize(
    ("name", "polling"),
    [
        ("a talk is forgotten after a minute", Polling(talk=60.0)),
        ("as quick at any time", Polling(quickest=5.8)),
        ("slow at once", Polling(usual=60.0)),
    ],
)
def test_a_pace_that_is_worse_is_found(name, polling):
    days = Days(DAYS)
    days.live(polling)
    assert days.lag(0.95) > 3.0


def test_a_pace_that_does_not_learn_is_found(monkeypatch):
    monkeypatch.setattr(Hours, "are_quiet", lambda *_: None)
    days = Days(DAYS)
    days.live(Polling())
    assert days.lag(0.95) > 3.0
