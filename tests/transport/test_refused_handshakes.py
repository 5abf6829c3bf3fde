"""A server that ends the handshake has read no request: with TLS 1.3 it may say so when the client's has ended."""

from __future__ import annotations

import contextlib
import datetime
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError, NotSentError, OutcomeUnknownError
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.transport.connection import Connection
from afilnet_protocols.transport.failure import LATE, TransportFailure
from afilnet_protocols.transport.tls.secured_stream import tls_failure_of
from afilnet_protocols.wire import Request
from tests.tables import table
from tests.time_limit import HANGS
from tests.transport.played import Played, connected, exchange

REFUSED = TransportFailure("it asks for a client certificate (set client_cert)", handshake=True)


def ended(*brought: bytes | TransportFailure, version: str = "TLSv1.3", used: bool = False) -> AfilnetError:
    """Return the error of a request after which this came."""
    connection = connected(Played(*brought), version=version)
    connection.used = used
    with pytest.raises(AfilnetError) as caught:
        exchange(connection)
    return caught.value


def test_with_tls_1_3_no_request_was_read_before_the_handshake_had_ended() -> None:
    assert type(ended(REFUSED)) is NotSentError


@pytest.mark.parametrize(
    ("brought", "version", "used"),
    [
        ((REFUSED,), "TLSv1.2", False),  # it may have asked for the certificate again, after the request
        ((REFUSED,), "TLSv1.3", True),  # its handshake had ended, for it has answered before
        ((b"HTTP/1.1 1", REFUSED), "TLSv1.3", False),
        ((TransportFailure("TLS failed: tlsv1 alert internal error"),), "TLSv1.3", False),
        ((TransportFailure("the connection was reset"),), "TLSv1.3", False),
        ((LATE,), "TLSv1.3", False),
        ((b"",), "TLSv1.3", False),
    ],
)
def test_nothing_else_proves_it(brought: tuple[bytes | TransportFailure, ...], version: str, used: bool) -> None:
    assert type(ended(*brought, version=version, used=used)) is OutcomeUnknownError


@table(
    ("reason", "handshake"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", True),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", True),
        ("SSLV3_ALERT_BAD_CERTIFICATE", True),
        ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", True),
        ("SSLV3_ALERT_CERTIFICATE_REVOKED", True),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", True),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", True),
        ("TLSV1_ALERT_UNKNOWN_CA", True),
        ("TLSV1_ALERT_ACCESS_DENIED", True),
        ("TLSV1_ALERT_DECRYPT_ERROR", True),
        # a server may give these at any time
        ("SSLV3_ALERT_UNEXPECTED_MESSAGE", False),
        ("SSLV3_ALERT_BAD_RECORD_MAC", False),
        ("SSLV3_ALERT_ILLEGAL_PARAMETER", False),
        ("TLSV1_ALERT_RECORD_OVERFLOW", False),
        ("TLSV1_ALERT_DECODE_ERROR", False),
        ("TLSV1_ALERT_INTERNAL_ERROR", False),
        ("TLSV1_ALERT_USER_CANCELLED", False),
        # and these come from here
        ("UNEXPECTED_EOF_WHILE_READING", False),
        ("WRONG_VERSION_NUMBER", False),
    ],
)
def test_which_alerts_are_about_a_handshake_and_nothing_else(reason: str, handshake: bool) -> None:
    error = ssl.SSLError(1, f"[SSL: {reason}] words")
    error.reason = reason
    loss = tls_failure_of(error)
    assert loss.handshake is handshake
    assert not handshake or "client" in loss.reason


class Strict:
    """Wants a client certificate, and reads of the request nothing. It looks at the client's part of the handshake only
    when the request has arrived as well, and lingers before it closes, as Apache and stunnel do."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.close()
        self._thread.join(HANGS)

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        secured = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        secured.settimeout(0)
        with contextlib.suppress(OSError):
            for _ in range(100):
                try:
                    secured.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    select.select([secured], [], [], 5)
                    time.sleep(0.1)  # the request joins what the client says in the handshake
        plain = socket.socket(fileno=secured.detach())
        with contextlib.suppress(OSError), plain:
            plain.settimeout(2)
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(65536):
                pass


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[tuple[trustme.CA, str, Strict]]:
    ca = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    ca.issue_cert("127.0.0.1").configure_cert(context)
    ca.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    server = Strict(context)
    yield ca, str(ca_file), server
    server.close()


@pytest.mark.parametrize("presented", ["none", "of another authority", "expired"])
def test_a_certificate_that_is_missing_or_refused(
    strict: tuple[trustme.CA, str, Strict], presented: str, tmp_path: Path
) -> None:
    ca, ca_file, server = strict
    certificate = None
    if presented != "none":
        issuer = ca if presented == "expired" else trustme.CA()
        past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
        issued = issuer.issue_cert("client", not_after=past if presented == "expired" else None)
        certificate = str(tmp_path / "client.pem")
        issued.private_key_and_cert_chain_pem.write_to_path(certificate)
    transport = Transport(TransportOptions(ca_file=ca_file, client_cert=certificate))
    with pytest.raises(NotSentError, match="client_cert"):
        transport.exchange(Request("POST", server.url, (), b"message=hola"), deadline=Deadline(5), reuse=False)


def test_sabotage_alerts_of_any_kind_taken_for_a_refusal_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "_unread", lambda self, reader, loss: loss.refused and not loss.late)
    with pytest.raises(AssertionError):
        test_nothing_else_proves_it(
            (TransportFailure("TLS failed: tlsv1 alert internal error"),), "TLSv1.3", used=False
        )
