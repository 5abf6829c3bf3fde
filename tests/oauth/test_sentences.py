"""A guard that says in a sentence that a token is dead: heard under every status that guards in use choose for it."""

from __future__ import annotations

import json

import pytest

from afilnet_protocols.oauth.guard import Word, heard
from afilnet_protocols.oauth.sentences import say_it_is_dead, says_it_is_dead
from afilnet_protocols.wire import Reply
from tests.oauth.test_json_backend import FINE, Service, client, made
from tests.tables import table

SAID = [
    "Invalid token.",
    "Signature has expired",
    "jwt expired",
    "TokenExpiredError: jwt expired",
    "JWT expired at 2026-01-02T03:04:05Z. Current time: 2026-01-02T03:05:05Z",
    "Given token not valid for any token type",
    "The token is no longer valid",
    "Signature verification failed",
    "Token validation failed",
    "Error: failed to verify the token",
    "The access token could not be verified",
    "Token has been revoked",
    "malformed bearer token",
    "Your token was not recognised",
    "Your token was not recognized",
    "Token blacklisted",
    "The session of this token is inactive: token inactive",
    "token not found",
    "The access_token provided is invalid.",
    "access_token has expired",
    "INVALID JWT SIGNATURE",
]
"""What frameworks and hand-written guards say."""

NOT_SAID = [
    "",
    "Invalid request",
    "Unexpected token < in JSON at position 0",
    "invalid JSON, unexpected token",
    "Invalid device token",
    "The CSRF-token is invalid",
    "CSRF token mismatch.",
    "invalid bot token",
    "The page token has expired",
    "invalid registration_token",
    "invalid reply_token",
    "Token required",
    "a token",
    "The conversation has expired",
    "Write the token. The number is invalid",
    "token: number invalid",
    "invalidtoken",
    "tokens are not validated here",
]
"""What is about something else, or says nothing of a token that came."""


@table("text", SAID)
def test_a_sentence_that_says_that_a_token_is_dead_is_heard(text: str) -> None:
    assert says_it_is_dead(text)
    for status, word in ((400, Word.FORBIDDEN), (406, Word.FORBIDDEN), (422, Word.FORBIDDEN), (500, Word.DOUBTED)):
        for body in (text, f"<html><pre>{text}<br>at x</pre></html>", f'[{{"message":"{text}"}}]'):
            assert heard(Reply(status, {}, body.encode())) is word, (status, body)
    assert heard(Reply(200, {}, text.encode())) is Word.DOUBTED
    for status in (302, 502, 503, 504):
        assert heard(Reply(status, {}, text.encode())) is Word.NOTHING


@table("text", NOT_SAID)
def test_another_sentence_says_nothing_of_it(text: str) -> None:
    assert not says_it_is_dead(text)
    assert not say_it_is_dead({"message": text})


DOCUMENTS: list[dict[str, object]] = [
    {"message": "Invalid token"},
    {"msg": "jwt expired", "data": None},
    {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"},
    {"detail": "Token has expired"},
    {"success": False, "message": "Token expired"},
    {"status": False, "message": "Token is Expired"},
    {"status": "Token is Expired"},
    {"status": "fail", "data": None, "message": "Invalid token"},
    {"statusCode": 400, "message": "Invalid token", "error": "Bad Request"},
    {"timestamp": "2026-01-02", "status": 500, "error": "Internal Server Error", "message": "JWT expired"},
    {"type": "about:blank", "status": 400, "title": "Bad Request", "detail": "The token has expired"},
    {"errors": [{"title": "x"}, {"detail": "The token has expired"}]},
    {"error": {"message": "Error: the access token has expired", "innerError": {}}},
    {"Error_Description": "the token is malformed"},
    {"fault": {"faultstring": "Invalid Access Token"}},
    {"status": 400, "code": "token_expired"},
    {"message": "invalid token".rjust(300)},
    {"error": {"error": {"error": {"error": "invalid token"}}}},
    {"error": {"error": [{"message": "invalid token"}]}},
]
OTHER_DOCUMENTS: list[dict[str, object]] = [
    {"note": "Invalid token"},
    {"data": {"message": "Invalid token"}},
    {"errors": [{}, {}, {}, {}, {"message": "Invalid token"}]},
    {"error": {"error": {"error": {"error": {"error": "invalid token"}}}}},
    {"error": {"error": [{"message": ["invalid token"]}]}},
    {"message": "invalid token".rjust(301)},
    {"status": "SUCCESS", "message": "Invalid token"},
    {"status": "SUCCESS", "message": "Invalid token", "errors": []},
    {"status": " success ", "result": {"list": [{"message": "your token has expired"}]}},
]


def a_document_is_heard(status: int, expected: Word) -> None:
    for document in DOCUMENTS:
        assert heard(Reply(status, {}, json.dumps(document).encode())) is expected, document


def test_a_document_that_says_so_has_the_next_call_use_another_token_and_where_it_refuses_a_read_this_one_too() -> None:
    for status in (400, 404, 409, 422):
        a_document_is_heard(status, Word.FORBIDDEN)
    for status in (200, 201, 202, 500):
        a_document_is_heard(status, Word.DOUBTED)
    for status in (302, 502, 503, 504):
        a_document_is_heard(status, Word.NOTHING)


def test_a_guard_whose_sentences_are_not_read_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.oauth.guard._says_it_is_dead", lambda *_: False)
    with pytest.raises(AssertionError):
        a_document_is_heard(400, Word.FORBIDDEN)


@table("document", OTHER_DOCUMENTS)
def test_what_stands_elsewhere_or_in_a_success_says_nothing(document: dict[str, object]) -> None:
    body = json.dumps(document).encode()
    assert heard(Reply(400, {}, body)) is Word.NOTHING
    assert heard(Reply(200, {}, body)) is Word.TAKEN


@table("status", [200, 201, 400, 409, 422])
def test_the_services_own_error_in_a_sentence_doubts_the_token_where_it_is_its_word(status: int) -> None:
    for document in ({"status": "ERROR", "error": "Token expired"}, {"status": "error", "message": "Invalid token"}):
        assert heard(Reply(status, {}, json.dumps(document).encode())) is Word.DOUBTED
    other = {"status": "ERROR", "error": "The number is invalid"}
    assert heard(Reply(status, {}, json.dumps(other).encode())) is (Word.TAKEN if status < 300 else Word.NOTHING)


@table(
    "body", [b'[{"message":"the token has expired"}]', b"<html>The token has expired</html>", b'{"x":"token expired']
)
def test_what_may_be_a_list_or_a_page_doubts_no_token_under_a_success(body: bytes) -> None:
    assert heard(Reply(200, {}, body)) is Word.TAKEN


@table("status", [200, 400, 500])
@table("read", [False, True])
def test_a_token_that_a_sentence_calls_dead_is_replaced_and_no_send_is_made_twice_for_it(
    status: int, read: bool
) -> None:
    service = Service(FINE, Reply(status, {}, b'{"message":"Invalid token"}'))
    backend = client(service)
    for _ in range(3):
        reply = made(backend, read=read)
    assert reply is FINE
    again = read and status == 400
    assert service.bearers == ["t1", "t1", "t2", "t2"] if again else ["t1", "t1", "t2"]
