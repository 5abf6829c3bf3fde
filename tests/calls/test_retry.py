"""The retry quota against the published vectors."""

from __future__ import annotations

import threading

import pytest

from afilnet_protocols import catalogue
from afilnet_protocols.calls.retry import Attempts, Backoff, RetryQuota, RetryRule, may_repeat
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import (
    ConfigurationError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
)
from tests.tables import table

pytestmark = pytest.mark.smoke

LOST = OutcomeUnknownError("HTTP 500")
SLOW_DOWN = RateLimitedError("HTTP_429")


def play(rule: RetryRule, outcomes):
    """Drive one read through these outcomes (``None`` is a success) and return how many attempts it had."""
    attempts = Attempts(rule, catalogue.GET_MESSAGES, Deadline(1000.0, clock=lambda: 0.0))
    for outcome in outcomes:
        if outcome is None:
            attempts.succeeded()
            break
        if attempts.pause_after(outcome) is None:
            break
    return attempts.count


@table(
    ("capacity", "most", "calls", "balances", "counts"),
    [
        (500, 3, [[LOST, LOST, None]], [486], [3]),
        (500, 3, [[LOST, LOST, LOST]], [472], [3]),
        (14, 3, [[LOST, LOST, LOST]], [0], [2]),
        (20, 5, [[LOST, LOST, LOST]], [6], [2]),
        (30, 5, [[LOST, LOST, None], [LOST, None]], [16, 16], [3, 2]),
        (500, 3, [[None]], [500], [1]),
        (490, 3, [[SLOW_DOWN, SLOW_DOWN, LOST]], [480], [3]),
        (0, 3, [[LOST]], [0], [1]),
    ],
)
def test_the_quota_follows_the_published_vectors(capacity, most, calls, balances, counts):
    rule = RetryRule(Backoff(attempts=most), RetryQuota(capacity))
    for outcomes, balance, count in zip(calls, balances, counts, strict=True):
        assert play(rule, outcomes) == count
        assert rule.quota.balance == balance


UNTRIED = NotSentError("calls rest", lasting=True)
BROKEN = OutcomeUnknownError("HTTP 500, as always")
BROKEN.lasting = True
NEVER, READS, ALWAYS = (False, False), (True, False), (True, True)


@table(
    ("error", "may", "where_duplicates_are_accepted"),
    [
        (NotSentError("refused"), ALWAYS, ALWAYS),
        (SLOW_DOWN, ALWAYS, ALWAYS),
        (LOST, READS, ALWAYS),
        (UNTRIED, NEVER, NEVER),
        (BROKEN, NEVER, NEVER),
        (NotFoundError("CHAT_NOT_FOUND"), NEVER, NEVER),
        (ConfigurationError("no address"), NEVER, NEVER),
    ],
)
def test_what_may_be_repeated(error, may, where_duplicates_are_accepted):
    for accepted, expected in ((False, may), (True, where_duplicates_are_accepted)):
        operations = (catalogue.GET_MESSAGES, catalogue.SEND_MESSAGE)
        found = tuple(may_repeat(operation, error, at_least_once=accepted) for operation in operations)
        assert found == expected


def test_a_repeat_is_paid_whole_or_not_at_all():
    quota = RetryQuota(10)
    assert [quota.take(cost) for cost in (11, 5, 6, 5, 1)] == [False, True, False, True, False]


def test_what_the_pauses_are_without_being_told_otherwise():
    assert [Backoff().ceiling(attempt) for attempt in range(1, 8)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0]
    assert play(RetryRule(), [LOST] * 9) == 3


def test_a_stale_connection_costs_an_attempt_and_no_pause():
    stale = OutcomeUnknownError("closed as the request came")
    stale.stale_connection = True
    rule = RetryRule(Backoff(attempts=2))
    attempts = Attempts(rule, catalogue.GET_MESSAGES, Deadline(1000.0, clock=lambda: 0.0))
    assert attempts.pause_after(stale) == 0.0
    assert attempts.count == 2
    assert attempts.pause_after(stale) is None


def test_a_pause_that_takes_all_that_is_left_is_not_begun():
    rule = RetryRule(chance=lambda: 1.0)
    for seconds, pause in ((0.1, None), (0.11, 0.1)):
        attempts = Attempts(rule, catalogue.GET_MESSAGES, Deadline(seconds, clock=lambda: 0.0))
        assert attempts.pause_after(LOST) == pause


@pytest.mark.parametrize(("drawn", "least", "below"), [(0x00, 0.0, 0.001), (0x80, 0.5, 0.51), (0xFF, 0.999, 1.0)])
def test_a_pause_is_drawn_from_nothing_to_just_below_its_ceiling(monkeypatch, drawn, least, below):
    monkeypatch.setattr("os.urandom", lambda count: bytes([drawn]) * count)
    attempts = Attempts(RetryRule(Backoff(base=1.0)), catalogue.GET_MESSAGES, Deadline(1000.0, clock=lambda: 0.0))
    assert least <= attempts.pause_after(LOST) < below


def test_two_interleaved_calls_share_one_quota():
    rule = RetryRule()
    first = Attempts(rule, catalogue.GET_MESSAGES, Deadline(1000.0))
    second = Attempts(rule, catalogue.GET_MESSAGES, Deadline(1000.0))
    for attempts in (first, second, first):
        assert attempts.pause_after(LOST) is not None
    first.succeeded()
    second.succeeded()
    assert rule.quota.balance == 486


def test_a_call_that_the_resting_breaker_refused_is_not_repeated():
    attempts = Attempts(RetryRule(), catalogue.GET_MESSAGES, Deadline(1000.0))
    assert attempts.pause_after(NotSentError("calls rest", retry_after=0.1, lasting=True)) is None
    assert attempts.pause_after(NotSentError("refused")) is not None


def waited(error, seconds: float) -> float | None:
    error.retry_after = 7.0
    rule = RetryRule(chance=lambda: 1.0)
    return Attempts(rule, catalogue.GET_MESSAGES, Deadline(seconds, clock=lambda: 0.0)).pause_after(error)


@pytest.mark.parametrize("kind", [OutcomeUnknownError, NotSentError, RateLimitedError])
def test_as_long_is_waited_as_the_answer_asks_whatever_it_is(kind):
    assert waited(kind("HTTP_503"), 8.0) == 7.0
    assert waited(kind("HTTP_503"), 7.0) is None


def pauses(error, asked):
    """Return the pauses of a call whose service asks for so much time after each attempt, in seconds."""
    error.retry_after = asked
    attempts = Attempts(RetryRule(chance=lambda: 1.0), catalogue.GET_MESSAGES, Deadline(1000.0, clock=lambda: 0.0))
    return [attempts.pause_after(error) for _ in range(2)]


@pytest.mark.parametrize("kind", [OutcomeUnknownError, NotSentError, RateLimitedError])
@pytest.mark.parametrize("asked", [None, 0.0, 0.05])
def test_who_asks_for_no_time_is_given_some(kind, asked):
    assert pauses(kind("HTTP_503"), asked) == [0.1, 0.2]


def test_a_rule_that_does_as_it_is_asked_whatever_its_backoff_is_found(monkeypatch):
    """Sabotage: the time that the service asks for stands instead of the backoff, not beside it."""
    monkeypatch.setattr("afilnet_protocols.calls.retry.max", lambda asked, _: asked, raising=False)
    assert pauses(RateLimitedError("HTTP_429"), 0.05) == [0.05, 0.05]


def test_a_clean_success_gives_one_token_back():
    rule = RetryRule(quota=RetryQuota(500))
    rule.quota.take(28)
    play(rule, [None])
    assert rule.quota.balance == 473


def test_a_read_on_a_connection_that_had_gone_stale_is_repeated_at_once_and_free():
    rule = RetryRule(chance=lambda: 1.0)
    stale = OutcomeUnknownError("the connection was closed")
    stale.stale_connection = True
    attempts = Attempts(rule, catalogue.GET_MESSAGES, Deadline(1000.0))
    assert (attempts.pause_after(stale), rule.quota.balance) == (0.0, 500)
    assert Attempts(rule, catalogue.SEND_MESSAGE, Deadline(1000.0)).pause_after(stale) is None


def test_thirty_two_threads_keep_the_quota_in_range():
    quota = RetryQuota(100)
    seen: list[int] = []

    def work():
        for _ in range(500):
            if quota.take(14):
                seen.append(quota.balance)
                quota.give_back(14)

    threads = [threading.Thread(target=work) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert quota.balance == 100
    assert all(0 <= balance <= 100 for balance in seen)
