"""A candidate that is of no use is left alone for ever longer, and closing one waits for nobody."""

from __future__ import annotations

import threading

import pytest

from afilnet_protocols import ConfigurationError, RateLimitedError, ShadowChat
from afilnet_protocols.catalogue import by_name
from afilnet_protocols.migration import candidate as candidate_module
from afilnet_protocols.migration.candidate import Candidate, check_sides
from afilnet_protocols.migration.outcome import LONGEST_WAIT, outcome_of
from tests.migration.fakes import Hanging, Raising
from tests.migration.test_canary import Fine
from tests.tables import table
from tests.time_limit import HANGS


@pytest.fixture
def clock(monkeypatch):
    now = [5.0]
    monkeypatch.setattr(candidate_module, "monotonic", lambda: now[0])
    return now


def rest_of(candidate: Candidate, clock: list[float]) -> float:
    """Let a candidate rest, and return for how long it does."""
    begun = clock[0]
    candidate.let_rest()
    for quarters in range(200):
        clock[0] = begun + quarters / 4
        if not candidate.resting:
            return clock[0] - begun
    raise AssertionError("it rests for ever")


def test_each_rest_is_twice_as_long_as_the_last_one_up_to_a_limit_until_it_answers(clock):
    candidate = Candidate(Fine(), 1.0)
    assert not candidate.resting
    assert [rest_of(candidate, clock) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 32, 32]
    candidate.answered()
    assert [rest_of(candidate, clock) for _ in range(2)] == [1, 2]


def test_without_a_rest_it_is_never_left_alone(clock):
    candidate = Candidate(Fine(), 0.0)
    candidate.let_rest()
    assert not candidate.resting


def test_it_is_made_once_and_not_while_it_rests_or_after_it_was_retired(clock):
    made = []

    def make():
        made.append(Fine())
        return made[-1]

    candidate = Candidate(make, 1.0)
    candidate.let_rest()
    assert candidate.get() is None
    clock[0] += 1
    assert candidate.get() is candidate.get() is made[0]
    retired = Candidate(make, 1.0)
    retired.retire()
    assert retired.get() is None
    assert len(made) == 1


class Closing(Fine):
    def __init__(self) -> None:
        super().__init__()
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


def test_one_that_was_given_and_never_needed_is_closed_too():
    given = Closing()
    Candidate(given, 1.0).close()
    assert given.closed.wait(HANGS)
    Candidate(Closing, 1.0).close()  # nothing was made, and nothing is made for it


def test_closing_waits_for_nobody_and_keeps_no_process_alive():
    hanging = Hanging()
    Candidate(hanging, 1.0).close()
    closing = [thread for thread in threading.enumerate() if thread.name == "afilnet-shadow-close"]
    assert closing
    assert all(thread.daemon for thread in closing)
    hanging.released.set()


def test_what_closing_raises_is_told_by_its_name(caplog):
    candidate = Candidate(Raising(lambda: RuntimeError("hunter2")), 1.0)
    candidate.close()
    for thread in threading.enumerate():
        if thread.name == "afilnet-shadow-close":
            thread.join(HANGS)
    assert "the migration's candidate could not be closed: RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


@table(
    ("sides", "told"),
    [
        ((None, Fine(), None), "X: primary is a client, not NoneType"),
        ((lambda: None, Fine(), None), "X: primary is a client, not function"),
        ((Fine(), None, None), "X: candidate is a client, or a function that makes one"),
        ((Fine(), "new", None), "X: candidate is a client, or a function that makes one"),
        ((Fine(), Fine(), "file"), "X: state is a StateFile(…), not str"),
    ],
)
def test_what_cannot_stand_on_a_side_is_named(sides, told):
    with pytest.raises(ConfigurationError) as refused:
        check_sides("X", *sides)
    assert str(refused.value) == told
    check_sides("X", Fine(), Fine(), None)
    check_sides("X", Fine(), Fine, None)


def slow_down(seconds: float) -> RateLimitedError:
    return RateLimitedError("HTTP_429", retry_after=seconds)


@table(("asked", "rests"), [(40.0, 40), (0.0, 1), (1.0, 1), (1e9, LONGEST_WAIT), (-5.0, 1), (float("nan"), 1)])
def test_one_whose_service_asks_to_wait_is_left_alone_for_as_long_as_that(clock, asked, rests):
    said = outcome_of(Raising(lambda: slow_down(asked)), by_name("get_chat_channels"), {})
    candidate = Candidate(Fine(), 1.0)
    candidate.asked_to_wait(said.wait)
    candidate.let_rest()
    clock[0] += rests - 0.25
    assert candidate.resting
    clock[0] += 0.25
    assert not candidate.resting


def test_so_is_one_that_cannot_be_made_for_that(clock):
    def make():
        raise slow_down(40.0)

    candidate = Candidate(make, 1.0)
    assert candidate.get() is None
    candidate.let_rest()
    clock[0] += 39
    assert candidate.resting
    clock[0] += 1
    assert not candidate.resting


def test_a_shadow_leaves_such_a_candidate_alone(clock):
    with ShadowChat(Fine(), Raising(lambda: slow_down(40.0)), rest=0.0, grace=HANGS) as shadow:
        shadow.get_chat_channels()
        assert shadow.settle(HANGS)
        clock[0] += 39
        assert shadow._repeating.resting
        clock[0] += 1
        assert not shadow._repeating.resting
