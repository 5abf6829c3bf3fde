"""One token for everyone: fetched once however many ask, renewed in time, replaced once when it is refused."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from afilnet_protocols import (
    AfilnetError,
    AuthenticationError,
    ConfigurationError,
    NotSentError,
    OutcomeUnknownError,
    SecurityPolicyError,
)
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.provider import TokenProvider, _Leading
from afilnet_protocols.oauth.token import AccessToken
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.waiting import Steps
from afilnet_protocols.wire import Reply
from tests.oauth.endpoint import Endpoint, HandClock, settings, token
from tests.tables import table
from tests.time_limit import HANGS

pytestmark = pytest.mark.smoke

THREADS = 32
REFUSED = Reply(401, {}, b'{"error":"invalid_client"}')


def provider(endpoint: Endpoint, clock: HandClock | None = None, **changes: object) -> TokenProvider:
    return TokenProvider(settings(**changes), endpoint, clock=clock or HandClock())


def get(tokens: TokenProvider, seconds: float = 10) -> str:
    return tokens.get(Deadline(seconds)).reveal()


def renew(tokens: TokenProvider, used: Secret) -> Secret:
    tokens.refused(used)
    return tokens.get(Deadline(10))


class Crowd:
    """Threads that ask at the same time: the endpoint answers only when all the others are waiting for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Reply]) -> None:
        self._waiting = threading.Semaphore(0)
        self._answer = answer
        follow = TokenProvider._follow

        def counted(tokens: TokenProvider, *args: object) -> Steps[None]:
            self._waiting.release()
            return follow(tokens, *args)  # type: ignore[arg-type] - passed through

        monkeypatch.setattr(TokenProvider, "_follow", counted)

    def answer(self) -> Reply:
        for _ in range(THREADS - 1):
            assert self._waiting.acquire(timeout=300)
        return self._answer()


def asked_by_all(ask: Callable[[], object]) -> list[object]:
    def outcome() -> object:
        try:
            return ask()
        except AfilnetError as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result(HANGS) for future in [pool.submit(outcome) for _ in range(THREADS)]]


def test_32_threads_make_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint(Crowd(monkeypatch, lambda: token("the-one")).answer)
    tokens = provider(endpoint)
    assert asked_by_all(lambda: get(tokens)) == ["the-one"] * THREADS
    assert len(endpoint.requests) == 1


def test_32_threads_that_report_the_same_refused_token_replace_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint(token("first"), Crowd(monkeypatch, lambda: token("second")).answer)
    tokens = provider(endpoint)
    used = tokens.get(Deadline(10))
    assert asked_by_all(lambda: renew(tokens, used).reveal()) == ["second"] * THREADS
    assert len(endpoint.requests) == 2


def test_32_threads_share_one_refusal_each_with_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint(Crowd(monkeypatch, lambda: REFUSED).answer)
    tokens = provider(endpoint)
    errors = asked_by_all(lambda: get(tokens))
    assert all(isinstance(error, AuthenticationError) for error in errors)
    assert len({id(error) for error in errors}) == THREADS
    assert len(endpoint.requests) == 1


def test_without_the_shared_flight_there_would_be_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered = threading.Barrier(THREADS)

    def slow() -> Reply:
        gathered.wait(HANGS)
        return token("one-of-many")

    monkeypatch.setattr(TokenProvider, "_flight", property(lambda _: None, lambda *_: None), raising=False)
    endpoint = Endpoint(*[slow] * THREADS)
    tokens = provider(endpoint)
    asked_by_all(lambda: get(tokens))
    assert len(endpoint.requests) == THREADS


@pytest.mark.parametrize(("lifetime", "early", "last"), [(3600, 360, 10), (300, 30, 10), (100, 20, 5), (5, 1, 0.25)])
def test_a_token_is_renewed_early_and_never_used_in_its_last_moments(lifetime: int, early: float, last: float) -> None:
    clock, endpoint = HandClock(), Endpoint(lifetime=lifetime)
    tokens = provider(endpoint, clock)
    assert get(tokens) == "token-1"
    clock.now += lifetime - early - 0.01
    assert get(tokens) == "token-1"
    clock.now += 0.02
    assert get(tokens) == "token-2"
    endpoint._script[:] = [NotSentError("down")] * 9
    clock.now += lifetime - last - 0.02
    assert get(tokens) == "token-2", "early renewal failed, but the token is still good"
    clock.now += 0.03
    with pytest.raises(NotSentError):
        get(tokens)


def test_the_lifetime_counts_from_before_the_request() -> None:
    clock = HandClock()

    def late() -> Reply:
        clock.now += 40
        return token("slow", lifetime=60)

    tokens = provider(Endpoint(late), clock)
    get(tokens)
    assert tokens.token is not None
    assert tokens.token.expires_at == 1060.0


def test_while_one_renews_early_the_others_go_on_with_the_old_token() -> None:
    clock, entered, release = HandClock(), threading.Event(), threading.Event()

    def slow() -> Reply:
        entered.set()
        assert release.wait(HANGS)
        return token("new")

    endpoint = Endpoint(token("old"), slow)
    tokens = provider(endpoint, clock)
    get(tokens)
    clock.now += 3600 - 300
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(get, tokens)
        assert entered.wait(HANGS)
        assert get(tokens, 0.001) == "old"
        release.set()
        assert renewing.result(HANGS) == "new"
    assert get(tokens) == "new"
    assert len(endpoint.requests) == 2


def test_an_early_renewal_that_fails_is_not_tried_again_at_once_and_takes_half_the_time_at_most() -> None:
    clock, endpoint = HandClock(), Endpoint(token("old"), NotSentError("down"))
    tokens = provider(endpoint, clock)
    get(tokens)
    clock.now += 3600 - 300
    assert get(tokens, 10) == "old"
    assert endpoint.deadlines[-1].seconds <= 5
    for _ in range(50):
        assert get(tokens) == "old"
    assert len(endpoint.requests) == 2
    clock.now += 181
    assert get(tokens) == "token-3"


ANSWERS: list[Reply | Exception] = [
    *(Reply(status, {}, b"") for status in (200, 201, 204, 301, 302, 400, 401, 403, 404, 429, 500, 502, 503, 599)),
    REFUSED,
    Reply(400, {}, b'{"error":"invalid_request"}'),
    Reply(400, {}, b'{"error":"invalid_grant"}'),
    Reply(200, {}, b"<html>"),
    token("long-lived", 90_000),
    NotSentError("down"),
    OutcomeUnknownError("lost"),
    ConfigurationError("on purpose"),
]


@table("answer", ANSWERS)
def test_an_early_renewal_never_throws_away_a_good_token_whatever_the_endpoint_says(answer: Reply | Exception) -> None:
    assert kept_after(answer) == "old"


def kept_after(answer: Reply | Exception) -> str:
    clock, endpoint = HandClock(), Endpoint(token("old"), answer)
    tokens = provider(endpoint, clock, require=("token_lifetime<=3600",))
    get(tokens)
    clock.now += 3600 - 300
    found = get(tokens)
    assert len(endpoint.requests) == 2
    return found


def test_that_check_notices_a_provider_that_keeps_it_only_while_the_endpoint_is_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead = TokenProvider._lead

    def strict(
        tokens: TokenProvider, leading: _Leading, spare: AccessToken | None, deadline: Deadline
    ) -> Steps[Secret]:
        secret = yield from lead(tokens, leading, spare, deadline)
        fault = leading.flight.fault
        if fault is not None and not isinstance(fault, NotSentError):
            raise fault
        return secret

    monkeypatch.setattr(TokenProvider, "_lead", strict)
    with pytest.raises(AuthenticationError):
        kept_after(REFUSED)


@table(("lifetime", "due", "rest"), [(3600, 3300.0, 180.0), (10, 8.0, 1.0), (100, 80.0, 5.0)])
def test_an_early_renewal_that_fails_rests_for_a_twentieth_of_the_life_or_a_second(
    lifetime: int, due: float, rest: float
) -> None:
    clock, endpoint = HandClock(), Endpoint(token("old", lifetime), Reply(429, {}, b""), token("new", lifetime))
    tokens = provider(endpoint, clock)
    tokens.get(Deadline(10, clock=clock))
    found = []
    for after in (due, due + rest - 0.25, due + rest):
        clock.now = 1000.0 + after
        found.append(tokens.get(Deadline(9, clock=clock)).reveal())
    assert found == ["old", "old", "new"]
    assert endpoint.deadlines[1].seconds == 4.5, "it takes half of the time at most"


def test_threads_share_one_failure_that_is_not_that_of_the_asker(monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> Reply:
        raise NotSentError("down")

    endpoint = Endpoint(Crowd(monkeypatch, down).answer)
    tokens = provider(endpoint)
    errors = asked_by_all(lambda: get(tokens))
    assert {type(error) for error in errors} == {NotSentError}
    assert len(endpoint.requests) == 1


def test_who_reports_a_refused_token_is_told_whether_there_is_another() -> None:
    clock = HandClock()
    tokens = provider(Endpoint(), clock)
    first = tokens.get(Deadline(10))
    tokens.accepted(first)
    assert tokens.refused(first, forbidden=True) is True
    second = tokens.get(Deadline(10))
    assert tokens.refused(first, forbidden=True) is True, "it has been replaced"
    clock.now += 100
    assert tokens.refused(second, forbidden=True) is True
    third = tokens.get(Deadline(10))
    clock.now += 1
    assert tokens.refused(third, forbidden=True) is False, "nothing was taken since the first"
    assert tokens.get(Deadline(10)) == third


def test_an_endpoint_that_asks_to_slow_down_is_not_asked_before() -> None:
    clock, endpoint = HandClock(), Endpoint(token("old"), Reply(429, {"retry-after": "250"}, b""))
    tokens = provider(endpoint, clock)
    get(tokens)
    clock.now += 3600 - 300
    for _ in range(24):
        assert get(tokens) == "old"
        clock.now += 10
    assert len(endpoint.requests) == 2
    clock.now += 11
    assert get(tokens) == "token-3"


def test_reporting_a_token_that_was_replaced_already_asks_for_nothing() -> None:
    endpoint = Endpoint()
    tokens = provider(endpoint)
    first = tokens.get(Deadline(10))
    second = renew(tokens, first)
    assert renew(tokens, first) == second
    assert len(endpoint.requests) == 2


def test_a_refused_token_is_never_given_out_again_even_if_no_other_can_be_had() -> None:
    tokens = provider(Endpoint(token("refused"), NotSentError("down"), NotSentError("down")))
    used = tokens.get(Deadline(10))
    for _ in range(2):
        with pytest.raises(NotSentError):
            renew(tokens, used)


class Waiter:
    """A thread that fetches and is held at the endpoint while others come and wait."""

    def __init__(self, outcome: Callable[[], Reply]) -> None:
        self.entered, self.release, self._outcome = threading.Event(), threading.Event(), outcome

    def __call__(self) -> Reply:
        self.entered.set()
        assert self.release.wait(HANGS)
        return self._outcome()


def failing(error: BaseException) -> Callable[[], Reply]:
    def fail() -> Reply:
        raise error

    return fail


def test_who_waits_for_another_waits_no_longer_than_its_own_deadline() -> None:
    held = Waiter(lambda: token("late"))
    tokens = provider(Endpoint(held))
    with ThreadPoolExecutor(1) as pool:
        leading = pool.submit(get, tokens)
        assert held.entered.wait(HANGS)
        with pytest.raises(NotSentError, match="deadline"):
            get(tokens, 0.02)
        held.release.set()
        assert leading.result(HANGS) == "late"


def test_when_the_asker_runs_out_of_time_one_who_waits_asks_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, held = threading.Event(), Waiter(failing(NotSentError("deadline")))
    follow = TokenProvider._follow
    monkeypatch.setattr(TokenProvider, "_follow", lambda *args: (waiting.set(), follow(*args))[1])
    endpoint, clock = Endpoint(held, token("second-try")), HandClock()
    tokens = provider(endpoint)
    with ThreadPoolExecutor(2) as pool:
        leading = pool.submit(tokens.get, Deadline(1, clock=clock))
        assert held.entered.wait(HANGS)
        following = pool.submit(get, tokens)
        assert waiting.wait(HANGS)
        clock.now += 2
        held.release.set()
        assert following.result(HANGS) == "second-try"
        with pytest.raises(NotSentError):
            leading.result(HANGS)


def test_when_the_asker_is_torn_down_one_who_waits_asks_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, held = threading.Event(), Waiter(failing(KeyboardInterrupt()))
    follow = TokenProvider._follow
    monkeypatch.setattr(TokenProvider, "_follow", lambda *args: (waiting.set(), follow(*args))[1])
    tokens = provider(Endpoint(held, token("after-all")))
    with ThreadPoolExecutor(2) as pool:
        leading = pool.submit(get, tokens)
        assert held.entered.wait(HANGS)
        following = pool.submit(get, tokens)
        assert waiting.wait(HANGS)
        held.release.set()
        assert following.result(HANGS) == "after-all"
        with pytest.raises(KeyboardInterrupt):
            leading.result(HANGS)


def test_a_forked_child_does_not_wait_for_a_thread_that_it_does_not_have() -> None:
    parent, held = os.getpid(), Waiter(lambda: token("of-the-parent"))

    def answer() -> Reply:
        return held() if os.getpid() == parent else token("of-the-child")

    tokens = provider(Endpoint(answer, lambda: token("of-the-child")))
    with ThreadPoolExecutor(1) as pool:
        leading = pool.submit(get, tokens)
        assert held.entered.wait(HANGS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            tokens._lock.acquire()
            child = os.fork()
        if child == 0:
            try:
                os._exit(0 if get(tokens, 5) == "of-the-child" else 1)
            finally:
                os._exit(2)
        tokens._lock.release()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        held.release.set()
        assert leading.result(HANGS) == "of-the-parent"


def test_a_token_that_would_live_too_long_is_refused_and_nothing_kept() -> None:
    tokens = provider(Endpoint(token("long", 3601)), minimum_security="high")
    with pytest.raises(SecurityPolicyError):
        get(tokens)
    assert tokens.token is None
    shorter = provider(Endpoint(token("long", 901)), require=("token_lifetime<=900",))
    with pytest.raises(SecurityPolicyError):
        get(shorter)
    assert get(provider(Endpoint(token("long", 7200)), require=("token_lifetime<=7200",))) == "long"


def test_nothing_is_sent_before_the_first_call() -> None:
    endpoint = Endpoint()
    provider(endpoint)
    assert endpoint.requests == []


@table(
    ("changes", "named"),
    [
        ({"client_id": None}, "client_id"),
        ({"token_url": None}, "token_url, or issuer"),
        ({"grant": "refresh_token"}, "setting refresh_token"),
        ({"grant": "refresh_token", "refresh_token": ""}, "setting refresh_token"),
    ],
)
def test_missing_settings_are_named(changes: dict[str, object], named: str) -> None:
    chosen = settings()
    for name, value in changes.items():
        object.__setattr__(chosen, name, value)
    with pytest.raises(ConfigurationError, match=named):
        TokenProvider(chosen, Endpoint())


DOWN = Reply(503, {}, b"")


def doubted(*answers: Reply) -> tuple[TokenProvider, Secret, HandClock, Endpoint]:
    """Return a client whose good token was doubted, at an endpoint that then answers so."""
    clock, endpoint = HandClock(), Endpoint(token("old"), *answers)
    tokens = provider(endpoint, clock)
    used = tokens.get(Deadline(10))
    tokens.accepted(used)
    assert tokens.refused(used, forbidden=True)
    return tokens, used, clock, endpoint


def test_a_token_that_was_only_doubted_is_used_on_while_there_is_no_other() -> None:
    tokens, used, clock, endpoint = doubted(DOWN, DOWN)
    assert [get(tokens) for _ in range(9)] == ["old"] * 9
    assert len(endpoint.requests) == 2
    clock.now += 1.1
    assert get(tokens) == "old"
    assert len(endpoint.requests) == 3, "it is asked for again soon, since the token may well be dead"
    clock.now += 1.1
    assert get(tokens) == "token-4"
    assert tokens.refused(used, forbidden=True), "it has been replaced"


def test_one_that_is_doubted_is_replaced_before_it_is_used_by_anybody() -> None:
    tokens, _, _, endpoint = doubted()
    assert get(tokens) == "token-2"
    assert len(endpoint.requests) == 2


def test_one_that_is_taken_meanwhile_is_doubted_no_more() -> None:
    tokens, used, clock, endpoint = doubted(DOWN)
    get(tokens)
    tokens.accepted(used)
    clock.now += 100
    assert get(tokens) == "old"
    assert len(endpoint.requests) == 2


def test_one_that_is_doubted_twice_is_dropped() -> None:
    for again in ({"forbidden": True}, {}):
        tokens, used, _, _ = doubted(DOWN, DOWN)
        assert get(tokens) == "old"
        assert tokens.refused(used, **again)
        with pytest.raises(NotSentError):
            get(tokens)


def test_whoever_comes_while_a_doubted_token_is_replaced_waits_for_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for answer, found in ((token("new"), "new"), (DOWN, "old")):
        endpoint = Endpoint(token("old"), Crowd(monkeypatch, lambda answer=answer: answer).answer)
        tokens = provider(endpoint)
        assert tokens.refused(tokens.get(Deadline(10)), forbidden=True)
        assert asked_by_all(lambda tokens=tokens: get(tokens)) == [found] * THREADS
        assert len(endpoint.requests) == 2


def test_a_shared_file_does_not_give_it_back(tmp_path: Path) -> None:
    endpoint = Endpoint()
    tokens = provider(endpoint, token_cache=str(tmp_path / "tokens"))
    tokens.refused(tokens.get(Deadline(10)), forbidden=True)
    assert get(tokens) == "token-2"


def test_its_repr_shows_no_token() -> None:
    tokens = provider(Endpoint(token("a-very-visible-token")))
    get(tokens)
    assert "visible" not in repr(tokens) + repr(vars(tokens)) + repr(tokens.token)
    assert isinstance(tokens.get(Deadline(1)), Secret)
