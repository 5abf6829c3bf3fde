"""What other packages of a process put in the place of the standard library's parts, or take away, changes no law."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import os
import pickle
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import requests
import trustme

import afilnet_protocols
from afilnet_protocols import (
    AsyncInbox,
    AsyncOutbox,
    Breaker,
    CanaryChat,
    ConfigurationError,
    Inbox,
    Incoming,
    Message,
    NotSentError,
    Outbox,
    OutcomeUnknownError,
    Platform,
    connect,
    connect_async,
)
from afilnet_protocols.inbox.bridges.command import Command
from afilnet_protocols.inbox.failing import HandlingFailed
from afilnet_protocols.inbox.incoming import Received, State
from afilnet_protocols.oauth import fetch
from afilnet_protocols.process.of_this_process import OfThisProcess
from afilnet_protocols.process.program import Program
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.settings.secret_reference import fetch_secret
from tests.tables import table
from tests.time_limit import HANGS
from tests.work import longer

PACKAGE = Path(afilnet_protocols.__file__).parent
PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
SETTINGS = {"protocol": "http-post", "user": "u", "password": "a-password", "base_url": "https://localhost:1"}


def sent(settings) -> None:
    with connect(settings) as chat:
        chat.send_message(**PERSON, message="hola")


def sent_in_a_loop(settings) -> None:
    async def run() -> None:
        async with connect_async(settings) as chat:
            await chat.send_message(**PERSON, message="hola")

    asyncio.run(run())


WAYS = (sent, sent_in_a_loop)


# Green threads take away what they cannot make wait for others


@table("way", WAYS)
def test_calls_wait_without_poll_and_without_epoll(sandbox, monkeypatch, way):
    monkeypatch.delattr(select, "poll", raising=False)
    monkeypatch.delattr(select, "epoll", raising=False)
    way(sandbox.settings("http-post", timeout=HANGS))
    sandbox.fault("late_answer", operation="send_message")
    for seconds in longer(0.3, times=3):  # until it is enough for a busy machine to ask
        with pytest.raises((OutcomeUnknownError, NotSentError)) as late:
            way(sandbox.settings("http-post", timeout=seconds))
        if late.type is OutcomeUnknownError:
            break
    assert (late.type, "in time" in str(late.value)) == (OutcomeUnknownError, True)


def in_a_process(sandbox, before: str, **changed: object) -> str:
    """Send in a process of its own, for the sandbox lives in this one; return what became of it.

    Args:
        sandbox: to whom.
        before: what the process does first.
        changed: settings that are other than the sandbox's.
    """
    given = sandbox.settings("http-post")
    settings = {
        **SETTINGS,
        "user": "user",
        "password": "password",
        "base_url": given.base_url,
        "ca_file": given.ca_file,
    }
    program = f"""{before}
from afilnet_protocols import AfilnetError, connect
with connect(**{settings | changed}) as chat:
    for _ in range(2):
        try:
            chat.send_message(**{PERSON}, message="hola")
            print("sent")
        except AfilnetError as error:
            print(error.delivery, error)
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=HANGS)
    return told.stdout + told.stderr


GREEN = """
import socket
class Waiting:
    __module__ = "gevent._socket3"
    def __init__(self, *_):
        raise AssertionError("a socket that waits by itself was made")
socket.socket = Waiting
"""
TRUSTING = """
import ssl
class Context(ssl.SSLContext):  # truststore's is one: it trusts more than it is told, and wraps in a way of its own
    def wrap_socket(self, *_, **__):
        raise NotImplementedError
    def load_verify_locations(self, *_, **__):
        self.check_hostname, self.verify_mode = False, ssl.CERT_NONE
class Socket(ssl.SSLSocket):
    pass
ssl.SSLContext, ssl.SSLSocket = Context, Socket
"""
CARELESS = (
    TRUSTING
    + """
from afilnet_protocols.transport.tls import context as tls
tls._own_class = lambda: ssl.SSLContext
ssl.SSLContext.cert_store_stats = lambda context: {"x509": 1}
"""
)


def test_a_socket_that_waits_by_itself_is_not_used(sandbox):
    assert in_a_process(sandbox, GREEN) == "sent\nsent\n"


# Classes of another package in the place of those of ssl


@table("changed", [{}, {"tls_resumption": True}])
def test_tls_is_that_of_the_interpreter_whatever_stands_in_its_place(sandbox, changed):
    assert in_a_process(sandbox, TRUSTING, **changed) == "sent\nsent\n"


def stranger(folder: Path) -> str:
    """Return a file with an authority that does not vouch for the sandbox."""
    trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
    return str(folder / "other.pem")


def test_a_class_that_trusts_more_does_not_widen_what_ca_file_trusts(sandbox, tmp_path):
    assert in_a_process(sandbox, TRUSTING, ca_file=stranger(tmp_path)).count("certificate was refused") == 2


def test_sabotage_a_context_of_the_class_that_stands_there_is_noticed(sandbox, tmp_path):
    assert "sent" in in_a_process(sandbox, CARELESS, ca_file=stranger(tmp_path))


# Tests that hold the time still


def test_the_time_of_a_call_is_up_where_the_application_s_clock_stands_still(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent, monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: 5.0)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        given = {**SETTINGS, "base_url": url, "minimum_security": "none", "timeout": 0.2}
        with connect(**given) as chat, pytest.raises(OutcomeUnknownError, match="in time"):
            chat.send_message(**PERSON, message="hola")


CLOCK = "from afilnet_protocols.clock import monotonic\n"
OF_ITS_OWN = {"cli", "conformance", "sandbox", "clock.py", "callers.py"}
"""What is not part of an application's process, the clock itself, and what compares a clock with it."""


def asks_for_the_time(source: str) -> list[str]:
    """Return where a module reads a clock that an application's tests may hold still."""
    return re.findall(r"(?<!`)\btime\.monotonic\w*|import monotonic\b.*", source.replace(CLOCK, ""))


def test_nothing_in_a_call_reads_a_clock_that_may_stand_still():
    assert not {
        path.relative_to(PACKAGE): found
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in OF_ITS_OWN
        if (found := asks_for_the_time(path.read_text(encoding="utf-8")))
    }


def test_sabotage_a_module_that_reads_it_is_noticed():
    assert asks_for_the_time("import time\nuntil = time.monotonic() + 5") == ["time.monotonic"]


# Coroutines that no loop of asyncio carries


def carried_elsewhere(coroutine) -> None:
    """Begin a coroutine as trio would: with no loop of asyncio."""
    with contextlib.closing(coroutine):
        coroutine.send(None)


BEGINNINGS = {
    "async with": lambda _: connect_async(**SETTINGS).__aenter__(),
    "a call": lambda _: connect_async(**SETTINGS).get_chat_channels(),
    "a report": lambda _: connect_async(**SETTINGS).security_report(),
    "an outbox": lambda folder: AsyncOutbox(folder / "o.db", **SETTINGS).status(),
}


@table("begin", BEGINNINGS.values())
def test_a_coroutine_under_trio_says_what_it_needs(tmp_path, begin):
    with pytest.raises(ConfigurationError, match=r"no asyncio loop .* trio_asyncio") as caught:
        carried_elsewhere(begin(tmp_path))
    assert caught.value.__context__ is None


def test_a_client_that_nothing_could_carry_is_closed_all_the_same():
    with pytest.raises(StopIteration):
        carried_elsewhere(connect_async(**SETTINGS).close())


# What would be handed to another process


@table(
    "make",
    [
        lambda _: connect(**SETTINGS),
        lambda _: connect_async(**SETTINGS),
        lambda _: CanaryChat(connect(**SETTINGS), lambda: connect(**SETTINGS), share=0.5),
        lambda _: Breaker(),
        lambda folder: Outbox(folder / "o.db", **SETTINGS),
        lambda folder: AsyncOutbox(folder / "o.db", **SETTINGS),
        lambda folder: Inbox(folder / "i.db", **SETTINGS),
        lambda folder: AsyncInbox(folder / "i.db", **SETTINGS),
        lambda _: in_hand(),
        lambda _: Sandbox(),
    ],
)
def test_what_is_of_this_process_is_not_pickled_or_copied_and_says_what_to_do(tmp_path, make):
    made = make(tmp_path)
    assert isinstance(made, OfThisProcess)
    for how in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=r"let the other one make its own|give the other one"):
            how(made)


def in_hand() -> Incoming:
    """Return a message as its handler has it."""
    message = Message("100", Platform.WHATSAPP, "hola", "34600000000", "1", False, "read", datetime(2026, 1, 2))
    received = Received(
        id=1,
        key="k",
        account="u",
        message=message,
        state=State.HANDLING,
        raised=0,
        interrupted=1,
        reason=None,
        noticed_at=0.0,
    )
    return Incoming(received, age=0.0, commit=lambda *_: pytest.fail("nobody commits here"))


# Programs whose end somebody else has been told


@pytest.fixture
def nobody_is_told() -> Iterator[None]:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGCHLD, before)


def believes_the_secret(folder: Path) -> bool:
    """Return whether a program that failed is taken at its word."""
    program = {"command": ["/bin/sh", "-c", "echo wrong; exit 3"]}
    try:
        fetch_secret(program, named_by="password", environ=dict(os.environ), folder=folder)
    except ConfigurationError as error:
        return "SIGCHLD" not in str(error)
    return True


def test_a_program_that_failed_is_not_believed_where_its_exit_code_is_lost(nobody_is_told, tmp_path):
    assert not believes_the_secret(tmp_path)


def test_sabotage_the_end_that_the_standard_library_makes_up_is_noticed(nobody_is_told, tmp_path, monkeypatch):
    monkeypatch.setattr(Program, "_try_wait", subprocess.Popen._try_wait)
    assert believes_the_secret(tmp_path)


def test_a_message_is_not_done_where_the_exit_code_of_its_command_is_lost(nobody_is_told, monkeypatch):
    monkeypatch.setattr("afilnet_protocols.inbox.bridges.command.document", lambda incoming: "{}")
    with pytest.raises(HandlingFailed, match="SIGCHLD"):
        Command("/bin/sh -c 'exit 3'")(None)


def test_the_command_line_is_told_how_its_programs_end_whoever_has_started_it():
    program = (
        "import atexit, signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "atexit.register(lambda: print(signal.getsignal(signal.SIGCHLD).name))\n"
        "from afilnet_protocols.cli import main; main(['--version'])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "SIG_DFL"


# A process that SIGPIPE ends


HANGING_UP = """
import signal, socket, ssl, sys, threading
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
{more}
listener = socket.create_server(("127.0.0.1", 0))
def serve():
    connection, _ = listener.accept()
    listener.close()  # nobody is there for another attempt
    if len(sys.argv) > 1:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
        connection = context.wrap_socket(connection, server_side=True)
    connection.recv(1000)
    connection.shutdown(socket.SHUT_WR)  # as a server that has seen enough, and then hangs up
    connection.close()
threading.Thread(target=serve, daemon=True).start()
from afilnet_protocols import NotSentError, connect
url = f"{{'https' if len(sys.argv) > 1 else 'http'}}://127.0.0.1:{{listener.getsockname()[1]}}"
ca_file = sys.argv[1] if len(sys.argv) > 1 else None
with connect(**{settings}, base_url=url, ca_file=ca_file, minimum_security="none") as chat:
    try:
        chat.send_message(**{person}, message="x" * 30_000_000)
    except NotSentError:
        print("not sent")
print(signal.getsignal(signal.SIGPIPE).name, signal.SIGPIPE in signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""
DEAF = """
import afilnet_protocols.transport.stream, afilnet_protocols.transport.tls.secured_stream
afilnet_protocols.transport.stream.survived = lambda write: write
afilnet_protocols.transport.tls.secured_stream.survived = lambda write: write
"""


def hung_up_on(folder: Path, *, tls: bool, more: str = "") -> subprocess.CompletedProcess[str]:
    """Send to a server that hangs up in the middle, in a process that SIGPIPE ends."""
    settings = {name: value for name, value in SETTINGS.items() if name != "base_url"}
    program = HANGING_UP.format(settings=settings, person=PERSON, more=more)
    words = [sys.executable, "-c", program]
    if tls:
        authority, file = trustme.CA(), folder / "server.pem"
        issued = authority.issue_cert("127.0.0.1")
        file.write_bytes(issued.private_key_and_cert_chain_pem.bytes() + authority.cert_pem.bytes())
        file.chmod(0o600)
        words.append(str(file))
    return subprocess.run(words, capture_output=True, text=True, timeout=HANGS)


@table("tls", [False, True])
def test_a_process_that_sigpipe_ends_goes_on_and_is_told_what_became_of_a_send(tmp_path, tls):
    ended = hung_up_on(tmp_path, tls=tls)
    assert (ended.stdout, ended.stderr) == ("not sent\nSIG_DFL False\n", "")


def test_sabotage_a_write_that_sigpipe_may_end_is_noticed(tmp_path):
    assert hung_up_on(tmp_path, tls=False, more=DEAF).returncode == -signal.SIGPIPE


SENDS = ("request", "send", "get_adapter")
"""What a session of requests sends with: tests of applications take it away or put their own in its place."""


def gets_a_token(sandbox, monkeypatch, name: str) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise RuntimeError("nothing may be sent in a test")

    monkeypatch.setattr(requests.Session, name, forbidden)
    sent(sandbox.settings("json"))
    sent_in_a_loop(sandbox.settings("json"))


@pytest.mark.parametrize("name", SENDS)
def test_a_token_is_had_whatever_stands_in_the_place_of_what_requests_sends_with(sandbox, monkeypatch, name):
    gets_a_token(sandbox, monkeypatch, name)


@pytest.mark.parametrize("name", SENDS)
def test_sabotage_a_session_that_sends_as_those_of_the_application_do_is_noticed(sandbox, monkeypatch, name):
    monkeypatch.delattr(fetch._Session, "request")
    with pytest.raises(RuntimeError, match="nothing may be sent"):
        gets_a_token(sandbox, monkeypatch, name)
