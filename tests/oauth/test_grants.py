"""The refresh token and the legacy password grant: what they send, and what happens when they are refused."""

from __future__ import annotations

import contextlib
import json
import logging
import warnings
from urllib.parse import parse_qsl

import pytest

from afilnet_protocols import AuthenticationError, ConfigurationError, NotSentError, SecurityPolicyError
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.oauth.source import TokenSource
from afilnet_protocols.security.policy import assess, check_settings
from afilnet_protocols.wire import Reply
from tests.oauth.endpoint import Endpoint, HandClock, settings, token
from tests.oauth.test_shared_file import in_a_child
from tests.tables import table


def with_refresh(name: str, refresh: str | None) -> Reply:
    document = {"access_token": name, "token_type": "Bearer", "expires_in": 3600}
    return Reply(200, {}, json.dumps(document | ({"refresh_token": refresh} if refresh else {})).encode())


def refused(error: str) -> Reply:
    return Reply(400, {}, json.dumps({"error": error}).encode())


def forms(endpoint: Endpoint) -> list[dict[str, str]]:
    return [dict(parse_qsl(request.body.decode(), strict_parsing=True)) for request in endpoint.requests]


def renewed(endpoint: Endpoint, times: int, **changes: object) -> str:
    tokens = TokenProvider(settings(**changes), endpoint, clock=HandClock())
    secret = tokens.get(Deadline(5))
    for _ in range(times):
        tokens.accepted(secret)
        tokens.refused(secret)
        secret = tokens.get(Deadline(5))
    return secret.reveal()


def test_a_refresh_token_is_traded_in_and_replaced_by_the_new_one() -> None:
    endpoint = Endpoint(
        with_refresh("one", "r-1"), with_refresh("two", "r-2"), with_refresh("three", None), token("four")
    )
    assert renewed(endpoint, 3, scope="chat") == "four"
    assert forms(endpoint) == [
        {"grant_type": "client_credentials", "scope": "chat"},
        {"grant_type": "refresh_token", "scope": "chat", "refresh_token": "r-1"},
        {"grant_type": "refresh_token", "scope": "chat", "refresh_token": "r-2"},
        {"grant_type": "refresh_token", "scope": "chat", "refresh_token": "r-2"},
    ]
    assert all(dict(request.headers)["Authorization"].startswith("Basic ") for request in endpoint.requests)


def test_each_renewal_asks_for_what_the_first_request_asked_for() -> None:
    endpoint = Endpoint(token("one"), with_refresh("two", "r-1"), token("three"))
    assert renewed(endpoint, 2, scope="chat", audience="chat-api", resource=["https://chat.example.com"]) == "three"
    target = {"scope": "chat", "audience": "chat-api", "resource": "https://chat.example.com"}
    assert [{name: form.get(name) for name in target} for form in forms(endpoint)] == [target] * 3


def test_a_refreshed_token_that_does_not_say_how_long_it_lives_is_not_judged_by_the_end_of_the_old_one() -> None:
    clock = HandClock()
    silent = Reply(200, {}, b'{"access_token": "two", "token_type": "Bearer"}')
    endpoint = Endpoint(with_refresh("one", "r-1"), silent)
    tokens = TokenProvider(settings(), endpoint, clock=clock)
    assert tokens.get(Deadline(5)).reveal() == "one"
    clock.now += 4000
    assert [tokens.get(Deadline(5)).reveal() for _ in range(3)] == ["two"] * 3
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("error", ["invalid_grant", "unsupported_grant_type", "unauthorized_client"])
def test_a_refused_refresh_token_is_dropped_and_the_grant_used_again(error: str) -> None:
    endpoint = Endpoint(with_refresh("one", "r-1"), refused(error), token("two"), token("three"))
    assert renewed(endpoint, 2) == "three"
    assert [form["grant_type"] for form in forms(endpoint)] == [
        "client_credentials",
        "refresh_token",
        "client_credentials",
        "client_credentials",
    ]


def asked_for_in_a_child(**changes: object) -> bool:
    """Return whether a forked child leaves its parent the refresh token that both have."""
    endpoint = Endpoint(with_refresh("one", "r-1"))
    tokens = TokenProvider(settings(**changes), endpoint, clock=HandClock())
    tokens.refused(tokens.get(Deadline(5)))

    def by_the_grant() -> bool:
        tokens.get(Deadline(5))
        return forms(endpoint)[-1]["grant_type"] == "client_credentials"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        left = in_a_child(by_the_grant)
    tokens.get(Deadline(5))
    assert forms(endpoint)[-1].get("refresh_token") == "r-1"
    return left


def test_a_forked_child_leaves_the_refresh_token_to_its_parent() -> None:
    assert asked_for_in_a_child()
    assert not asked_for_in_a_child(grant="refresh_token", refresh_token="r-0"), "it has nothing else"


def test_a_child_that_uses_it_too_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TokenSource, "after_fork", lambda _: None)
    assert not asked_for_in_a_child()


BY_NAME = [
    Reply(401, {}, b'{"error":"invalid_client"}'),
    Reply(400, {}, b'{"error":"unauthorized_client","error_description":"Invalid client secret"}'),
    Reply(200, {}, b'{"error":"bad_client_secret"}'),
    Reply(401, {}, b'{"error":"INCORRECT_USER_PASSWORD"}'),
    Reply(401, {}, b'{"error":"invalid_client","name":"\\ud83d"}'),
]
UNABLE = Reply(501, {}, b'{"error":"unsupported_grant_type"}')
ELSEWHERE = [Reply(status, {}, b"") for status in (300, 302, 399, 404, 405, 407, 410)]


def refreshed_after(answer: Reply) -> list[str]:
    """Have a refresh token answered so and call once more; return which grants were used."""
    endpoint = Endpoint(with_refresh("one", "r-1"), answer)
    tokens = TokenProvider(settings(), endpoint, clock=HandClock())
    used = tokens.get(Deadline(5))
    tokens.accepted(used)
    tokens.refused(used)
    with contextlib.suppress(AuthenticationError, ConfigurationError):
        tokens.get(Deadline(5))
    grants = [form["grant_type"] for form in forms(endpoint)]
    tokens.get(Deadline(5))
    assert forms(endpoint)[-1]["grant_type"] == "client_credentials", "what was refused is not used again"
    return grants


@table("answer", [*BY_NAME, *ELSEWHERE])
def test_what_would_be_refused_whatever_is_asked_for_is_asked_once(answer: Reply) -> None:
    assert refreshed_after(answer) == ["client_credentials", "refresh_token"]


@table("answer", [*(Reply(status, {}, b"") for status in (200, 400, 401, 403)), refused("invalid_scope"), UNABLE])
def test_where_that_is_not_said_the_grant_is_tried(answer: Reply) -> None:
    assert refreshed_after(answer) == ["client_credentials", "refresh_token", "client_credentials"]


def test_a_client_that_tries_its_secret_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.oauth.fetch.leaves_the_grant", lambda _: True)
    assert len(refreshed_after(BY_NAME[0])) == 3


def test_what_it_ends_in_speaks_of_no_setting_that_is_not_used() -> None:
    tokens = TokenProvider(settings(), Endpoint(with_refresh("one", "r-1"), Reply(404, {}, b"")), clock=HandClock())
    tokens.refused(tokens.get(Deadline(5)))
    with pytest.raises(ConfigurationError) as caught:
        tokens.get(Deadline(5))
    assert "refresh_token" not in str(caught.value)


def test_an_endpoint_that_is_down_is_not_asked_twice() -> None:
    endpoint = Endpoint(with_refresh("one", "r-1"), NotSentError("down"))
    with pytest.raises(NotSentError):
        renewed(endpoint, 1)
    assert len(endpoint.requests) == 2


LEGACY: dict[str, object] = {
    "grant": "password",
    "allow_legacy_grant": True,
    "user": "me@example.com",
    "password": "p&ss wörd",
}


def test_the_password_grant_sends_user_and_password_in_the_form(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint = Endpoint()
    assert renewed(endpoint, 0, **LEGACY) == "token-1"
    assert forms(endpoint) == [{"grant_type": "password", "username": "me@example.com", "password": "p&ss wörd"}]
    assert "p&ss" not in caplog.text
    assert "p%26ss" not in caplog.text


def test_the_password_grant_needs_the_legacy_switch_and_reaches_medium_only() -> None:
    with pytest.raises(ConfigurationError, match="allow_legacy_grant"):
        check_settings(settings(**{**LEGACY, "allow_legacy_grant": False}))
    assert assess(settings(**LEGACY)).level.word == "medium"
    with pytest.raises(SecurityPolicyError) as caught:
        check_settings(settings(**LEGACY, minimum_security="high"))
    assert "G11" in caught.value.missing
    assert 'grant = "client_credentials"' in caught.value.fix


def test_a_refused_password_is_an_authentication_error() -> None:
    with pytest.raises(AuthenticationError) as caught:
        renewed(Endpoint(refused("invalid_grant")), 0, **LEGACY)
    assert caught.value.code == "INCORRECT_USER_PASSWORD"


CONFIGURED: dict[str, object] = {"grant": "refresh_token", "refresh_token": "r-0 of/the+settings"}


def test_a_configured_refresh_token_is_all_that_is_traded_in_and_its_successor_is_kept() -> None:
    endpoint = Endpoint(with_refresh("one", "r-1"), with_refresh("two", None), token("three"))
    assert renewed(endpoint, 2, **CONFIGURED) == "three"
    assert forms(endpoint) == [
        {"grant_type": "refresh_token", "refresh_token": refresh} for refresh in ("r-0 of/the+settings", "r-1", "r-1")
    ]


def test_a_configured_refresh_token_outlives_a_network_that_is_down() -> None:
    endpoint = Endpoint(NotSentError("down"), token("one"))
    tokens = TokenProvider(settings(**CONFIGURED), endpoint, clock=HandClock())
    with pytest.raises(NotSentError):
        tokens.get(Deadline(5))
    assert tokens.get(Deadline(5)).reveal() == "one"
    assert {form["refresh_token"] for form in forms(endpoint)} == {"r-0 of/the+settings"}


def test_a_refused_configured_refresh_token_is_an_authentication_error_and_nothing_else_is_tried() -> None:
    endpoint = Endpoint(refused("invalid_grant"))
    with pytest.raises(AuthenticationError, match="refresh token") as caught:
        renewed(endpoint, 0, **CONFIGURED)
    assert "r-0" not in str(caught.value)
    assert len(endpoint.requests) == 1


def test_a_configured_refresh_token_reaches_high_and_is_only_accepted_with_its_grant() -> None:
    assert assess(settings(**CONFIGURED)).level.word == "high"
    check_settings(settings(**CONFIGURED, minimum_security="high"))
    with pytest.raises(ConfigurationError, match='refresh_token is needed by grant = "refresh_token"'):
        settings(grant="refresh_token")
    with pytest.raises(ConfigurationError, match="refresh_token has no use"):
        settings(refresh_token="r-0")
