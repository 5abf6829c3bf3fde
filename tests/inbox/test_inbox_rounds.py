"""When a process makes its rounds, and whose turn it is: by the calls that are made, and the time of the next one."""

from __future__ import annotations

import pytest

from afilnet_protocols import AuthenticationError, Channel, NotSentError, Platform, RateLimitedError
from afilnet_protocols.inbox import Polling
from afilnet_protocols.inbox.polling.hours import Hours
from afilnet_protocols.inbox.polling.pace import Pace
from afilnet_protocols.inbox.polling.poller import Poller
from afilnet_protocols.inbox.polling.rounds import Rounds
from afilnet_protocols.inbox.polling.start import Start
from afilnet_protocols.inbox.sqlite.store import SqliteInboxStore
from tests.inbox.service import Service

EVENLY = Polling(quickest=1.0, usual=1.0, slowest=1.0, budget=600)
"""A round a second, so that whatever is longer has another cause."""


class Process:
    """The rounds of one process at one place, and what is seen of them."""

    def __init__(self, folder, service, polling=EVENLY):
        self.service = service
        self.store = SqliteInboxStore(folder / "inbox.db")
        self.alive = self.store.present()
        conduct, named = service.conduct(), {"account": "account", "token": self.alive.token}
        poller = Poller(self.store, service, **named, start=Start("all"), read="auto", polling=polling)
        pace = Pace(polling, Hours(self.store.wrote).are_quiet, conduct.chance)
        self.rounds = Rounds(self.store, poller, pace, **named, now=conduct.now)

    def makes(self):
        """Make a round, at the time when it is due; return how long from its begin to the next one."""
        begun = self.service.now = max(self.service.now, self.rounds.next_at)
        self.rounds.make()
        return self.rounds.next_at - begun

    @property
    def polled_at(self):
        return self.service.now - self.store.status(self.service.now).polled

    def ends(self):
        self.alive.close()
        self.store.close()


@pytest.fixture
def process(tmp_path):
    made = []

    def begin(service, *given):
        made.append(Process(tmp_path, service, *given))
        return made[-1]

    yield begin
    for each in made:
        each.ends()


def lasting(service, *seconds):
    """Let the next listings of conversations take so many seconds."""
    right, waiting = service.get_chats, list(seconds)

    def get_chats(**given):
        service.now += waiting.pop(0) if waiting else 0.0
        return right(**given)

    service.get_chats = get_chats


def failing(service, *errors):
    """Let the next listings of conversations fail; ``None`` is for one that does not."""
    right, waiting = service.get_chats, list(errors)

    def get_chats(**given):
        error = waiting.pop(0) if waiting else None
        if error is not None:
            raise error
        return right(**given)

    service.get_chats = get_chats


# When


def test_the_first_round_is_due_at_once_and_each_other_one_from_its_time_on(process):
    service = Service()
    here = process(service)
    assert here.rounds.are_due
    here.rounds.make()
    assert not here.rounds.are_due
    service.now = here.rounds.next_at - 0.001
    assert not here.rounds.are_due
    service.now = here.rounds.next_at
    assert here.rounds.are_due


def test_the_time_between_two_rounds_is_counted_from_the_end_of_the_first(process):
    service = Service()
    here = process(service)
    lasting(service, 7.0)
    assert here.makes() == 7.0 + 1.0


def test_a_round_that_brings_a_message_is_followed_soon_and_others_ever_later(process):
    service = Service()
    here = process(service, Polling(quickest=1.0, talk=0.5, usual=50.0, slowest=50.0))
    pauses = [here.makes() for _ in range(4)]
    assert pauses == pytest.approx([1.0, 1.1, 1.21, 1.331])
    service.write("341", "hello")
    assert here.makes() == 1.0
    assert here.makes() == pytest.approx(1.1)


def test_a_round_tells_how_many_messages_it_noticed(process):
    service = Service()
    here = process(service)
    assert here.rounds.make() == 0
    service.write("341", "hello")
    service.write("341", "are you there?")
    assert here.rounds.make() == 2


def test_the_calls_of_a_round_are_those_that_the_budget_counts(process):
    service = Service()
    here = process(service, Polling(quickest=0.1, usual=0.1, slowest=0.1, budget=6))
    for destination in ("341", "342", "343"):
        service.write(destination, "hello")
    assert here.makes() == pytest.approx(0.1)  # five calls: the channels, the conversations, three of them
    assert here.makes() == pytest.approx(10.0 - 0.1)  # the sixth, and there are six in a minute
    assert here.makes() == pytest.approx(10.0)
    assert service.calls.total() == 7


# While the service fails


def test_rounds_that_fail_are_twice_as_far_apart_each_time_up_to_a_minute_and_then_as_usual(process):
    service = Service()
    here = process(service)
    failing(service, *[NotSentError("nobody is there")] * 12, None, NotSentError("nobody is there"))
    assert [here.makes() for _ in range(12)] == [2.0, 4.0, 8.0, 16.0, 32.0, *[60.0] * 7]
    assert isinstance(here.rounds.failure, NotSentError)
    assert here.makes() == 1.0
    assert here.rounds.failure is None
    assert here.makes() == 2.0


@pytest.mark.parametrize(("asked", "pause"), [(1.5, 2.0), (90.0, 90.0)])
def test_a_service_that_asks_to_be_left_alone_for_longer_is(process, asked, pause):
    service = Service()
    here = process(service)
    failing(service, NotSentError("busy", retry_after=asked))
    assert here.makes() == pause
    assert here.makes() == 1.0


def test_a_pace_that_is_slower_than_the_pauses_of_failing_stays(process):
    service = Service()
    here = process(service, Polling(quickest=30.0, usual=30.0, slowest=30.0))
    failing(service, NotSentError("nobody is there"))
    assert here.makes() == 30.0


# What is told


def test_that_rounds_are_made_is_noted_at_the_end_of_the_first_and_then_every_ten_seconds(process):
    service = Service()
    here = process(service)
    lasting(service, 0.5)
    here.makes()
    noted = [here.polled_at]
    assert noted == [service.now]
    service.now = begin = service.now + 10.0
    for second in (-0.5, 0.0, 0.5, 9.5, 10.0):
        service.now = begin + second
        here.rounds.make()
        noted.append(here.polled_at)
    assert noted[1:] == [noted[0], begin, begin, begin, begin + 10.0]


def test_a_round_that_fails_is_none_that_was_made(process):
    service = Service()
    here = process(service)
    here.makes()
    before = here.polled_at
    failing(service, NotSentError("nobody is there"))
    service.now += 1000.0
    here.rounds.make()
    assert here.polled_at == before
    service.now += 1.0
    here.rounds.make()
    assert here.polled_at == service.now


def test_what_somebody_has_to_mend_is_raised_and_there_is_another_round_after_it(process):
    service = Service()
    here = process(service)
    failing(service, AuthenticationError("INVALID_CREDENTIALS"))
    with pytest.raises(AuthenticationError):
        here.rounds.make()
    assert here.rounds.are_due
    assert here.makes() == 1.0


# Whose turn


def test_who_is_not_the_poller_makes_no_call_and_looks_again_in_two_seconds(process):
    service = Service()
    process(service).makes()
    made = service.calls.copy()
    other = process(service)
    assert other.rounds.make() == 0
    assert other.rounds.next_at == service.now + 2.0
    assert service.calls == made


def test_who_is_the_poller_no_more_makes_no_call_and_tells_no_failure_of_before(process):
    service = Service()
    here, other = process(service), process(service)
    failing(service, NotSentError("nobody is there"))
    here.makes()
    assert here.rounds.failure is not None
    here.store.leave_turn("account", here.alive.token, None)
    other.makes()
    made = service.calls.copy()
    assert here.makes() == 2.0
    assert here.rounds.failure is None
    assert service.calls == made


def test_who_becomes_the_poller_again_reads_anew_what_another_one_may_have_noted(process):
    service = Service()
    here, other = process(service), process(service)
    service.write("341", "hello")
    here.makes()
    here.store.leave_turn("account", here.alive.token, None)
    service.write("341", "noticed by the other one")
    assert other.rounds.make() == 1
    other.store.leave_turn("account", other.alive.token, None)
    assert here.rounds.make() == 0
    assert here.rounds.make() == 0
    assert service.calls["get_chat_channels"] == 3


def test_who_stays_the_poller_reads_nothing_anew(process):
    service = Service()
    here = process(service)
    for _ in range(3):
        here.makes()
    assert service.calls["get_chat_channels"] == 1


def test_who_is_taken_over_during_a_round_has_made_none(process):
    service = Service()
    here = process(service)
    here.makes()
    other = process(service)

    def taken_over():
        service.on_read = lambda: None
        service.now += 5.0
        here.store.leave_turn("account", here.alive.token, None)
        assert other.store.take_turn("account", other.alive.token).value == "taken"

    service.write("341", "hello")
    service.on_read = taken_over
    begun = service.now = service.now + 60.0
    assert here.rounds.make() == 0
    assert here.rounds.next_at == begun + 2.0
    assert other.rounds.make() == 1
    assert here.rounds.make() == 0


def test_who_is_taken_over_tells_no_failure_of_what_it_read_before(process):
    service = Service()
    service.get_chat_channels = lambda: [Channel(each, Platform.WHATSAPP, "WhatsApp") for each in ("100", "200")]
    here, other = process(service), process(service)

    def taken_over(**given):
        here.store.leave_turn("account", here.alive.token, None)
        other.store.take_turn("account", other.alive.token)
        return right(**given)

    right = service.get_chats
    service.get_chats = taken_over
    failing(service, NotSentError("nobody is there"))
    here.rounds.make()
    assert here.rounds.failure is None


@pytest.mark.parametrize(("asked", "rest"), [(90.0, 90.0), (3600.0, 3600.0), (1e9, 3600.0), (float("inf"), 3600.0)])
def test_a_service_is_asked_again_within_an_hour_whatever_it_asks_for(process, asked, rest):
    service = Service()
    here = process(service)
    fails_once(service, RateLimitedError("HTTP_429", "slower", retry_after=asked))
    assert here.makes() == rest
    assert here.makes() == 1.0


def fails_once(service, error):
    right = service.get_chat_channels

    def fail():
        service.get_chat_channels = right
        raise error

    service.get_chat_channels = fail


def test_sabotage_a_wait_without_an_end_would_be_found_out(process, monkeypatch):
    monkeypatch.setattr("afilnet_protocols.inbox.polling.rounds.LONGEST_ASKED", float("inf"))
    service = Service()
    here = process(service)
    fails_once(service, RateLimitedError("HTTP_429", "slower", retry_after=1e9))
    assert here.makes() == 1e9


# A clock that is set back


def test_a_clock_that_is_set_back_puts_no_round_off_and_everything_is_looked_at_anew(process):
    service = Service()
    here = process(service)
    listings = []
    right = service.get_chat_channels
    service.get_chat_channels = lambda: [listings.append(service.now), *right()][1:]
    here.makes()
    assert not here.rounds.are_due
    service.now -= 0.1
    assert here.rounds.are_due
    service.now -= 86_400.0
    assert here.rounds.are_due
    here.rounds.make()
    assert listings == [service.now + 86_400.1, service.now]
    assert here.store.status(service.now + 5.0).polled == 5.0
    assert here.rounds.next_at == service.now + 1.0


def test_a_clock_that_is_set_back_costs_nothing_of_the_budget(process):
    service = Service()
    here = process(service)
    here.makes()
    service.now -= 86_400.0
    here.rounds.make()
    assert here.rounds.next_at == service.now + 1.0


def test_who_is_not_the_poller_looks_at_once_when_his_clock_was_set_back(process):
    service = Service()
    first, other = process(service), process(service)
    first.rounds.make()
    other.rounds.make()
    first.alive.close()
    service.now -= 86_400.0
    assert other.rounds.are_due
    other.rounds.make()
    assert other.polled_at == service.now


def test_what_was_put_off_is_looked_for_when_a_turn_is_taken_or_a_clock_was_set_back_and_not_in_each_round(process):
    service = Service()
    here, looked = process(service), []
    here.store.hasten = lambda account, now: looked.append((account, now))
    begun = service.now
    for _ in range(3):
        here.makes()
    assert looked == [("account", begun)]
    service.now -= 86_400.0
    here.rounds.make()
    assert looked[1:] == [("account", service.now)]
