"""The key of a certificate, found by a walk over DER, is the one that cryptography reads out of it."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.transport.tls import public_key
from afilnet_protocols.transport.tls.public_key import spki_sha256
from tests.tables import table

KEYS = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


def certificate(key, name="localhost", serial=1):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(serial).not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=1))
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return made.sign(key, algorithm).public_bytes(Encoding.DER)


def by_cryptography(der):
    key = x509.load_der_x509_certificate(der).public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


@table("kind", KEYS)
@table(("name", "serial"), [("localhost", 1), ("a" * 60, 2**158 - 1)])
def test_the_hash_is_that_of_the_key(kind, name, serial):
    der = certificate(KEYS[kind](), name, serial)
    assert spki_sha256(der) == by_cryptography(der)


def test_a_certificate_of_version_1_has_no_version_in_front():
    der = certificate(KEYS["rsa"]())
    # [0] { INTEGER 2 } is the version; without it the two lengths around are five less.
    assert der[8:13] == bytes.fromhex("a003020102")
    whole, inner = int.from_bytes(der[2:4]) - 5, int.from_bytes(der[6:8]) - 5
    old = der[:2] + whole.to_bytes(2) + der[4:6] + inner.to_bytes(2) + der[13:]
    assert spki_sha256(old) == by_cryptography(der)


DER = certificate(KEYS["p256"]())


@given(st.one_of(st.binary(max_size=80), st.integers(0, len(DER) - 1).map(lambda end: DER[:end])))
def test_what_is_no_certificate_is_refused_and_nothing_else_happens(data):
    with pytest.raises(ValueError, match="not a certificate"):
        spki_sha256(data)


def test_a_walk_that_takes_another_part_would_be_found(monkeypatch):
    monkeypatch.setattr(public_key, "_BEFORE_THE_KEY", 4)
    assert spki_sha256(DER) != by_cryptography(DER)
