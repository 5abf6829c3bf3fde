"""The gate has the last word: after the handshake and on the request line, before a byte of the request leaves."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import pytest

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import SecurityPolicyError
from afilnet_protocols.settings import Settings
from afilnet_protocols.transport import Evidence, Transport, TransportOptions
from afilnet_protocols.transport.outgoing import USER_AGENT
from tests.transport.scripted import answer, ask, hold, say
from tests.transport.wire import Wire, post


class Recorder:
    """A gate that writes down what it was asked, and refuses on request."""

    def __init__(self, *, refuse: str | None = None) -> None:
        self.refuse = refuse
        self.evidence: list[Evidence] = []
        self.lines: list[bytes] = []

    def after_handshake(self, evidence: Evidence) -> None:
        self.evidence.append(evidence)
        self._judge("handshake")

    def before_send(self, request_line: bytes) -> None:
        self.lines.append(request_line)
        self._judge("line")

    def _judge(self, stage: str) -> None:
        if self.refuse == stage:
            raise SecurityPolicyError("no", required="high", effective="low", fix="nothing")


@pytest.fixture
def gated(wire: Wire) -> Callable[[Recorder], Wire]:
    def make(gate: Recorder) -> Wire:
        wire.transport = Transport(wire.transport.options, gate)
        return wire

    return make


def test_it_is_asked_once_for_each_connection_and_for_every_request(gated: Callable[[Recorder], Wire]) -> None:
    gate = Recorder()
    wire = gated(gate)
    with wire.serve((ask, say(answer(b"{}")), ask, say(answer(b"{}")), hold)) as server:
        wire.call(server, reuse=True)
        wire.call(server, reuse=True)
    wire.transport.close()
    assert gate.lines == [b"POST /api/http/ HTTP/1.1"] * 2
    (evidence,) = gate.evidence
    assert evidence.scheme == ("http" if wire.tls is None else "https")
    assert evidence.verified is (wire.tls is not None)
    assert wire.transport.evidence == evidence


@pytest.mark.parametrize("stage", ["handshake", "line"])
def test_what_it_refuses_is_not_sent(gated: Callable[[Recorder], Wire], stage: str) -> None:
    wire = gated(Recorder(refuse=stage))
    with wire.serve((ask, say(answer(b"{}")))) as server:
        with pytest.raises(SecurityPolicyError):
            wire.call(server)
        assert server.received == b""
        assert wire.transport.evidence is None


def test_options_come_from_settings(authority: object) -> None:
    settings = Settings(
        user="u", password="p", pin_sha256="AB" * 32, proxy="http://proxy.example:3128", connect_timeout=3.0
    )
    options = TransportOptions.of(settings)
    assert options.pin_sha256 == "ab" * 32
    assert options.proxy is not None
    assert options.proxy.origin.where == "proxy.example:3128"
    assert options.connect_timeout == 3.0


def test_the_user_agent_names_the_installed_version() -> None:
    assert f"afilnet-protocols/{version('afilnet-protocols')}" == USER_AGENT


def test_probe_sends_nothing(wire: Wire) -> None:
    with wire.serve((hold,)) as server:
        wire.transport.probe(server.url(), deadline=Deadline(5))
        assert server.settle(lambda: len(server.visits) == 1)
        assert server.received == b""
    assert post(server).body
