"""The client assertion of ``token_auth = "private_key_jwt"``: a JSON web token that the client's key signs.

cryptography signs; here is only what stands around the signature. Sources: RFC 7523 §3 (claims), RFC 7515 §7.1 (compact
form), RFC 7518 §3 and RFC 8037 §3.1 (algorithms).
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from afilnet_protocols.deadline import Clock
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings

LIFETIME = 120
"""How long an assertion is valid, in seconds: clocks may differ by about that much. Each is used once."""

SMALLEST_RSA = 2048
"""The shortest RSA key that may sign, in bits (RFC 7518 §3.3)."""

_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}
_CURVES = {"secp256r1": ("ES256", 32), "secp384r1": ("ES384", 48), "secp521r1": ("ES512", 66)}
"""Curves, what signing with them is called, and the length of each half of a signature, in bytes (RFC 7518 §3.4)."""

_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def assertion(settings: Settings, token_url: str, *, wall: Clock = time.time) -> str:
    """Return a new assertion, for one token request.

    Args:
        settings: ``client_id``, ``client_key``, and ``client_key_id``, ``client_key_algorithm`` and
            ``assertion_audience`` if they are set.
        token_url: whom it addresses unless ``assertion_audience`` says otherwise.
        wall: the clock that it is dated by, in seconds since 1970.

    Raises:
        ConfigurationError: the key cannot be read, or cannot sign by that algorithm.
    """
    key = read_key(settings.client_key)
    algorithm = _algorithm(key, settings.client_key_algorithm)
    header = {"alg": algorithm, "typ": "JWT"}
    if settings.client_key_id:
        header["kid"] = settings.client_key_id
    now = int(wall())
    claims = {
        "iss": settings.client_id,
        "sub": settings.client_id,
        "aud": settings.assertion_audience or token_url,
        "jti": secrets.token_urlsafe(24),
        "iat": now,
        "exp": now + LIFETIME,
    }
    return compact(header, claims, key)


def check_key(settings: Settings) -> None:
    """Refuse a key that cannot sign, before anything is asked.

    Raises:
        ConfigurationError: it cannot be read, or cannot sign by the algorithm of the settings.
    """
    _algorithm(read_key(settings.client_key), settings.client_key_algorithm)


def compact(header: dict[str, str], claims: Mapping[str, object], key: _Key) -> str:
    """Return a signed JSON web token in its compact form."""
    signing = f"{_encoded(_json(header))}.{_encoded(_json(claims))}"
    return f"{signing}.{_encoded(_signature(key, header['alg'], signing.encode('ascii')))}"


def read_key(pem: Secret | str | None) -> _Key:
    """Return the private key that ``client_key`` holds.

    Raises:
        ConfigurationError: it is no key in PEM without a password, or of no kind that signs here.
    """
    text = pem.reveal() if isinstance(pem, Secret) else pem or ""
    # So a line's end is written where a variable is to be one line. No other backslash is in PEM.
    text = text.replace("\\r", "").replace("\\n", "\n")
    key: object = None
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None  # what is wrong with it may quote it
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return key
    if isinstance(key, ed25519.Ed25519PrivateKey) or (
        isinstance(key, rsa.RSAPrivateKey) and key.key_size >= SMALLEST_RSA
    ):
        return key
    raise ConfigurationError(
        "client_key: must be a private key in PEM without a password: RSA of at least 2,048 bits, EC on P-256, P-384 "
        f"or P-521, or Ed25519{_instead(text)}"
    )


def _instead(text: str) -> str:
    """Say what a text is that is no such key, without any of it."""
    kinds = {
        "ENCRYPTED": "is protected by a password",
        "PUBLIC KEY": "is the public key",
        "CERTIFICATE": "is a certificate",
    }
    found = next((told for mark, told in kinds.items() if mark in text), None)
    return f"; this one {found}" if found else "" if "-----BEGIN" in text else "; this is no PEM"


def _algorithm(key: _Key, wanted: str | None) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        able: tuple[str, ...] = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        able = (_CURVES[key.curve.name][0],)
    else:
        able = ("EdDSA",)
    if wanted is None or wanted in able:
        return wanted or able[0]
    raise ConfigurationError(f"client_key_algorithm: this client_key signs by {' or '.join(able)}, not by {wanted}")


def _signature(key: _Key, algorithm: str, data: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    digest = _HASHES[algorithm[2:]]()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        size = _CURVES[key.curve.name][1]
        return b"".join(half.to_bytes(size, "big") for half in decode_dss_signature(key.sign(data, ec.ECDSA(digest))))
    if algorithm.startswith("PS"):
        return key.sign(data, padding.PSS(padding.MGF1(digest), salt_length=digest.digest_size), digest)
    return key.sign(data, padding.PKCS1v15(), digest)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
