"""What headers say beside a document: an error beside a success, and that an answer is the last of several."""

from __future__ import annotations

import pytest

from afilnet_protocols import catalogue
from afilnet_protocols.calls.retry import may_repeat
from afilnet_protocols.errors import AfilnetError, OutcomeUnknownError, RateLimitedError
from afilnet_protocols.wire import Reply, envelope, verdict
from afilnet_protocols.wire.headers_beside import tell_of_a_lost_answer, tell_of_an_error, tell_of_several_attempts
from afilnet_protocols.wire.soap.answers import answer
from tests.tables import table
from tests.wire.carriers import in_elements, soap_codec
from tests.wire.test_whose_word import WIRES, told

ERRORS = [
    {"x-error": "no route"}, {"x-error-code": "17"}, {"x-api-error-message": "NO_CREDITS"}, {"x-app-fault": "1"},
    {"x-apigee-fault-flag": "true"}, {"x-ms-failure-cause": "gateway"},
    {"status": "500 Internal Server Error"}, {"x-status-code": "503"}, {"x-status": "ERROR"}, {"x-exception": "E"},
    {"x-original-status": "500"}, {"x-upstream-status": "502"},
    {"x-backend-status-code": "404 Not Found"}, {"x-kong-upstream-status": "500"}, {"grpc-status": "13"},
    {"x-errors": "1"}, {"x-error-count": "2"}, {"x-amzn-errortype": "ThrottlingException"}, {"x-has-errors": "true"},
    {"x-request-failed": "1"}, {"x-debug-exception": "PDOException"}, {"x-result": "ERROR"}, {"x-result-code": "500"},
    {"x-success": "false"}, {"x-api-ok": "0"}, {"x-http-status-override": "503"},
    {"x-cache": "Error from cloudfront"}, {"proxy-status": "cdn; error=connection_timeout"},
    {"proxy-status": 'origin; received-status=200, "a; b";received-status=502; details="x"'},
]  # fmt: skip
NO_ERRORS = [
    {"status": "200 OK"}, {"x-error": "false"}, {"x-error-code": "0"}, {"x-errors-url": "/e"}, {"x-error": "none"},
    {"nel": '{"report_to":"errors"}'}, {"x-status": "ok"}, {"x-error": "no"}, {"x-error-tracking": "on"},
    {"x-terror-level": "4"}, {"x-status-page": "500"}, {"x-faulty": "1"}, {"x-apigee-fault-flag": "false"},
    {"x-original-status": "200"}, {"x-upstream-status": "504 : 200"}, {"grpc-status": "0"}, {"x-cache-status": "500"},
    {"x-status": "5000 sent"},
    {"x-errors": "0"}, {"x-failover": "1"}, {"x-failed-logins": "2"}, {"x-success": "true"}, {"x-ok": "1"},
    {"x-result": "17"}, {"x-response-time": "500 ms"}, {"x-cache": "Miss from cloudfront"},
    {"proxy-status": "cdn; received-status=200; next-protocol=h2"},
    {"proxy-status": 'cdn; details="; error=none, \\"; received-status=502"'},
]  # fmt: skip
SEVERAL = [
    {"x-envoy-attempt-count": "2"}, {"fastly-restarts": "1"}, {"x-upstream-status": "502, 200"},
    {"x-apisix-upstream-status": "502, 502, 200"}, {"x-upstream-addr": "10.0.0.1:80, 10.0.0.2:80"},
    {"x-upstream": "10.0.0.1:80 : 10.0.0.9:80"}, {"upstream-response-time": "5.003, 0.010"},
]  # fmt: skip
LOST = [
    {"proxy-status": f"edge; error={error}"} for error in
    ("connection_terminated", "connection_read_timeout", "http_response_incomplete", "proxy_internal_error")
]  # fmt: skip
NOT_LOST = [
    {"proxy-status": f"edge; error={error}"}
    for error in ("connection_refused", "http_request_denied", "http_request_error", "destination_unavailable")
]
ONCE = [
    {"x-envoy-attempt-count": "1"}, {"fastly-restarts": "0"}, {"x-upstream-status": "200"},
    {"x-upstream-addr": "10.0.0.1:80"}, {"x-upstream-addr": "unix:/run/php.sock"}, {"x-attempts": "3"},
    {"x-kong-upstream-latency": "12"}, {"x-upstream-id": "a, b"}, {"x-upstream-addr": "[2001:db8::1]:80"},
]  # fmt: skip


@table("headers", ERRORS)
@table("name", WIRES)
def test_a_success_beside_a_header_that_tells_of_an_error_is_none(name: str, headers: dict[str, str]) -> None:
    found, error = told(WIRES[name], Reply(200, headers, WIRES[name].success))
    assert found == "unknown"
    assert "header that tells of an error" in str(error)


@table("headers", [*NO_ERRORS, *SEVERAL, *ONCE])
@table("name", WIRES)
def test_what_other_headers_tell_leaves_a_success_one(name: str, headers: dict[str, str]) -> None:
    assert told(WIRES[name], Reply(200, headers, WIRES[name].success))[0] == "done"


@table("headers", ERRORS)
def test_a_refusal_with_such_a_header_is_one(headers: dict[str, str]) -> None:
    assert told(WIRES["json"], Reply(200, headers, WIRES["json"].refusal))[0] == "rejected"


@table("headers", SEVERAL)
@table("name", WIRES)
def test_a_refusal_of_the_last_attempt_says_nothing_of_the_first(name: str, headers: dict[str, str]) -> None:
    wire = WIRES[name]
    for status in (200, 400, 401, 413, 429, 500):
        for body in (wire.refusal, b""):
            error = told(wire, Reply(status, headers, body))[1]
            assert type(error) is OutcomeUnknownError
            assert not may_repeat(catalogue.SEND_MESSAGE, error)


@table("headers", LOST)
@table("name", WIRES)
def test_a_refusal_for_an_answer_that_was_lost_says_nothing(name: str, headers: dict[str, str]) -> None:
    wire = WIRES[name]
    for status in (200, 400, 401, 413, 429, 501):
        for body in (wire.refusal, b""):
            error = told(wire, Reply(status, headers, body))[1]
            assert type(error) is OutcomeUnknownError
            assert status == 400 or (status == 200 and not body) or "Proxy-Status" in str(error)
            assert not may_repeat(catalogue.SEND_MESSAGE, error)


@table("headers", NOT_LOST)
@table("name", WIRES)
def test_a_request_that_was_not_passed_on_is_refused(name: str, headers: dict[str, str]) -> None:
    assert told(WIRES[name], Reply(413, headers, b""))[0] == "rejected"


@table("headers", ONCE)
@table("name", WIRES)
def test_a_refusal_of_the_only_attempt_is_one(name: str, headers: dict[str, str]) -> None:
    assert told(WIRES[name], Reply(200, headers, WIRES[name].refusal))[0] == "rejected"
    assert type(told(WIRES[name], Reply(429, headers, b""))[1]) is RateLimitedError


@table(
    "value",
    [
        '"' * 30_000,
        "; error" * 4_000,
        '\\"' * 15_000,
        "a" * 30_000,
        "a " * 15_000,
        "a" + " " * 30_000,
        ", " * 15_000,
        "4" * 30_000,
    ],
)
def test_a_header_as_long_as_heads_may_be_is_looked_through_at_once(value: str) -> None:
    """With an expression that begins anew at each character, this does not end."""
    names = ("x-upstream-addr", "x-envoy-attempt-count", "status", "x-error", "proxy-status", "x-success")
    for name in (*names, value.replace(" ", "-") + "error"):
        tell_of_an_error(Reply(200, {name: value}))
        tell_of_a_lost_answer(Reply(200, {name: value}))
        tell_of_several_attempts(Reply(200, {name: value}))


def test_sabotage_headers_that_are_not_looked_at_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "tell_of_an_error", lambda _: False)
    monkeypatch.setattr(envelope, "tell_of_an_error", lambda _: False)
    monkeypatch.setattr(verdict, "tell_of_several_attempts", lambda _: False)
    monkeypatch.setattr(verdict, "tell_of_a_lost_answer", lambda _: False)
    with pytest.raises(ExceptionGroup):
        test_a_refusal_for_an_answer_that_was_lost_says_nothing()
    with pytest.raises(ExceptionGroup):
        test_a_success_beside_a_header_that_tells_of_an_error_is_none()
    with pytest.raises(ExceptionGroup):
        test_a_refusal_of_the_last_attempt_says_nothing_of_the_first()


# ---- The header of a SOAP envelope --------------------------------------------------------------------------------

ADDRESSING = "http://www.w3.org/2005/08/addressing"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
OTHER = 'xmlns:h="urn:example:header"'
SAYING_NO = [
    f"<h:Answer {OTHER}><status>ERROR</status><error>NO_CREDITS</error></h:Answer>",
    f"<h:error {OTHER}>17</h:error>",
    f"<h:Answer {OTHER}><h:faultcode>x</h:faultcode></h:Answer>",
    f'<h:Answer {OTHER} errorCode="17"/>',
    f"<h:Answer {OTHER}>&lt;error&gt;NO_CREDITS&lt;/error&gt;</h:Answer>",
    "<ns0:Fault><faultcode>ns0:Server</faultcode></ns0:Fault>",
    f'<a:Action xmlns:a="{ADDRESSING}">{ADDRESSING}/soap/fault</a:Action>',
    f'<a:Action xmlns:a="{ADDRESSING}">urn:chat/ISend/SendServiceFault</a:Action>',
]
SAYING_NOTHING = [
    "",
    f"<h:Answer {OTHER}><status>SUCCESS</status><error/><errorCode>0</errorCode></h:Answer>",
    f'<h:Answer {OTHER} errorCode="0">&lt;status&gt;SUCCESS&lt;/status&gt;</h:Answer>',
    f'<a:Action xmlns:a="{ADDRESSING}">urn:chat/sendmessageResponse</a:Action>',
    f'<a:FaultTo xmlns:a="{ADDRESSING}"><a:Address>urn:x</a:Address></a:FaultTo>',
    f'<w:Security xmlns:w="{SECURITY}" e:mustUnderstand="1"><w:error>x</w:error></w:Security>',
    f"<h:Trace {OTHER}>Error failed, not sent</h:Trace>",
]


def verdict_with(header: str) -> str:
    body = in_elements("sendmessageResponse", {"status": "SUCCESS"}).decode()
    start = body.index("<ns0:Body")
    written = f"{body[:start]}<ns0:Header>{header.replace('e:must', 'ns0:must')}</ns0:Header>{body[start:]}".encode()
    try:
        soap_codec("document", skip=False).decode(catalogue.SEND_MESSAGE, Reply(200, {}, written))
    except AfilnetError as error:
        return str(error.delivery)
    return "done"


@table(("header", "found"), [*((each, "unknown") for each in SAYING_NO), *((each, "done") for each in SAYING_NOTHING)])
def test_a_success_under_a_header_that_tells_of_an_error_is_none(header: str, found: str) -> None:
    assert verdict_with(header) == found


def test_sabotage_a_header_that_is_not_looked_at_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "_refusals_in_header", lambda *_: {})
    with pytest.raises(ExceptionGroup):
        test_a_success_under_a_header_that_tells_of_an_error_is_none()
