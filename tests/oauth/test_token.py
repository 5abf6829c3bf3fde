"""A token endpoint's answer is read where it is clear and refused where it is none; no error is foreign."""

from __future__ import annotations

import json
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import (
    AfilnetError,
    AuthenticationError,
    ConfigurationError,
    Delivery,
    NotSentError,
    RateLimitedError,
    SecurityPolicyError,
)
from afilnet_protocols.oauth import token as token_module
from afilnet_protocols.oauth.refusal import Asked
from afilnet_protocols.oauth.token import (
    UNSTATED,
    WIDER,
    AccessToken,
    Terms,
    leaves_the_grant,
    read_token,
    successor_in,
)
from afilnet_protocols.security.policy import Evidence, assess
from afilnet_protocols.wire import Reply
from tests.oauth.endpoint import settings
from tests.tables import table

pytestmark = pytest.mark.smoke

TOKEN = "2YotnFZFEjr1zCsicMWpAA"
GOOD: dict[str, object] = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}


def read(
    body: bytes | dict[str, object],
    status: int = 200,
    *,
    asked: Asked | None = None,
    scope: str | None = "chat",
    longest: int | None = 3600,
    strict: bool = True,
    assumed: float | None = None,
    **headers: str,
) -> AccessToken:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    terms = Terms(scope=scope, longest=longest, strict=strict, assumed=assumed)
    return read_token(Reply(status, headers, data), asked_at=100.0, asked=asked or Asked(), terms=terms)


def but(**changes: object) -> dict[str, object]:
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}


def our_frames(error: AfilnetError) -> str:
    """Format the part of a traceback that is the library's, with its local variables."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame.f_locals for frame in frames if frame.f_globals["__name__"].startswith("afilnet_protocols.")]
    assert ours
    return repr(ours)


TOKENS: list[object] = [
    ..., None, "", 5, 5.5, True, [TOKEN], {"value": TOKEN}, "a b", " a", "a ", "a\r\nX: y", "a\n", "\ta", "tökén", "€",
    "a\x00b", "a\x7fb", "a\u2028", "🙂", "x" * 16_385, "x" * 1_000_000,
]  # fmt: skip
LIFETIMES: list[object] = [
    ..., None, 0, -1, -3600, "0", "-5", "", "0.5", 0.5, True, False, [3600], {"s": 3600}, 10**60, "P1D", "for ever",
    "nan", "infinity", "3600 s", "\uff11\uff12",
]  # fmt: skip


def test_a_proper_answer_is_a_token() -> None:
    token = read(but(scope="chat", refresh_token="tGzv3JOkF0XG5Qx2TlKWIA", example="ignored"))
    assert token.secret.reveal() == TOKEN
    assert token.expires_at == 3700.0
    assert token.lifetime == 3600
    assert token.scope == {"chat"}
    assert token.refresh is not None
    assert TOKEN not in repr(token)


@table(
    ("answer", "scope"),
    [
        (but(token_type="bearer"), "chat"),
        (but(token_type="BEARER"), "chat"),
        (but(expires_in=1), "chat"),
        (but(access_token="a"), "chat"),
        (but(access_token="~!" * 8192), "chat"),
        (but(scope="chat"), "chat extra"),
        (but(scope=""), "chat"),
        (but(scope="whatever the server likes"), None),
        (but(scope=None), "chat"),
        (but(refresh_token=None), "chat"),
    ],
)
def test_what_the_standard_allows_is_accepted(answer: dict[str, object], scope: str | None) -> None:
    assert read(answer, scope=scope).secret


LOOSE: list[tuple[dict[str, object], int]] = [
    *((but(expires_in=value), 3600) for value in ("3600", "3600.0", " 3600 ", 3600.0, 3600.9, "3.6e3")),
    *(
        (but(token_type=value), 3600)
        for value in (..., None, "", "Bearer ", " bearer", "BeArEr", "BearerToken", "bearer_token", "access_token")
    ),
    *((but(refresh_token=value), 3600) for value in ("", None, False, 5, "two\nwords", "tökén", "x" * 16_385)),
    *((but(scope=value), 3600) for value in ("", None, [], ["chat"], "chat,extra", ["chat", "extra"])),
    (but(id_token="x", ext_expires_in=9, created_at=1, info={"a": [1]}), 3600),
    (but(name="\ud83d"), 3600),
    (but(error=None), 3600),
    (but(error=""), 3600),
]


@table("status", [200, 201])
@table(("answer", "lifetime"), LOOSE)
def test_what_means_something_clear_is_read_however_it_is_spelt(
    answer: dict[str, object], lifetime: int, status: int
) -> None:
    found = read(answer, status, scope="chat extra", **{"content-type": "text/html"})
    assert (found.secret.reveal(), found.lifetime, found.weakness) == (TOKEN, lifetime, "")
    assert found.refresh is None


@table("refresh", ["two words", " ", "~!" * 8192])
def test_a_refresh_token_may_hold_blanks_since_it_travels_in_a_form(refresh: str) -> None:
    found = read(but(refresh_token=refresh)).refresh
    assert found is not None
    assert found.reveal() == refresh


@table(
    ("answer", "status"),
    [
        ({"error": "invalid_grant", "refresh_token": "x"}, 200),
        ({"refresh_token": "x"}, 400),
        (b'{"refresh_token": "x"', 200),
    ],
)
def test_what_is_no_success_brings_no_refresh_token(answer: bytes | dict[str, object], status: int) -> None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    assert successor_in(Reply(status, {}, body)) is None
    assert successor_in(Reply(200, {}, b'{"refresh_token": "x", "name": "\\ud83d"}')) is not None


@table("kind", ["DPoP", "dpop"])
def test_a_token_that_is_bound_by_dpop_is_told_to_be_one(kind: str) -> None:
    with pytest.raises(ConfigurationError, match=r"not Bearer but DPoP \(RFC 9449\)"):
        read(but(token_type=kind))
    with pytest.raises(ConfigurationError, match="not Bearer;"):
        read(but(token_type="mac"))


@table("seconds", [3601, 7200, 36000, "864000", 10**60, 1e30, "9" * 60])
def test_a_long_life_lowers_the_level_where_the_policy_leaves_it_open(seconds: object) -> None:
    found = read(but(expires_in=seconds), longest=None, strict=False)
    assert found.lifetime == min(float(str(seconds)), 10 * 366 * 86_400)
    chosen = settings()
    seen = Evidence(token_lifetime=found.lifetime, token_weakness=found.weakness)
    assert assess(chosen).level.word == "high"
    assert assess(chosen, seen).level.word == "medium_high"
    assert str(found.lifetime) in assess(chosen, seen).reasons["G10"]
    with pytest.raises(SecurityPolicyError):
        read(but(expires_in=seconds))


@pytest.mark.parametrize("silence", [..., None, "", 0, -1, "0", "-3600", 0.9, -(10**60), "-inf"])
def test_an_unstated_life_is_taken_for_an_hour_and_lowers_the_level_unless_the_settings_know_it(
    silence: object,
) -> None:
    found = read(but(expires_in=silence), longest=None, strict=False)
    assert (found.lifetime, found.expires_at) == (3600, 3700.0)
    assert found.weakness.startswith(UNSTATED)
    assert "token_lifetime" in found.weakness
    assert assess(settings(), Evidence(token_weakness=found.weakness)).level.word == "medium_high"
    for longest, strict in ((None, True), (3600, False), (3600, True)):
        with pytest.raises(SecurityPolicyError) as caught:
            read(but(expires_in=silence), longest=longest, strict=strict)
        assert "token_lifetime" in caught.value.fix
        assert caught.value.required == "short_lived_token"
    known = read(but(expires_in=silence), assumed=900.0)
    assert (known.lifetime, known.weakness) == (900, "")
    with pytest.raises(SecurityPolicyError):
        read(but(expires_in=silence), assumed=7200.0)
    assert read(but(expires_in=silence), longest=None, strict=False, assumed=7200.0).lifetime == 7200


@table("scope", ["chat admin", ["chat", "admin"], "chat,admin", "CHAT", 5, {"chat": 1}, "chat\x00", [5]])
def test_a_wider_or_unreadable_scope_lowers_the_level_or_is_refused_where_the_policy_demands_it(scope: object) -> None:
    found = read(but(scope=scope), strict=False)
    assert found.weakness
    assert assess(settings(), Evidence(token_lifetime=60, token_weakness=found.weakness)).level.word == "medium_high"
    with pytest.raises(SecurityPolicyError, match="scope"):
        read(but(scope=scope))
    assert read(but(scope=scope), scope=None).weakness == ""


@table(
    ("scope", "asked", "granted"),
    [
        (..., "chat files", {"chat", "files"}),
        (None, "chat files", {"chat", "files"}),
        ("", "chat", set()),
        ([], "chat", set()),
        ("files chat", "chat files", {"chat", "files"}),
        (["chat files"], "chat files", {"chat", "files"}),
        ("chat,files", "chat files", {"chat", "files"}),
        ("chat,files", "chat,files", {"chat,files"}),
        ("chat,files", None, {"chat,files"}),
    ],
)
def test_the_granted_scopes_are_those_of_the_answer_or_those_asked_for(
    scope: object, asked: str | None, granted: set[str]
) -> None:
    assert read(but(scope=scope), scope=asked).scope == granted


@table("life", [text for text in LIFETIMES if isinstance(text, str) and text.strip("-0.5")] + [True, [3600]])
def test_a_life_that_is_no_number_is_refused_at_every_level(life: object) -> None:
    if life == "infinity":
        return
    with pytest.raises(ConfigurationError, match="expires_in is not a number") as caught:
        read(but(expires_in=life), longest=None, strict=False)
    assert not isinstance(caught.value, SecurityPolicyError)


def test_a_life_is_a_text_of_64_characters_at_most() -> None:
    assert read(but(expires_in="60".rjust(64))).lifetime == 60
    with pytest.raises(ConfigurationError, match="not a number"):
        read(but(expires_in="60".rjust(65)))


def test_a_token_that_is_too_long_is_told_so() -> None:
    with pytest.raises(ConfigurationError, match="longer than 16384 characters"):
        read(but(access_token="x" * 16_385))


def test_a_life_that_the_settings_state_is_a_second_at_least() -> None:
    assert read(but(expires_in=None), assumed=0.5).lifetime == 1


def test_without_terms_nothing_is_demanded() -> None:
    reply = Reply(200, {}, json.dumps(but(expires_in=None)).encode())
    assert read_token(reply, asked_at=0.0, asked=Asked(), terms=Terms()).weakness


@table(("lifetime", "last", "early"), [(3600, 10.0, 360.0), (300, 10.0, 30.0), (240, 10.0, 30.0), (100, 5.0, 20.0)])
def test_when_it_is_due_and_when_it_is_no_longer_used(lifetime: int, last: float, early: float) -> None:
    token = read(but(expires_in=lifetime))
    end = 100.0 + lifetime
    assert [token.usable(end - last - 0.25), token.usable(end - last)] == [True, False]
    assert [token.due(end - early - 0.25), token.due(end - early)] == [False, True]


def test_a_scope_beyond_the_one_asked_for_is_named() -> None:
    assert read(but(scope="chat admin"), strict=False).weakness == WIDER


TYPES: list[object] = [
    "mac",
    "DPoP",
    "N_A",
    "bearer token",
    "BearerTokens",
    "basic",
    5,
    ["Bearer"],
    "\uff22\uff25\uff21\uff32\uff25\uff32",
]
SCOPES: list[object] = [
    "chat admin",
    "admin",
    "CHAT",
    5,
    ["chat", "admin"],
    {"chat": 1},
    "chat\x00",
    "chat\nadmin",
    "chät",
    True,
]

MALFORMED: list[bytes] = [
    b"", b" ", b"null", b"true", b"5", b'"x"', b"[]", b"[{}]", b"{", b"}", b"{}", b"{]", b"{'access_token': 'x'}",
    b"<html>502 Bad Gateway</html>", b"access_token=x&token_type=bearer&expires_in=3600", b"\xff\xfe{\x00}\x00",
    b'{"access_token": "x"', b'{"access_token": "x"}}', b'{"access_token": "x"} {}',
    b'{"access_token": "x", "token_type": "Bearer", "expires_in": NaN}',
    b'{"access_token": "x", "token_type": "Bearer", "expires_in": Infinity}',
    b'{"access_token": "x", "token_type": "Bearer", "expires_in": 1e999}',
    b'{"access_token": "x", "token_type": "Bearer", "expires_in": ' + b"9" * 5000 + b"}",
    b'{"access_token": "x", "token_type": "Bearer", "expires_in": -0}',
    b'{"access_token": "x", "token_type": "Bearer", "expires_in": 3600, "expires_in": 60}',
    b'{"access_token": "x", "access_token": "y", "token_type": "Bearer", "expires_in": 3600}',
    b'{"access_token": "x", "token_type": "mac", "token_type": "Bearer", "expires_in": 3600}',
    b'{"access_token": "\\ud800", "token_type": "Bearer", "expires_in": 3600}',
    b'{"access_token": "\xff", "token_type": "Bearer", "expires_in": 3600}',
    b'{"access_token": "x\\u0000", "token_type": "Bearer", "expires_in": 3600}',
    b'{"a": ' * 100_000 + b"1" + b"}" * 100_000, b"[" * 100_000, b'{"access_token": ' + b"[" * 500 + b"]" * 500 + b"}",
    json.dumps(GOOD).encode("utf-16"), json.dumps(GOOD).encode("utf-32"), b"\x1f\x8b\x08\x00", b")]}',\n{}",
    b'{"error": "server_error"}', b'{"error": "temporarily_unavailable"}', b'{"error": null}', b'{"error": 5}',
    b'{"error": ["invalid_client"]}', b'{"error": ""}', b'{"error": "invalid_client\\u0000"}',
]  # fmt: skip

HOSTILE: list[tuple[bytes, int]] = [
    *((json.dumps(but(access_token=value)).encode(), 200) for value in TOKENS),
    *((json.dumps(but(expires_in=value)).encode(), 200) for value in LIFETIMES),
    *((json.dumps(but(token_type=value)).encode(), 200) for value in TYPES),
    *((json.dumps(but(scope=value)).encode(), 200) for value in SCOPES),
    *((body, 200) for body in MALFORMED),
    # A token in an answer that is no success is no token.
    *((json.dumps(GOOD).encode(), status) for status in (202, 203, 204, 206, 300, 301, 302, 303, 307, 308)),
    *((json.dumps(GOOD).encode(), status) for status in (400, 402, 404, 405, 407, 408, 418, 500, 502, 503, 599)),
    *((json.dumps({"error": error}).encode(), 500) for error in ("invalid_client", "invalid_scope", "invalid_grant")),
]  # fmt: skip


@table(("body", "status"), HOSTILE)
def test_no_hostile_answer_is_believed(body: bytes, status: int) -> None:
    with pytest.raises(AfilnetError) as caught:
        read(body, status)
    error = caught.value
    # Only what may pass is worth asking again.
    passing = status in (408, 425) or status >= 500 or b"server_error" in body or b"unavailable" in body
    assert isinstance(error, NotSentError) == passing
    assert error.delivery is Delivery.NOT_SENT
    assert error.__context__ is None
    assert len(str(error)) < 300
    assert TOKEN not in our_frames(error)


def test_there_are_enough_hostile_answers() -> None:
    print(f"{len(HOSTILE)} hostile token answers refused")
    assert len(HOSTILE) >= 100


def test_the_corpus_notices_a_reader_that_believes_too_much() -> None:
    """A reader such as oauthlib's, which takes the token wherever one stands, believes dozens of these answers."""
    from oauthlib.oauth2 import BackendApplicationClient

    believed = 0
    for body, _ in HOSTILE:
        try:
            believed += bool(
                BackendApplicationClient("x").parse_request_body_response(body.decode("latin-1"))["access_token"]
            )
        except Exception:
            continue
    assert believed >= 30


values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.just("Bearer")
)
documents = st.dictionaries(st.sampled_from([*GOOD, "scope", "error", "refresh_token"]), values)


@given(st.binary() | documents.map(lambda document: json.dumps(document).encode()), st.integers(100, 599))
def test_any_answer_is_a_token_or_an_error_of_ours(body: bytes, status: int) -> None:
    try:
        token = read(body, status)
    except AfilnetError:
        return
    assert status in (200, 201)
    assert 0 < token.lifetime <= 3600
    assert token.secret.reveal().isprintable()


@table("status", [200, 400, 401, 403])
@table(
    ("error", "kind", "names"),
    [
        ("invalid_client", AuthenticationError, "client_secret"),
        ("invalid_grant", AuthenticationError, "client_secret"),
        ("invalid_scope", ConfigurationError, "scope"),
        ("unauthorized_client", ConfigurationError, "grant"),
        ("unsupported_grant_type", ConfigurationError, "grant"),
        ("invalid_request", ConfigurationError, "token_auth"),
    ],
)
def test_the_standards_errors_name_what_to_change(
    status: int, error: str, kind: type[AfilnetError], names: str
) -> None:
    with pytest.raises(kind, match=names) as caught:
        read({"error": error, "error_description": "\x1b[31mred", "error_uri": "https://evil.example"}, status)
    assert "\x1b" not in str(caught.value)
    assert "evil" not in str(caught.value)
    if isinstance(caught.value, AuthenticationError):
        assert caught.value.code == "INCORRECT_USER_PASSWORD"


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"status":"ERROR","error":"INCORRECT_USER_PASSWORD"}'])
def test_a_bare_401_is_a_refused_client(body: bytes) -> None:
    with pytest.raises(AuthenticationError) as caught:
        read(body, 401)
    assert caught.value.code == "INCORRECT_USER_PASSWORD"


@table("status", [200, 201])
@table(
    ("document", "kind", "says"),
    [
        ({"ErrorCode": "invalid_client"}, AuthenticationError, "client_secret"),
        ({"status": "BAD_CLIENT_ID", "message": "x"}, AuthenticationError, "client_secret"),
        ({"errors": [{"code": "invalid_scope"}], "access_token": None}, ConfigurationError, "setting scope"),
        ({"fault": {"detail": {"errorcode": "oauth.v2.InvalidClientIdentifier"}}}, AuthenticationError, "client_id"),
        ({"code": "rate_limit_exceeded"}, RateLimitedError, "slow down"),
        ({"code": "temporarily_unavailable", "access_token": ""}, NotSentError, "cannot answer now"),
        ({"token_type": "Bearer", "expires_in": 60}, ConfigurationError, "has no access_token"),
        ({"code": 200, "status": "error"}, ConfigurationError, "has no access_token"),
    ],
)
def test_a_success_without_a_token_is_refused_as_its_error_code_says_wherever_that_stands(
    status: int, document: dict[str, object], kind: type[AfilnetError], says: str
) -> None:
    with pytest.raises(AfilnetError, match=says) as caught:
        read(document, status)
    assert type(caught.value) is kind


@table("status", [200, 400, 401])
@table(
    ("form", "kind", "says"),
    [
        (b"error=invalid_client&error_description=no+such+client", AuthenticationError, "client_secret"),
        (b"error=invalid_client&x=".ljust(2048, b"x"), AuthenticationError, "client_secret"),
        (b"error_description=x&error=invalid_scope", ConfigurationError, "setting scope"),
        (
            b"error=unauthorized_client&error_description=Invalid%20client%20secret",
            AuthenticationError,
            "client_secret",
        ),
    ],
)
def test_a_refusal_that_is_written_as_a_form_is_read(
    status: int, form: bytes, kind: type[AfilnetError], says: str
) -> None:
    with pytest.raises(AfilnetError, match=says) as caught:
        read(form, status)
    assert type(caught.value) is kind
    assert "what came is" not in str(caught.value)


@table(
    "body",
    [
        *(b"access_token=x&token_type=bearer", b"error=", b"error = invalid_client", b"error=<html>", b"x" * 9),
        *(b"access_token=x&token_type=bearer&error=", b"an error=invalid_client", b'{"error=invalid_client"'),
        b"error=invalid_client&x=".ljust(2049, b"x"),
    ],
)
def test_what_is_no_refusal_in_a_form_is_not_read_as_one(body: bytes) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used") as caught:
        read(body)
    assert "invalid_client" not in str(caught.value)


WORDS: list[tuple[bytes, type[AfilnetError], str]] = [
    (b"invalid_client\n", AuthenticationError, r"\(invalid_client \(HTTP 4"),
    (b'"invalid_client"', AuthenticationError, r"\(invalid_client \(HTTP 4"),
    (b"invalid_scope", ConfigurationError, "setting scope"),
    (b"Invalid client secret\n", AuthenticationError, "client_secret and token_auth$"),
    (b"Invalid client secret".ljust(300), AuthenticationError, "client_secret and token_auth$"),
    (b"missing parameter: tenant", ConfigurationError, 'add "tenant=…" to token_parameters'),
    (b"Rate limit exceeded", RateLimitedError, "slow down"),
]
"""What stands alone, as Go's http.Error writes it."""

NO_WORDS = (
    *(
        b"Invalid client secret".ljust(301),
        b"<p>Invalid client secret</p>",
        b'{"Invalid client secret',
        b"[invalid_client",
    ),
    *(b"Denied", b"Invalid_client", b"client", b"404 page not found", b"\xff\xfe"),
)


def words_are_read(words: list[tuple[bytes, type[AfilnetError], str]]) -> None:
    for body, kind, says in words:
        with pytest.raises(AfilnetError, match=says) as caught:
            read(body, 400)
        assert type(caught.value) is kind


@table(("body", "kind", "says"), WORDS)
def test_a_refusal_of_a_few_words_is_read(body: bytes, kind: type[AfilnetError], says: str) -> None:
    words_are_read([(body, kind, says)])
    assert leaves_the_grant(Reply(400, {}, body)) == (kind is not AuthenticationError)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        read(body, 200)


@table("body", NO_WORDS)
def test_other_words_are_left_alone(body: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"HTTP 400\); what came is|HTTP 400\): check the settings token_url"):
        read(body, 400)


def test_a_client_that_reads_no_words_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_module, "refusal_without_json", lambda _: {})
    for each in WORDS:
        with pytest.raises(AssertionError):
            words_are_read([each])


def test_a_word_in_the_place_of_a_code_does_not_spoil_a_token() -> None:
    assert read(but(status="approved", code="E17", type="token")).secret.reveal() == TOKEN


@table(("header", "seconds"), [("7", 7.0), ("", None), ("soon", None), ("-1", None), ("999999", 86_400.0)])
def test_a_429_says_how_long_to_wait(header: str, seconds: float | None) -> None:
    with pytest.raises(RateLimitedError) as caught:
        read(b"", 429, **{"retry-after": header})
    assert caught.value.retry_after == seconds
    for status in (408, 503):
        with pytest.raises(NotSentError) as unavailable:
            read(b"", status, **{"retry-after": header})
        assert (unavailable.value.retry_after, unavailable.value.lasting) == (seconds, False)


def test_a_lifetime_over_the_policys_limit_is_a_matter_of_policy() -> None:
    with pytest.raises(SecurityPolicyError) as caught:
        read(but(expires_in=901), longest=900)
    assert caught.value.required == "token_lifetime<=900"
    assert caught.value.missing == ("G10",)
    assert TOKEN not in our_frames(caught.value)
    assert read(but(expires_in=900), longest=900).lifetime == 900


def test_the_search_in_tracebacks_would_find_a_token() -> None:
    reply = Reply(200, {}, json.dumps(but(token_type="mac")).encode())
    with pytest.raises(ConfigurationError) as caught:
        token_module._believed(reply, 0.0, Asked(), Terms())
    assert TOKEN in our_frames(caught.value)
