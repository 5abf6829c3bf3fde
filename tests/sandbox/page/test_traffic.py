"""What the traffic shows: every exchange is of a kind, also what is no request of HTTP, and what is not even TLS."""

from __future__ import annotations

import contextlib
import socket
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from afilnet_protocols import AfilnetError, connect
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.faults.fault_book import Where
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.page.call_page import travelled
from afilnet_protocols.sandbox.page.traffic import outcome, protocol_of, summaries
from afilnet_protocols.sandbox.server.http1 import Http1
from afilnet_protocols.sandbox.server.wire_log import Wire, WireLog
from tests.tables import table
from tests.time_limit import HANGS
from tests.work import longer

NOT_HTTP = {
    "nonsense": b"\x00\x01\x02\xff nonsense\r\n\r\n",
    "another protocol": b"EHLO example.com\r\n\r\n",
    "TLS where there is none": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "a line too many": b"GET /api/http/?user=user&password=s3cret-word HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n",
    "a head too long": b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\n\r\n",
    "two lengths": b"POST /api/json/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer s3cret-word\r\n"
    b"content-length: 1\r\ncontent-length: 2\r\n\r\nxx",
}


def sent(sandbox: Sandbox, data: bytes) -> bytes:
    port = urlsplit(sandbox.plain_url).port
    with socket.create_connection(("127.0.0.1", port), timeout=HANGS) as connection:
        connection.sendall(data)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(4096):
                answer += piece
    return answer


def latest(sandbox: Sandbox, number: int) -> Wire:
    ends = time.monotonic() + HANGS
    while len(sandbox._wires.all()) < number:
        assert time.monotonic() < ends, "it was not kept"
        time.sleep(0.005)
    return sandbox._wires.all()[-1]


@pytest.mark.parametrize("data", list(NOT_HTTP.values()), ids=list(NOT_HTTP))
def test_what_is_no_request_is_kept_and_shown_without_secrets(data: bytes) -> None:
    with Sandbox() as sandbox:
        assert sent(sandbox, data).startswith(b"HTTP/1.1 400 ")
        wire = latest(sandbox, 1)
        assert protocol_of(wire) == "malformed"
        assert outcome(wire) == "Invalid HTTP request received."
        shown = travelled(wire, sandbox, sandbox._wires)
        assert shown.answer is not None
        assert shown.answer.first == "HTTP/1.1 400"
        assert "s3cret-word" not in str(shown)
        assert shown.request.body
        assert [each.calls for each in summaries([wire]) if each.name == "malformed"] == [1]
        page = urllib.request.urlopen(f"{sandbox.page_url}traffic?protocol=malformed").read().decode()
        assert "Invalid HTTP request" in page
        urllib.request.urlopen(f"{sandbox.page_url}call/{wire.number}").read()


def test_a_build_that_drops_them_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Http1, "send_400_response", Http1.__base__.send_400_response)
    with Sandbox() as sandbox:
        sent(sandbox, NOT_HTTP["nonsense"])
        assert sandbox._wires.all() == []


def said(sandbox: Sandbox, words: str) -> None:
    """Wait until an exchange ended with some words."""
    ends = time.monotonic() + HANGS
    while not any(words in outcome(wire) for wire in sandbox._wires.all()):
        assert time.monotonic() < ends, [outcome(wire) for wire in sandbox._wires.all()]
        time.sleep(0.005)


def test_why_there_was_no_tls_is_said() -> None:
    with Sandbox() as sandbox:
        with connect(sandbox.settings("http-post", ca_file=None)) as chat, pytest.raises(AfilnetError):
            chat.get_chat_channels()
        said(sandbox, "no TLS: tlsv1 alert unknown ca")
        port = urlsplit(sandbox.base_url).port
        with socket.create_connection(("127.0.0.1", port), timeout=HANGS) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                connection.recv(100)
        said(sandbox, "no TLS: http request")
        assert all(protocol_of(wire) == "malformed" for wire in sandbox._wires.all())


BELOW_HTTP = [name for name, kind in KINDS.items() if kind.where in (Where.CONNECTION, Where.HANDSHAKE, Where.REQUEST)]


def met(sandbox: Sandbox, name: str) -> None:
    """Let a connection meet a fault, and wait until it is shown."""
    armed = sandbox.fault(name)
    for seconds in longer(1.0):  # until it is enough for a busy machine to ask
        with connect(sandbox.settings("http-post", timeout=seconds)) as chat, contextlib.suppress(AfilnetError):
            chat.get_chat_channels()
        if armed.hits:
            break
    ends = time.monotonic() + HANGS
    while not any(outcome(wire) == name for wire in sandbox._wires.all()):
        assert time.monotonic() < ends, [outcome(wire) for wire in sandbox._wires.all()]
        time.sleep(0.005)


@table("name", BELOW_HTTP)
def test_a_fault_that_no_request_reached_is_seen_to_fire(name: str) -> None:
    with Sandbox() as sandbox:
        met(sandbox, name)
        page = urllib.request.urlopen(f"{sandbox.page_url}traffic?protocol=malformed").read().decode()
        assert name in page
        wire = next(wire for wire in sandbox._wires.all() if outcome(wire) == name)
        assert travelled(wire, sandbox, sandbox._wires).request.first == "no request: the fault met the connection"
        urllib.request.urlopen(f"{sandbox.page_url}call/{wire.number}").read()


def test_a_build_that_does_not_show_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WireLog, "no_request", lambda *_: None)
    with Sandbox() as sandbox:
        with connect(sandbox.settings("http-post")) as chat:
            sandbox.fault(BELOW_HTTP[0])
            with contextlib.suppress(AfilnetError):
                chat.get_chat_channels()
        assert not any(outcome(wire) == BELOW_HTTP[0] for wire in sandbox._wires.all())


def test_requests_to_the_page_are_no_traffic() -> None:
    with Sandbox() as sandbox:
        urllib.request.urlopen(sandbox.page_url).read()
        port = urlsplit(sandbox.page_url).port
        with socket.create_connection(("127.0.0.1", port), timeout=HANGS) as connection:
            connection.sendall(b"nonsense\r\n\r\n")
            connection.recv(100)
        assert sandbox._wires.all() == []
