"""OAuth 2.0 as RFC 6749, 6750, 7009 and 8414 say, with tokens that really expire."""

from __future__ import annotations

import json
import warnings

import pytest
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from tests.sandbox.speak import FORM, basic, fields, http_call, token_request
from tests.tables import table

JSON = "application/json; charset=utf-8"


@pytest.fixture
def clocked(sandbox):
    yield sandbox
    sandbox.clock.reset()


def channels(sandbox, token):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    body = json.dumps({"class": "chat", "method": "getchatchannels"}).encode()
    return http_call(sandbox.plain_url, "POST", "/api/json/", body=body, headers=headers)


def test_a_token_opens_its_own_account(sandbox, account):
    answer = token_request(sandbox, account)
    assert (answer.status, answer.headers["content-type"], answer.headers["cache-control"]) == (200, JSON, "no-store")
    token = answer.json()
    assert set(token) == {"access_token", "token_type", "expires_in", "scope"}
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 3600, "chat")
    assert channels(sandbox, token["access_token"]).status == 200
    assert [arrival.operation for arrival in sandbox.journal(account)] == ["get_chat_channels"]
    assert sandbox.tokens_issued(account) == 1


def test_it_expires_to_the_second(clocked, account):
    clocked.clock.freeze()
    token = token_request(clocked, account).json()["access_token"]
    clocked.clock.advance(3599)
    assert channels(clocked, token).status == 200
    clocked.clock.advance(1)
    answer = channels(clocked, token)
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert answer.json() == {"status": "ERROR", "error": "INCORRECT_USER_PASSWORD"}


def test_without_a_token_there_is_a_plain_challenge(sandbox):
    for headers in ({}, {"Authorization": basic("user", "password")}):
        answer = http_call(sandbox.plain_url, "POST", "/api/json/", body=b"{}", headers=headers)
        assert (answer.status, answer.json()["error"]) == (401, "MISSING_USER")
        assert answer.headers["www-authenticate"] == 'Bearer realm="Afilnet"'


def test_tokens_can_be_revoked_by_the_client_and_by_the_sandbox(sandbox, account):
    first, second = (token_request(sandbox, account).json()["access_token"] for _ in range(2))
    headers = {"Content-Type": FORM, "Authorization": basic(account.client_id, account.client_secret)}
    answer = http_call(sandbox.plain_url, "POST", "/oauth/revoke", body=f"token={first}".encode(), headers=headers)
    assert answer.status == 200
    assert [channels(sandbox, token).status for token in (first, second)] == [401, 200]
    sandbox.revoke_tokens(account)
    assert channels(sandbox, second).status == 401


def test_nobody_revokes_anothers_token(sandbox, account):
    token = token_request(sandbox, account).json()["access_token"]
    headers = {"Content-Type": FORM, "Authorization": basic("client", "client-secret")}
    http_call(sandbox.plain_url, "POST", "/oauth/revoke", body=f"token={token}".encode(), headers=headers)
    assert channels(sandbox, token).status == 200


def test_the_client_may_say_who_it_is_in_the_body(sandbox, account):
    form = f"grant_type=client_credentials&client_id={account.client_id}&client_secret={account.client_secret}"
    answer = http_call(sandbox.plain_url, "POST", "/oauth/token", body=form.encode(), headers={"Content-Type": FORM})
    assert answer.status == 200


CLIENT = basic("client", "client-secret")
REFUSED = {
    "wrong secret": (basic("client", "wrong"), "grant_type=client_credentials", 401, "invalid_client"),
    "wrong client": (basic("nobody", "client-secret"), "grant_type=client_credentials", 401, "invalid_client"),
    "no client": (None, "grant_type=client_credentials", 401, "invalid_client"),
    "broken header": ("Basic !!!", "grant_type=client_credentials", 401, "invalid_client"),
    "wrong secret in body": (
        None,
        "grant_type=client_credentials&client_id=client&client_secret=x",
        401,
        "invalid_client",
    ),
    "header and body": (
        CLIENT,
        "grant_type=client_credentials&client_id=client&client_secret=client-secret",
        401,
        "invalid_client",
    ),
    "unknown grant": (CLIENT, "grant_type=urn:other", 400, "unsupported_grant_type"),
    "authorization code": (CLIENT, "grant_type=authorization_code&code=x", 400, "unsupported_grant_type"),
    "no grant": (CLIENT, "", 400, None),
    "unknown scope": (CLIENT, "grant_type=client_credentials&scope=admin", 400, "invalid_scope"),
    "grant twice": (CLIENT, "grant_type=client_credentials&grant_type=client_credentials", 400, None),
    "wrong password": (CLIENT, "grant_type=password&username=user&password=wrong", 400, "invalid_grant"),
    "unknown refresh token": (CLIENT, "grant_type=refresh_token&refresh_token=x", 400, "invalid_grant"),
}


@table("name", REFUSED)
def test_what_the_token_endpoint_refuses(sandbox, name):
    authorization, form, status, error = REFUSED[name]
    headers = {"Content-Type": FORM} | ({"Authorization": authorization} if authorization else {})
    answer = http_call(sandbox.plain_url, "POST", "/oauth/token", body=form.encode(), headers=headers)
    assert (answer.status, answer.headers["content-type"]) == (status, JSON)
    assert "error" in answer.json()
    assert error in (None, answer.json()["error"])
    assert (status == 401) == ("www-authenticate" in answer.headers)
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Basic ")


def test_password_and_refresh(clocked, account):
    clocked.clock.freeze()
    headers = {"Content-Type": FORM, "Authorization": basic(account.client_id, account.client_secret)}

    def ask(form):
        return http_call(clocked.plain_url, "POST", "/oauth/token", body=form.encode(), headers=headers)

    token = ask(f"grant_type=password&username={account.user}&password={account.password}").json()
    clocked.clock.advance(4000)
    assert channels(clocked, token["access_token"]).status == 401
    assert channels(clocked, token["refresh_token"]).status == 401
    renewed = ask(f"grant_type=refresh_token&refresh_token={token['refresh_token']}").json()
    assert channels(clocked, renewed["access_token"]).status == 200
    assert ask(f"grant_type=refresh_token&refresh_token={token['refresh_token']}").json()["error"] == "invalid_grant"


def test_metadata(sandbox):
    document = http_call(
        sandbox.base_url, "GET", "/.well-known/oauth-authorization-server", ca_file=sandbox.ca_file
    ).json()
    assert document["issuer"] == sandbox.base_url
    assert document["token_endpoint"] == sandbox.token_url
    assert "client_credentials" in document["grant_types_supported"]


def test_a_foreign_oauth_client_gets_in(sandbox, account):
    session = OAuth2Session(client=BackendApplicationClient(account.client_id))
    session.trust_env = False
    with warnings.catch_warnings(), session:
        session.fetch_token(
            sandbox.token_url,
            client_id=account.client_id,
            client_secret=account.client_secret,
            verify=sandbox.ca_file,
        )
        given = fields(account, "getchatchannels")
        given = {name: given[name] for name in ("class", "method")}
        answer = session.post(sandbox.json_url, json=given, verify=sandbox.ca_file)
    assert answer.json()["status"] == "SUCCESS"


def test_a_dropped_account_takes_its_tokens_along(sandbox):
    account = sandbox.account()
    token = token_request(sandbox, account).json()["access_token"]
    sandbox.drop(account)
    assert channels(sandbox, token).status == 401
