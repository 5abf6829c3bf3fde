"""When an inbox polls: where messages are likely, which it learns, and never more often than it may."""

from __future__ import annotations

import pytest

from afilnet_protocols import Inbox
from afilnet_protocols.inbox import Polling
from afilnet_protocols.inbox.hours import DAY, HOUR, Hours
from afilnet_protocols.inbox.pace import Pace
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
