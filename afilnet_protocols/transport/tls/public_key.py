"""The hash that ``pin_sha256`` names: of the public key in a certificate, found by a walk over its DER.

Source: RFC 5280 §4.1 for what a certificate holds, X.690 §8.1 for how each part says its length, RFC 7469 §2.4 for the
hash. OpenSSL has read and judged the certificate by then; the walk only finds a part of it.
"""

from __future__ import annotations

import hashlib

_SEQUENCE, _VERSION = 0x30, 0xA0
_BEFORE_THE_KEY = 5
"""serialNumber, signature, issuer, validity and subject stand between the version and the key."""
_LONGEST_LENGTH = 4
"""In how many bytes a length may be written: a certificate of 4 GiB is none."""


def spki_sha256(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469 §2.4), in lower-case hexadecimal.

    Args:
        certificate: an X.509 certificate in DER form, as the handshake delivered it.

    Raises:
        ValueError: it is no certificate.
    """
    return hashlib.sha256(_public_key(certificate)).hexdigest()


def _public_key(certificate: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a certificate, with its own tag and length."""
    start, _ = _content(certificate, 0, len(certificate), _SEQUENCE)
    at, end = _content(certificate, start, len(certificate), _SEQUENCE)
    # A certificate of version 1 does not say so.
    skipped = _BEFORE_THE_KEY + (certificate[at : at + 1] == bytes([_VERSION]))
    for _ in range(skipped):
        _, at = _content(certificate, at, end)
    _, after = _content(certificate, at, end, _SEQUENCE)
    return certificate[at:after]


def _content(data: bytes, at: int, end: int, tag: int | None = None) -> tuple[int, int]:
    """Return where the content of the element at a place begins and ends."""
    if end - at < 2 or (tag is not None and data[at] != tag):
        raise ValueError("not a certificate in DER form")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 0 < count <= _LONGEST_LENGTH:
            raise ValueError("not a certificate in DER form")
        length, start = int.from_bytes(data[start : start + count]), start + count
    if start + length > end:
        raise ValueError("not a certificate in DER form")
    return start, start + length
