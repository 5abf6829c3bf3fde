"""One token request: its bytes, what the libraries above the transport see of it, and what its failure means."""

from __future__ import annotations

import base64
import logging
import time
import traceback
from pathlib import Path
from urllib.parse import parse_qsl, unquote_plus

import pytest

from afilnet_protocols import (
    AuthenticationError,
    ConfigurationError,
    NotSentError,
    OutcomeUnknownError,
    SecurityPolicyError,
    Settings,
)
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.credentials import asked_by
from afilnet_protocols.oauth.fetch import fetch_token
from afilnet_protocols.oauth.token import AccessToken
from afilnet_protocols.waiting import complete
from afilnet_protocols.wire import Reply, Request
from tests.oauth.endpoint import SECRET, Endpoint, settings, token
from tests.tables import table


def fetch(chosen: Settings, endpoint: Endpoint, url: str = "") -> AccessToken:
    url = url or chosen.token_url or ""
    return complete(fetch_token(chosen, endpoint, token_url=url, deadline=Deadline(5), clock=time.monotonic))


def sent(**changes: object) -> Request:
    endpoint = Endpoint()
    fetch(settings(**changes), endpoint)
    assert len(endpoint.requests) == 1
    return endpoint.requests[0]


def header(request: Request, name: str) -> str | None:
    found = [value for key, value in request.headers if key.lower() == name]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("address", ["https://auth.example.com/token", "http://127.0.0.1:1/token"])
def test_basic_authentication_is_form_encoded_before_base64(address: str) -> None:
    request = sent(token_url=address, minimum_security="none")
    # RFC 6749 §2.3.1 and appendix B, by hand; a blank as %20, which whoever decodes a form or an address understands.
    pair = "my%20client:s3cret%2F%26%2B%20%C3%B1%3A%20%2541"
    assert header(request, "authorization") == "Basic " + base64.b64encode(pair.encode()).decode()
    assert request.method == "POST"
    assert request.url == address
    assert request.body == b"grant_type=client_credentials"
    assert header(request, "content-type") == "application/x-www-form-urlencoded"
    assert header(request, "accept") == "application/json"
    assert header(request, "cache-control") == "no-store"
    assert {name.lower() for name, _ in request.headers} == {"authorization", "content-type", "accept", "cache-control"}


@pytest.mark.parametrize("address", ["https://auth.example.com/token", "http://127.0.0.1:1/token"])
def test_body_authentication_puts_both_into_the_form_and_nothing_into_headers(address: str) -> None:
    request = sent(token_url=address, minimum_security="none", token_auth="body", scope="chat read")
    assert dict(parse_qsl(request.body.decode(), strict_parsing=True)) == {
        "grant_type": "client_credentials",
        "scope": "chat read",
        "client_id": "my client",
        "client_secret": SECRET,
    }
    assert header(request, "authorization") is None


def test_raw_basic_sends_what_the_settings_say_for_a_server_that_compares_without_decoding() -> None:
    request = sent(token_auth="basic-raw")
    pair = f"my client:{SECRET}".encode()
    assert header(request, "authorization") == "Basic " + base64.b64encode(pair).decode()
    assert request.body == b"grant_type=client_credentials"


def test_what_servers_want_beyond_the_standard_joins_the_form() -> None:
    request = sent(
        scope="chat",
        resource=("https://api.example.com/a", "https://api.example.com/b?x=1&y"),
        audience="https://api.example.com",
        token_parameters=("tenant=a=b&c", "empty="),
    )
    assert parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True) == [
        ("grant_type", "client_credentials"),
        ("scope", "chat"),
        ("resource", "https://api.example.com/a"),
        ("resource", "https://api.example.com/b?x=1&y"),
        ("audience", "https://api.example.com"),
        ("tenant", "a=b&c"),
        ("empty", ""),
    ]


@table(
    ("name", "value"),
    [
        ("token_parameters", ["no pair"]),
        ("token_parameters", ["=x"]),
        ("token_parameters", ["client_secret=x"]),
        ("token_parameters", ["API_KEY=x"]),
        ("token_parameters", ["grant_type=x"]),
        ("token_parameters", ["a=b\r\nc"]),
        ("resource", ["not an address"]),
        ("resource", ["/relative"]),
        ("resource", ["https://api.example.com/#part"]),
    ],
)
def test_a_parameter_that_is_none_or_secret_or_another_settings_is_refused(name: str, value: list[str]) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} must"):
        settings(**{name: value})


def test_mutual_tls_names_the_client_and_sends_no_secret() -> None:
    chosen = settings()
    object.__setattr__(chosen, "token_auth", "mtls")
    endpoint = Endpoint()
    fetch(chosen, endpoint)
    body = endpoint.requests[0].body
    assert dict(parse_qsl(body.decode())) == {"grant_type": "client_credentials", "client_id": "my client"}
    assert header(endpoint.requests[0], "authorization") is None


@pytest.mark.parametrize("address", ["https://auth.example.com/token", "http://127.0.0.1:1/token"])
@pytest.mark.parametrize("auth", ["basic", "body"])
def test_the_libraries_in_between_log_neither_secret_nor_token_even_unfiltered(
    address: str, auth: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(logging.root.manager.loggerDict):
        monkeypatch.setattr(logging.getLogger(name), "filters", [])
    caplog.set_level(logging.DEBUG)
    fetch(settings(token_url=address, minimum_security="none", token_auth=auth), Endpoint(token("a-real-token")))
    if address.startswith("https"):
        assert "requests_oauthlib" in {record.name.partition(".")[0] for record in caplog.records}
    everything = caplog.text + repr([vars(record) for record in caplog.records])
    for spelling in (
        SECRET,
        unquote_plus(SECRET),
        "s3cret",
        base64.b64encode(b"my+client:s3cret")[:18].decode(),
        "a-real",
    ):
        assert spelling not in everything


@pytest.mark.parametrize("failure", [NotSentError("refused"), OutcomeUnknownError("no answer")])
def test_whatever_becomes_of_the_token_request_the_operation_was_not_sent(failure: Exception) -> None:
    with pytest.raises(NotSentError, match="the operation was not sent") as caught:
        fetch(settings(), Endpoint(failure))
    assert caught.value.delivery == "not_sent"
    assert caught.value.__context__ is None
    assert SECRET not in "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )


def test_an_address_that_no_request_can_be_made_for_is_a_lack_of_this_side() -> None:
    endpoint = Endpoint()
    with pytest.raises(NotSentError, match="check the setting token_url") as caught:
        fetch(settings(), endpoint, "https://*.example.com/token")
    assert caught.value.local
    assert endpoint.requests == []


@table(
    ("given", "encoded"),
    [
        ({"client_id": "chat", "client_secret": "s3cret"}, False),
        ({"client_id": "my chat", "client_secret": "s3cret"}, True),
        ({"client_id": "chat", "client_secret": "s/cret"}, True),
        ({"client_id": "chat", "client_secret": "s3cret", "grant": "refresh_token", "refresh_token": "r"}, False),
    ],
)
def test_how_a_token_is_asked_for_is_known_where_it_is_refused(given: dict[str, object], encoded: bool) -> None:
    asked = asked_by(settings(**given))
    grant = given.get("grant", "client_credentials")
    assert (asked.grant, asked.token_auth, asked.encoded) == (grant, "basic", encoded)


def test_a_client_without_a_secret_has_none_that_is_encoded() -> None:
    chosen = settings(client_id="chat")
    object.__setattr__(chosen, "client_secret", None)
    assert not asked_by(chosen).encoded


def test_a_policy_error_of_the_transport_stays_one() -> None:
    with pytest.raises(ConfigurationError, match="on purpose"):
        fetch(settings(), Endpoint(ConfigurationError("on purpose")))


@table("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    endpoint = Endpoint(Reply(status, {"location": "https://evil.example/token"}, b""))
    with pytest.raises(ConfigurationError, match=f"token_url.*redirect.*{status}"):
        fetch(settings(), endpoint)
    assert len(endpoint.requests) == 1


def test_a_refused_client_is_the_same_error_as_a_refused_password() -> None:
    with pytest.raises(AuthenticationError) as caught:
        fetch(settings(), Endpoint(Reply(401, {}, b'{"error":"invalid_client"}')))
    assert caught.value.code == "INCORRECT_USER_PASSWORD"


def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plain = sent()
    netrc = tmp_path / "netrc"
    netrc.write_text("machine auth.example.com login thief password thief\n")
    netrc.chmod(0o600)
    for name, value in {
        "NETRC": str(netrc), "HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9",
        "REQUESTS_CA_BUNDLE": "/nowhere", "CURL_CA_BUNDLE": "/nowhere", "SSL_CERT_FILE": "/nowhere",
        "OAUTHLIB_INSECURE_TRANSPORT": "1", "OAUTHLIB_RELAX_TOKEN_SCOPE": "1", "OAUTHLIB_STRICT_TOKEN_TYPE": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    hostile = sent()
    assert (hostile.headers, hostile.body, hostile.url) == (plain.headers, plain.body, plain.url)
    wide = b'{"access_token":"x","token_type":"Bearer","expires_in":60,"scope":"chat admin"}'
    with pytest.raises(SecurityPolicyError, match="wider"):
        fetch(settings(scope="chat", minimum_security="high"), Endpoint(Reply(200, {}, wide)))
