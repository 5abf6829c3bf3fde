"""What a guard says of a token, over the whole client: dropped, renewed once, never taken for a verdict of its own."""

from __future__ import annotations

import json

import pytest

from afilnet_protocols import AfilnetError, Delivery, RejectedRequestError
from afilnet_protocols.catalogue import OPERATIONS, Operation
from afilnet_protocols.oauth.guard import Word, heard
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.json import JsonCodec
from tests.tables import table

SENDS = [operation for operation in OPERATIONS if operation.record is None]
CHALLENGES = [
    "",
    "Bearer",
    "bearer",
    'Bearer realm="api"',
    'Bearer error="invalid_token"',
    "Bearer error=invalid_token",
    'Bearer realm="api", error="invalid_request"',
    'DPoP algs="ES256", Bearer realm="api"',
    'DPoP error="invalid_token", algs="ES256"',
    'Basic realm="api"',
]
BODIES = [
    b"",
    b"Unauthorized",
    b"<html><h1>401</h1></html>",
    b'{"message":"Unauthorized"}',
    b'{"error":"invalid_token"}',
    b'{"status":"ERROR","error":"TOKEN_EXPIRED"}',
    b'{"status":"ERROR","error":"INCORRECT_USER_PASSWORD"}',
    b"[]",
    b'{"status":',
]


@table("challenge", CHALLENGES)
@table("body", BODIES)
def test_every_401_refuses_the_token_and_every_403_may(challenge: str, body: bytes) -> None:
    headers = {"www-authenticate": challenge} if challenge else {}
    assert heard(Reply(401, headers, body)) is Word.REFUSED
    assert heard(Reply(403, headers, body)) is Word.FORBIDDEN


NOT_OF_THIS_CALL = [
    {"age": "5"},
    {"x-cache": "HIT"},
    {"x-envoy-attempt-count": "2"},
    {"x-upstream-addr": "192.0.2.1:80, 192.0.2.2:80"},
    {"proxy-status": "edge; error=connection_read_timeout"},
]


@table("headers", NOT_OF_THIS_CALL)
@table("body", BODIES)
def test_a_401_of_another_call_or_of_the_last_attempt_refuses_the_token_and_not_the_call(
    headers: dict[str, str], body: bytes
) -> None:
    assert heard(Reply(401, headers, body)) is Word.FORBIDDEN


@table("operation", SENDS, ids=lambda operation: operation.name)
@table("headers", [{}, *NOT_OF_THIS_CALL, {"x-envoy-attempt-count": "1"}, {"age": "0"}])
@table("body", [*BODIES, b'{"status":"SUCCESS"}', b'{"status":" Success "}', b'{"success":true}'])
@table("status", [200, 202, 400, 401, 403, 422, 498, 500, 503])
def test_a_send_is_made_with_another_token_only_if_its_answer_proves_that_nothing_was_done(
    operation: Operation[object], headers: dict[str, str], body: bytes, status: int
) -> None:
    reply = Reply(status, headers, body)
    if heard(reply) is Word.REFUSED:
        with pytest.raises(AfilnetError) as caught:
            JsonCodec("https://api.example.com/json").decode(operation, reply)
        assert caught.value.delivery is Delivery.REJECTED


def test_sabotage_a_guard_that_believes_every_401_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.oauth.guard.tell_of_several_attempts", lambda _: False)
    with pytest.raises(ExceptionGroup):
        test_a_send_is_made_with_another_token_only_if_its_answer_proves_that_nothing_was_done()


ENVELOPES = [
    {"status": "ERROR", "error": "INCORRECT_USER_PASSWORD"},
    {"status": "error", "error": " incorrect_user_password "},
    {"status": "ERROR", "error": ["INCORRECT_USER_PASSWORD"]},
    {"status": "ERROR", "error": "TOKEN_EXPIRED"},
    {"status": "ERROR", "error": "InvalidToken"},
    {"status": "ERROR", "error": "auth.jwt.expired"},
]
OTHER_ENVELOPES = [
    {"status": "ERROR", "error": "CHANNEL_NOT_FOUND"},
    {"status": "ERROR", "error": "BROKEN"},
    {"status": "ERROR", "error": "TOKENIZER_FAILED"},
    {"status": "SUCCESS", "error": "INCORRECT_USER_PASSWORD"},
    {"status": "SUCCESS", "result": {"list": [{"message": "INCORRECT_USER_PASSWORD"}]}},
    {"error": "INCORRECT_USER_PASSWORD"},
]


def the_services_own_refusal_is_heard(status: int) -> None:
    for document in ENVELOPES:
        assert heard(Reply(status, {}, json.dumps(document).encode())) is Word.DOUBTED, document


@table("status", [200, 201, 202, 400, 404, 409, 422, 500])
def test_the_services_own_refusal_is_heard_where_it_is_its_word(status: int) -> None:
    the_services_own_refusal_is_heard(status)


def test_a_guard_that_goes_by_the_status_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.oauth.guard._in_its_envelope", lambda _: Word.NOTHING)
    with pytest.raises(AssertionError):
        the_services_own_refusal_is_heard(200)


@table("status", [203, 204, 206, 302, 407, 502, 503, 504])
def test_where_it_is_nobodys_word_it_is_not_heard(status: int) -> None:
    for document in ENVELOPES:
        assert heard(Reply(status, {}, json.dumps(document).encode())) in (Word.TAKEN, Word.NOTHING)


@table("document", OTHER_ENVELOPES)
def test_another_document_says_nothing_of_the_token(document: dict[str, object]) -> None:
    assert heard(Reply(200, {}, json.dumps(document).encode())) is Word.TAKEN
    assert heard(Reply(400, {}, json.dumps(document).encode())) is Word.NOTHING


@table("status", [400, 402, 404, 409, 498])
def test_a_challenge_that_names_the_token_counts_on_any_status_of_a_refusal(status: int) -> None:
    challenge = 'Bearer realm="api", error="invalid_token"'
    assert heard(Reply(status, {"www-authenticate": challenge}, b"")) is Word.FORBIDDEN


IN_ITS_OWN_FORM: list[dict[str, object]] = [
    {"error": "invalid_token"},
    {"error": "expired_token", "error_description": "x"},
    {"code": "token_not_valid", "detail": "x"},
    {"error": {"code": "InvalidToken"}},
    {"errorCode": "TOKEN_EXPIRED"},
    {"ok": False, "error": "token_expired"},
    {"code": "INVALID_OAUTHTOKEN", "message": "x"},
    {"statusCode": 400, "error": "Bad Request", "name": "invalid_token"},
    {"fault": {"faultstring": "x", "detail": {"errorcode": "keymanagement.service.invalid_access_token"}}},
    {"errors": [{"code": "EXPIRED_TOKEN", "title": "x"}]},
    {"error": {"type": "OAuthTokenException", "code": 190}},
    {"error": "invalid_token", "quoted": "\ud83d"},
    {"error": {"code": 498, "message": "Invalid token.", "details": []}},
    {"code": 401, "message": "The token has expired", "data": None},
    {"errcode": "x", "code": "401", "message": "bearer is not valid"},
    {"error": {"message": "Error validating access token", "type": "OAuthException", "code": 190, "fbtrace_id": "x"}},
]


OTHERS = (
    *(b'{"code":"UNEXPECTED_TOKEN"}', b'{"error":"csrf_token_mismatch"}', b'{"name":"InvalidPageToken"}'),
    *(b'{"error":{"code":400,"message":"a token"}}', b'{"code":401}', b'{"code":401,"message":"log in"}'),
    *(b'{"error":{"type":"OAuthException","code":100,"message":"a token"}}', b'{"code":190,"message":"a token"}'),
    *(b'{"error":{"type":"OAuthException","code":4,"message":"a token"}}', b'{"number":401,"message":"a token"}'),
)
"""What speaks of something else that is called a token."""


def of_length(length: int, **members: object) -> bytes:
    """Return a document of so many bytes."""
    short = json.dumps({**members, "x": ""}).encode()
    return json.dumps({**members, "x": "x" * (length - len(short))}).encode()


@table("document", [{"status": "ERROR", "error": "TOKEN_EXPIRED"}, {"error": "invalid_token"}])
def test_an_answer_is_looked_at_up_to_two_kilobytes(document: dict[str, object]) -> None:
    assert heard(Reply(200, {}, of_length(2048, **document))) is Word.DOUBTED
    assert heard(Reply(200, {}, of_length(2049, **document))) is Word.TAKEN


def test_an_answer_that_has_no_word_of_tokens_in_it_is_spared_the_search_for_codes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def search(document: object) -> tuple[str, ...]:
        raise AssertionError(document)

    monkeypatch.setattr("afilnet_protocols.oauth.guard.codes_in", search)
    monkeypatch.setattr("afilnet_protocols.oauth.guard.numbers_a_token", search)
    assert heard(Reply(200, {}, b'{"status":"SUCCESS","result":{"list":[]}}')) is Word.TAKEN


@table("status", ["ERROR", "error", "Error"])
def test_an_error_is_one_in_each_letter_case_that_services_write(status: str) -> None:
    assert heard(Reply(200, {}, json.dumps({"status": status, "code": "TOKEN_EXPIRED"}).encode())) is Word.DOUBTED


def a_guard_s_own_document_is_heard(status: int) -> None:
    for document in IN_ITS_OWN_FORM:
        assert heard(Reply(status, {}, json.dumps(document).encode())) is Word.FORBIDDEN, document


@table("status", [400, 402, 404, 409, 410, 423, 499])
def test_a_document_of_the_guard_that_names_the_token_counts_on_any_status_of_a_refusal(status: int) -> None:
    a_guard_s_own_document_is_heard(status)
    for body in (b"", b'{"error":"invalid_request"}', b'{"message":"token"}', b'{"error":"TOKENIZER_FAILED"}', *OTHERS):
        assert heard(Reply(status, {}, body)) is Word.NOTHING


@table("status", [200, 201, 500])
def test_where_it_may_be_the_services_failure_or_success_only_the_next_call_has_another_token(status: int) -> None:
    for document in IN_ITS_OWN_FORM:
        assert heard(Reply(status, {}, json.dumps(document).encode())) is Word.DOUBTED, document


@table("status", [302, 502, 503])
def test_such_a_document_says_nothing_on_other_statuses(status: int) -> None:
    for document in IN_ITS_OWN_FORM:
        assert heard(Reply(status, {}, json.dumps(document).encode())) is Word.NOTHING


@table("status", [419, 440, 498])
@table("body", [b"", b"<html>Page expired</html>", b'{"message":"CSRF token mismatch."}'])
def test_a_status_that_means_an_expired_login_may_be_about_the_token(status: int, body: bytes) -> None:
    assert heard(Reply(status, {}, body)) is Word.FORBIDDEN


LOGINS = [
    "/login?next=/api", "https://sso.example.com/", "/oauth2/start?rd=%2Fapi", "https://example.com/Account/SignIn",
    "https://login.example.com/tenant/oauth2/v2.0/authorize", "https://example.com/saml2/idp", "/adfs/ls/", "/cas/x",
    "/users/sign_in", "https://accounts.example.com/o/oauth2/auth", "/auth/realms/x",
]  # fmt: skip


NO_LOGINS = (
    "/blog-info", "/catalog-index.html", "/design-online", "/signing-key", "/dialog_input", "/authorised-persons",
    "/bloginfo", "https://design-in-spain.example/", "/plugins/", "/analog-on-line", "", "/api/", "/authors", "/blog/",
    "https://www.example.com/", "https://[", "/maintenance",
)  # fmt: skip


def logins_are_heard(locations: list[str], expected: Word) -> None:
    for location in locations:
        for status in (302, 303, 307):
            assert heard(Reply(status, {"location": location}, b"")) is expected, location
    for tag in (b"<input type='password'>", b'<INPUT name="x" TYPE="password">'):
        word = heard(Reply(200, {}, b"\r\n<!DOCTYPE html><html><form>" + tag))
        assert word is (Word.TAKEN if expected is Word.NOTHING else expected)


def test_who_is_shown_to_a_login_may_have_a_token_that_is_dead() -> None:
    logins_are_heard(LOGINS, Word.FORBIDDEN)
    for location in NO_LOGINS:
        assert heard(Reply(302, {"location": location}, b"")) is Word.NOTHING
    for page in (b"<html>Welcome</html>", b"<html>Under maintenance</html>"):
        assert heard(Reply(200, {}, page)) is Word.TAKEN


def test_only_a_redirect_leads_to_a_login() -> None:
    heard_of = {status: heard(Reply(status, {"location": "/login"}, b"")) for status in (300, 399, 400)}
    assert heard_of == {300: Word.FORBIDDEN, 399: Word.FORBIDDEN, 400: Word.NOTHING}


def test_a_guard_that_does_not_look_for_logins_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.oauth.guard.leads_to_a_login", lambda _: False)
    monkeypatch.setattr("afilnet_protocols.oauth.guard.LOGIN_PAGE", None)
    with pytest.raises(AssertionError):
        logins_are_heard(LOGINS, Word.FORBIDDEN)


def test_a_guard_whose_challenge_alone_is_heard_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.oauth.guard._in_its_own_form", lambda _: False)
    with pytest.raises(AssertionError):
        a_guard_s_own_document_is_heard(400)


def test_that_table_holds_what_a_search_for_invalid_token_misses() -> None:
    assert sum("invalid_token" not in challenge for challenge in CHALLENGES) >= len(CHALLENGES) // 2


def test_a_422_of_a_guard_may_refuse_the_token_and_that_of_a_service_does_not() -> None:
    assert heard(Reply(422, {}, b'{"msg":"Signature verification failed"}')) is Word.FORBIDDEN
    for body in (b"", b'{"status":"ERROR","error":"X"}', b'{"msg":"x","status":"ERROR"}', b'{"detail":[]}'):
        assert heard(Reply(422, {}, body)) is Word.NOTHING


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("word", ["SUCCESS", "success"])
def test_a_refusal_around_a_success_is_never_repeated(status: int, word: str) -> None:
    body = json.dumps({"status": word, "result": {}}).encode()
    assert heard(Reply(status, {}, body)) is Word.NOTHING


@table("status", [*range(300, 401), 402, *(status for status in range(404, 600) if status not in (419, 440, 498))])
def test_no_other_status_speaks_of_the_token(status: int) -> None:
    assert heard(Reply(status, {"www-authenticate": "Bearer"}, b"")) is Word.NOTHING


@table("status", [401, 403])
@table(
    ("challenge", "body", "named"),
    [
        ('Bearer error="insufficient_scope", scope="chat.write"', b"", 'scope to "chat.write"'),
        ('Bearer realm="a", error=insufficient_scope', b"{}", "scope to what"),
        ('DPoP algs="ES256", Bearer error="insufficient_scope", scope="a b"', b"<html>", 'scope to "a b"'),
        ("", b'{"error":"insufficient_scope"}', "scope to what"),
        ("", b'{"error":{"code":"insufficient_scope"}}', "scope to what"),
        ("", b'{"code":"insufficient_scope","message":"no"}', "scope to what"),
        ("", b'{"statusCode":403,"error":"Forbidden","message":"x","errorCode":"insufficient_scope"}', "scope to what"),
        ("", b'{"statusCode":403,"status":403,"code":403,"name":"insufficient_scope"}', "scope to what"),
        ("", b'{"status":"error","message":"x","category":"MISSING_SCOPES"}', "scope to what"),
        ("", b'{"code":"OAUTH_SCOPE_MISMATCH","status":"error"}', "scope to what"),
        ("", b'{"ok":false,"error":"missing_scope"}', "scope to what"),
        ("", b'{"errors":[{"code":"insufficient_scope"}]}', "scope to what"),
        ("", b'{"status":"ERROR","error":"INSUFFICIENT_SCOPE"}', "scope to what"),
        ('Bearer error="insufficient_scope", scope="\x1b[31m"', b"", "scope to what"),
    ],
)
def test_a_scope_that_does_not_suffice_is_rejected_and_names_the_setting(
    status: int, challenge: str, body: bytes, named: str
) -> None:
    with pytest.raises(RejectedRequestError, match=named) as caught:
        heard(Reply(status, {"www-authenticate": challenge}, body))
    assert caught.value.code == f"HTTP_{status}"
    assert "\x1b" not in str(caught.value)
