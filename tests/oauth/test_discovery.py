"""The token endpoint from the issuer's own metadata: where it is looked for, and what is not believed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import AfilnetError, ConfigurationError, NotSentError, OutcomeUnknownError
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.discovery import discover, places
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.waiting import complete
from afilnet_protocols.wire import Reply
from tests.oauth.endpoint import Endpoint, HandClock, settings, token
from tests.tables import table

ISSUER = "https://auth.example.com/tenant"
GOOD: dict[str, object] = {
    "issuer": ISSUER,
    "token_endpoint": "https://tokens.example.com/t",
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "tls_client_auth"],
    "mtls_endpoint_aliases": {"token_endpoint": "https://mtls.example.com/t"},
}


def found(metadata: object, status: int = 200, **changes: object) -> str:
    body = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
    chosen = settings(token_url=None, issuer=ISSUER)
    for name, value in changes.items():
        object.__setattr__(chosen, name, value)
    return complete(discover(chosen, Endpoint(*[Reply(status, {}, body)] * 4), Deadline(5)))


@pytest.mark.parametrize(
    ("issuer", "address"),
    [
        ("https://a.example", "https://a.example/.well-known/oauth-authorization-server"),
        ("https://a.example/", "https://a.example/.well-known/oauth-authorization-server"),
        ("https://a.example/one/two", "https://a.example/.well-known/oauth-authorization-server/one/two"),
        ("https://a.example:8443/one/", "https://a.example:8443/.well-known/oauth-authorization-server/one"),
    ],
)
def test_the_well_known_part_goes_before_the_issuers_path(issuer: str, address: str) -> None:
    assert places(issuer)[0] == address


def test_it_is_looked_for_wherever_servers_put_it() -> None:
    assert places("https://a.example/o/") == [
        "https://a.example/.well-known/oauth-authorization-server/o",
        "https://a.example/o/.well-known/oauth-authorization-server",
        "https://a.example/o/.well-known/openid-configuration",
        "https://a.example/.well-known/openid-configuration/o",
    ]
    assert places("https://a.example") == [
        "https://a.example/.well-known/oauth-authorization-server",
        "https://a.example/.well-known/openid-configuration",
    ]


PLACES = places(ISSUER)
ELSEWHERE = {
    "404": Reply(404, {}, b""),
    "a page for everything": Reply(200, {}, b"<html>welcome</html>"),
    "another tenant's": Reply(200, {}, json.dumps({**GOOD, "issuer": "https://auth.example.com"}).encode()),
    "a redirect": Reply(302, {"location": "https://auth.example.com/login"}, b""),
    "metadata that names no token endpoint": Reply(200, {}, json.dumps({"issuer": ISSUER}).encode()),
    "a failure": Reply(503, {}, b""),
}


@table("elsewhere", [pytest.param(reply, id=what) for what, reply in ELSEWHERE.items()])
@table("place", PLACES)
def test_what_stands_at_another_place_keeps_nobody_from_finding_it(place: str, elsewhere: Reply) -> None:
    chosen = settings(token_url=None, issuer=ISSUER)
    right = Reply(200, {}, json.dumps(GOOD).encode())
    endpoint = Endpoint(*[elsewhere] * PLACES.index(place), right)
    assert complete(discover(chosen, endpoint, Deadline(5))) == GOOD["token_endpoint"]
    assert [request.url for request in endpoint.requests] == PLACES[: PLACES.index(place) + 1]


@pytest.mark.parametrize("what", [name for name in ELSEWHERE if name != "a failure"])
def test_where_nothing_is_found_all_places_and_the_way_out_are_named_once(what: str) -> None:
    endpoint = Endpoint(*[ELSEWHERE[what]] * len(PLACES))
    with pytest.raises(ConfigurationError, match="set token_url") as caught:
        complete(discover(settings(token_url=None, issuer=ISSUER), endpoint, Deadline(5)))
    assert all(place in str(caught.value) for place in PLACES)


def test_a_server_that_cannot_answer_now_is_no_wrong_setting() -> None:
    endpoint = Endpoint(*[ELSEWHERE["404"]] * 3, ELSEWHERE["a failure"])
    with pytest.raises(NotSentError, match="503"):
        complete(discover(settings(token_url=None, issuer=ISSUER), endpoint, Deadline(5)))


def test_an_issuer_that_differs_by_its_slash_is_told_so() -> None:
    spelt = Reply(200, {}, json.dumps({**GOOD, "issuer": ISSUER + "/"}).encode())
    with pytest.raises(ConfigurationError, match="mind the slash"):
        complete(discover(settings(token_url=None, issuer=ISSUER), Endpoint(*[spelt] * 4), Deadline(5)))


@table(
    ("answer", "told"),
    [
        (
            Reply(301, {"location": "https://www.example.com/x?secret=1"}, b""),
            ", a redirect to https://www.example.com/x;",
        ),
        (Reply(399, {}, b""), "answered HTTP 399, a redirect;"),
        (Reply(300, {}, b""), "answered HTTP 300, a redirect;"),
        (Reply(400, {}, b""), "answered HTTP 400;"),
        (Reply(200, {}, b"<!DOCTYPE html><html><p>hello"), "is a web page (HTML), not JSON;"),
        (Reply(200, {}, b'{"issuer":1,}'), "holds no strictly valid JSON object;"),
        (Reply(200, {}, b'{"token_endpoint":"x"}'), "names no issuer;"),
        (
            Reply(200, {}, b'{"issuer":"https://sts.example.com/t/"}'),
            "issuer, https://sts.example.com/t/ (RFC 8414 §3.3);",
        ),
        (Reply(200, {}, b'{"issuer":"https://u:pw@a.example"}'), "issuer, https://u:…@a.example (RFC"),
        (Reply(200, {}, b'{"issuer":"https://a\\u001b[31m"}'), "issuer, https://a\\x1b[31m (RFC"),
        (Reply(200, {}, json.dumps({"issuer": "x" * 200}).encode()), f"issuer, {'x' * 200} (RFC"),
        (Reply(200, {}, json.dumps({"issuer": "x" * 201}).encode()), f"issuer, {'x' * 199}… (RFC"),
    ],
)
def test_what_stands_there_instead_is_told(answer: Reply, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        complete(discover(settings(token_url=None, issuer=ISSUER), Endpoint(*[answer] * 4), Deadline(5)))
    assert str(caught.value).count(told) == 4


def test_the_endpoint_is_looked_up_once_and_then_asked() -> None:
    endpoint = Endpoint(Reply(200, {}, json.dumps(GOOD).encode()))
    tokens = TokenProvider(settings(token_url=None, issuer=ISSUER), endpoint, clock=HandClock())
    tokens.refused(tokens.get(Deadline(5)))
    tokens.get(Deadline(5))
    assert [(request.method, request.url) for request in endpoint.requests] == [
        ("GET", "https://auth.example.com/.well-known/oauth-authorization-server/tenant"),
        ("POST", "https://tokens.example.com/t"),
        ("POST", "https://tokens.example.com/t"),
    ]
    assert "authorization" not in {name.lower() for name, _ in endpoint.requests[0].headers}


def asked_after_a_move(answer: Reply) -> list[str]:
    """Have the endpoint of an issuer move; return which addresses are asked until it is found.

    Args:
        answer: of what is where it was.
    """
    moved = {**GOOD, "token_endpoint": "https://tokens.example.com/moved"}
    endpoint = Endpoint(
        *(Reply(200, {}, json.dumps(GOOD).encode()), token("one"), answer),
        *(Reply(200, {}, json.dumps(moved).encode()), token("two")),
    )
    tokens = TokenProvider(settings(token_url=None, issuer=ISSUER), endpoint, clock=HandClock())
    tokens.refused(tokens.get(Deadline(5)))
    with pytest.raises(AfilnetError):
        tokens.get(Deadline(5))
    assert tokens.get(Deadline(5)).reveal() == "two"
    return [request.url for request in endpoint.requests]


@table("answer", [Reply(404, {}, b""), Reply(308, {"location": "/moved"}, b""), Reply(200, {}, b"<html>")])
def test_an_endpoint_that_is_no_longer_there_is_looked_up_again(answer: Reply) -> None:
    there, was, moved = PLACES[0], "https://tokens.example.com/t", "https://tokens.example.com/moved"
    assert asked_after_a_move(answer) == [there, was, was, there, moved]


def test_one_that_is_down_or_refuses_the_client_is_not() -> None:
    for answer in (Reply(503, {}, b""), Reply(401, {}, b'{"error":"invalid_client"}')):
        with pytest.raises(AfilnetError, match="access_token"):
            asked_after_a_move(answer)


def test_half_a_character_in_a_member_that_is_not_looked_at_does_no_harm() -> None:
    written = json.dumps({**GOOD, "service_documentation": "\ud83d"}).encode()
    assert complete(discover(settings(token_url=None, issuer=ISSUER), Endpoint(Reply(200, {}, written)), Deadline(5)))


def test_mutual_tls_uses_the_alias() -> None:
    assert found(GOOD, token_auth="mtls") == "https://mtls.example.com/t"
    assert found(GOOD) == "https://tokens.example.com/t"


def test_one_of_the_two_addresses_is_enough_for_whom_it_is() -> None:
    aliases = GOOD["mtls_endpoint_aliases"]
    assert found({**GOOD, "mtls_endpoint_aliases": None}) == "https://tokens.example.com/t"
    plain = {name: value for name, value in GOOD.items() if name != "mtls_endpoint_aliases"}
    assert found(plain) == found(plain, token_auth="mtls") == "https://tokens.example.com/t"
    assert (
        found({"issuer": ISSUER, "mtls_endpoint_aliases": aliases}, token_auth="mtls") == "https://mtls.example.com/t"
    )
    with pytest.raises(ConfigurationError, match="names no token_endpoint"):
        found({"issuer": ISSUER, "mtls_endpoint_aliases": aliases})


@table(
    ("change", "kind"),
    [
        ({"issuer": "https://evil.example.com"}, ConfigurationError),
        ({"issuer": ISSUER + "/"}, ConfigurationError),
        ({"issuer": None}, ConfigurationError),
        ({"token_endpoint": None}, ConfigurationError),
        ({"token_endpoint": 5}, ConfigurationError),
        ({"token_endpoint": "http://tokens.example.com/t"}, ConfigurationError),
        ({"token_endpoint": "http://127.0.0.1:1/t"}, ConfigurationError),
        ({"token_endpoint": "ftp://tokens.example.com/t"}, ConfigurationError),
        ({"token_endpoint": "https://user:pw@tokens.example.com/t"}, ConfigurationError),
        ({"token_endpoint": "https://tokens.example.com/t#x"}, ConfigurationError),
        ({"token_endpoint": "https://tokens.example.com/\r\nX: y"}, ConfigurationError),
        ({"token_endpoint": "/t"}, ConfigurationError),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, ConfigurationError),
        ({"token_endpoint_auth_methods_supported": "client_secret_post"}, ConfigurationError),
        ({"token_endpoint_auth_methods_supported": []}, ConfigurationError),
        ({"token_endpoint_auth_methods_supported": 5}, ConfigurationError),
    ],
)
def test_metadata_that_cannot_be_right_is_not_believed(change: dict[str, object], kind: type[AfilnetError]) -> None:
    with pytest.raises(kind) as caught:
        found({**GOOD, **change})
    assert caught.value.__context__ is None


@table("token_auth", ["basic", "basic-raw", "body", "private_key_jwt", "mtls"])
def test_a_server_that_does_not_say_what_it_accepts_is_asked(token_auth: str) -> None:
    assert found({**GOOD, "token_endpoint_auth_methods_supported": None}, token_auth=token_auth)


@table("token_auth", ["basic", "basic-raw", "body", "private_key_jwt", "mtls"])
@table("offered", [["none"], ["none", "client_secret_jwt"], "none"])
def test_a_server_that_asks_no_proof_is_shown_the_one_that_is_set(offered: object, token_auth: str) -> None:
    assert found({**GOOD, "token_endpoint_auth_methods_supported": offered}, token_auth=token_auth)


def test_an_authentication_method_that_is_not_offered_is_named_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="it accepts body"):
        found({**GOOD, "token_endpoint_auth_methods_supported": ["client_secret_post"]})


@table("status", [201, 301, 302, 401, 404, 429, 500])
def test_only_a_success_is_read(status: int) -> None:
    with pytest.raises(NotSentError if status in (429, 500) else ConfigurationError, match=str(status)):
        found(GOOD, status)


@given(st.binary())
def test_no_bytes_raise_anything_but_our_errors(body: bytes) -> None:
    with pytest.raises(ConfigurationError):
        found(body)


def test_a_lost_answer_means_that_the_operation_was_not_sent() -> None:
    chosen = settings(token_url=None, issuer=ISSUER)
    with pytest.raises(NotSentError, match="the operation was not sent") as caught:
        complete(discover(chosen, Endpoint(OutcomeUnknownError("lost")), Deadline(5)))
    assert caught.value.__context__ is None
