"""Who asks to wait is not asked before: by no call of a client, nor by another process that shares its tokens."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from afilnet_protocols import AfilnetError, ConfigurationError, NotSentError, RateLimitedError
from afilnet_protocols.calls import pauses
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.asked_wait import AskedWait
from afilnet_protocols.oauth.cache import TokenCache, cache_key
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.wire import Reply
from tests.oauth.endpoint import Endpoint, HandClock, settings, token
from tests.tables import table

pytestmark = pytest.mark.smoke

BUSY = {"retry-after": "60"}
ASKING = {
    "429": Reply(429, BUSY, b""),
    "503": Reply(503, BUSY, b""),
    "an empty 403": Reply(403, BUSY, b""),
    "its own code": Reply(400, BUSY, b'{"error":"too_many_requests"}'),
    "temporarily_unavailable": Reply(400, BUSY, b'{"error":"temporarily_unavailable"}'),
}
REFRESH = {"grant": "refresh_token", "refresh_token": "first"}
DISCOVERED: dict[str, object] = {"token_url": None, "issuer": "https://auth.example.com"}


def client(endpoint: Endpoint, clock: HandClock, **changes: object) -> TokenProvider:
    return TokenProvider(settings(**changes), endpoint, clock=clock)


def get(tokens: TokenProvider) -> str:
    return tokens.get(Deadline(5)).reveal()


def refused(tokens: TokenProvider) -> AfilnetError:
    with pytest.raises(AfilnetError) as caught:
        get(tokens)
    return caught.value


def asked_in_the_meantime(answer: Reply, **changes: object) -> list[AfilnetError]:
    """Have a client asked to wait for 60 s call on until then; return how it went, if nothing was asked meanwhile."""
    clock, endpoint = HandClock(), Endpoint(answer)
    tokens = client(endpoint, clock, **changes)
    found = [refused(tokens)]
    for _ in range(6):
        found.append(refused(tokens))
        clock.now += 9.9
    assert len(endpoint.requests) == 1
    clock.now += 0.7
    assert get(tokens) == "token-2"
    return found


@table("answer", ASKING)
@table("changes", [{}, REFRESH])
def test_nothing_is_asked_before_its_time_and_each_call_is_told_how_long_it_takes(
    answer: str, changes: Mapping[str, object]
) -> None:
    first, *others = asked_in_the_meantime(ASKING[answer], **changes)
    assert first.retry_after == 60
    for number, error in enumerate(others):
        assert isinstance(error, NotSentError)
        assert error.local, "it tells nothing about the service"
        assert error.retry_after == pytest.approx(60 - 9.9 * number)
        assert f"another {60 - 9.9 * number:.0f} seconds" in str(error) or number
        assert "the operation was not sent" in str(error)


def test_a_client_that_forgets_the_wait_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AskedWait, "check", lambda _: None)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        asked_in_the_meantime(ASKING["429"])


@table("status", [429, 503])
def test_an_issuer_that_asks_to_wait_is_left_alone_too(status: int) -> None:
    clock, endpoint = HandClock(), Endpoint(*[Reply(status, BUSY, b"")] * 9)
    tokens = client(endpoint, clock, **DISCOVERED)
    assert refused(tokens).retry_after == 60
    asked = len(endpoint.requests)
    assert asked == (1 if status == 429 else 2), "429 is an answer for every place"
    assert refused(tokens).retry_after == 60
    clock.now += 59
    assert refused(tokens).retry_after == 1
    assert len(endpoint.requests) == asked


@table("status", [429, 503])
def test_one_that_does_not_say_how_long_is_asked_again(status: int) -> None:
    endpoint = Endpoint(*[Reply(status, {}, b"")] * 9)
    tokens = client(endpoint, HandClock(), **DISCOVERED)
    assert refused(tokens).retry_after is None
    asked = len(endpoint.requests)
    refused(tokens)
    assert len(endpoint.requests) == 2 * asked


def test_a_token_to_spare_is_used_meanwhile_and_no_longer_than_it_is_good() -> None:
    for status in (429, 503):
        clock, endpoint = HandClock(), Endpoint(token("old"), Reply(status, {"retry-after": "400"}, b""), token("new"))
        tokens = client(endpoint, clock)
        get(tokens)
        clock.now += 3300
        for _ in range(29):
            assert get(tokens) == "old"
            clock.now += 10
        assert refused(tokens).retry_after == 110, "it has died"
        assert len(endpoint.requests) == 2
        clock.now += 111
        assert get(tokens) == "new"


def test_a_token_that_is_only_doubted_is_kept_while_there_can_be_no_other() -> None:
    clock, endpoint = HandClock(), Endpoint(token("old"), ASKING["429"])
    tokens = client(endpoint, clock)
    get(tokens)
    clock.now += 3300
    used = tokens.get(Deadline(5))
    assert tokens.refused(used, forbidden=True)
    assert get(tokens) == "old"
    assert tokens.refused(used)
    assert refused(tokens).retry_after == 60, "a 401 is no doubt"
    assert len(endpoint.requests) == 2


def test_another_process_that_shares_the_tokens_waits_as_well(tmp_path: Path) -> None:
    clock, endpoint = HandClock(), Endpoint(ASKING["429"])
    shared = {"token_cache": str(tmp_path / "tokens")}
    assert isinstance(refused(client(endpoint, clock, **shared)), RateLimitedError)
    told = refused(client(endpoint, HandClock(), **shared))
    assert isinstance(told, NotSentError)
    assert told.retry_after == pytest.approx(60, abs=30)
    assert len(endpoint.requests) == 1
    assert get(client(endpoint, clock, scope="other", **shared)) == "token-2", "another client is another matter"


def test_a_token_that_another_process_got_all_the_same_is_used(tmp_path: Path) -> None:
    clock, endpoint = HandClock(), Endpoint(ASKING["429"])
    chosen = settings(token_cache=str(tmp_path / "tokens"))
    tokens = TokenProvider(chosen, endpoint, clock=clock)
    refused(tokens)
    (tmp_path / "tokens").unlink()
    assert get(TokenProvider(chosen, endpoint, clock=clock)) == "token-2"
    assert get(tokens) == "token-2"
    assert len(endpoint.requests) == 2


ENTRY = {"wait": 60.0, "expires_at": 1060.0}


@table(
    ("entry", "left"),
    [
        (ENTRY, 30.0),
        ({**ENTRY, "expires_at": 1090.0}, 60.0),
        ({"wait": 86_400.0, "expires_at": 87_430.0}, 86_400.0),
        ({"wait": 86_401.0, "expires_at": 1060.0}, 0.0),
        ({**ENTRY, "expires_at": 1030.0}, 0.0),
        ({**ENTRY, "expires_at": 1091.0}, 0.0),
        ({"wait": 1e9, "expires_at": 1e9}, 0.0),
        ({**ENTRY, "wait": "60"}, 0.0),
        ({"wait": 60.0}, 0.0),
        ([60.0], 0.0),
        (None, 0.0),
    ],
)
def test_a_wait_in_the_file_that_cannot_be_is_none(tmp_path: Path, entry: object, left: float) -> None:
    path, key = tmp_path / "tokens", cache_key(settings())
    path.write_text(json.dumps({f"{key}.wait": entry}))
    path.chmod(0o600)
    assert TokenCache(str(path), clock=time.monotonic, wall=lambda: 1030.0).wait(key) == left


def test_an_application_under_test_waits_for_no_token_endpoint() -> None:
    endpoint = Endpoint(ASKING["429"])
    tokens = client(endpoint, HandClock())
    refused(tokens)
    pauses.turn(off=True)
    try:
        assert get(tokens) == "token-2"
    finally:
        pauses.turn(off=False)


def test_a_definite_no_is_no_request_to_wait_whatever_stands_beside_it(tmp_path: Path) -> None:
    endpoint = Endpoint(Reply(400, BUSY, b'{"error":"invalid_scope"}'))
    tokens = client(endpoint, HandClock(), token_cache=str(tmp_path / "tokens"))
    assert isinstance(refused(tokens), ConfigurationError)
    assert not (tmp_path / "tokens").exists()
    assert get(tokens) == "token-2"
