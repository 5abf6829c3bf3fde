"""The retry quota against the published vectors, and the circuit breaker as a state machine."""

from __future__ import annotations

import threading

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from afilnet_protocols import catalogue
from afilnet_protocols.breaker import CircuitBreaker, State
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import NotSentError, OutcomeUnknownError, RateLimitedError, ServiceError
from afilnet_protocols.retry import Backoff, RetryQuota, RetryRule

LOST = OutcomeUnknownError("HTTP 500")
SLOW_DOWN = RateLimitedError("HTTP_429")


def play(rule: RetryRule, outcomes):
    """Drive one read through these outcomes (``None`` is a success) and return how many attempts it had."""
    attempts = rule.begin(catalogue.GET_MESSAGES, Deadline(1000.0, clock=lambda: 0.0))
    for outcome in outcomes:
        if outcome is None:
            attempts.succeeded()
            break
        if attempts.pause_after(outcome) is None:
            break
    return attempts.count


@pytest.mark.parametrize(
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


def test_two_interleaved_calls_share_one_quota():
    rule = RetryRule()
    first = rule.begin(catalogue.GET_MESSAGES, Deadline(1000.0))
    second = rule.begin(catalogue.GET_MESSAGES, Deadline(1000.0))
    for attempts in (first, second, first):
        assert attempts.pause_after(LOST) is not None
    first.succeeded()
    second.succeeded()
    assert rule.quota.balance == 486


def test_a_clean_success_gives_one_token_back():
    rule = RetryRule(quota=RetryQuota(500))
    rule.quota.take(28)
    play(rule, [None])
    assert rule.quota.balance == 473


def test_a_read_on_a_connection_that_had_gone_stale_is_repeated_at_once_and_free():
    rule = RetryRule(chance=lambda: 1.0)
    stale = OutcomeUnknownError("the connection was closed")
    stale.stale_connection = True
    attempts = rule.begin(catalogue.GET_MESSAGES, Deadline(1000.0))
    assert (attempts.pause_after(stale), rule.quota.balance) == (0.0, 500)
    assert rule.begin(catalogue.SEND_MESSAGE, Deadline(1000.0)).pause_after(stale) is None


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


class BreakerMachine(RuleBasedStateMachine):
    """The breaker against a plain account of failures and time."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.breaker = CircuitBreaker(threshold=3, rest=1.0, longest_rest=4.0, clock=lambda: self.now)
        self.failures = 0
        self.open_until: float | None = None
        self.rest = 1.0

    def expected(self):
        if self.open_until is None:
            return State.CLOSED
        return State.HALF_OPEN if self.now >= self.open_until else State.OPEN

    @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, 4.0]))
    def wait(self, seconds):
        self.now += seconds

    @rule(probe=st.booleans(), outcome=st.sampled_from([None, LOST, NotSentError("refused"), ServiceError("X")]))
    def call(self, probe, outcome):
        state = self.expected()
        passes = state is State.CLOSED or (state is State.HALF_OPEN and probe)
        if not passes:
            with pytest.raises(NotSentError):
                self.breaker.admit(probe=probe)
            return
        self.breaker.admit(probe=probe)
        self.breaker.record(outcome)
        if isinstance(outcome, NotSentError | OutcomeUnknownError):
            self.failures += 1
            if self.open_until is not None:
                self.rest = min(4.0, self.rest * 2)
            if self.open_until is not None or self.failures >= 3:
                self.open_until = self.now + self.rest
        else:
            self.failures, self.open_until, self.rest = 0, None, 1.0

    @precondition(lambda self: self.expected() is State.HALF_OPEN)
    @rule()
    def only_one_probe_passes(self):
        self.breaker.admit(probe=True)
        with pytest.raises(NotSentError):
            self.breaker.admit(probe=True)
        self.breaker.record(None)
        self.failures, self.open_until, self.rest = 0, None, 1.0

    @invariant()
    def states_agree(self):
        assert self.breaker.state is self.expected()


TestBreaker = BreakerMachine.TestCase
TestBreaker.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
