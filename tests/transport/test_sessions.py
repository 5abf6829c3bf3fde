"""A handshake may go on with an earlier one of the same client and with no other; whom it trusts stays the same."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

import pytest
import trustme

from afilnet_protocols import connect
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import NotSentError
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.settings import Settings
from afilnet_protocols.transport import Transport, TransportOptions, dial
from afilnet_protocols.transport.address import Origin
from afilnet_protocols.transport.dial import Dialer
from afilnet_protocols.transport.tls import context as tls
from afilnet_protocols.transport.tls import sessions
from afilnet_protocols.transport.tls.secured_stream import SecuredStream
from afilnet_protocols.transport.tls.sessions import LONGEST, Sessions
from afilnet_protocols.wire import Request
from tests.time_limit import HANGS
from tests.transport.certificates import DAY, server_context
from tests.transport.wire import Authority

Make = Callable[..., Transport]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
NOW = datetime.datetime.now(datetime.UTC)


class Server:
    """Answers one request after the other, and notes of each connection whether its handshake went on with another.

    Attributes:
        context: what the next connection is accepted with; a new one knows nothing of the tickets of the one before.
        resumed: of every handshake, in order.
        requests: how many requests came.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self.resumed: list[bool | None] = []
        self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(HANGS)

    def ask(self, transport: Transport, *, reuse: bool = False) -> None:
        """Have a client ask it."""
        url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/"
        transport.exchange(Request("POST", url, (), b"x"), deadline=Deadline(HANGS), reuse=reuse)

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(accepted,), daemon=True).start()

    def _converse(self, accepted: socket.socket) -> None:
        try:
            with self.context.wrap_socket(accepted, server_side=True) as secured:
                self.resumed.append(secured.session_reused)
                while secured.recv(65536):
                    self.requests += 1
                    secured.sendall(OK)
        except OSError:
            accepted.close()


def test_the_second_handshake_goes_on_with_the_first(authority: Authority, make_transport: Make) -> None:
    transport = make_transport(resume=True)
    with Server(server_context(authority.ca.issue_cert("127.0.0.1"))) as server:
        server.ask(transport)
        first = transport.evidence
        for _ in range(2):
            server.ask(transport)
        assert server.resumed == [False, True, True]
    assert first is not None
    assert transport.evidence is not None
    assert not first.resumed
    assert transport.evidence.resumed
    assert transport.evidence.verified
    assert transport.evidence.certificate == first.certificate
    assert transport.evidence.tls_version == "TLSv1.3"


def test_a_send_goes_on_with_the_handshake_of_a_read(authority: Authority, make_transport: Make) -> None:
    transport = make_transport(resume=True)
    with Server(server_context(authority.ca.issue_cert("127.0.0.1"))) as server:
        server.ask(transport, reuse=True)
        server.ask(transport, reuse=True)
        server.ask(transport)
        assert server.resumed == [False, True]


@pytest.mark.parametrize("given", [{}, {"tls_resumption": False}, {"tls_resumption": True}])
def test_only_whoever_asks_for_it_has_it(authority: Authority, given: dict[str, bool]) -> None:
    settings = Settings(user="u", password="p", ca_file=str(authority.file), **given)  # type: ignore[arg-type]  # a flag
    transport = Transport(TransportOptions.of(settings))
    with Server(server_context(authority.ca.issue_cert("127.0.0.1"))) as server:
        for _ in range(2):
            server.ask(transport)
        assert server.resumed == [False, bool(given.get("tls_resumption"))]
    transport.close()


def test_what_it_costs_a_server_that_keeps_its_tickets_is_believed_without_its_new_certificate(
    authority: Authority, make_transport: Make
) -> None:
    """Why nobody has it who does not ask for it."""
    for resume in (False, True):
        context = server_context(authority.ca.issue_cert("127.0.0.1"))
        transport = make_transport(resume=resume)
        with Server(context) as server:
            server.ask(transport)
            trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
            with contextlib.nullcontext() if resume else pytest.raises(NotSentError):
                server.ask(transport)


def test_a_certificate_of_the_clients_own_is_shown_each_time(authority: Authority, make_transport: Make) -> None:
    file = authority.file.with_name("client.pem")
    authority.ca.issue_cert("client@example.com").private_key_and_cert_chain_pem.write_to_path(str(file))
    transport = make_transport(resume=True, client_cert=str(file))
    with Server(server_context(authority.ca.issue_cert("127.0.0.1"))) as server:
        for _ in range(2):
            server.ask(transport)
        assert server.resumed == [False, False]


def test_a_server_that_has_forgotten_its_tickets_is_asked_who_it_is(authority: Authority, make_transport: Make) -> None:
    transport, certificate = make_transport(resume=True), authority.ca.issue_cert("127.0.0.1")
    with Server(server_context(certificate)) as server:
        server.ask(transport)
        server.context = server_context(certificate)
        for _ in range(2):
            server.ask(transport)
        assert server.resumed == [False, False, True]


IMPOSTORS: dict[str, Callable[[trustme.CA], trustme.LeafCert]] = {
    "another key": lambda ca: ca.issue_cert("127.0.0.1"),
    "an expired certificate": lambda ca: ca.issue_cert("127.0.0.1", not_before=NOW - 10 * DAY, not_after=NOW - DAY),
    "another authority": lambda _: trustme.CA().issue_cert("127.0.0.1"),
    "another name": lambda ca: ca.issue_cert("www.example.com"),
}


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_a_server_that_became_another_is_refused(authority: Authority, make_transport: Make, impostor: str) -> None:
    certificate = authority.ca.issue_cert("127.0.0.1")
    with Server(server_context(certificate)) as server:
        server.ask(make_transport(resume=True))
        probing = make_transport(resume=True)
        server.ask(probing)
        assert probing.evidence is not None
        transport = make_transport(resume=True, pin_sha256=probing.evidence.spki_sha256())
        server.ask(transport)
        server.context = server_context(IMPOSTORS[impostor](authority.ca))
        asked = server.requests
        for _ in range(2):
            with pytest.raises(NotSentError):
                server.ask(transport)
        assert server.requests == asked


def test_with_an_older_tls_nothing_is_kept(authority: Authority, make_transport: Make) -> None:
    context = server_context(authority.ca.issue_cert("127.0.0.1"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    transport = make_transport(resume=True)
    with Server(context) as server:
        for _ in range(2):
            server.ask(transport)
        assert server.resumed == [False, False]


def shared_by_nobody(authority: Authority, make_transport: Make) -> bool:
    """Whether each of two clients, of one policy or of two, makes a whole handshake first."""
    certificate = authority.ca.issue_cert("127.0.0.1")
    with Server(server_context(certificate)) as server:
        for transport in (
            make_transport(resume=True),
            make_transport(resume=True),
            make_transport(resume=True, connect_timeout=3.0),
        ):
            server.ask(transport)
        return server.resumed == [False, False, False]


def looked_at_again(authority: Authority, make_transport: Make) -> bool:
    """Whether the certificate is looked at once more after an hour, after its end, and when the clock has gone back."""
    day = DAY.total_seconds()
    for valid, later in ((DAY, LONGEST + 1), (DAY / 48, day / 48 + 1), (DAY, -60.0)):
        certificate = authority.ca.issue_cert("127.0.0.1", not_before=NOW - DAY, not_after=NOW + valid)
        transport = make_transport(resume=True)
        with Server(server_context(certificate)) as server:
            server.ask(transport)
            kept = transport._dialer._sessions
            assert kept is not None
            for moment in (kept._clock() + 1, kept._clock() + later):
                kept._clock = partial(float, moment)
                server.ask(transport)
            if server.resumed != [False, True, False]:
                return False
    return True


def copied_once(authority: Authority, make_transport: Make, patch: pytest.MonkeyPatch) -> bool:
    """Whether a session is read, which copies it, from the connection of the whole handshake and from no other."""
    read = []

    def session(secured: ssl.SSLSocket) -> ssl.SSLSession | None:
        read.append(secured.session_reused)
        return ssl.SSLSocket.session.fget(secured)  # type: ignore[attr-defined,no-any-return]  # a property

    patch.setattr(tls._ClientSocket, "session", property(session), raising=False)
    transport = make_transport(resume=True)
    with Server(server_context(authority.ca.issue_cert("127.0.0.1"))) as server:
        for _ in range(3):
            server.ask(transport)
        assert server.resumed == [False, True, True]
    return read == [False]


def test_a_session_is_copied_from_the_connection_of_a_whole_handshake_alone(
    authority: Authority, make_transport: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert copied_once(authority, make_transport, monkeypatch)


def test_sabotage_a_session_of_each_connection_is_found(
    authority: Authority, make_transport: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always(stream: SecuredStream, kept: Sessions, origin: Origin) -> None:
        stream._sessions, stream._origin = kept, origin

    monkeypatch.setattr(SecuredStream, "keep_session", always)
    assert not copied_once(authority, make_transport, monkeypatch)


def test_no_two_clients_share_a_session(authority: Authority, make_transport: Make) -> None:
    assert shared_by_nobody(authority, make_transport)


def test_a_certificate_is_looked_at_again(authority: Authority, make_transport: Make) -> None:
    assert looked_at_again(authority, make_transport)


def _shared(patch: pytest.MonkeyPatch) -> None:
    make, made = Dialer._new_context, []

    def once(self: Dialer) -> ssl.SSLContext:
        if not made:
            made.extend((make(self), self._sessions))
        self._sessions = made[1]
        return made[0]  # type: ignore[no-any-return]  # the sabotage

    patch.setattr(dial.Dialer, "_new_context", once)


SABOTAGE: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Callable[[Authority, Make], bool]]] = {
    "one context and its sessions for all clients": (_shared, shared_by_nobody),
    "sessions that never grow old": (lambda patch: patch.setattr(sessions, "LONGEST", 1e9), looked_at_again),
    "the end of the certificate is passed over": (
        lambda patch: patch.setattr(ssl, "cert_time_to_seconds", lambda _: 1e18),
        looked_at_again,
    ),
    "a clock that goes back is believed": (
        lambda patch: patch.setattr(
            Sessions, "find", lambda self, origin: kept.tls if (kept := self._kept.get(origin)) else None
        ),
        looked_at_again,
    ),
}


@pytest.mark.parametrize("name", SABOTAGE)
def test_sabotage_is_found(
    authority: Authority, make_transport: Make, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sabotage, holds = SABOTAGE[name]
    sabotage(monkeypatch)
    assert not holds(authority, make_transport)


def test_the_sends_of_a_client_go_on_with_one_handshake() -> None:
    with Sandbox() as sandbox, connect(sandbox.settings("http-post", tls_resumption=True)) as chat:
        resumed = []
        for number in range(3):
            chat.send_message(platform="whatsapp", platform_id="100", destination="34600000000", message=f"{number}")
            resumed.append(chat._transport.evidence.resumed)  # type: ignore[attr-defined]  # of the built-in clients
        assert resumed == [False, True, True]
