"""What a GET can and cannot promise: caches answer it from memory, and servers on the way repeat it by themselves."""

from __future__ import annotations

import contextlib
import datetime
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols import AfilnetError, connect
from afilnet_protocols.calls.flow import call
from afilnet_protocols.calls.retry import Attempts, Backoff, RetryRule
from afilnet_protocols.catalogue import GET_LIMIT, GET_MARKER, GET_MARKER_LENGTH, SEND_MESSAGE
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import MessageTooLongError, NotSentError, OutcomeUnknownError
from afilnet_protocols.outbox.entry import Entry, State
from afilnet_protocols.outbox.settling import judge
from afilnet_protocols.outbox.store import Lost
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import Finding
from afilnet_protocols.waiting import complete
from afilnet_protocols.wire import Reply, Request
from afilnet_protocols.wire.form import FormCodec
from tests.matrix import settings_at
from tests.stepwise import stepwise
from tests.time_limit import HANGS

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
RECORD = (
    '{"platformid":"100","platform":"whatsapp","destination":"34600000000","message":"hola","messageid":"1",'
    '"sent":true,"status":"read","datetime":"2026-01-02 03:04:05"}'
)
OVER_GET: dict[str, dict[str, Any]] = {
    "http-get": {"protocol": "http-get"},
    "basic over GET": {"protocol": "basic", "http_verb": "GET"},
}
MARKED = re.compile(rf"&{GET_MARKER}=[0-9a-f]{{{GET_MARKER_LENGTH}}}$")


class CachingProxy:
    """A cache before a service, which keeps answers to GET by their whole address and says nothing of it, as nginx does
    with ``proxy_cache_valid``.

    Attributes:
        carried_out: how many sends have reached the service.
        loses_sends: whether the answers to sends are lost.
    """

    def __init__(self) -> None:
        self.carried_out = 0
        self.loses_sends = False
        self._kept: dict[bytes, bytes] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(HANGS)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            piece = connection.recv(65536)
            if not piece:
                return
            asked += piece
        target = asked.split(b" ", 2)[1]
        body = self._kept.get(target)
        if body is None:
            body = self._service(target)
            if body is None:
                return
            self._kept[target] = body
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        connection.sendall(head + body)

    def _service(self, target: bytes) -> bytes | None:
        if b"method=sendmessage" not in target:
            return f'{{"status":"SUCCESS","result":{{"list":[{",".join([RECORD] * self.carried_out)}]}}}}'.encode()
        self.carried_out += 1
        return None if self.loses_sends else b'{"status":"SUCCESS"}'


@pytest.fixture
def proxy() -> Iterator[CachingProxy]:
    proxy = CachingProxy()
    yield proxy
    proxy.close()


def client(proxy: CachingProxy, which: str, **changes: Any) -> Any:
    chosen = {**OVER_GET[which], **changes}
    return connect(settings_at(chosen.pop("protocol"), proxy.origin, timeout=10, **chosen))


@pytest.mark.parametrize("which", OVER_GET)
def test_behind_a_cache_there_are_as_many_successes_as_sends_that_arrived(proxy: CachingProxy, which: str) -> None:
    with client(proxy, which) as chat:
        for count in range(1, 4):
            chat.send_message(**PERSON, message="hola")
            assert proxy.carried_out == count
            assert len(chat.get_messages(**PERSON)) == count


@pytest.mark.parametrize("which", OVER_GET)
def test_what_is_not_there_is_never_absent(proxy: CachingProxy, which: str) -> None:
    proxy.loses_sends = True
    with client(proxy, which) as chat:
        chat.get_messages(**PERSON)
        with pytest.raises(OutcomeUnknownError) as caught:
            chat.send_message(**PERSON, message="hola")
        assert caught.value.reconcile(settle=0.01) is Finding.POSSIBLY_DELIVERED
        proxy.carried_out = 0
        assert caught.value.reconcile(settle=0.01) is Finding.UNDECIDED


def test_the_outbox_does_not_find_a_send_over_get_absent_either() -> None:
    entry = Entry(
        id=1,
        key=None,
        operation="send_message",
        arguments={**PERSON, "message": "hola"},
        state=State.UNKNOWN,
        created_at=NOW,
        changed_at=NOW,
    )
    lost = Lost(entry=entry, claim=1, baseline=0, known=0, perhaps=0)
    assert judge(lost, 0) is Finding.ABSENT
    assert judge(lost, 0, over_get=True) is Finding.UNDECIDED


@pytest.mark.parametrize("which", OVER_GET)
def test_sabotage_without_the_pair_a_cache_confirms_what_never_arrived(proxy: CachingProxy, which: str) -> None:
    with client(proxy, which, unique_get=False) as chat:
        chat.send_message(**PERSON, message="hola")
        chat.send_message(**PERSON, message="hola")
        assert proxy.carried_out == 1


def codec(**changes: Any) -> FormCodec:
    return FormCodec("https://localhost/api/http/", **{"in_query": True, "unique": True, **changes})


@given(st.lists(st.sampled_from(["hola", "adiós", ""]), min_size=2, max_size=20))
def test_no_two_requests_over_get_are_alike_and_all_end_with_the_pair(texts: list[str]) -> None:
    over_get = codec()
    seen = [over_get.encode(SEND_MESSAGE, {"message": text}).url for text in texts]
    assert len(set(seen)) == len(seen)
    assert all(MARKED.search(url) for url in seen)


def test_a_repetition_is_another_request() -> None:
    asked: list[Request] = []

    def exchange(request: Request) -> Reply:
        asked.append(request)
        if len(asked) < 3:
            raise NotSentError("no connection")
        return Reply(200, {}, b'{"status":"SUCCESS"}')

    rule = RetryRule(Backoff(attempts=3), chance=lambda: 0.0)
    attempts = Attempts(rule, SEND_MESSAGE, Deadline(10))
    pause = stepwise(lambda _: None)
    complete(call(codec(), SEND_MESSAGE, {"message": "hola"}, attempts, exchange=stepwise(exchange), pause=pause))
    assert len({request.url for request in asked}) == 3


def test_the_limit_counts_the_pair() -> None:
    room = GET_LIMIT - len(codec().encode(SEND_MESSAGE, {"message": ""}).url)
    assert len(codec().encode(SEND_MESSAGE, {"message": "x" * room}).url) == GET_LIMIT
    with pytest.raises(MessageTooLongError):
        codec().encode(SEND_MESSAGE, {"message": "x" * (room + 1)})


def test_nothing_else_has_the_pair() -> None:
    posted = codec(in_query=False).encode(SEND_MESSAGE, {"message": "hola"})
    assert f"{GET_MARKER}=".encode() not in posted.body
    assert not MARKED.search(codec(unique=False).encode(SEND_MESSAGE, {"message": "hola"}).url)


@pytest.mark.parametrize("which", OVER_GET)
def test_the_sandbox_passes_over_the_pair(sandbox: Sandbox, which: str) -> None:
    account = sandbox.account()
    chosen = dict(OVER_GET[which])
    with connect(sandbox.settings(chosen.pop("protocol"), account=account, **chosen)) as chat:
        chat.send_message(**PERSON, message="hola")
        assert [message.message for message in chat.get_messages(**PERSON)] == ["hola"]
        assert all(GET_MARKER not in arrival.arguments for arrival in sandbox.journal(account))
    sandbox.drop(account)


def test_an_error_over_get_is_ours(proxy: CachingProxy) -> None:
    proxy.loses_sends = True
    with client(proxy, "http-get") as chat, pytest.raises(AfilnetError):
        chat.send_message(**PERSON, message="hola")
