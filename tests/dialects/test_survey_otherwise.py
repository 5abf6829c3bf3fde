"""Facts that no dialect speaks otherwise, of services that are put together to do so."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

import pytest

from afilnet_protocols.dialects import Dialect
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.sandbox.server.exchange import Endpoint, HttpAnswer, HttpRefusal, HttpRequest
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.sandbox.state.call import Item, Refusal
from afilnet_protocols.sandbox.state.service import Service
from afilnet_protocols.survey.asking import asking
from afilnet_protocols.survey.consented import Consent, Party
from afilnet_protocols.survey.examination import examine

Change = Callable[[HttpRequest, HttpAnswer], HttpAnswer]


class Otherwise(Service):
    """Keeps a message that is sent again once, and calls `sent` what it got."""

    def append_sent(self, account: Account, platform: str, platform_id: str, destination: str, text: str) -> None:
        where = {"platform": platform, "platformid": platform_id, "destination": destination}
        if not any(item["message"] == text for item in self.listed(account, where)):
            super().append_sent(account, platform, platform_id, destination, text)

    def get_messages(self, account: Account, fields: Mapping[str, str]) -> list[Item] | None:
        return [{**item, "sent": not item["sent"], "status": "seen"} for item in self.listed(account, fields)]

    def listed(self, account: Account, fields: Mapping[str, str]) -> list[Item]:
        """Return the messages as they are; none of a conversation that does not exist."""
        try:
            return super().get_messages(account, fields) or []
        except Refusal:
            return []


def body(pattern: bytes, put: bytes) -> Change:
    """Change what is written in answers."""
    return lambda request, answer: dataclasses.replace(answer, body=re.sub(pattern, put, answer.body))


def limited(request: HttpRequest, answer: HttpAnswer) -> HttpAnswer:
    """Say how often one may call."""
    return dataclasses.replace(answer, headers=(*answer.headers, ("X-RateLimit-Limit", "60")))


def forbidden(request: HttpRequest, answer: HttpAnswer) -> HttpAnswer:
    """Refuse wrong credentials otherwise than missing ones."""
    wrong = "authorization" in request.headers and answer.status == 401
    return HttpAnswer(403, answer.body, answer.content_type) if wrong else answer


def decoded(request: HttpRequest, answer: HttpAnswer) -> HttpAnswer:
    """Count the characters of a GET as they are before they are encoded."""
    counted = request.method == "GET" and answer.status == 414 and len(unquote(request.target)) < 3000
    return HttpAnswer(200, b'{"status":"ERROR","error":"MISSING_USER"}', "application/json") if counted else answer


CHANGES: dict[str, list[Change]] = {
    "/api/http/": [
        limited,
        decoded,
        body(rb"INCORRECT_USER_PASSWORD", b"WRONG_LOGIN"),
        body(rb',"datetime":"[^"]*"', b""),
    ],
    "/api/basic/": [forbidden],
    "/api/soap/": [
        body(rb"INCORRECT_USER_PASSWORD", b"WRONG_LOGIN"),
        lambda request, answer: dataclasses.replace(answer, status=200),
    ],
    "/api/json/": [lambda request, answer: HttpAnswer(404, b'{"ok":false}', "application/json")],
    "/oauth/token": [
        body(rb'"(expires_in|scope)"', b'"else"'),
        body(rb'"Bearer"', b'"DPoP"'),
        lambda request, answer: dataclasses.replace(answer, status=400 if answer.status == 401 else answer.status),
    ],
}

SEEN = {
    "records.fields": "fewer",
    "records.direction": "theirs",
    "records.word": "other",
    "sends.twice": "one",
    "errors.unlisted": True,
    "limits.told": "headers",
    "http.get_limit": "refused",
    "http.get_counted": "decoded",
    "soap.error_http": 200,
    "json_api.envelope": "other",
    "token.lifetime": "silent",
    "token.scope": "silent",
    "token.binding": "other",
    "logins.code": "unlisted",
    "logins.http": 200,
    "logins.basic": "otherwise",
    "logins.soap": "other",
    "logins.token": "bad_request",
}


def around(path: str, endpoint: Endpoint) -> Endpoint:
    def changed(request: HttpRequest) -> HttpAnswer:
        try:
            answer = endpoint(request)
        except HttpRefusal as refusal:
            answer = refusal.answer
        for change in CHANGES.get(path, ()):
            answer = change(request, answer)
        return answer

    return changed


def seen(sandbox: Sandbox) -> Mapping[str, object]:
    """Return what a survey sees with everything permitted but a party."""
    settings = sandbox.settings("http-post", plain=True)
    consent = Consent(send_to=Party("whatsapp", "100", "34600000000"), wrong_password=True)
    with asking(settings, sleep=lambda seconds: None) as asker:
        return examine(settings, asker, consent).seen


def test_a_service_that_does_otherwise_is_told_so() -> None:
    with Sandbox(components=Components(service=Otherwise, around=around)) as sandbox:
        found = seen(sandbox)
    assert {name: found.get(name) for name in SEEN} == SEEN


@pytest.mark.parametrize(("hours", "zone"), [(1, "madrid"), (2, "madrid"), (5, "elsewhere")])
def test_the_zone_is_told_by_what_was_just_sent(hours: int, zone: str) -> None:
    with Sandbox() as sandbox:
        sandbox.clock.advance(hours * 3600)
        assert seen(sandbox)["records.zone"] == zone


@pytest.mark.parametrize(("times", "zone"), [("utc", "utc"), ("offset", "madrid"), ("unix", None)])
def test_a_zone_that_is_written_is_believed(times: str, zone: str | None) -> None:
    with Sandbox(like=Dialect(records_times=times)) as sandbox:  # type: ignore[arg-type]  # one of its values
        assert seen(sandbox).get("records.zone") == zone


@pytest.mark.parametrize("codes", [("INCORRECT_USER_PASSWORD", "MISSING_USER"), ("INCORRECT_METHOD", "MISSING_METHOD")])
def test_an_order_of_checks_that_is_none_of_those_known_stays_open(codes: tuple[str, str]) -> None:
    """Which is nearest would be a guess."""
    first, second = (code.encode() for code in codes)

    def around(path: str, endpoint: Endpoint) -> Endpoint:
        change = body(rb"MISSING_METHOD", first)

        def changed(request: HttpRequest) -> HttpAnswer:
            answer = endpoint(request)
            return (
                change(request, answer)
                if b"class=nosuch" in request.body
                else body(rb"MISSING_USER", second)(request, answer)
            )

        return changed if path == "/api/http/" else endpoint

    with Sandbox(components=Components(around=around)) as sandbox:
        assert "checks.order" not in seen(sandbox)


@pytest.mark.parametrize(
    "change",
    [
        body(rb'"(is)?sent":(true|false)', rb'"\1sent":[\2]'),
        body(rb'"(is)?sent":(true|false)', rb'"\1sent":{"is":\2}'),
        body(rb'"platform":"[^"]*",?', b""),
        body(rb'"messageid":"([^"]*)"', b'"messageid":"' + b"9" * 5000 + rb'\1"'),
        body(rb'"(messageid|datetime|message|destination)":"[^"]*"', rb'"\1":{"a":[null]}'),
    ],
    ids=["flags in lists", "flags in objects", "no platform", "endless identifiers", "objects for texts"],
)
def test_a_survey_of_records_that_are_like_nothing_known_comes_to_its_end(change: Change) -> None:
    def around(path: str, endpoint: Endpoint) -> Endpoint:
        return lambda request: change(request, endpoint(request))

    with Sandbox(components=Components(around=around)) as sandbox:
        for _ in range(2):
            sandbox.receive(platform="whatsapp", platform_id="100", destination="34600000000", message="hola")
        assert seen(sandbox)["json.status"] == "upper"
