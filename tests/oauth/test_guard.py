"""What a guard says of a token, over the whole client: dropped, renewed once, never taken for a verdict of its own."""

from __future__ import annotations

import json

import pytest

from afilnet_protocols import RejectedRequestError
from afilnet_protocols.oauth.guard import Word, heard
from afilnet_protocols.wire import Reply
from tests.tables import table

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
]


def a_guard_s_own_document_is_heard(status: int) -> None:
    for document in IN_ITS_OWN_FORM:
        assert heard(Reply(status, {}, json.dumps(document).encode())) is Word.FORBIDDEN, document


@table("status", [400, 402, 404, 409, 419, 440, 498])
def test_a_document_of_the_guard_that_names_the_token_counts_on_any_status_of_a_refusal(status: int) -> None:
    a_guard_s_own_document_is_heard(status)
    for body in (b"", b'{"error":"invalid_request"}', b'{"message":"token"}', b'{"error":"TOKENIZER_FAILED"}'):
        assert heard(Reply(status, {}, body)) is Word.NOTHING


@table("status", [200, 201, 302, 500, 502, 503])
def test_such_a_document_says_nothing_on_other_statuses(status: int) -> None:
    for document in IN_ITS_OWN_FORM:
        assert heard(Reply(status, {}, json.dumps(document).encode())) in (Word.TAKEN, Word.NOTHING)


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


@table("status", [*range(300, 401), 402, *range(404, 600)])
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
