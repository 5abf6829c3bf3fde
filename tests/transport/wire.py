"""A client transport with servers to match: what most tests of the transport begin with."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.transport import Transport
from afilnet_protocols.wire import Reply, Request
from tests.time_limit import HANGS
from tests.transport.scripted import Script, ScriptedServer

SECRET = "pa55-word-never-shown"


@dataclass(frozen=True)
class Authority:
    """A throw-away certificate authority that clients in these tests trust, and a server that it vouches for."""

    ca: trustme.CA
    file: Path
    server: ssl.SSLContext


@dataclass
class Wire:
    """A client transport, and servers for it, both over plain TCP or both over TLS."""

    transport: Transport
    tls: ssl.SSLContext | None

    def serve(self, *scripts: Script, receive_buffer: int | None = None) -> ScriptedServer:
        return ScriptedServer(*scripts, tls=self.tls, receive_buffer=receive_buffer)

    def call(
        self, server: ScriptedServer, *, seconds: float = HANGS, reuse: bool = False, request: Request | None = None
    ) -> Reply:
        return self.transport.exchange(request or post(server), deadline=Deadline(seconds), reuse=reuse)


def post(server: ScriptedServer, *, body: bytes | None = None, path: str = "/api/http/") -> Request:
    form = f"message=hola&password={SECRET}".encode() if body is None else body
    return Request("POST", server.url(path), (("Content-Type", "application/x-www-form-urlencoded"),), form)
