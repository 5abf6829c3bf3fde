"""A token endpoint that says no: asked once, its code shown, the setting named; or that it cannot answer now."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from afilnet_protocols import AfilnetError, AuthenticationError, ConfigurationError, NotSentError, RateLimitedError
from afilnet_protocols.calls.retry import may_repeat
from afilnet_protocols.catalogue import SEND_MESSAGE
from afilnet_protocols.oauth import descriptions, error_codes
from afilnet_protocols.oauth import refusal as refusal_module
from afilnet_protocols.oauth.error_codes import codes_in, numbers_a_token
from afilnet_protocols.oauth.refusal import Asked, refusal
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.wire import Reply
from tests.tables import table

Table = list[tuple[int, object, type[AfilnetError], str]]

DEFINITE: Table = [
    (403, None, AuthenticationError, "client_secret"),
    (401, None, AuthenticationError, "client_secret"),
    (401, {"error": "invalid_client"}, AuthenticationError, "invalid_client"),
    (400, {"error": "invalid_client"}, AuthenticationError, "invalid_client"),
    (400, {"error": "INVALID_CLIENT"}, AuthenticationError, "INVALID_CLIENT"),
    (400, {"error": "invalid_credentials"}, AuthenticationError, "invalid_credentials"),
    (400, {"error": "bad-client"}, AuthenticationError, "bad-client"),
    (401, {"error": "TOKEN_ENDPOINT_SAYS_NO"}, AuthenticationError, "TOKEN_ENDPOINT_SAYS_NO"),
    (200, {"status": "ERROR", "error": "INCORRECT_USER_PASSWORD"}, AuthenticationError, "client_secret"),
    (403, {"error": "access_denied"}, ConfigurationError, "access_denied.*scope"),
    (400, {"error": "invalid_scope"}, ConfigurationError, "invalid_scope.*setting scope"),
    (400, {"error": "scope_invalid"}, ConfigurationError, "scope_invalid.*setting scope"),
    (400, {"message": "Invalid client secret"}, AuthenticationError, "client_secret"),
    (400, {"error": "Client credentials are wrong"}, AuthenticationError, "client_secret"),
    (400, {"errorSummary": "client_id not found"}, AuthenticationError, "client_id"),
    (404, {"detail": "unknown client"}, AuthenticationError, "client_id"),
    (422, {"msg": "The application ID does not exist"}, AuthenticationError, "client_id"),
    (400, {"message": "The grant is not allowed for this client: not found"}, ConfigurationError, "token_url"),
    (400, {"message": "scope is missing"}, ConfigurationError, r"parameter scope \(HTTP 400\): set the setting"),
    (400, {"hint": "Invalid client secret"}, ConfigurationError, "token_url"),
    (400, {"message": ["Invalid client secret"]}, ConfigurationError, "token_url"),
    (400, {"error": "invalid_request", "message": "client secret is missing"}, ConfigurationError, "invalid_request"),
    *(
        (400, {"error": "invalid_request", "error_description": f"{what} failed"}, AuthenticationError, "client_secret")
        for what in ("Authorization", "Client authentication", "Authentication has")
    ),
    *(
        (400, {"error": "invalid_request", name: f"{what} credentials"}, AuthenticationError, "client_secret")
        for name in ("description", "error_description")
        for what in ("Invalid", "incorrect", "Wrong", "Bad")
    ),
    (400, {"error": "invalid_request", "description": "Missing credentials"}, ConfigurationError, "token_url"),
    (400, {"error": "invalid_request", "error_description": "The grant failed"}, ConfigurationError, "token_url"),
    (400, {"error": "invalid_scope", "message": "Authorization failed"}, ConfigurationError, "setting scope"),
    (404, {"message": "The requested resource was not found"}, ConfigurationError, "endpoint is not there"),
    (403, {"status": 403, "error": "Forbidden", "path": "/token"}, AuthenticationError, r"\(HTTP 403\).*firewall"),
    (401, {"statusCode": 401, "error": "Unauthorized"}, AuthenticationError, r"\(HTTP 401\).*wrong token_url may"),
    (400, {"error": "BadRequest"}, ConfigurationError, "in words of its own"),
    (400, {"error": "use_dpop_nonce"}, ConfigurationError, "use_dpop_nonce.*DPoP"),
    (400, {"error": "invalid_dpop_proof"}, ConfigurationError, "invalid_dpop_proof.*DPoP"),
    (400, {"error": "invalid_target"}, ConfigurationError, "invalid_target.*resource and audience"),
    (400, {"error": "invalid_resource"}, ConfigurationError, "invalid_resource.*resource and audience"),
    (400, {"error": "unknown_audience"}, ConfigurationError, "unknown_audience.*resource and audience"),
    (400, {"error": "unauthorized_client"}, ConfigurationError, "unauthorized_client.*grant"),
    (400, {"error": "unsupported_grant_type"}, ConfigurationError, "unsupported_grant_type.*grant"),
    (403, {"error": "grant_not_allowed"}, ConfigurationError, "grant_not_allowed.*grant"),
    (400, {"error": "invalid_request"}, ConfigurationError, "invalid_request.*token_url"),
    (422, {"error": "unheard_of"}, ConfigurationError, "unheard_of.*token_url"),
    (400, {"error": {"code": "nested_code", "message": "x"}}, ConfigurationError, "nested_code"),
    (400, {"errorCode": "E0000022"}, ConfigurationError, "E0000022"),
    (400, {"code": 17, "message": "x"}, ConfigurationError, "words of its own, which are not.*HTTP 400"),
    (400, {"code": 20003, "message": "x"}, ConfigurationError, "20003"),
    (400, None, ConfigurationError, "HTTP 400.*token_url"),
    (404, None, ConfigurationError, "HTTP 404.*token_url"),
    (405, b"<html>", ConfigurationError, "HTTP 405.*token_url"),
    (415, None, ConfigurationError, "HTTP 415"),
    (204, None, ConfigurationError, "token_url.*HTTP 204"),
    (501, {"error": "unsupported_grant_type"}, ConfigurationError, "unsupported_grant_type.*501.*setting grant"),
    (501, {"error": "invalid_client"}, AuthenticationError, "invalid_client.*501"),
    *((status, None, ConfigurationError, f"token_url.*redirect.*{status}") for status in (301, 302, 303, 307, 308)),
]

OTHERWISE_SPELT: Table = [
    *((400, {"error": code}, AuthenticationError, code) for code in ("INVALID_GRANT", "InvalidGrant", "invalid-grant")),
    *((401, {"error": code}, ConfigurationError, "setting scope") for code in ("INVALID_SCOPE", "InvalidScope")),
    *((401, {"error": code}, ConfigurationError, "this client_id may not") for code in ("UNAUTHORIZED_CLIENT",)),
    (401, {"error": "UnsupportedGrantType"}, ConfigurationError, "setting grant"),
    (403, {"error": "AccessDenied"}, ConfigurationError, "AccessDenied.*may have a token"),
    (400, {"error": "TemporarilyUnavailable"}, NotSentError, "TemporarilyUnavailable"),
    (400, {"error": "SERVER-ERROR"}, NotSentError, "SERVER-ERROR"),
]

# As the servers in use write them: GitHub, Slack, Zoho, HubSpot, Salesforce, Google, Apigee, PayPal, JSON:API.
CLIENTS: list[tuple[int, object, str]] = [
    (200, {"error": "incorrect_client_credentials"}, "incorrect_client_credentials"),
    (200, {"ok": False, "error": "bad_client_secret"}, "bad_client_secret"),
    (200, {"error": "invalid_client_secret"}, "invalid_client_secret"),
    (400, {"status": "BAD_CLIENT_ID", "message": "x"}, "BAD_CLIENT_ID"),
    (400, {"error": "invalid_client_id", "error_description": "client identifier invalid"}, "invalid_client_id"),
    (401, {"error": "deleted_client"}, "deleted_client"),
    (401, {"ErrorCode": "invalid_client", "Error": "ClientId is Invalid"}, "invalid_client"),
    (400, {"fault": {"detail": {"errorcode": "oauth.v2.InvalidClientIdentifier"}}}, "InvalidClientIdentifier"),
    (401, {"name": "AUTHENTICATION_FAILURE", "message": "x"}, "AUTHENTICATION_FAILURE"),
    (400, {"errors": [{"status": "400", "code": "invalid_client"}]}, "invalid_client"),
    (
        400,
        {"error": {"message": "Error validating client secret.", "type": "OAuthException", "code": 1}},
        "OAuthException",
    ),
    (403, {"errors": [{"code": 99, "message": "Unable to verify your credentials"}]}, "HTTP 403"),
]
DESCRIBED = [
    "Invalid client or Invalid client credentials", "Invalid client secret", "Bad client credentials",
    "UNKNOWN_CLIENT: Client was not identified by any client authenticator",
    "Client authentication failed",
    "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'.",
]  # fmt: skip
OF_A_GRANT = [
    "Client not enabled to retrieve service account", "Grant type 'client_credentials' not allowed for the client.",
    "The client is not authorized to use the client credentials flow", "Unauthorized", "", 5, None,
]  # fmt: skip
ELSEWHERE: list[tuple[dict[str, object], str]] = [
    ({"ErrorCode": "invalid_scope", "Error": "x y"}, "invalid_scope"),
    ({"Error": "invalid_scope"}, "invalid_scope"),
    ({"status": "error", "message": "x y", "category": "VALIDATION_ERROR"}, "VALIDATION_ERROR"),
    ({"error": {"code": 400, "message": "x y", "status": "INVALID_ARGUMENT"}}, "INVALID_ARGUMENT"),
    ({"error": {"message": "x y", "type": "OAuthException", "code": 101}}, "OAuthException"),
    ({"__type": "NotAuthorizedException"}, "NotAuthorizedException"),
    ({"errcode": 40013, "errmsg": "x y"}, "40013"),
    ({"name": "INVALID_REQUEST", "debug_id": "x"}, "INVALID_REQUEST"),
    ({"fault": {"faultstring": "x y", "detail": {"errorcode": "steps.oauth.v2.InvalidGrantType"}}}, "InvalidGrantType"),
    ({"errors": [{"code": "invalid_scope"}]}, "invalid_scope"),
    ({"statusCode": 403, "error": "Forbidden", "errorCode": "consent_needed"}, "consent_needed"),
]
SLOWED = [
    "rate_limit_exceeded",
    "TooMany",
    "too_many_requests",
    "TooManyRequestsException",
    "RATE_LIMIT",
    "ratelimited",
    "rate_limited",
    "quotaExceeded",
    "LimitExceededException",
    "ThrottlingException",
]

PASSING: Table = [
    *((status, None, NotSentError, f"HTTP {status}") for status in (408, 425, 500, 501, 502, 503, 504, 520, 599)),
    (500, {"error": "invalid_client"}, NotSentError, "HTTP 500"),
    (501, {"error": "temporarily_unavailable"}, NotSentError, "temporarily_unavailable"),
    (501, {"message": "unsupported"}, NotSentError, "HTTP 501"),
    (505, {"error": "unsupported_grant_type"}, NotSentError, "HTTP 505"),
    (400, {"error": "temporarily_unavailable"}, NotSentError, "temporarily_unavailable"),
    (400, {"error": "server_error"}, NotSentError, "server_error"),
    (429, None, RateLimitedError, "slow down"),
    (429, {"error": "invalid_client"}, RateLimitedError, "slow down"),
]


def said(status: int, document: object, asked: Asked | None = None, body: bytes = b"", **headers: str) -> AfilnetError:
    given = document if isinstance(document, dict) else {}
    return refusal(Reply(status, headers, body), json.loads(json.dumps(given)), asked or Asked())


@table(("status", "document", "kind", "text"), DEFINITE + PASSING + OTHERWISE_SPELT)
def test_every_refusal_has_its_class_and_names_what_to_change(
    status: int, document: object, kind: type[AfilnetError], text: str
) -> None:
    error = said(status, document)
    assert type(error) is kind
    assert re.search(text, str(error))
    assert error.delivery != "unknown"
    assert may_repeat(SEND_MESSAGE, error) == (kind in (NotSentError, RateLimitedError))


def clients_are_refused(status: int, document: object, text: str) -> None:
    error = said(status, document)
    assert type(error) is AuthenticationError
    assert text in str(error)
    assert error.code == "INCORRECT_USER_PASSWORD"


@table(("status", "document", "text"), CLIENTS)
def test_a_refused_client_is_one_however_its_server_spells_the_code(status: int, document: object, text: str) -> None:
    clients_are_refused(status, document, text)


@table("status", [400, 401])
@table("described", DESCRIBED)
def test_unauthorized_client_is_a_refused_client_where_its_description_says_so(status: int, described: str) -> None:
    clients_are_refused(status, {"error": "unauthorized_client", "error_description": described}, "unauthorized_client")
    assert described not in str(said(status, {"error": "unauthorized_client", "error_description": described}))


@table("status", [400, 401])
@table("described", OF_A_GRANT)
def test_unauthorized_client_is_about_the_grant_else(status: int, described: object) -> None:
    error = said(status, {"error": "unauthorized_client", "error_description": described})
    assert type(error) is ConfigurationError
    assert "grant" in str(error)


@table("code", ["invalid_client_metadata", "invalid_request", "invalid_grant_type", "client", "invalid", "bad_gateway"])
def test_a_code_that_speaks_of_more_than_the_client_refuses_something_else(code: str) -> None:
    assert type(said(400, {"error": code, "error_description": "secret"} if "_re" in code else {"error": code})) is (
        ConfigurationError
    )


def codes_are_found(document: dict[str, object], code: str) -> None:
    assert codes_in(document)[0].endswith(code)
    assert code in str(said(400, document))


@table(("document", "code"), ELSEWHERE)
def test_a_code_is_found_where_servers_put_it(document: dict[str, object], code: str) -> None:
    codes_are_found(document, code)


def test_a_client_that_looks_into_error_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_codes, "_NAMES", ("error",))
    for document, code in ELSEWHERE:
        if set(document) - {"Error"}:
            with pytest.raises((AssertionError, IndexError)):
                codes_are_found(document, code)


@table("status", [400, 403])
@table("code", SLOWED)
def test_a_code_that_asks_to_slow_down_counts_as_429_does(status: int, code: str) -> None:
    error = said(status, {"error": code}, **{"retry-after": "7"})
    assert type(error) is RateLimitedError
    assert error.retry_after == 7.0


PACE = [
    "You have made too many requests continuously. Please try again after some time.",
    "Rate limit reached",
]


@table("described", PACE)
def test_a_description_that_asks_to_slow_down_counts_where_there_is_no_code(described: str) -> None:
    error = said(400, {"error": "Access Denied", "error_description": described}, **{"retry-after": "7"})
    assert type(error) is RateLimitedError
    assert (error.code, error.retry_after) == ("HTTP_400", 7.0)
    for document in (
        {"error": "invalid_grant", "error_description": described},
        {"error": "Access Denied", "error_description": "too many requested scopes"},
        {"error": "Access Denied", "error_description": 5},
    ):
        assert not isinstance(said(400, document), RateLimitedError)


@table("number", ["9081726354091", 9081726354091])
def test_a_number_that_is_a_secret_is_masked(number: object) -> None:
    secret = Secret("9081726354091")
    assert codes_in({"code": number}) == ("••••",)
    assert secret.reveal() not in str(said(400, {"code": number}))


@table(("number", "shown"), [(599, False), (600, True), ("599", False), ("600", True)])
def test_a_number_is_a_code_where_it_can_be_no_status(number: object, shown: bool) -> None:
    assert codes_in({"code": number}) == ((str(number),) if shown else ())


def inside(levels: int, *, lists: bool, code: object = "DEEP") -> dict[str, object]:
    """Return a document with a code so many levels below its own."""
    found: dict[str, object] = {"code": code}
    for _ in range(levels):
        found = {"errors": [found]} if lists else {"error": found}
    return found


@table(("lists", "levels"), [(False, 4), (True, 2)])
def test_a_code_is_looked_for_so_deep_and_no_deeper(lists: bool, levels: int) -> None:
    assert codes_in(inside(levels, lists=lists)) == ("DEEP",)
    assert codes_in(inside(levels + 1, lists=lists)) == ()
    assert numbers_a_token(inside(levels, lists=lists, code=498))
    assert not numbers_a_token(inside(levels + 1, lists=lists, code=498))


def test_four_errors_of_a_list_are_looked_at_and_no_other_member_than_those_of_codes() -> None:
    assert codes_in({"errors": [{"code": f"E{number}"} for number in range(9)]}) == ("E0", "E1", "E2", "E3")
    assert codes_in({"status": {"code": "E0"}, "type": [{"code": "E1"}], "error": None}) == ()


def test_documents_that_hold_themselves_over_and_over_are_given_up() -> None:
    nested: dict[str, object] = {"error": "deep"}
    for _ in range(50):
        nested = {"errors": [nested, nested]}
    assert codes_in(nested) == ()


def test_that_table_notices_a_client_that_asks_again_after_a_definite_no() -> None:
    """Taking every refusal for a passing one asks three times, which locks accounts."""
    again = [
        said(status, document)
        for status, document, _, _ in DEFINITE
        if may_repeat(SEND_MESSAGE, NotSentError(str(said(status, document))))
        != may_repeat(SEND_MESSAGE, said(status, document))
    ]
    assert len(again) == len(DEFINITE)


@table("code", ["invalid_request", "access_denied", "invalid_grant", "bad_login", ""])
@table("words", ['Invalid "username" or "password" in request.', "Wrong password", "bad user name"])
def test_a_refused_password_is_named_as_such_whatever_the_code(code: str, words: str) -> None:
    document = {"error": code, "error_description": words}
    error = said(400, document, Asked(grant="password"))
    assert isinstance(error, AuthenticationError)
    assert "user and password" in str(error)
    assert words not in str(error)
    assert error.code == "INCORRECT_USER_PASSWORD"
    if code not in ("invalid_grant", ""):
        assert not isinstance(said(400, document), AuthenticationError), "without a password there is none to refuse"


@pytest.mark.parametrize("code", ["unauthorized_client", "unsupported_grant_type", "invalid_scope"])
def test_a_refused_grant_is_no_refused_password_though_it_speaks_of_one(code: str) -> None:
    document = {"error": code, "error_description": "the password grant is not allowed"}
    assert isinstance(said(400, document, Asked(grant="password")), ConfigurationError)


@table(("wait", "believed"), [("86399", 86_399.0), ("86400", 86_400.0), ("86401", 86_400.0), ("999999999", 86_400.0)])
def test_a_wait_of_more_than_a_day_counts_as_one(wait: str, believed: float) -> None:
    for status in (403, 429, 503):
        assert said(status, None, **{"retry-after": wait}).retry_after == believed


def test_an_empty_403_that_says_when_to_come_back_is_about_the_pace_and_another_is_not() -> None:
    assert isinstance(said(403, None, **{"retry-after": "7"}), RateLimitedError)
    assert isinstance(said(403, None), AuthenticationError)
    assert isinstance(said(403, {"error": "access_denied"}, **{"retry-after": "7"}), ConfigurationError)


@table("status", [408, 425, 500, 502, 503, 504])
def test_on_a_status_that_says_nothing_about_the_request_no_code_is_read(status: int) -> None:
    for code in ("invalid_client", "rate_limit_exceeded"):
        error = said(status, {"error": code})
        assert type(error) is NotSentError
        assert code not in str(error)


def test_a_request_to_slow_down_has_its_status_as_its_code_or_the_servers_own() -> None:
    asked = [(429, {}), (429, {"error": "too_many_requests"}), (400, {"error": "too_many_requests"})]
    errors = [said(status, document) for status, document in asked]
    assert [getattr(error, "code", None) for error in errors] == ["HTTP_429", "HTTP_429", "too_many_requests"]


@table(
    ("status", "says"),
    [
        *((status, f"answered HTTP {status} without a token") for status in (200, 299)),
        *((status, "answered with a redirect") for status in (300, 399)),
        *((status, "is not there") for status in (404, 405, 410)),
        (407, "check proxy, proxy_user and proxy_password"),
        *((status, "without saying why") for status in (400, 406, 409, 411, 499)),
    ],
)
def test_a_refusal_without_a_code_is_told_by_its_status(status: int, says: str) -> None:
    assert says in str(said(status, None))


def test_what_came_in_place_of_a_document_is_named() -> None:
    for status, advice in ((404, "check the settings token_url"), (401, "check token_url"), (503, "check token_url")):
        told = str(said(status, None, body=b"<html><h1>Hello</h1></html>"))
        assert f"; what came is a web page (HTML), not JSON: {advice}" in told
        assert "what came is" not in str(said(status, None))
        assert "what came is" not in str(said(status, None, body=b"{}"))
    for document in ({"error": "invalid_client"}, {"message": "Invalid client secret"}):
        assert "what came is" not in str(said(401, document, body=b"what was read"))


def test_each_text_says_what_to_check_once() -> None:
    for status, grant in itertools.product(range(300, 600), ("client_credentials", "password", "refresh_token")):
        for body in (b"", b"<html><h1>Hello</h1></html>", b"plain"):
            text = str(said(status, None, Asked(grant=grant), body))
            assert text.count("check token_url") <= 1
            assert "check token_url: check" not in text


def test_a_refused_grant_names_its_code_or_status_and_the_settings_that_it_is_about() -> None:
    told = str(said(400, {"error": "invalid_grant"}))
    assert "refused the grant (invalid_grant): check grant, client_id and client_secret" in told
    wrong = {"error_description": "wrong password"}
    assert "user and password (HTTP 400)" in str(said(400, wrong, Asked(grant="password")))


def test_a_refused_client_names_what_else_may_be_wrong() -> None:
    client = {"error": "invalid_client"}
    assert "and user and password" in str(said(401, client, Asked(grant="password")))
    assert "and user and password" not in str(said(401, client))
    unproven = {"error": "invalid_request", "description": "Invalid credentials given."}
    assert "and user and password" in str(said(400, unproven, Asked(grant="password")))
    assert "machine's clock" in str(said(401, client, Asked(token_auth="private_key_jwt")))
    assert "clock" not in str(said(401, client))
    assert "firewall" in str(said(403, None))
    assert "firewall" not in str(said(401, None)) + str(said(404, None))
    assert "token_url" in str(said(401, None))
    assert "token_url" not in str(said(401, client)) + str(said(400, client))


@table(("before", "found"), [(987, True), (988, False)])
def test_a_description_is_read_for_so_long(before: int, found: bool) -> None:
    said_so = {"error": "unauthorized_client", "error_description": f"{'x' * before} a bad client"}
    assert isinstance(said(400, said_so), AuthenticationError) == found


def test_a_refused_refresh_token_says_that_it_may_have_been_replaced() -> None:
    error = said(400, {"error": "invalid_grant"}, Asked(grant="refresh_token"))
    assert isinstance(error, AuthenticationError)
    assert "replaced it by a newer one" in str(error)
    assert "token_cache" in str(error)


MALFORMED = (
    "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than "
    "once, or is otherwise malformed"
)
"""What RFC 6749 §5.2 says of ``invalid_request``, as servers hand it out."""

OF_A_REFRESH_TOKEN = [
    (200, "invalid_code"),
    (400, "invalid_token"), (401, "token_expired"), (400, "invalid_refresh_token"), (403, "RefreshTokenReused"),
]  # fmt: skip


def a_replaced_refresh_token_is_told(answers: list[tuple[int, str]]) -> None:
    for status, code in answers:
        error = said(status, {"error": code} if code else None, Asked(grant="refresh_token"))
        assert "replaced" in str(error), code
        assert "newer one" in str(error), code
        assert error.code == "INCORRECT_USER_PASSWORD" if code else True  # type: ignore[attr-defined]
        otherwise = said(status, {"error": code} if code else None)
        assert "newer one" not in str(otherwise)
        assert isinstance(otherwise, ConfigurationError) or not code or status == 401, "no token was traded in"


def test_a_refresh_token_that_is_refused_in_other_words_or_none_may_have_been_replaced() -> None:
    a_replaced_refresh_token_is_told([*OF_A_REFRESH_TOKEN, (400, ""), (401, ""), (403, "")])
    for code in ("invalid_request", "unheard_of"):
        error = said(400, {"error": code}, Asked(grant="refresh_token"))
        assert isinstance(error, ConfigurationError)
        assert "newer one" in str(error)


def a_described_refresh_token_is_told() -> None:
    for status, described in (
        (401, "The refresh token is invalid."),
        (400, f"{MALFORMED}: Cannot decrypt the refresh token"),
        (400, "Unknown refresh_token"),
    ):
        document = {"error": "invalid_request", "error_description": described}
        error = said(status, document, Asked(grant="refresh_token"))
        assert "newer one. Set a new refresh_token" in str(error)
        assert error.code == "INCORRECT_USER_PASSWORD"  # type: ignore[attr-defined]
        assert isinstance(said(status, document), ConfigurationError), "no token was traded in"


def test_a_refresh_token_that_is_refused_by_a_description_may_have_been_replaced() -> None:
    a_described_refresh_token_is_told()
    for code, described in (
        ("invalid_request", "The grant refresh_token is not allowed"),
        ("invalid_request", "Missing parameter: tenant, beside the refresh token"),
        ("unsupported_grant_type", "No refresh token here"),
    ):
        document = {"error": code, "error_description": described}
        assert isinstance(said(400, document, Asked(grant="refresh_token")), ConfigurationError)


def test_a_client_that_reads_no_description_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptions, "_speaks_of", lambda *_: False)
    with pytest.raises((AssertionError, AttributeError)):
        a_described_refresh_token_is_told()


def test_a_client_that_knows_invalid_grant_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_module, "_refuses_refresh", lambda *_: False)
    for answer in OF_A_REFRESH_TOKEN:
        with pytest.raises((AssertionError, AttributeError)):
            a_replaced_refresh_token_is_told([answer])


@table(("token_auth", "other"), [("basic", "basic-raw"), ("basic-raw", "basic")])
@table(
    "answer",
    [(401, {"error": "invalid_client"}), (403, None), (401, None), (400, {"error": "invalid_request"}), (500, None)],
)
def test_marks_that_the_two_spellings_of_basic_write_differently_are_pointed_out(
    token_auth: str, other: str, answer: tuple[int, object]
) -> None:
    hint = f'token_auth = "{other}"'
    assert hint in str(said(*answer, Asked(token_auth=token_auth, encoded=True)))
    assert hint not in str(said(*answer, Asked(token_auth=token_auth)))
    assert hint not in str(said(*answer, Asked(token_auth="body", encoded=True)))


@table("letter", [chr(code) for code in range(33, 127)])
def test_which_marks_they_are(letter: str) -> None:
    assert refusal_module.differs_encoded(letter) == (not letter.isalnum() and letter not in "-._~")


@table("code", ["x" * 65, "two words", "\x1b[31m", "<b>", "é", "line\nend", ["a"], 5, None, True])
def test_what_is_no_code_is_not_shown(code: object) -> None:
    for document in ({"error": code}, {"code": code}, {"error": {"code": code}}):
        assert str(code) not in str(said(400, document)).replace("HTTP 400", "").replace("None", "")


def test_every_status_is_one_of_ours_and_none_is_in_doubt() -> None:
    for status, code, grant in itertools.product(
        range(200, 600), ("", "invalid_client", "x"), ("client_credentials", "password", "refresh_token")
    ):
        assert said(status, {"error": code}, Asked(grant=grant)).delivery != "unknown"
