"""A token endpoint that says no: asked once, its code shown, the setting named; or that it cannot answer now."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from afilnet_protocols import AfilnetError, AuthenticationError, ConfigurationError, NotSentError, RateLimitedError
from afilnet_protocols.catalogue import SEND_MESSAGE
from afilnet_protocols.oauth import refusal as refusal_module
from afilnet_protocols.oauth.refusal import Asked, refusal
from afilnet_protocols.retry import may_repeat
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
    (400, {"code": 17, "message": "x"}, ConfigurationError, "without saying why.*HTTP 400"),
    (400, None, ConfigurationError, "HTTP 400.*token_url"),
    (404, None, ConfigurationError, "HTTP 404.*token_url"),
    (405, b"<html>", ConfigurationError, "HTTP 405.*token_url"),
    (415, None, ConfigurationError, "HTTP 415"),
    (204, None, ConfigurationError, "token_url.*HTTP 204"),
    *((status, None, ConfigurationError, f"token_url.*redirect.*{status}") for status in (301, 302, 303, 307, 308)),
]

PASSING: Table = [
    *((status, None, NotSentError, f"HTTP {status}") for status in (408, 425, 500, 501, 502, 503, 504, 520, 599)),
    (500, {"error": "invalid_client"}, NotSentError, "HTTP 500"),
    (400, {"error": "temporarily_unavailable"}, NotSentError, "temporarily_unavailable"),
    (400, {"error": "server_error"}, NotSentError, "server_error"),
    (429, None, RateLimitedError, "slow down"),
    (429, {"error": "invalid_client"}, RateLimitedError, "slow down"),
]


def said(status: int, document: object, asked: Asked | None = None, **headers: str) -> AfilnetError:
    given = document if isinstance(document, dict) else {}
    return refusal(Reply(status, headers, b""), json.loads(json.dumps(given)), asked or Asked())


@table(("status", "document", "kind", "text"), DEFINITE + PASSING)
def test_every_refusal_has_its_class_and_names_what_to_change(
    status: int, document: object, kind: type[AfilnetError], text: str
) -> None:
    error = said(status, document)
    assert type(error) is kind
    assert re.search(text, str(error))
    assert error.delivery != "unknown"
    assert may_repeat(SEND_MESSAGE, error) == (kind in (NotSentError, RateLimitedError))


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


def test_a_refused_refresh_token_says_that_it_may_have_been_replaced() -> None:
    error = said(400, {"error": "invalid_grant"}, Asked(grant="refresh_token"))
    assert isinstance(error, AuthenticationError)
    assert "replaced it by a newer one" in str(error)
    assert "token_cache" in str(error)


OF_A_REFRESH_TOKEN = [
    (400, "invalid_token"), (401, "token_expired"), (400, "invalid_refresh_token"), (403, "RefreshTokenReused"),
]  # fmt: skip


def a_replaced_refresh_token_is_told(answers: list[tuple[int, str]]) -> None:
    for status, code in answers:
        error = said(status, {"error": code} if code else None, Asked(grant="refresh_token"))
        assert "replaced" in str(error), code
        assert "newer one" in str(error), code
        assert error.code == "INCORRECT_USER_PASSWORD" if code else True  # type: ignore[attr-defined]
        assert "newer one" not in str(said(status, {"error": code} if code else None))


def test_a_refresh_token_that_is_refused_in_other_words_or_none_may_have_been_replaced() -> None:
    a_replaced_refresh_token_is_told([*OF_A_REFRESH_TOKEN, (400, ""), (401, ""), (403, "")])
    for code in ("invalid_request", "unheard_of"):
        assert "newer one" in str(said(400, {"error": code}, Asked(grant="refresh_token")))


def test_a_client_that_knows_invalid_grant_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_module, "_refuses_refresh", lambda *_: False)
    for answer in OF_A_REFRESH_TOKEN:
        with pytest.raises((AssertionError, AttributeError)):
            a_replaced_refresh_token_is_told([answer])


@table(("token_auth", "other"), [("basic", "basic-raw"), ("basic-raw", "basic")])
@table("answer", [(401, {"error": "invalid_client"}), (403, None), (401, None)])
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
