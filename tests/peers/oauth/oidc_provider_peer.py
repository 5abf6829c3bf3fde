"""npm's oidc-provider, with every grant and every way of a client to prove itself that this library has for it."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from afilnet_protocols import connect
from afilnet_protocols.errors import AfilnetError
from tests.peers.oauth.guarded import guarded
from tests.peers.operations import PERSON
from tests.peers.program import free_port, node_version, node_with
from tests.peers.scene import Check, Scene, clients
from tests.peers.stage import Stage

NAME = "oidc-provider"
MARKS = {"client_id": "my:chat", "client_secret": "a+b/c=d%20e:f&g"}


def version() -> str:
    """Return the version of oidc-provider."""
    return node_version(NAME)


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what is asked of every guarded API, and a few sends for each way to prove oneself."""
    port, tls_port, key = free_port(), free_port(), _key(stage.folder / "client-key.pem")
    files = (stage.certificate, stage.ca_file, str(key), stage.client_certificate)
    script = str(Path(__file__).with_name("oidc_provider.js"))
    stage.run(node_with(NAME), script, str(port), str(tls_port), str(stage.service()), *files, port=port)
    url, secured = f"http://127.0.0.1:{port}", f"https://localhost:{tls_port}"
    yield from guarded(stage, NAME, url)
    signed = {"client_id": "signed", "client_secret": None, "token_auth": "private_key_jwt"}
    signed |= {"client_key": key.read_text("ascii")}
    certified = {"client_id": "certified", "client_secret": None, "token_auth": "mtls", "ca_file": stage.ca_file}
    certified |= {"client_cert": stage.client_certificate, "minimum_security": "high"}
    for name, at, ways in (
        ("issuer", url, {"token_url": None, "issuer": url}),
        ("marks", url, MARKS),
        ("marks in the body", url, {**MARKS, "token_auth": "body"}),
        ("private_key_jwt", url, signed),
        ("mtls", secured, certified),
    ):
        yield from _some(stage, f"{NAME}, {name}", at, ways)
    given = clients(url, ("json",))["json"]
    checks = [
        ("a successor of a refresh token", _succeeded(given, url, stage.folder)),
        ("a secret that cannot be decoded", _not_decoded(given)),
    ]
    yield Scene(f"{NAME}, refresh_token", stage.ledger, {}, (), (), (), checks=checks)


def _some(stage: Stage, name: str, url: str, ways: Mapping[str, Any]) -> Iterator[Scene]:
    yield Scene(name, stage.ledger, clients(url, ("json",), **ways), ("plain", "deny"), (), ())


def _key(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def _not_decoded(given: Mapping[str, Any]) -> Check:
    """Say what is wrong if credentials in another spelling are not told as such."""

    def check() -> str | None:
        try:
            with connect(**{**given, "token_auth": "basic-raw", "client_secret": "a%zz+b"}) as chat:
                chat.get_chat_channels()
        except AfilnetError as error:
            return None if 'token_auth = "basic"' in str(error) else f"{type(error).__name__}: {error}"
        return "a wrong secret was taken"

    return check


def _succeeded(given: Mapping[str, Any], url: str, folder: Path) -> Check:
    """Say what is wrong if a refresh token, which this server takes once, does not serve one client after another."""

    def check() -> str | None:
        asked = urllib.request.Request(f"{url}/consent", method="POST")
        with urllib.request.urlopen(asked, timeout=10) as answer:
            first = answer.read().decode()
        settings = {**given, "client_id": "desk", "grant": "refresh_token", "refresh_token": first}
        try:
            for number in range(3):
                with connect(**settings, token_cache=str(folder / "tokens")) as chat:
                    chat.send_message(**PERSON, message=f"plain-successor-{number}")
                (folder / "tokens").unlink()
        except AfilnetError as error:
            return f"{type(error).__name__} ({error.delivery}): {error}"
        try:
            with connect(**settings) as chat:
                chat.get_chat_channels()
        except AfilnetError as error:
            return None if "refresh_token" in str(error) else f"{type(error).__name__}: {error}"
        return "a refresh token was taken twice"

    return check
