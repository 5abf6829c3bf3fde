"""What the backend of json does with what a guard says: which call gets another token, and which is made again."""

from __future__ import annotations

import json

import pytest

from afilnet_protocols import NotSentError
from afilnet_protocols.backends.json import JsonBackend
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.wire import Reply, Request
from tests.oauth.endpoint import HandClock, settings, token
from tests.stepwise import stepwise
from tests.tables import table

FINE = Reply(200, {}, b'{"status":"SUCCESS","result":{}}')
REFUSED = Reply(401, {}, b"")
OF_THE_LAST_ATTEMPT = Reply(401, {"x-envoy-attempt-count": "2"}, b"")
FORBIDDEN = Reply(403, {}, b"")
DOUBTED = Reply(200, {}, b'{"error":"token_expired"}')
SILENT = Reply(404, {}, b"")


class Service:
    """A token endpoint and an API in memory: the API answers from a script, and then that all is fine."""

    def __init__(self, *script: Reply, token_answer: Reply | None = None) -> None:
        self.script, self.token_answer = list(script), token_answer
        self.bearers: list[str] = []
        self.tokens = 0

    @stepwise
    def exchanging(self, request: Request, *, deadline: Deadline, reuse: bool) -> Reply:
        if request.url.endswith("/token"):
            self.tokens += 1
            return self.token_answer or token(f"t{self.tokens}")
        given = dict(request.headers)["Authorization"]
        assert given.startswith("Bearer ")
        self.bearers.append(given.removeprefix("Bearer "))
        return self.script.pop(0) if self.script else FINE


def client(service: Service, clock: HandClock | None = None) -> JsonBackend:
    chosen = settings()
    backend = JsonBackend(chosen)
    backend._transport = service  # type: ignore[assignment] # as far as it is used
    backend._tokens = TokenProvider(chosen, service, clock=clock or HandClock())
    return backend


def made(backend: JsonBackend, *, read: bool) -> Reply:
    """Make a call; a read may go out on a connection that has been used."""
    steps = backend._exchange(Request("POST", "https://api.example.com/json", (), b"{}"), Deadline(5), reuse=read)
    try:
        while True:
            next(steps).carry_out()  # type: ignore[union-attr] # nothing here waits for anything else
    except StopIteration as stop:
        reply: Reply = stop.value
    return reply


@table(
    ("answer", "read", "first", "second"),
    [
        (FINE, False, ["t1"], "t1"),
        (SILENT, False, ["t1"], "t1"),
        (SILENT, True, ["t1"], "t1"),
        (REFUSED, False, ["t1", "t2"], "t2"),
        (REFUSED, True, ["t1", "t2"], "t2"),
        (OF_THE_LAST_ATTEMPT, False, ["t1"], "t2"),
        (OF_THE_LAST_ATTEMPT, True, ["t1", "t2"], "t2"),
        (FORBIDDEN, False, ["t1"], "t2"),
        (FORBIDDEN, True, ["t1", "t2"], "t2"),
        (DOUBTED, False, ["t1"], "t2"),
        (DOUBTED, True, ["t1"], "t2"),
    ],
)
def test_which_tokens_a_call_and_the_next_one_are_made_with(
    answer: Reply, read: bool, first: list[str], second: str
) -> None:
    service = Service(answer)
    backend = client(service)
    reply = made(backend, read=read)
    assert service.bearers == first
    assert reply is (FINE if len(first) > 1 else answer)
    assert made(backend, read=read) is FINE
    assert service.bearers == [*first, second]


@table("answer", [REFUSED, FORBIDDEN, DOUBTED])
def test_a_replacement_that_is_refused_too_is_not_replaced_in_the_same_call(answer: Reply) -> None:
    service = Service(REFUSED, answer, answer)
    backend = client(service)
    assert made(backend, read=True) is answer
    assert service.bearers == ["t1", "t2"]
    assert made(backend, read=True) is answer
    assert service.bearers == ["t1", "t2", "t2"]


@table("answer", [FORBIDDEN, DOUBTED])
def test_what_refuses_each_token_at_once_is_given_another_ever_more_seldom(answer: Reply) -> None:
    service = Service(answer, answer, answer)
    backend = client(service)
    for _ in range(3):
        made(backend, read=False)
    assert service.tokens == 2, "these answers may be meant for the calls"


def test_one_that_was_taken_and_then_refused_is_replaced_each_time() -> None:
    service = Service(FINE, REFUSED, FINE, REFUSED, FINE)
    backend = client(service)
    assert [made(backend, read=False) for _ in range(3)] == [FINE] * 3
    assert service.bearers == ["t1", "t1", "t2", "t2", "t3"]


def test_one_that_was_good_for_a_while_is_replaced_as_if_it_were_the_first() -> None:
    service, clock = Service(FORBIDDEN, FINE, FORBIDDEN, FORBIDDEN), HandClock()
    backend = client(service, clock)
    for pause in (0, 0, 100, 1, 0):
        clock.now += pause
        made(backend, read=False)
    assert service.bearers == ["t1", "t2", "t2", "t3", "t4"]


UNSTATED = Reply(200, {}, json.dumps({"access_token": "x", "token_type": "Bearer"}).encode())


@pytest.mark.parametrize(
    ("answer", "level"), [(token("x", 60), "high"), (token("x", 7200), "medium_high"), (UNSTATED, "medium_high")]
)
def test_the_report_goes_by_the_token_in_use(answer: Reply, level: str) -> None:
    backend = JsonBackend(settings())
    assert backend.security_report().level == "high"
    backend._tokens = TokenProvider(settings(), Service(token_answer=answer), clock=HandClock())
    backend._tokens.get(Deadline(5))
    assert backend.security_report().level == level


@table("answer", [FORBIDDEN, DOUBTED])
@table("read", [True, False])
def test_where_no_other_token_can_be_had_one_doubtful_answer_costs_one_call(answer: Reply, read: bool) -> None:
    service = Service(FINE, answer)
    backend = client(service)
    made(backend, read=read)
    service.token_answer = Reply(503, {}, b"")
    assert made(backend, read=read) is answer, "and it is told what the service said, not what the token endpoint did"
    assert [made(backend, read=read) for _ in range(3)] == [FINE] * 3
    assert service.bearers == ["t1"] * 5


def test_a_client_that_drops_what_is_only_doubted_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = TokenProvider.refused
    monkeypatch.setattr(
        TokenProvider, "refused", lambda tokens, used, *, forbidden=False, again=False: refused(tokens, used)
    )
    service = Service(FINE, FORBIDDEN)
    backend = client(service)
    made(backend, read=False)
    service.token_answer = Reply(503, {}, b"")
    made(backend, read=False)
    with pytest.raises(NotSentError):
        made(backend, read=False)
