"""A token that the service refuses: replaced while that helps, ever more seldom while it does not."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.oauth.replacing import Replacing
from tests.oauth.endpoint import Endpoint, HandClock, settings
from tests.tables import table

Guard = Callable[[str, int], int]


class Story:
    """A service whose guard answers calls with a status, and a client that makes them, once each ``every`` seconds."""

    def __init__(self, guard: Guard) -> None:
        self.endpoint, self.clock = Endpoint(lifetime=10**8), HandClock()
        self._tokens = TokenProvider(settings(), self.endpoint, clock=self.clock)
        self._guard = guard
        self.tries = 0

    def call(self) -> int:
        """Make one call as the backend does; return its last status."""
        for again in (False, True):
            used = self._tokens.get(Deadline(5))
            self.tries += 1
            status = self._guard(used.reveal(), self.tries)
            if status == 200:
                self._tokens.accepted(used)
            elif status == 403:
                self._tokens.refused(used, forbidden=True)
            if status != 401 or not self._tokens.refused(used, again=again):
                break
        return status

    def calls(self, number: int, *, every: float) -> list[int]:
        found = []
        for _ in range(number):
            found.append(self.call())
            self.clock.now += every
        return found

    @property
    def fetched(self) -> int:
        return len(self.endpoint.requests)


@table("status", [401, 403])
@table("every", [0.0, 0.5, 10.0])
def test_a_service_that_refuses_every_token_does_not_get_one_for_each_call(status: int, every: float) -> None:
    assert tokens_for_a_thousand_refusals(status, every) <= 16


def tokens_for_a_thousand_refusals(status: int, every: float) -> int:
    story = Story(lambda token, number: status)
    assert set(story.calls(1000, every=every)) == {status}
    return story.fetched


def test_that_check_notices_a_client_without_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Replacing, "allowed", lambda *_, **__: True)
    assert tokens_for_a_thousand_refusals(403, 10.0) >= 1000


@table("status", [401, 403])
@table("every", [0.0, 0.5, 10.0])
def test_nor_does_one_that_forbids_some_calls_and_takes_others(status: int, every: float) -> None:
    story = Story(lambda token, number: 0)
    sequence = iter(range(10**6))

    def guard(token: str, number: int) -> int:
        return status if even else 200

    story._guard = guard
    for turn in sequence:
        even = turn % 2 == 0
        assert story.call() == (status if even else 200)
        story.clock.now += every
        if turn == 1000:
            break
    assert story.fetched <= 20


@table("status", [401, 403])
@table("life", [70.0, 600.0, 86_400.0])
def test_a_token_that_dies_early_again_and_again_costs_one_refusal_each_at_most(status: int, life: float) -> None:
    story = Story(lambda token, number: 200)
    born: dict[str, float] = {}

    def guard(token: str, number: int) -> int:
        return 200 if story.clock.now - born.setdefault(token, story.clock.now) < life else status

    story._guard = guard
    found = story.calls(400, every=life / 4)
    assert story.fetched == pytest.approx(400 / 4, rel=0.3)
    if status == 401:
        assert set(found) == {200}
    else:
        assert all(after == 200 for before, after in itertools.pairwise(found) if before == 403)


def test_a_401_never_costs_more_than_two_tries_a_call() -> None:
    story = Story(lambda token, number: 401)
    story.call()
    assert (story.tries, story.fetched) == (2, 2)
    story.call()
    assert (story.tries, story.fetched) == (3, 2)


def test_a_lost_answer_is_not_held_against_a_replacement() -> None:
    """The replacement's first answer was lost, and the service forgot all tokens before the next call."""
    alive = {"token-1"}
    story = Story(lambda token, number: (0 if number == 3 else 200) if token in alive else 401)
    assert story.call() == 200
    alive.clear()
    alive.add("token-2")
    assert story.call() == 0
    alive.clear()
    alive.add("token-3")
    assert story.call() == 200


def test_what_the_service_took_and_then_refuses_is_replaced_at_once_each_time() -> None:
    taken: set[str] = set()

    def once(token: str, number: int) -> int:
        return 401 if token in taken or taken.add(token) else 200  # type: ignore[func-returns-value] - nothing

    assert set(Story(once).calls(100, every=0.0)) == {200}


def allowed_at(times: list[float], *, taken: bool = False, forbidden: bool = True, again: bool = False) -> list[float]:
    """Refuse the token in use at each of these times; return those at which it was to be replaced."""
    replacing = Replacing()
    asked = {now: replacing.allowed(now, taken=taken, forbidden=forbidden, again=again) for now in times}
    assert all(isinstance(answer, bool) for answer in asked.values())
    return [now for now, answer in asked.items() if answer]


def test_the_pause_begins_at_a_second_doubles_each_time_and_ends_at_an_hour() -> None:
    times = [0.0]
    for pause in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600):
        times += [times[-1] + pause - 0.25, times[-1] + pause]
    assert allowed_at(times) == [0.0, *times[2::2]]


def test_one_that_was_good_in_between_makes_it_begin_anew() -> None:
    replacing = Replacing()
    for now in (0.0, 1.0, 3.0, 7.0):
        assert replacing.allowed(now, taken=False, forbidden=True)
    assert replacing.allowed(100.0, taken=True, forbidden=True)
    assert not replacing.allowed(100.5, taken=False, forbidden=True)
    assert replacing.allowed(101.0, taken=False, forbidden=True)


@table(("after", "soon"), [(59.75, True), (60.0, False)])
def test_a_403_within_a_minute_is_not_about_the_token_though_it_was_taken(after: float, soon: bool) -> None:
    replacing = Replacing()
    assert replacing.allowed(0.0, taken=True, forbidden=True)
    assert replacing.allowed(after, taken=True, forbidden=True)
    assert replacing.allowed(after + 1.0, taken=True, forbidden=True) != soon


def test_a_401_of_one_that_was_not_taken_is_no_evidence_until_it_has_been_kept() -> None:
    assert allowed_at([0.0, 0.0, 0.25], forbidden=False) == [0.0, 0.25]
    replacing = Replacing()
    assert replacing.allowed(0.0, taken=False)
    assert replacing.allowed(0.0, taken=False)
    replacing = Replacing()
    assert not replacing.allowed(0.0, taken=False, again=True)
    assert replacing.allowed(0.0, taken=False), "nothing has been replaced before"
    assert not replacing.allowed(0.0, taken=False, again=True)
    assert not replacing.allowed(0.5, taken=False)
    assert replacing.allowed(1.0, taken=False)
