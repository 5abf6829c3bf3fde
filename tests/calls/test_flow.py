"""The laws of one call, driven by hand: no clock, no socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import catalogue
from afilnet_protocols.calls.flow import call
from afilnet_protocols.calls.retry import Attempts, Backoff, RetryRule, may_repeat
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import (
    AfilnetError,
    AuthenticationError,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    ServiceError,
    UnknownServiceError,
)
from afilnet_protocols.waiting import complete
from afilnet_protocols.wire import Reply, Request
from afilnet_protocols.wire.form import FormCodec
from tests.stepwise import stepwise
from tests.tables import table

pytestmark = pytest.mark.smoke

CODEC = FormCodec("https://chat.example/api/http/", in_query=False)
SUCCESS = Reply(200, {}, b'{"status":"SUCCESS"}')
SEND = {"platform": "whatsapp", "platformid": "100", "destination": "34600000000", "message": "hola"}
OPERATIONS = {operation.name: operation for operation in catalogue.OPERATIONS}

failures = st.sampled_from(
    [
        NotSentError("no connection"),
        OutcomeUnknownError("no answer"),
        AuthenticationError("INCORRECT_USER_PASSWORD"),
        UnknownServiceError("SOMETHING_NEW"),
        RateLimitedError("HTTP_429"),
        InvalidRequestError("bad"),
    ]
)


def play(operation, outcomes, *, attempts=3, seconds=1000.0):
    """Drive a call through these outcomes; return what it exchanged, what it waited, and how it ended."""
    exchanged: list[Request] = []
    waits: list[float] = []
    left = iter(outcomes)

    def exchange(request: Request) -> Reply:
        exchanged.append(request)
        outcome = next(left, SUCCESS)
        if isinstance(outcome, AfilnetError):
            raise outcome
        return outcome

    rule = RetryRule(Backoff(attempts=attempts), chance=lambda: 0.5)
    attempts_made = Attempts(rule, operation, Deadline(seconds, clock=lambda: 0.0))
    steps = call(CODEC, operation, SEND, attempts_made, exchange=stepwise(exchange), pause=stepwise(waits.append))
    try:
        result: object = complete(steps)
    except AfilnetError as error:
        result = error
    return exchanged, waits, result


@given(st.sampled_from(sorted(OPERATIONS)), st.lists(failures, max_size=6), st.integers(1, 5))
def test_a_send_is_repeated_only_after_it_provably_did_not_happen(name, outcomes, attempts):
    operation = OPERATIONS[name]
    exchanged, waits, result = play(operation, outcomes, attempts=attempts)
    assert 1 <= len(exchanged) <= attempts
    assert len(waits) == len(exchanged) - 1
    assert len({(request.method, request.url, request.body) for request in exchanged}) == 1
    for error in outcomes[: len(exchanged) - 1]:
        assert error.delivery != "unknown" or operation.repeatable
        assert isinstance(error, NotSentError | RateLimitedError | OutcomeUnknownError)
    if isinstance(result, AfilnetError):
        met = outcomes[: len(exchanged)]
        doubts = [error for error in met if isinstance(error, OutcomeUnknownError)]
        assert result is (doubts[-1] if doubts and not isinstance(met[-1], ServiceError) else met[-1])


@pytest.mark.parametrize("last", [NotSentError("refused"), AuthenticationError("INCORRECT_USER_PASSWORD")])
def test_a_send_that_may_have_happened_is_never_said_not_to_have_because_its_repetition_did_not(last):
    lost = OutcomeUnknownError("lost")
    outcomes = iter([lost, last, last])

    def exchange(request: Request) -> Reply:
        raise next(outcomes)

    rule = RetryRule(Backoff(attempts=3), at_least_once=True, chance=lambda: 0.5)
    attempts = Attempts(rule, catalogue.SEND_MESSAGE, Deadline(10.0, clock=lambda: 0.0))
    pause = stepwise(lambda seconds: None)
    steps = call(CODEC, catalogue.SEND_MESSAGE, SEND, attempts, exchange=stepwise(exchange), pause=pause)
    with pytest.raises(OutcomeUnknownError) as caught:
        complete(steps)
    assert caught.value is lost


@table("operation", catalogue.OPERATIONS, ids=lambda operation: operation.name)
def test_an_unknown_outcome_is_repeated_for_plain_reads_only(operation):
    plain_reads = {"get_chat_channels", "get_chats", "get_messages"}
    assert may_repeat(operation, OutcomeUnknownError("lost")) is (operation.name in plain_reads)
    assert may_repeat(operation, NotSentError("refused"))
    assert not may_repeat(operation, AuthenticationError("INCORRECT_USER_PASSWORD"))


def test_waits_grow_under_full_jitter_and_a_cap():
    assert [Backoff(base=0.1, cap=5).ceiling(attempt) for attempt in range(1, 9)] == [
        0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0,
    ]  # fmt: skip
    _, waits, _ = play(catalogue.SEND_MESSAGE, [NotSentError("refused")] * 2)
    assert waits == [0.05, 0.1]


def test_the_service_is_obeyed_when_it_says_how_long_to_wait():
    limited = Reply(429, {"retry-after": "7"}, b"")
    _, waits, result = play(catalogue.SEND_MESSAGE, [limited])
    assert (waits, result) == ([7.0], None)


def test_a_wait_that_does_not_fit_the_deadline_is_not_begun():
    limited = Reply(429, {"retry-after": "7"}, b"")
    _, waits, result = play(catalogue.SEND_MESSAGE, [limited], seconds=5.0)
    assert waits == []
    assert isinstance(result, RateLimitedError)
    assert result.retry_after == 7.0


def test_a_call_exchanges_and_pauses_and_waits_for_nothing_else():
    seen: list[type] = []
    outcomes = iter([NotSentError("refused"), SUCCESS])

    def exchange(request: Request) -> Reply:
        seen.append(type(request))
        outcome = next(outcomes)
        if isinstance(outcome, AfilnetError):
            raise outcome
        return outcome

    attempts = Attempts(RetryRule(chance=lambda: 1.0), catalogue.SEND_MESSAGE, Deadline(1000.0))
    pause = stepwise(lambda seconds: seen.append(type(seconds)))
    complete(call(CODEC, catalogue.SEND_MESSAGE, SEND, attempts, exchange=stepwise(exchange), pause=pause))
    assert seen == [Request, float, Request]


@pytest.mark.parametrize("failures", [0, 2])
def test_a_call_returns_what_the_answer_says_and_one_success_is_noted(failures):
    noted: list[None] = []

    class Noting(Attempts):
        def succeeded(self) -> None:
            noted.append(None)

    attempts = Noting(RetryRule(Backoff(attempts=3)), catalogue.GET_CHAT_CHANNELS, Deadline(1000))
    outcomes = [*[NotSentError("no connection")] * failures, Reply(200, {}, b'{"status":"SUCCESS","result":[]}')]

    def exchange(request: Request) -> Reply:
        outcome = outcomes.pop(0)
        if isinstance(outcome, AfilnetError):
            assert noted == []
            raise outcome
        return outcome

    steps = call(
        CODEC, catalogue.GET_CHAT_CHANNELS, {}, attempts, exchange=stepwise(exchange), pause=stepwise(lambda _: None)
    )
    assert complete(steps) == []
    assert noted == [None]
