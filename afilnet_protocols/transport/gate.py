"""What a connection has proved, and the gate that may still refuse it: the transport's side of the security policy."""

from __future__ import annotations

import typing

from afilnet_protocols.security.safe_repr import PartlyShown


class Evidence(PartlyShown, frozen=True):
    """What is known of a connection after its handshake, read from the socket and never from the settings.

    Attributes:
        scheme: ``https`` or ``http``.
        host: the host of the address, in lower case.
        port: the port of the address.
        loopback: whether the host is this machine, by its address and without asking a name server.
        tls_version: ``TLSv1.2`` or ``TLSv1.3``; ``None`` without TLS.
        cipher: the name of the cipher suite; ``None`` without TLS.
        verified: whether the certificate chain and the host name were checked and held.
        pinned: whether the server's public key was compared with ``pin_sha256`` and was equal.
        client_cert: whether a client certificate stood ready. A server that did not ask for it has not seen it.
        resumed: whether the handshake went on with an earlier one of this client, in which the certificate was checked.
        certificate: the server's certificate in DER form; empty without TLS.
    """

    _shown = (
        "scheme",
        "host",
        "port",
        "loopback",
        "tls_version",
        "cipher",
        "verified",
        "pinned",
        "client_cert",
        "resumed",
    )

    scheme: str
    host: str
    port: int
    loopback: bool
    tls_version: str | None = None
    cipher: str | None = None
    verified: bool = False
    pinned: bool = False
    client_cert: bool = False
    resumed: bool = False
    certificate: bytes = b""

    def spki_sha256(self) -> str | None:
        """Return the value that ``pin_sha256`` would have for this server, or ``None`` without TLS."""
        from afilnet_protocols.transport.tls.public_key import spki_sha256  # few want to know

        return spki_sha256(self.certificate) if self.certificate else None


class Gate(typing.Protocol):
    """Whoever may refuse a connection or a request at the last moment. A refusal is an error of ours, and final."""

    def after_handshake(self, evidence: Evidence) -> None:
        """Judge a new connection, before the first byte of a request is written to it.

        Raises:
            SecurityPolicyError: the connection is below what the settings demand.
        """

    def before_send(self, request_line: bytes) -> None:
        """Judge the request line that is about to be written, byte for byte as it would leave.

        Args:
            request_line: method, target and version, without the line end. It may hold a secret: that is the question.

        Raises:
            SecurityPolicyError: the line must not leave.
        """
