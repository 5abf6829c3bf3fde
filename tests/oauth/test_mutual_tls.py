"""The client's certificate, from the settings to the server that asks for it, and to the token request (RFC 8705)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from afilnet_protocols import NotSentError, OutcomeUnknownError, SecurityPolicyError, Settings, connect
from tests.transport.certificates import server_context
from tests.transport.scripted import Peer, ScriptedServer, answer

CHANNELS = b'{"status":"SUCCESS","result":{"list":[]}}'
TOKEN = b'{"access_token":"bound-to-the-certificate","token_type":"Bearer","expires_in":600}'
SHOWN: list[bytes | None] = []


def serve(peer: Peer) -> None:
    """Answer a token request or a call, and remember the certificate that the client showed."""
    peer.ask()
    assert isinstance(peer.socket, ssl.SSLSocket)
    SHOWN.append(peer.socket.getpeercert(binary_form=True))
    is_token = peer.visit.processed[-1].startswith(b"POST /token ")
    peer.socket.sendall(answer(TOKEN if is_token else CHANNELS, headers=[b"Connection: close"]))


class Bound:
    """A service that asks for certificates of its own authority, and files for a client of it."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.ca_file))
        self.client_cert = folder / "client.pem"
        self.leaf = self.authority.issue_cert("client@example.com")
        self.client_cert.write_bytes(self.leaf.private_key_and_cert_chain_pem.bytes())
        self.client_cert.chmod(0o600)
        context = server_context(self.authority.issue_cert("127.0.0.1"))
        context.verify_mode = ssl.CERT_REQUIRED
        self.authority.configure_trust(context)
        self.server = ScriptedServer((serve,), tls=context)

    def settings(self, **changes: object) -> Settings:
        fields: dict[str, object] = {
            "protocol": "json",
            "json_url": self.server.url("/api/json/"),
            "token_url": self.server.url("/token"),
            "client_id": "me",
            "token_auth": "mtls",
            "client_cert": str(self.client_cert),
            "ca_file": str(self.ca_file),
            "minimum_security": "maximum",
            **changes,
        }
        return Settings(**fields)  # type: ignore[arg-type] # the fields of Settings, by name


@pytest.fixture
def bound(tmp_path: Path) -> Iterator[Bound]:
    SHOWN.clear()
    made = Bound(tmp_path)
    with made.server:
        yield made


def test_the_certificate_alone_gets_the_token_and_stands_behind_every_call(bound: Bound) -> None:
    with connect(bound.settings()) as chat:
        assert chat.get_chat_channels() == []
        report = chat.security_report()  # type: ignore[attr-defined] # of the built-in backends
    expected = ssl.PEM_cert_to_DER_cert(bound.leaf.cert_chain_pems[0].bytes().decode())
    assert [expected, expected] == SHOWN
    token, call = bound.server.processed
    assert b"client_id=me" in token
    assert b"client_secret" not in token
    assert b"Authorization" not in token
    assert b"Authorization: Bearer bound-to-the-certificate" in call
    assert (report.level, [each.code for each in report.guarantees if not each.held]) == ("maximum", [])
    assert any("client certificate" in line for line in report.evidence)


def test_without_the_certificate_the_service_carries_nothing_out(bound: Bound) -> None:
    changes = {"token_auth": "basic", "client_secret": "a secret", "client_cert": None, "minimum_security": "high"}
    with connect(bound.settings(**changes)) as chat, pytest.raises((NotSentError, OutcomeUnknownError)):
        chat.get_chat_channels()
    assert bound.server.processed == []


def test_a_certificate_of_another_authority_gets_nothing_either(bound: Bound, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(trustme.CA().issue_cert("client@example.com").private_key_and_cert_chain_pem.bytes())
    other.chmod(0o600)
    with connect(bound.settings(client_cert=str(other))) as chat, pytest.raises(NotSentError):
        chat.get_chat_channels()
    assert bound.server.processed == []


def test_the_level_maximum_needs_the_certificate_written_out(bound: Bound) -> None:
    with pytest.raises(SecurityPolicyError, match="G13"):
        connect(bound.settings(token_auth="basic", client_secret="a secret"))
