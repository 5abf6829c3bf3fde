"""Reads that go straight over a kept connection: whatever happens on it, they end as reads of the usual way do."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from afilnet_protocols import AfilnetError, Breaker, Delivery, NotSentError, connect, delivery_of
from afilnet_protocols.backends.base import WireBackend
from afilnet_protocols.backends.http_post import HttpPostBackend
from afilnet_protocols.backends.straight import Straight
from afilnet_protocols.begun import Begun
from afilnet_protocols.breaker import Permit
from afilnet_protocols.catalogue import GET_CHAT_CHANNELS
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.observation import CallInfo
from afilnet_protocols.registry import find
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.transport import Limits, Transport
from afilnet_protocols.transport import connection as connection_module
from afilnet_protocols.transport.address import Address, Origin, read
from afilnet_protocols.transport.answers.plain import PlainAnswer
from afilnet_protocols.transport.connection import Connection
from afilnet_protocols.transport.failure import LATE, TransportFailure
from afilnet_protocols.vocabulary import Protocol
from afilnet_protocols.waiting import READABLE, Descriptor, Readiness, Steps, run
from afilnet_protocols.wire import Reply, Request
from tests.stepwise import stepwise
from tests.transport.played import Played

PROTOCOLS = ("http-get", "http-post", "basic")
LIST = b'{"status":"SUCCESS","result":{"list":[]}}'
BODIES = [
    LIST,
    b'{"status":"ERROR","error":"BAD_USER"}',
    b'{"status":"ERROR","error":"NO_SUCH_THING"}',
    b"<html>",
    b"",
    gzip.compress(LIST),
]
LIST_CAME = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(LIST), LIST)
STATUSES = [200, 200, 200, 204, 201, 302, 401, 403, 407, 429, 500, 503]
LINES = [
    b"Connection: close",
    b"Content-Encoding: gzip",
    b"Transfer-Encoding: chunked",
    b"X-Cache: HIT",
    b"Age: 7",
    b"Retry-After: 0",
    b"Date: Sun, 29 Nov 2026 10:00:00 GMT",
    b"X-Odd: a",
    b"X-Odd:b",
    b"Connection: keep-alive",
    b"Content-Encoding: utf-8",
    b"Content-Type: text/html",
    b"Age: 0",
    b"X-Next-Page: 2",
    b"X-Error: 1",
    b"Via: 1.1 x",
]
FORMS = ["length"] * 6 + ["zeros", "chunks", "both", "none"]
"""How an answer says where its body ends."""
BEFORE = [b""] * 8 + [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"]
BEHIND = [b""] * 8 + [b"\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]
ENDS = [
    b"",
    LATE,
    TransportFailure("the connection was reset"),
    TransportFailure("the operation was interrupted", refused=False),
    TransportFailure("it asks for a client certificate", handshake=True),
]


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    body = draw(st.sampled_from(BODIES[:1] * 3 + BODIES))
    length = max(0, len(body) + draw(st.sampled_from([0, 0, 0, 0, 1, -1])))
    lines = draw(st.lists(st.sampled_from(LINES), max_size=2, unique=True))
    form = draw(st.sampled_from(FORMS))
    if form in ("length", "both"):
        lines.insert(0, b"Content-Length: %d" % length)
    if form == "zeros":
        lines.append(b"Content-Length: 000%d" % length)
    if form in ("chunks", "both"):
        lines.append(b"Transfer-Encoding: chunked")
        body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    head = b"%s %d OK" % (draw(st.sampled_from([b"HTTP/1.1"] * 8 + [b"HTTP/1.0"])), draw(st.sampled_from(STATUSES)))
    whole = b"\r\n".join([head, *lines, b"", body])
    return draw(st.sampled_from(BEFORE)) + whole + draw(st.sampled_from(BEHIND))


@st.composite
def pieces(draw: st.DrawFn) -> tuple[bytes | TransportFailure, ...]:
    """What one connection brings, an answer or two in a few pieces, and how it ends."""
    whole = b"".join(draw(st.lists(answers(), min_size=1, max_size=2)))
    cuts = sorted(draw(st.lists(st.integers(1, len(whole)), max_size=3)))
    came = [whole[start:stop] for start, stop in pairwise([0, *cuts, len(whole)]) if start < stop]
    kept = came[: draw(st.sampled_from([9, 9, 9, 1, 0]))]
    return (*kept, *draw(st.lists(st.sampled_from(ENDS), min_size=1, max_size=2)))


class Script(NamedTuple):
    """What happens to reads: on the connection that was kept, and on those that are made after it."""

    kept: tuple[bytes | TransportFailure, ...]
    later: tuple[tuple[bytes | TransportFailure, ...], ...] = ()
    taken: int | None = None
    refusal: TransportFailure | None = None
    arrived: bool = True
    failures: int = 0
    resting: bool = False
    waits: bool = False
    quiet: bool = True
    given_up: bool = False
    left: bool = False
    reads: int = 1


scripts = st.builds(
    Script,
    pieces(),
    st.lists(pieces(), max_size=2).map(tuple),
    st.sampled_from([None, None, None, 0, 7]),
    st.sampled_from([None, ENDS[2], ENDS[3], LATE]),
    st.sampled_from([True, True, True, False]),
    st.integers(0, 3),
    st.sampled_from([False, False, False, True]),
    st.booleans(),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([False, False, False, True]),
    st.booleans(),
    st.integers(1, 2),
)


AT_ONCE = Descriptor(os.open(os.devnull, os.O_RDONLY))
"""What never has to be waited for."""


class Kept(Played):
    """A connection's stream, which ends after what it brings.

    Attributes:
        waits: whether each piece has to be waited for, and once in vain.
        quiet: whether nothing has come before it is asked.
    """

    waits, quiet = False, True
    _in_vain = False

    def is_quiet(self) -> bool:
        return self.quiet

    def all_arrived(self) -> bool:
        arrived, self._arrived = self._arrived, True  # a moment later it is there
        return arrived

    def due(self, deadline: Deadline) -> Readiness | None:  # type: ignore[override]
        return Readiness(AT_ONCE, READABLE, deadline) if self.waits else None

    def receive_at_once(self, deadline: Deadline) -> bytes | TransportFailure | Readiness:
        if deadline.passed:
            return LATE
        self._in_vain = self.waits and not self._in_vain
        if self._in_vain:
            return Readiness(AT_ONCE, READABLE, deadline)
        return self.brought.pop(0) if self.brought else ENDS[2]

    def receive(self, deadline: Deadline) -> Steps[bytes | TransportFailure]:
        while isinstance(received := self.receive_at_once(deadline), Readiness):
            yield received
        return received


class Interrupted(BaseException):
    """What a signal handler may raise."""


class Seen:
    """A hook that keeps what is seen of a call."""

    def before(self, call: CallInfo) -> None:
        self.call = call

    def after(self, call: CallInfo) -> None:
        self.told = (call.attempts, call.verdict, call.error, call.skipped)


def _connection(stream: Played, origin: Origin) -> Connection:
    evidence = connection_module.Evidence(scheme="http", host="127.0.0.1", port=9, loopback=True)
    return Connection(stream, origin, evidence)  # type: ignore[arg-type] # plays the stream


def outcome(script: Script, protocol: str, *, straight: bool) -> object:
    """Return everything that can be known of a read, its client and its connections afterwards."""
    seen, now = Seen(), [0.0]
    breaker = Breaker(threshold=3, clock=lambda: now[0])
    streams = [Kept(*script.kept, taken=script.taken, refusal=script.refusal, arrived=script.arrived)]
    streams[0].waits, streams[0].quiet = script.waits, script.quiet
    more = iter(script.later)
    chat = connect(
        protocol=protocol,
        base_url="http://127.0.0.1:9",
        user="ana",
        password="secret-word",
        minimum_security="none",
        unique_get=False,
        hooks=[seen],
        breaker=breaker,
    )
    assert isinstance(chat, WireBackend)
    chat.goes_straight = straight  # type: ignore[misc]
    chat.wait = lambda *_: iter(())  # type: ignore[method-assign,assignment,return-value]
    chat._rule.chance = lambda: 0.0
    chat._rule.quota.take(100)
    address = read("http://127.0.0.1:9/")
    assert isinstance(address, Address)

    @stepwise
    def dial(origin: Origin, deadline: Deadline) -> Connection:
        del deadline
        came = next(more, None)
        if came is None:
            raise NotSentError("refused")
        streams.append(Kept(*came))
        return _connection(streams[-1], origin)

    chat._transport._dialer.dial = dial  # type: ignore[method-assign]
    kept = _connection(streams[0], address.origin)
    kept.used = kept.keepable = True
    kept.idle_since -= 1.0
    chat._transport._pool.give(kept)
    for _ in range(3 if script.resting else script.failures):
        permit = breaker.admit(probe=True)
        permit.failed("before")
        permit.give_back()
    now[0] = 1.5 if script.resting else 0.5  # its rest is over, or not
    held: BaseException | None = None
    begun = Begun(time.monotonic(), carried=True, left=script.left)
    if script.given_up:
        begun.give_up()
    said: object = None
    earlier: list[object] = []
    with chat:
        for _ in range(script.reads):
            earlier.append(said)
            try:
                said = _read(chat, Deadline.of(begun, 60.0))
            except AfilnetError as error:
                said, held = (type(error), str(error), error.delivery, error.retry_after), error
            except Interrupted as error:
                said, held = (type(error), delivery_of(error)), error  # with all that its frames hold
        idle = [len(each) for each in chat._transport._pool.idle.values()]
    state = (breaker.state, breaker._failures, breaker._probe is None, chat._rule.quota.balance)
    del held
    used = [(each.sent, each.closed, each.answers) for each in streams]
    return said, seen.told, state, used, idle, begun.left, kept.idle_since >= begun.at, earlier


def _read(chat: WireBackend, whole: Deadline) -> object:
    with chat.watch(GET_CHAT_CHANNELS, whole) as info:
        return run(chat.undertake(GET_CHAT_CHANNELS, {}, whole, info), whole)


def alike(script: Script, protocol: str = "http-post") -> bool:
    """Whether a read ends alike on both ways."""
    return outcome(script, protocol, straight=True) == outcome(script, protocol, straight=False)


@given(scripts, st.sampled_from(PROTOCOLS))
@example(Script((LIST_CAME,)), "http-post")
@example(Script((LIST_CAME, b"")), "http-get")
@example(Script((LATE,), failures=2), "basic")
@example(Script((LIST_CAME,), resting=True), "http-post")
@example(Script((LIST_CAME,), taken=7), "http-post")
@example(Script((LIST_CAME,), arrived=False), "http-post")
@example(Script((LIST_CAME,), waits=True), "http-post")
@example(Script((LIST_CAME,), ((LIST_CAME,),), resting=True, quiet=False), "http-post")
@example(Script((LIST_CAME,), given_up=True), "http-post")
@example(Script((LIST_CAME,), failures=3), "http-post")
@example(Script((LIST_CAME[:30], LIST_CAME[30:]), waits=True), "basic")
@example(Script((LIST_CAME, LIST_CAME), reads=2), "http-post")
@example(Script((LIST_CAME + LIST_CAME,), ((LIST_CAME,),), reads=2), "http-get")
def test_a_read_ends_as_on_the_usual_way(script: Script, protocol: str) -> None:
    assert alike(script, protocol)


def test_the_usual_answer_of_a_kept_connection_goes_no_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WireBackend, "_attempt", None)
    for protocol in PROTOCOLS:
        assert outcome(Script((LIST_CAME,)), protocol, straight=True)[0] == []  # type: ignore[index]


def interrupted(*_: object) -> None:
    """Do what a signal handler does that has enough."""
    raise Interrupted


@pytest.mark.parametrize(
    "where", ["afilnet_protocols.waiting.threads._poll", "tests.backends.test_straight.Kept.send_at_once"]
)
def test_one_that_is_interrupted_leaves_what_the_usual_way_leaves(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where, interrupted)
    script = Script((LIST_CAME,), waits=True, resting=True)
    usual = outcome(script, "http-post", straight=False)
    assert usual[0] == (Interrupted, Delivery.UNKNOWN)  # type: ignore[index]
    assert outcome(script, "http-post", straight=True) == usual
    for place, name in ((Connection, "close"), (Permit, "give_back")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, _unless_it_failed)
            assert outcome(script, "http-post", straight=True) != usual


def test_only_those_go_straight_who_learn_nothing_else_from_an_answer() -> None:
    def straight(kind: type[Straight]) -> set[str]:
        below = set().union(*map(straight, kind.__subclasses__()))
        ours = kind.__module__.startswith("afilnet_protocols.")  # and no stand-in of another test
        return below | {kind.__name__} if ours and kind.goes_straight else below

    for protocol in Protocol:
        find(protocol)
    assert straight(Straight) == {"HttpGetBackend", "HttpPostBackend", "BasicBackend", "SoapBackend"}


class Own(HttpPostBackend):
    """A backend with an exchange of its own, as those of other packages have."""

    asked = 0

    def _exchange(self, request: Request, deadline: Deadline, *, reuse: bool) -> Steps[Reply]:
        self.asked += 1
        return super()._exchange(request, deadline, reuse=reuse)


def test_who_has_an_exchange_of_its_own_is_asked_for_each_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox, Own(sandbox.settings("http-post", plain=True)) as chat:
        for _ in range(3):
            assert chat.get_chat_channels()
        assert chat.asked == 3
        monkeypatch.setattr(Own, "goes_straight", True)
        assert chat.get_chat_channels()
        assert chat.asked == 3


def _unarrived(connection: Connection, begun, limits, deadline):  # type: ignore[no-untyped-def] # a sabotage
    received = begun.received = connection._stream.receive_at_once(deadline)
    return connection_module.whole(received, limits) if isinstance(received, bytes) else None


def _any_form(data: bytes, limits: Limits) -> Reply | None:
    answer = PlainAnswer.begin(data, False, limits, 10**6, Deadline(60))
    return answer.reply() if answer is not None and answer.complete else None


def _asked_again(transport: Transport, begun, deadline):  # type: ignore[no-untyped-def] # a sabotage
    begun.received = None
    return _GOING_ON(transport, begun, deadline)


def _unless_it_failed(given: object, *_: object) -> None:
    if isinstance(given, Permit) and given._cause:
        _GIVE_BACK(given)


def _unless_answered(permit: Permit) -> None:
    if not permit.answered:
        _GIVE_BACK(permit)


_GOING_ON, _GIVE_BACK = Transport.going_on, Permit.give_back

SABOTAGE: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Script]] = {
    "whether the request had arrived is not asked": (
        lambda patch: patch.setattr(Connection, "answer_at_once", _unarrived),
        Script((LIST_CAME,), arrived=False),
    ),
    "any plain answer is believed": (
        lambda patch: patch.setattr(connection_module, "whole", _any_form),
        Script((LIST_CAME.replace(b"200 OK", b"503 No").replace(b"SUCCESS", b"FAILURE"),)),
    ),
    "a connection that is closed is kept": (
        lambda patch: patch.setattr(connection_module, "whole", _any_form),
        Script((LIST_CAME.replace(b"Content", b"Connection: close\r\nContent", 1),)),
    ),
    "what was received is forgotten": (
        lambda patch: patch.setattr(Transport, "going_on", _asked_again),
        Script((LIST_CAME[:30], LIST_CAME[30:])),
    ),
    "the permit is kept": (
        lambda patch: patch.setattr(Permit, "give_back", _unless_answered),
        Script((LIST_CAME,), failures=2),
    ),
    "an answer of the service's is no success for the retries": (
        lambda patch: patch.setattr("afilnet_protocols.calls.retry.RetryRule.succeeded", lambda _: None),
        Script((LIST_CAME,)),
    ),
}
"""Ways to go straight on, and what happens to a read that shows it."""


@pytest.mark.parametrize("sabotage", SABOTAGE)
def test_one_that_looks_less_closely_is_found(sabotage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    careless, script = SABOTAGE[sabotage]
    assert alike(script)
    usual = outcome(script, "http-post", straight=False)
    careless(monkeypatch)
    assert outcome(script, "http-post", straight=True) != usual
