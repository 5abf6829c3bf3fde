"""The client assertion: signatures held to the standard's own examples, claims to RFC 7523, bytes on the wire."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from afilnet_protocols import ConfigurationError
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth import assertion as assertion_module
from afilnet_protocols.oauth.assertion import assertion, compact, read_key
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import ALGORITHMS
from tests.oauth.endpoint import Endpoint, settings
from tests.tables import table

TOKEN_URL = "https://auth.example.com/token"
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
KEYS = {name: ec.generate_private_key(curve) for name, curve in CURVES.items()} | {
    "EdDSA": ed25519.Ed25519PrivateKey.generate()
}


@functools.cache
def rsa_key() -> rsa.RSAPrivateKey:
    """Return one key for all tests: to find it takes a while."""
    return rsa.generate_private_key(65537, 2048)


def key_for(algorithm: str):
    return KEYS.get(algorithm) or rsa_key()


def pem(key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def chosen(**changes: object):
    return settings(token_auth="private_key_jwt", client_secret=None, **changes)


def test_a_key_is_a_text_or_a_secret_and_none_is_told_as_such() -> None:
    assert read_key(pem(KEYS["EdDSA"])).public_key() == KEYS["EdDSA"].public_key()
    assert read_key(Secret(pem(KEYS["EdDSA"]))).public_key() == KEYS["EdDSA"].public_key()
    for nothing in (None, "", "x", Secret("")):
        with pytest.raises(ConfigurationError, match="client_key"):
            read_key(nothing)


@table("end", ["\\n", "\\r\\n", "\r\n", "\n"])
def test_a_key_in_one_line_is_read(end: str) -> None:
    for algorithm in ("EdDSA", "ES256", "RS256"):
        written = pem(key_for(algorithm)).replace("\n", end)
        assert read_key(Secret(written)).public_key() == key_for(algorithm).public_key()


def test_what_stands_in_the_place_of_a_key_is_told() -> None:
    for text, told in (
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nx", "this one is protected by a password"),
        ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nx", "this one is protected by a password"),
        ("-----BEGIN PUBLIC KEY-----\nx", "this one is the public key"),
        ("-----BEGIN CERTIFICATE-----\nx", "this one is a certificate"),
        ('{"kty": "RSA"}', "this is no PEM"),
        ("-----BEGIN PRIVATE KEY-----\nx", "or Ed25519"),
    ):
        with pytest.raises(ConfigurationError, match=f"{told}$"):
            read_key(text)


def verify(token: str, algorithm: str) -> None:
    """Verify as the receiving side does, from the public key alone; raises if it does not hold."""
    signing, _, signature = token.rpartition(".")
    public, raw, data = key_for(algorithm).public_key(), decoded(signature), signing.encode()
    if algorithm == "EdDSA":
        public.verify(raw, data)
        return
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[2:]]
    if algorithm.startswith("ES"):
        half = (public.curve.key_size + 7) // 8
        assert len(raw) == 2 * half
        r, s = int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
        public.verify(encode_dss_signature(r, s), data, ec.ECDSA(digest))
    elif algorithm.startswith("PS"):
        public.verify(raw, data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    else:
        public.verify(raw, data, padding.PKCS1v15(), digest)


@table("algorithm", ALGORITHMS)
def test_every_algorithm_signs_what_its_public_key_verifies(algorithm: str) -> None:
    given = chosen(client_key=pem(key_for(algorithm)), client_key_algorithm=algorithm, client_key_id="key-1")
    token = assertion(given, TOKEN_URL, wall=lambda: 1_700_000_000.9)
    header, claims, _ = token.split(".")
    assert json.loads(decoded(header)) == {"alg": algorithm, "typ": "JWT", "kid": "key-1"}
    found = json.loads(decoded(claims))
    assert len(found.pop("jti")) >= 22
    assert found == {
        "iss": "my client",
        "sub": "my client",
        "aud": TOKEN_URL,
        "iat": 1_700_000_000,
        "exp": 1_700_000_120,
    }
    verify(token, algorithm)
    assert "=" not in token


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_the_usual_way_of_a_key_is_the_default_and_no_assertion_comes_twice(algorithm: str) -> None:
    given = chosen(client_key=pem(key_for(algorithm)), assertion_audience="https://issuer.example")
    first, second = assertion(given, TOKEN_URL), assertion(given, TOKEN_URL)
    header, claims, _ = first.split(".")
    assert json.loads(decoded(header)) == {"alg": algorithm, "typ": "JWT"}
    assert json.loads(decoded(claims))["aud"] == "https://issuer.example"
    assert first != second


def test_the_signature_of_rfc_8037_appendix_a_4_comes_out() -> None:
    """The example's header and payload are no JSON web token of ours, so its signing input is signed as it stands."""
    seed = decoded("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    assert assertion_module._encoded(assertion_module._signature(key, "EdDSA", signed)) == expected


def test_a_signature_in_another_form_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cryptography gives for a curve is DER; a token needs the two numbers side by side (RFC 7518 §3.4)."""
    monkeypatch.setattr(assertion_module, "_signature", lambda key, _, data: key.sign(data, ec.ECDSA(hashes.SHA256())))
    with pytest.raises(AssertionError):
        verify(compact({"alg": "ES256"}, {}, KEYS["ES256"]), "ES256")


def test_it_travels_in_the_form_instead_of_a_secret() -> None:
    endpoint = Endpoint()
    TokenProvider(chosen(client_key=pem(rsa_key())), endpoint).get(Deadline(5))
    form = parse_qs(endpoint.requests[0].body.decode(), strict_parsing=True)
    assert form["client_assertion_type"] == ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
    assert form["client_id"] == ["my client"]
    assert "client_secret" not in form
    verify(form["client_assertion"][0], "RS256")
    assert "authorization" not in {name.lower() for name, _ in endpoint.requests[0].headers}


@table(
    "make",
    [
        lambda: "no key",
        lambda: pem(rsa_key())[:-60],
        lambda: pem(rsa.generate_private_key(65537, 1024)),
        lambda: pem(ec.generate_private_key(ec.SECP256K1())),
        lambda: rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    ],
)
def test_what_is_no_key_that_signs_is_refused_and_not_quoted(make: Callable[[], str]) -> None:
    text = make()
    with pytest.raises(ConfigurationError, match=r"^client_key: must be") as caught:
        read_key(text)
    assert text[30:60] not in str(caught.value) or len(text) < 30
    assert caught.value.__context__ is None


def test_an_algorithm_that_is_not_the_keys_is_named_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match=r"client_key_algorithm: .* ES256, not by RS256"):
        assertion(chosen(client_key=pem(KEYS["ES256"]), client_key_algorithm="RS256"), TOKEN_URL)


@table("issuer", [None, "https://auth.example.com"])
@table("wrong", [{"client_key": "no key"}, {"client_key": pem(KEYS["ES256"]), "client_key_algorithm": "RS256"}])
def test_a_key_that_cannot_sign_is_refused_before_anything_is_asked(
    issuer: str | None, wrong: dict[str, object]
) -> None:
    endpoint = Endpoint()
    with pytest.raises(ConfigurationError, match="client_key"):
        TokenProvider(chosen(issuer=issuer, **({"token_url": None} if issuer else {}), **wrong), endpoint)
    assert endpoint.requests == []


def test_the_settings_that_it_needs_are_named() -> None:
    with pytest.raises(ConfigurationError, match='client_key is needed by token_auth = "private_key_jwt"'):
        chosen()
    assert "PRIVATE" not in repr(chosen(client_key=pem(rsa_key())))
