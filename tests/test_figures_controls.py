"""The figures can fail: each of these plausible mistakes, built in, makes its figure miss its target."""

from __future__ import annotations

import socket

import pytest

from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.breaker import CircuitBreaker
from afilnet_protocols.errors import NotSentError, OutcomeUnknownError
from afilnet_protocols.retry import RetryQuota
from afilnet_protocols.transport.answer import AnswerReader
from afilnet_protocols.transport.connection import Connection
from afilnet_protocols.wire import Codec
from afilnet_protocols.wire.envelope import Malformed
from tests.figures import (
    r1_fault_matrix,
    r2_effect_ledger,
    r3_not_sent_is_true,
    r6_deadlines,
    r7_crossed_answers,
    r8_no_storm,
    r9_resources,
    r11_fuzzed_answers,
)
from tests.figures.figure import Run
from tests.figures.stage import opened

RUN = Run(seed=1)


def missed(figure):
    """Return the targets that a figure missed."""
    return [target for target, met in figure.targets.items() if not met]


@pytest.fixture
def by_exception(monkeypatch):
    """What a client does that calls a lost connection "not sent", as its exception seems to say."""

    def verdict(self, reader, loss):
        return NotSentError("not sent: the connection was lost") if loss else OutcomeUnknownError("no answer")

    monkeypatch.setattr(Connection, "_unknown", verdict)


def test_a_verdict_by_the_kind_of_exception_is_found_by_the_matrix(by_exception):
    assert "0 wrong verdicts" in missed(r1_fault_matrix.measure(RUN, only=150))


def test_a_verdict_by_the_kind_of_exception_is_found_by_the_ledger(by_exception):
    found = missed(r2_effect_ledger.measure(RUN, count=150))
    assert "0 duplicates" in found
    assert "0 denials of what happened" in found


def test_a_verdict_by_the_kind_of_exception_is_found_among_the_denials(by_exception):
    assert any("unsound" in target for target in missed(r3_not_sent_is_true.measure(RUN, count=150)))


def test_repeating_sends_whose_outcome_is_unknown_is_found():
    figure = r2_effect_ledger.measure(
        RUN, connect=lambda settings: opened(settings.but(delivery="at_least_once")), count=100
    )
    assert "0 duplicates" in missed(figure)


def test_a_time_that_counts_for_each_attempt_or_wait_is_found():
    late = lambda settings: opened(settings.but(timeout=settings.timeout + 0.4))  # noqa: E731 -- one way to be late
    assert any(
        "p99" in target
        for target in missed(r6_deadlines.measure(Run(seed=RUN.seed, long=True), connect=late, count=40))
    )


def test_a_kept_connection_that_nobody_looks_at_is_found(monkeypatch):
    monkeypatch.setattr(Connection, "is_quiet", lambda self: True)
    monkeypatch.setattr(AnswerReader, "keepable", property(lambda self: self.complete))
    assert any("another call's" in target for target in missed(r7_crossed_answers.measure(RUN, count=500)))


def test_repeating_without_a_quota_is_found(monkeypatch):
    monkeypatch.setattr(RetryQuota, "take", lambda self, cost: True)
    assert any("quota" in target for target in missed(r8_no_storm.measure(RUN, clients=1)))


def test_a_breaker_that_never_opens_and_no_quota_is_found(monkeypatch):
    monkeypatch.setattr(RetryQuota, "take", lambda self, cost: True)

    def restless(settings):
        chat = opened(settings)
        assert isinstance(chat, WireBackend)
        chat._breaker = CircuitBreaker(threshold=10**9)
        return chat

    figure = r8_no_storm.measure(RUN, connect=restless, clients=1)
    assert any("breaker" in target for target in missed(figure))


def test_a_connection_that_is_not_closed_is_found():
    kept = []

    def leaking(settings):
        kept.append(socket.socket())
        return opened(settings)

    try:
        assert "0 leaked descriptors" in missed(r9_resources.measure(RUN, connect=leaking, count=50))
    finally:
        for each in kept:
            each.close()


class Trusting(Codec):
    """Reads an answer as a success if it says so anywhere."""

    def __init__(self, codec):
        self._codec = codec

    def encode(self, operation, arguments):
        return self._codec.encode(operation, arguments)

    def decode(self, operation, reply):
        if b"SUCCESS" in reply.body:
            return None
        return self._codec.decode(operation, reply)


class Careless(Trusting):
    """Lets an error of its parser out."""

    def decode(self, operation, reply):
        if reply.body.endswith(b'"'):
            raise Malformed("it ends in the middle")
        return self._codec.decode(operation, reply)


def test_a_cut_success_that_is_believed_is_found():
    assert "0 fabricated successes" in missed(r11_fuzzed_answers.measure(RUN, change=Trusting, count=1_500))


def test_a_foreign_exception_is_found():
    assert "0 foreign exceptions" in missed(r11_fuzzed_answers.measure(RUN, change=Careless, count=2_000))
