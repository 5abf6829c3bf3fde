"""Chains of certificates for benchmarks: what a handshake costs depends on what the service has to show.

A chain is the keys of its certificates, the service's own first. What public authorities issue has one certificate more
than a test's usual pair: the key that signs is not the root's, and the service sends its certificate along.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

KEYS: dict[str, Callable[[], Key]] = {
    "RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA 4096": lambda: rsa.generate_private_key(65537, 4096),
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}

OF_ONE_AUTHORITY = (
    ("RSA 2048", "RSA 2048"),
    ("P-256", "P-256"),
    ("P-384", "P-384"),
    ("Ed25519", "Ed25519"),
)
"""A certificate signed by the root itself, with a key of the same kind."""

OF_PUBLIC_AUTHORITIES = (
    ("RSA 2048", "RSA 2048", "RSA 4096"),
    ("P-256", "P-384", "RSA 4096"),
)
"""As Let's Encrypt issues for a service with an RSA key, and for one with an elliptic one (letsencrypt.org/certificates
lists the keys of its intermediates and of ISRG Root X1)."""


def in_words(chain: tuple[str, ...]) -> str:
    """Return a chain as a table names it."""
    return " under ".join(chain)


def write(directory: Path, chain: tuple[str, ...]) -> tuple[Path, Path]:
    """Write the certificate of a root, and what a service on loopback shows, with its key; return both files.

    Args:
        directory: where.
        chain: the kinds of keys, the service's first and the root's last.
    """
    keys = [KEYS[kind]() for kind in chain]
    names = [f"{place} of {len(chain)}" for place in range(len(chain))]
    # The root signs itself.
    signers = [*zip(names[1:], keys[1:], strict=True), (names[-1], keys[-1])]
    certificates = [
        _certificate(name, key, by, signer, authority=place > 0)
        for place, (name, key, (by, signer)) in enumerate(zip(names, keys, signers, strict=True))
    ]
    root, own = directory / "ca.pem", directory / "server.pem"
    root.write_bytes(certificates[-1])
    own.touch(mode=0o600)
    own.write_bytes(_written(keys[0]) + b"".join(certificates[:-1]))
    return root, own


def _written(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate(name: str, key: Key, issuer: str, signer: Key, *, authority: bool) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    subject, by = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer))
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    )
    signed = builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)
