"""Certificates for tests: throw-away authorities by trustme, and the odd ones that trustme rightly cannot make."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Return a server's TLS context with a certificate by trustme."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def odd_context(
    folder: Path,
    authority: trustme.CA | None,
    *,
    hosts: Sequence[str] = ("127.0.0.1",),
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    weak: bool = False,
) -> ssl.SSLContext:
    """Return a server's TLS context with a certificate of one's own making.

    Args:
        folder: where its files go.
        authority: who signs it; ``None`` makes it self-signed.
        hosts: the names and IP addresses that it is for.
        usage: what it may be used for.
        weak: whether its key is RSA of 1,024 bits.
    """
    key = rsa.generate_private_key(65537, 1024) if weak else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "odd")])
    if authority is None:
        issuer, signer = subject, key
    else:
        issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
        loaded = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        signer = loaded
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        .sign(signer, hashes.SHA256())
    )
    pem = folder / "odd.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(pem)
    return context


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
