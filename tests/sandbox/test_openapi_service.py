"""Generated requests, right and wrong ones, from the OpenAPI that the sandbox serves: answers are what it describes."""

import base64
from collections import Counter

import hypothesis
import hypothesis.strategies as st
import pytest

from tests.sizes import examples

CALLS = [("/api/http/", "GET"), ("/api/http/", "POST"), ("/api/basic/", "GET"), ("/api/basic/", "POST")]
CALLS += [("/api/json/", "POST")]
TOKENS = [("/oauth/token", "POST"), ("/oauth/revoke", "POST"), ("/.well-known/oauth-authorization-server", "GET")]
MODES = ("positive", "negative")
# The same requests every time: whether calls succeed depends on them, and is asserted.
LENGTH = hypothesis.settings(
    max_examples=examples(4, proof=25),
    derandomize=True,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


def of_described_form(case, answer):
    """Validate an answer."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    asked = (
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    )
    case.validate_response(answer, checks=asked)


def drawn(operation, mode):
    """Return requests to an operation, of a mode of generation."""
    from schemathesis.generation.modes import GenerationMode

    return operation.as_strategy(GenerationMode(mode))


@pytest.fixture(scope="module")
def described(sandbox):
    import schemathesis  # takes half a second, which no process pays that runs other tests

    return schemathesis.openapi.from_url(f"{sandbox.plain_url}/openapi.json")


@pytest.fixture(scope="module")
def bearer(sandbox, described):
    form = {"grant_type": "client_credentials", "client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    operation = described["/oauth/token"]["POST"]
    answer = operation.Case(body=form, media_type="application/x-www-form-urlencoded").call()
    return f"Bearer {answer.json()['access_token']}"


def let_in(case, sandbox, bearer):
    """Give a generated call the right credentials and a channel that exists."""
    known = {"user": sandbox.user, "password": sandbox.password, "platform": "whatsapp", "platformid": "100"}
    if isinstance(case.query, dict) and case.method == "GET":
        # In a query nothing is compulsory for every method, so most generated ones have too little.
        case.query.update({**known, "destination": "34600000000", "message": "m"} | case.query)
    for fields in (case.query, case.body):
        if isinstance(fields, dict):
            fields.update({name: value for name, value in known.items() if name in fields})
    if "/basic/" in case.path:
        pair = f"{sandbox.user}:{sandbox.password}".encode()
        case.headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
    if "/json/" in case.path:
        case.headers["Authorization"] = bearer


def outcome(answer):
    document = answer.json() if answer.headers["content-type"][0].startswith("application/json") else {}
    return document.get("status", answer.status_code)


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("path", "verb"), CALLS)
def test_calls_are_answered_as_described(sandbox, described, bearer, path, verb, mode, known):
    seen = Counter()

    @LENGTH
    @hypothesis.given(drawn(described[path][verb], mode))
    def proof(case):
        if known:
            let_in(case, sandbox, bearer)
        answer = case.call()
        of_described_form(case, answer)
        seen[outcome(answer)] += 1

    proof()
    if mode == "positive":
        assert seen["SUCCESS" if known else "ERROR"] > 0


@pytest.mark.parametrize(("path", "verb"), TOKENS)
def test_tokens_are_answered_as_described(described, path, verb):
    operation = described[path][verb]
    modes = MODES if verb == "POST" else ("positive",)

    @LENGTH
    @hypothesis.given(st.one_of(*(drawn(operation, mode) for mode in modes)))
    def proof(case):
        of_described_form(case, case.call())

    proof()


@pytest.mark.parametrize(
    ("broken", "failure"),
    [
        (b'{"status":"SUCCESS","result":{"list":[{"platformid":"1"}]}}', "Response violates schema"),
        (b'{"status":"FINE"}', "Response violates schema"),
    ],
)
def test_an_answer_that_is_not_as_described_is_found(sandbox, described, monkeypatch, broken, failure):
    from schemathesis.core.failures import FailureGroup

    from afilnet_protocols.sandbox.protocols import envelope

    monkeypatch.setattr(envelope, "encode", lambda *_: broken)
    credentials = {"user": sandbox.user, "password": sandbox.password}
    case = described["/api/http/"]["GET"].Case(query={"class": "chat", "method": "getchatchannels", **credentials})
    with pytest.raises(FailureGroup, match=failure):
        of_described_form(case, case.call())
