"""A refusal that says which parameter it misses names the setting that gives it, and shows nothing else of it."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qsl

import pytest

from afilnet_protocols import ConfigurationError, Settings
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth import missing_parameter as module
from afilnet_protocols.oauth.credentials import asked_by
from afilnet_protocols.oauth.fetch import fetch_token
from afilnet_protocols.oauth.missing_parameter import missing_parameter
from afilnet_protocols.oauth.refusal import Asked, refusal
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.waiting import complete
from afilnet_protocols.wire import Reply
from tests.oauth.endpoint import Endpoint, settings
from tests.tables import table

# As servers in use write them: OpenAuth, Entra ID, Okta, Keycloak, oauthlib, OAuth::Lite2, oauth2-server, league,
# Doorkeeper, bshaffer, FusionAuth, better-auth, FastAPI, Spring, WSO2, Laravel, joi, API gateways.
STANDARD = (
    "The request is missing a required parameter, includes an {} parameter value, includes a parameter more than once, "
    "or is otherwise malformed"
)
SAID: list[tuple[dict[str, object], str, str]] = [
    ({"error": "missing `provider` form value"}, "provider", "token_parameters"),
    ({"error": "missing `client_id` form value"}, "client_id", 'token_auth = "body"'),
    ({"error_description": "The body must contain the following parameter: 'scope'."}, "scope", "the setting scope"),
    ({"error_description": "AADSTS90014: The required field 'tenant' is missing."}, "tenant", "token_parameters"),
    ({"error_description": "There are no default scopes, 'scope' must be provided."}, "scope", "set the setting scope"),
    ({"error_description": "Missing parameter: username"}, "username", 'grant = "password"'),
    ({"error_description": "Request is missing username parameter."}, "username", 'grant = "password"'),
    ({"error_description": "'client_secret' not found"}, "client_secret", 'token_auth = "body"'),
    ({"error_description": "Missing parameter: `refresh_token`"}, "refresh_token", 'grant = "refresh_token"'),
    ({"error_description": "x", "hint": "the `audience` is missing"}, "audience", "the setting audience"),
    ({"error_description": "Missing required parameter: refresh_token."}, "refresh_token", "refresh_token"),
    ({"error_description": 'Missing parameters: "username" and "password" required'}, "username", 'grant = "password"'),
    ({"error_description": "The request is missing a required parameter: client_id"}, "client_id", "token_auth"),
    ({"error_description": "Missing required client_id"}, "client_id", "token_auth"),
    ({"error_description": "the parameter account_id is required"}, "account_id", 'add "account_id=…"'),
    ({"error_description": "client_assertion is required"}, "client_assertion", "private_key_jwt"),
    ({"error_description": STANDARD.format("invalid"), "hint": "Check the `scope` parameter"}, "scope", "scope"),
    ({"message": f"{STANDARD.format('invalid')}: Check the `scope` parameter"}, "scope", "the setting scope"),
    ({"error_description": "OAuth 2.0 Parameter: scope"}, "scope", "the setting scope"),
    ({"error_description": "OAuth 2.0 Parameter: tenantId"}, "tenantId", 'add "tenantId=…"'),
    ({"error_description": "The resource server knows no default, 'scope' must be given"}, "scope", "setting scope"),
    ({"error_description": "Missing tenant parameter value"}, "tenant", 'add "tenant=…"'),
    ({"error_description": "parameter missing: tenant"}, "tenant", 'add "tenant=…"'),
    ({"error_description": "required parameters not specified: tenant"}, "tenant", 'add "tenant=…"'),
    ({"error_description": "Required param : tenant"}, "tenant", 'add "tenant=…"'),
    ({"message": "Missing required request parameters: [tenant, scope]"}, "tenant", 'add "tenant=…"'),
    ({"message": "Required request parameter 'tenant' for method parameter type String is not present"}, "tenant", "="),
    ({"message": "The tenant field is required."}, "tenant", 'add "tenant=…"'),
    ({"message": '"tenant" is required'}, "tenant", 'add "tenant=…"'),
    ({"status": 400, "message": "missing client id"}, "client_id", 'token_auth = "body"'),
    ({"message": "You must specify a scope"}, "scope", "set the setting scope"),
    ({"error_description": "You must provide the tenant parameter"}, "tenant", 'add "tenant=…"'),
    ({"message": "Audience is required"}, "audience", "set the setting audience"),
    ({"message": "`resource` is required"}, "resource", "set the setting resource"),
    ({"message": "audience was not specified"}, "audience", "set the setting audience"),
    ({"detail": [{"type": "missing", "loc": ["body", "username"], "msg": "Field required"}]}, "username", "password"),
    (
        {"detail": [{"type": "missing", "loc": ["body", each], "msg": "x"} for each in ("grant_type", "tenant")]},
        "tenant",
        "token_parameters",
    ),
]  # fmt: skip

OTHER = {"type": "string_type", "loc": ["body", "scope"]}
MISSING = {"type": "missing", "loc": ["body", "scope"]}

NOT_SAID: list[dict[str, object]] = [
    {"detail": [*[OTHER] * 8, MISSING]},
    {"error_description": "The user 'hunter' was not found"},
    {"error_description": "Client 'hunter' is missing something"},
    {"error_description": "The password 'hunter' lacks a digit"},
    {"error_description": "The scope is not allowed"},
    {"error_description": "Missing form parameter: grant_type"},
    {"error_description": "The request is missing a required parameter"},
    *({"error_description": STANDARD.format(kind)} for kind in ("invalid", "unsupported")),
    {"error_description": f"{STANDARD.format('invalid')}: Cannot decrypt the token of hunter"},
    *(
        {"error_description": said}
        for said in (
            "A required parameter is missing",
            "Required parameter missing",
            "One or more required parameters are missing",
            "Required parameter was not provided",
            "The parameter value is missing",
            "Missing grant_type parameter value",
            "Invalid grant_type parameter or parameter missing",
            "missing or invalid parameter.",
            "Parameter is required",
            "A mandatory parameter has not been provided",
            "OAuth 2.0 Parameter: grant_type",
            "Missing a field of hunter",
        )
    ),
    {"message": "The requested resource was not found"},
    {"message": "Resource not found"},
    {"error_description": "A password is not required for this grant"},
    {"error_description": "The tenant parameter is not required"},
    {"message": 'The user "hunter" is required'},
    {"other": "missing `provider` form value"},
    {"detail": "Field required"},
    {"detail": [{"type": "missing", "loc": "username"}, {"type": "missing", "loc": []}, "missing", 5]},
    {"detail": [{"type": "string_type", "loc": ["body", "username"]}]},
    {"detail": [{"type": "missing", "loc": ["body", "Hunter 2"]}]},
]


@table("said", ["A required parameter is missing", STANDARD.format("invalid"), "Missing grant_type parameter value"])
def test_a_reader_that_takes_every_word_behind_a_parameter_for_one_would_be_found_out(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_word = re.compile(r"\b(?:parameter|field|argument)s?:? ([a-z_]+)")
    monkeypatch.setattr(module, "_CALLED_A_PARAMETER", any_word)
    monkeypatch.setattr(module, "_STANDARD", re.compile("(?!)"))
    assert missing_parameter({"error_description": said}) != ""


def test_eight_errors_of_a_validator_are_looked_at() -> None:
    assert missing_parameter({"detail": [*[OTHER] * 7, MISSING]}) == "scope"


def form_of(chosen: Settings) -> str:
    """Return the form of a token request."""
    endpoint = Endpoint()
    refresh = chosen.refresh_token if isinstance(chosen.refresh_token, Secret) else None
    url = chosen.token_url or ""
    complete(fetch_token(chosen, endpoint, token_url=url, deadline=Deadline(5), clock=time.monotonic, refresh=refresh))
    return endpoint.requests[0].body.decode()


def text_of(document: dict[str, object], status: int = 400) -> str:
    error = refusal(Reply(status), {"error": "invalid_request", **document}, Asked())
    assert type(error) is ConfigurationError
    return str(error)


@table(("document", "name", "advice"), SAID)
def test_what_is_missing_is_named_with_what_gives_it(document: dict[str, object], name: str, advice: str) -> None:
    assert missing_parameter(document) == name
    for status in (400, 422):
        text = text_of(document, status)
        code = "" if "error" in document else "invalid_request, "
        assert f"misses the parameter {name} ({code}HTTP {status}): " in text
        assert advice in text


@table("document", NOT_SAID)
def test_nothing_else_is_taken_for_a_parameter(document: dict[str, object]) -> None:
    assert missing_parameter(document) == ""
    assert "hunter" not in text_of(document)


def test_a_secret_of_ours_is_not_shown_as_one() -> None:
    secret = Secret("hunter_is_secret")
    text = text_of({"error_description": "missing `hunter_is_secret` form value"})
    assert "hunter" not in text
    assert secret


def test_who_asked_for_no_scope_is_told_to_set_one() -> None:
    document = {"error": "invalid_scope"}
    assert ": set the setting scope;" in str(refusal(Reply(400), document, Asked()))
    asked = asked_by(settings(scope="chat"))
    assert ": change or remove the setting scope;" in str(refusal(Reply(400), document, asked))


GIVEN: list[tuple[dict[str, object], set[str]]] = [
    ({}, set()),
    ({"scope": "a", "audience": "b", "resource": ("https://c.example",)}, {"scope", "audience", "resource"}),
    ({"token_parameters": ("provider=x", "tenant=")}, {"provider", "tenant"}),
    ({"token_auth": "body"}, {"client_id", "client_secret"}),
    ({"token_auth": "basic-raw"}, set()),
    ({"grant": "refresh_token", "refresh_token": "r"}, {"refresh_token"}),
    ({"grant": "password", "allow_legacy_grant": True, "user": "u", "password": "p"}, {"username", "password"}),
]


@table(("chosen", "given"), GIVEN)
def test_what_was_given_is_not_told_to_be_set(chosen: dict[str, object], given: set[str]) -> None:
    made = settings(minimum_security="none", **chosen)
    asked = asked_by(made)
    assert asked.given == given
    assert given == dict(parse_qsl(form_of(made), keep_blank_values=True)).keys() - {"grant_type"}
    for name in given:
        document = {"error": "invalid_request", "error_description": f"Missing parameter: {name}"}
        assert "misses the parameter" not in str(refusal(Reply(400), document, asked))


def test_a_reader_that_takes_any_quoted_word_for_one_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CALLED_A_PARAMETER", module.re.compile(r"[`']([a-z_]+)[`']()"))
    assert any(missing_parameter(document) for document in NOT_SAID)
