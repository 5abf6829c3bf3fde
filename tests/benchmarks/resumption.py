"""What TLS 1.3 costs a client, whole and resumed, by the server's kind of key: `python -m tests.benchmarks.resumption`.

Handshakes in memory, without a network; medians of the client's CPU. The authority's key is of the same kind.
"""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

R = TypeVar("R")

ROUNDS = 300

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

KINDS: dict[str, Callable[[], Key]] = {
    "RSA, 2,048 bits": lambda: rsa.generate_private_key(65537, 2048),
    "EC, P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EC, P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


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


def contexts(kind: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a client's context and that of a server whose key, and whose authority's key, is of a kind."""
    authority, key = KINDS[kind](), KINDS[kind]()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with tempfile.TemporaryDirectory() as folder:
        root, chain = Path(folder) / "ca.pem", Path(folder) / "server.pem"
        root.write_bytes(_certificate("authority", authority, "authority", authority, authority=True))
        chain.write_bytes(pem + _certificate("server", key, "authority", authority, authority=False))
        client, server = ssl.create_default_context(cafile=str(root)), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(str(chain))
    return client, server


class Handshake:
    """A handshake in memory.

    Attributes:
        client: the client's side, after it.
        made: the microseconds of CPU of each of the client's steps, by what it is.
    """

    def __init__(self, client: ssl.SSLContext, server: ssl.SSLContext, session: ssl.SSLSession | None) -> None:
        self.made: dict[str, float] = defaultdict(float)
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        answers = server.wrap_bio(there, back, server_side=True)
        self.client = self._timed(
            "a connection", lambda: client.wrap_bio(back, there, server_hostname="127.0.0.1", session=session)
        )
        for _ in range(2):
            self._timed("its handshake", lambda: self._tried(self.client.do_handshake))
            self._tried(answers.do_handshake)
        self._timed("its tickets", lambda: self._tried(self.client.read))

    @staticmethod
    def _tried(step: Callable[[], object]) -> None:
        try:
            step()
        except ssl.SSLWantReadError:
            return

    def _timed(self, what: str, step: Callable[[], R]) -> R:
        begun = time.thread_time()
        result = step()
        self.made[what] += (time.thread_time() - begun) * 1e6
        return result


def costs(kind: str, rounds: int = ROUNDS) -> Iterator[tuple[str, float]]:
    """Return the median microseconds of each step, whole and resumed in turn."""
    client, server = contexts(kind)
    session = Handshake(client, server, None).client.session
    samples: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, given in (("whole", None), ("resumed", session)):
            handshake = Handshake(client, server, given)
            assert handshake.client.session_reused is (given is not None)
            for what, spent in handshake.made.items():
                samples[f"{name}: {what}"].append(spent)
    for name, taken in samples.items():
        yield name, statistics.median(taken)


def main() -> None:
    """Measure and print."""
    print(f"Python {sys.version.split()[0]}, {ssl.OPENSSL_VERSION}, medians of {ROUNDS}, µs of the client's CPU")
    for kind in KINDS:
        found = dict(costs(kind))
        print(f"{kind:16}", ", ".join(f"{name} {spent:.0f}" for name, spent in found.items()))
        whole = sum(spent for name, spent in found.items() if name.startswith("whole"))
        print(f"{'':16} resumed / whole: {(sum(found.values()) - whole) / whole:.2f}")


if __name__ == "__main__":
    main()
