"""The other side of a benchmark: the sandbox, in a process of its own, so that its CPU is not counted."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any
from unittest.mock import patch

from afilnet_protocols import AsyncChatOperations, ChatOperations, connect, connect_async
from afilnet_protocols.sandbox import Sandbox
from tests.benchmarks import chains

CHANNEL = {"platform": "whatsapp", "platform_id": "100"}


_OBEYED = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "NETRC")


@dataclass(frozen=True)
class Service:
    """Where the sandbox listens, and how it is spoken to.

    Attributes:
        base: the address over TLS, by scheme ``https`` and over plain TCP, by ``http``.
        wsdl: the file of the interface description, by scheme.
        pid: the sandbox's process.
    """

    base: dict[str, str]
    wsdl: dict[str, str]
    ca_file: str
    user: str
    password: str
    client_id: str
    client_secret: str
    pid: int

    def connect(self, protocol: str, scheme: str = "https", *, resume: bool = False) -> ChatOperations:
        """Make a client as a program would: by ``connect()``, with everything that it checks and promises.

        Args:
            protocol: what it speaks.
            scheme: over TLS or plain TCP.
            resume: whether its handshakes go on with an earlier one, as ``tls_resumption`` says.
        """
        return connect(**self._settings(protocol, scheme), tls_resumption=resume)

    def connect_async(self, protocol: str, scheme: str = "https") -> AsyncChatOperations:
        """Make an asyncio client, in the same way."""
        return connect_async(**self._settings(protocol, scheme))

    def _settings(self, protocol: str, scheme: str) -> dict[str, Any]:
        base = self.base[scheme]
        plain = {"minimum_security": "none"}
        secured = {"ca_file": self.ca_file, "minimum_security": "low" if protocol == "http-get" else "medium"}
        return dict(
            protocol=protocol,
            base_url=base,
            user=self.user,
            password=self.password,
            soap_wsdl=self.wsdl[scheme],
            soap_endpoint=f"{base}/api/soap/",
            json_url=f"{base}/api/json/",
            token_url=f"{base}/oauth/token",
            client_id=self.client_id,
            client_secret=self.client_secret,
            **(secured if scheme == "https" else plain),
        )


def _serve(pipe: Connection, chain: tuple[str, ...] | None) -> None:
    with contextlib.ExitStack() as ending:
        if chain is not None:
            shown = partial(chains.write, chain=chain)
            ending.enter_context(patch("afilnet_protocols.sandbox.sandbox.write_certificates", shown))
        sandbox = ending.enter_context(Sandbox())
        files = {
            scheme: sandbox.settings("soap", plain=scheme == "http").soap_wsdl or "" for scheme in ("https", "http")
        }
        pipe.send(
            Service(
                base={"https": sandbox.base_url, "http": sandbox.plain_url},
                wsdl=files,
                ca_file=sandbox.ca_file,
                user=sandbox.user,
                password=sandbox.password,
                client_id=sandbox.client_id,
                client_secret=sandbox.client_secret,
                pid=os.getpid(),
            )
        )
        pipe.recv()


def heed_nothing_around() -> None:
    """Take out of the environment what clients obey behind a program's back: authorities, proxies, passwords."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in _OBEYED:
            del os.environ[name]


@contextlib.contextmanager
def running(chain: tuple[str, ...] | None = None) -> Iterator[Service]:
    """Run a sandbox in another process.

    Args:
        chain: the keys of the certificates that it shows, as :mod:`.chains` says; its own certificate by default.
    """
    heed_nothing_around()
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there, chain), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send(None)
        process.join(timeout=10)
        process.kill()
