"""What an outcome makes of an entry, and how long it rests before it is tried again."""

from __future__ import annotations

import pytest

from afilnet_protocols import (
    AfilnetError,
    AuthenticationError,
    ConfigurationError,
    Delivery,
    InvalidRequestError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
)
from afilnet_protocols.errors import RateLimitedError
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.conduct import Conduct
from tests.tables import table

ONCE, TWICE = Conduct(chance=lambda: 1.0), Conduct(delivery="at_least_once", chance=lambda: 1.0)
READ_BACK = Conduct(delivery="reconcile", chance=lambda: 1.0)


def unnoted() -> ConfigurationError:
    error = ConfigurationError("the outcome could not be noted")
    error.delivery = Delivery.UNKNOWN
    return error


@table(
    ("error", "state"),
    [
        (None, State.SENT),
        (NotSentError("nobody is there"), State.PENDING),
        (RateLimitedError("HTTP_429"), State.PENDING),
        (AuthenticationError("UNAUTHORIZED"), State.PENDING),
        (ConfigurationError("no address"), State.PENDING),
        (InvalidRequestError("no number"), State.REJECTED),
        (NotFoundError("CHANNEL_NOT_FOUND"), State.REJECTED),
        (OutcomeUnknownError("lost"), State.UNKNOWN),
        (unnoted(), State.UNKNOWN),
    ],
)
def test_what_becomes_of_an_entry(error: AfilnetError | None, state: State) -> None:
    assert ONCE.state_after(error) is READ_BACK.state_after(error) is state
    assert TWICE.state_after(error) is (State.PENDING if state is State.UNKNOWN else state)


def test_a_rest_doubles_up_to_a_minute_however_often_it_was_tried() -> None:
    lost = NotSentError("nobody is there")
    assert [ONCE.pause_after(lost, tries) for tries in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert ONCE.pause_after(lost, 10**6) == 60
    assert Conduct(chance=lambda: 0.5).pause_after(lost, 3) == 2


@pytest.mark.parametrize("seconds", [0.0, 7.0, 3600.0])
def test_the_service_is_left_alone_as_long_as_it_asks(seconds: float) -> None:
    assert ONCE.pause_after(RateLimitedError("HTTP_429", retry_after=seconds), 1) == seconds


def test_whoever_asks_for_more_than_an_hour_is_asked_again_after_one() -> None:
    for seconds in (3600.5, 7200.0, 1e9):
        assert ONCE.pause_after(RateLimitedError("HTTP_429", retry_after=seconds), 1) == 3600


def test_whoever_cannot_answer_now_is_left_alone_as_long_as_that_takes_and_no_shorter_than_otherwise() -> None:
    for tries, asked, pause in ((1, 50.0, 50.0), (8, 50.0, 60.0), (1, 7200.0, 3600.0)):
        assert ONCE.pause_after(NotSentError("the token endpoint is busy", retry_after=asked), tries) == pause


@pytest.mark.parametrize("error", [AuthenticationError("UNAUTHORIZED"), ConfigurationError("no address")])
def test_what_only_other_settings_cure_is_not_waited_for(error: AfilnetError) -> None:
    assert ONCE.pause_after(error, 3) == 0
