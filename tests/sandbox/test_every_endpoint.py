"""Whatever is put through whichever endpoint of the sandbox, it answers something that it meant: never its own failure.

Requests are drawn from words that mean something there, in places where they do and where they do not: credentials in
the query of the token endpoint, a form where JSON is due, a control command with members of other types.
"""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.sandbox.connection_info import CLIENT_ID, CLIENT_SECRET
from afilnet_protocols.sandbox.protocols.http import HttpEndpoint
from tests.sandbox.speak import BOUNDARY, CHAT, FORM, SOAP, SOAP_TYPE, http_call
from tests.sizes import examples

ENDPOINTS = (
    "/api/http/",
    "/api/basic/",
    "/api/json/",
    "/api/soap/",
    "/api/soap/rpc/",
    "/api/soap/generic/",
    "/oauth/token",
    "/oauth/revoke",
    "/.well-known/oauth-authorization-server",
    "/openapi.json",
    *(
        f"/_sandbox/{name}"
        for name in ("", "health", "receive", "journal", "fault", "faults", "clock", "reset", "accounts")
    ),
)
WORDS = {
    "class": ["chat", "chats", ""],
    "method": ["getchatchannels", "sendmessage", "getmessages", "nothing"],
    "user": ["user", "somebody"],
    "password": ["password", "wrong"],
    "platform": ["whatsapp", "fax"],
    "platformid": ["100", "0"],
    "platform_id": ["100"],
    "destination": ["34600000000"],
    "message": ["hola", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), ""],
    "grant_type": ["client_credentials", "password", "refresh_token", "authorization_code", ""],
    "client_id": [CLIENT_ID, "nobody", ""],
    "client_secret": [CLIENT_SECRET, "wrong", ""],
    "refresh_token": ["x"],
    "token": ["x"],
    "scope": ["chat", "a b", ""],
    "kind": ["silence", "nothing"],
    "code": ["CHANNEL_NOT_FOUND"],
    "times": ["1", "-1", "x"],
    "seconds": ["1", "nan"],
    "wsdl": [""],
}
NAMES = st.sampled_from(sorted(WORDS))
PAIRS = st.lists(NAMES.flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(WORDS[name]))), max_size=9)
ODD = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2**70)
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=2)
)
JSONS = st.dictionaries(
    NAMES, st.sampled_from(["chat", "sendmessage", "user", "password", "100", "whatsapp"]) | ODD, max_size=8
)


def element(pairs, wrapper):
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in pairs if value.isprintable())
    call = f'<c:{wrapper} xmlns:c="{CHAT}">{inside}</c:{wrapper}>'
    return f'<e:Envelope xmlns:e="{SOAP}"><e:Body>{call}</e:Body></e:Envelope>'


BODIES = st.one_of(
    st.just((None, b"")),
    PAIRS.map(lambda pairs: (FORM, urlencode(pairs).encode())),
    JSONS.map(lambda members: ("application/json", json.dumps(members).encode())),
    (ODD | st.lists(JSONS, max_size=2)).map(lambda value: ("application/json", json.dumps(value).encode())),
    st.tuples(PAIRS, st.sampled_from(["sendmessage", "getchatchannels", "call", "nothing"])).map(
        lambda drawn: (SOAP_TYPE, element(*drawn).encode())
    ),
    st.tuples(
        st.sampled_from([FORM, SOAP_TYPE, "application/json", f"multipart/form-data; boundary={BOUNDARY}"]),
        st.binary(max_size=40),
    ),
)
CREDENTIALS = st.sampled_from(
    [
        None,
        "Bearer x",
        "Bearer",
        "Basic",
        "Basic %%%",
        *(
            f"Basic {base64.b64encode(pair).decode()}"
            for pair in (b"user:password", b"sandbox-client:x", b"\xff:\xff", b"none")
        ),
    ]
)


@pytest.fixture(scope="module")
def reached():
    with Sandbox() as sandbox:
        yield sandbox


def failed(sandbox, path, method, query, body, credentials):
    """Say whether the sandbox failed by itself. A SOAP Fault has status 500 by SOAP 1.1, section 6.2."""
    kind, content = body
    headers = {name: value for name, value in (("Content-Type", kind), ("Authorization", credentials)) if value}
    target = path + ("?" + urlencode(query, errors="replace") if query else "")
    answer = http_call(sandbox.plain_url, method, target, body=content, headers=headers)
    return answer.status >= 500 and not (path.startswith("/api/soap/") and b"Fault>" in answer.body)


@pytest.mark.parametrize("path", ENDPOINTS)
@settings(max_examples=examples(8, proof=60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]), query=PAIRS, body=BODIES, credentials=CREDENTIALS
)
def test_no_request_makes_the_sandbox_fail(reached, path, method, query, body, credentials):
    assert not failed(reached, path, method, query, body, credentials)


def test_credentials_of_a_token_request_in_its_query_are_refused(reached):
    pairs = [
        ("grant_type", "client_credentials"),
        ("client_id", reached.client_id),
        ("client_secret", reached.client_secret),
    ]
    answer = http_call(reached.plain_url, "POST", "/oauth/token?" + urlencode(pairs), headers={"Content-Type": FORM})
    assert 400 <= answer.status < 500
    assert "error" in answer.json()


class Careless(HttpEndpoint):
    """An endpoint that fails at a word it does not know."""

    def __call__(self, request):
        if b"nothing" in request.body:
            raise KeyError("nothing")
        return super().__call__(request)


def test_an_endpoint_that_fails_by_itself_is_seen():
    with Sandbox(components=Components(http=Careless)) as sandbox:
        assert failed(sandbox, "/api/http/", "POST", [], (FORM, b"class=chat&method=nothing"), None)
