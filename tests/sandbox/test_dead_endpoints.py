"""Faults that come before there is a connection: real ones, counted, and gone when they are disarmed."""

from __future__ import annotations

import errno
import http.client
import select
import socket

import pytest

from afilnet_protocols import connect
from afilnet_protocols.errors import ConfigurationError, NotSentError
from afilnet_protocols.sandbox import FaultNotFiredError, Sandbox
from afilnet_protocols.sandbox.faults.fault_book import Where
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from tests.sandbox.test_faults import control
from tests.time_limit import HANGS
from tests.work import longer

NAMES = ("unknown_name", "connection_refused", "full_backlog")
PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}


@pytest.fixture
def sandbox():
    with Sandbox() as running:
        yield running


def place_of(fault):
    host, _, port = fault.endpoint.address("http").removeprefix("http://").partition(":")
    return host, int(port)


def test_these_are_the_faults_that_have_an_address():
    assert tuple(kind.name for kind in KINDS.values() if kind.where is Where.ADDRESS) == NAMES
    assert all((kind.endpoint is None) is (kind.where is not Where.ADDRESS) for kind in KINDS.values())


def met_by_a_send(sandbox, name, protocol, seconds):
    """Send to nobody, with so much time for each connection; return how often that was noticed, and felt."""
    fault = sandbox.fault(name)
    settings = sandbox.settings(protocol, meeting=fault, connect_timeout=seconds, timeout=HANGS)
    with connect(settings) as chat, pytest.raises(NotSentError):
        chat.send_message(**PERSON, message="hola")
    fault.disarm()
    return fault.met, fault.hits


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("protocol", ["http-get", "http-post", "basic", "soap", "json"])
def test_a_send_that_meets_it_was_not_sent_and_each_attempt_is_counted(sandbox, name, protocol):
    # A full backlog says nothing: until it is enough for a busy machine to have a token, and to begin to connect.
    for seconds in longer(0.1) if name == "full_backlog" else [HANGS]:
        counted = met_by_a_send(sandbox, name, protocol, seconds)
        if counted == (3, 3):
            break
    assert counted == (3, 3)
    assert [each for each in sandbox.journal() if each.operation == "send_message"] == []


def test_a_refused_connection_is_refused_by_the_kernel_and_nobody_else_can_listen_there(sandbox):
    with sandbox.fault("connection_refused") as fault:
        with pytest.raises(ConnectionRefusedError):
            http.client.HTTPConnection(*place_of(fault)).request("GET", "/")
        with socket.socket() as another, pytest.raises(OSError, match="in use"):
            another.bind(place_of(fault))
    assert fault.hits == 1


def test_a_full_backlog_leaves_the_client_without_an_answer(sandbox):
    with sandbox.fault("full_backlog") as fault:
        with socket.socket() as waiting:
            waiting.setblocking(False)
            assert waiting.connect_ex(place_of(fault)) == errno.EINPROGRESS
            assert not select.select((), (waiting,), (), 0.3)[1]
        for seconds in longer(0.2):  # until it is enough for a busy machine to begin to connect
            settings = sandbox.settings("json", meeting=fault, connect_timeout=seconds, timeout=seconds)
            with connect(settings) as chat, pytest.raises(NotSentError) as refused:
                chat.get_chat_channels()
            if "raise connect_timeout" in str(refused.value):
                return
        raise refused.value


@pytest.mark.parametrize("host", ["text", "bytes"])
def test_an_unknown_name_is_not_looked_up_anywhere(sandbox, host):
    with sandbox.fault("unknown_name") as fault:
        name, port = place_of(fault)
        assert name.endswith(".invalid")
        with pytest.raises(socket.gaierror) as refused:
            socket.getaddrinfo(name if host == "text" else name.encode(), port)
        assert refused.value.errno == socket.EAI_NONAME
    assert fault.hits == 1


@pytest.mark.parametrize("name", NAMES)
def test_one_that_nobody_tried_fails_who_armed_it(sandbox, name):
    with pytest.raises(FaultNotFiredError), sandbox.fault(name) as fault, connect(sandbox.settings()) as chat:
        chat.get_chat_channels()
    assert fault.hits == 0


def test_others_reach_the_sandbox_meanwhile_and_nobody_finds_the_address_afterwards(sandbox):
    with sandbox.fault("full_backlog") as fault, connect(sandbox.settings()) as chat:
        assert chat.get_chat_channels()
        with pytest.raises(TimeoutError):
            socket.create_connection(place_of(fault), 0.1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place_of(fault), 5)
    assert fault.hits == 1


def test_a_sandbox_that_is_closed_or_reset_keeps_no_address():
    with Sandbox() as sandbox:
        first = sandbox.fault("full_backlog")
        sandbox.reset(everything=True)
        second = sandbox.fault("full_backlog")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(place_of(first), 5)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place_of(second), 5)


def test_the_token_endpoint_or_the_rest_may_be_what_cannot_be_reached(sandbox):
    with (
        sandbox.fault("connection_refused", operation="token") as fault,
        connect(sandbox.settings("json", meeting=fault)) as chat,
        pytest.raises(NotSentError, match="token"),
    ):
        chat.send_message(**PERSON, message="hola")
    assert sandbox.tokens_issued() == 0
    with (
        sandbox.fault("connection_refused") as fault,
        connect(sandbox.settings("json", meeting=fault)) as chat,
        pytest.raises(NotSentError, match="refused"),
    ):
        chat.send_message(**PERSON, message="hola")
    assert sandbox.tokens_issued() == 1


def test_a_fault_without_an_address_changes_no_settings(sandbox):
    with sandbox.fault("silence", times=None) as fault:
        assert sandbox.settings("soap", meeting=fault) == sandbox.settings("soap")
        fault.hits = 1


@pytest.mark.parametrize(
    "given",
    [
        {"operation": "send_message"},
        {"protocol": "soap"},
        {"account": "user"},
        {"after": 1},
        {"times": 2},
    ],
)
def test_it_can_name_nothing_that_only_a_request_tells(sandbox, given):
    with pytest.raises(ConfigurationError, match="is an address"):
        sandbox.fault("connection_refused", **given)
    assert sandbox.faults() == []


def test_the_control_endpoint_tells_the_address(sandbox):
    armed = control(sandbox, "faults", {"kind": "connection_refused"})
    assert armed["base_url"].replace("https", "http") == armed["plain_url"]
    host, _, port = armed["plain_url"].removeprefix("http://").partition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), 5)
    assert control(sandbox, "disarm", {"number": armed["number"]})["hits"] == 1


def test_the_fixture_hands_out_the_address_too(afilnet_sandbox, afilnet_account, afilnet_fault):
    refused = afilnet_fault("connection_refused")
    settings = afilnet_sandbox.settings("soap", account=afilnet_account, meeting=refused)
    with connect(settings) as chat, pytest.raises(NotSentError):
        chat.get_chat_channels()


def test_whoever_sent_no_client_to_it_learns_how(sandbox):
    how = r"never fired \(0 calls matched\): .* sandbox\.settings\(…, meeting=…\)$"
    with pytest.raises(FaultNotFiredError, match=how), sandbox.fault("connection_refused"):
        pass
    with pytest.raises(FaultNotFiredError, match=r"matched\)$"), sandbox.fault("silence"):
        pass
