"""S2: whatever a service redirects to, nothing of a request goes there."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

import requests

from afilnet_protocols import AfilnetError, Delivery
from tests.figures.figure import Figure, Run
from tests.figures.stage import Connect, opened
from tests.matrix import CALLS, PROTOCOLS, TOKEN_ANSWER, Patient, settings_at
from tests.transport.scripted import Peer, ScriptedServer, answer

STATUSES = (b"301 Moved", b"302 Found", b"303 See Other", b"307 Temporary Redirect", b"308 Permanent Redirect")

READ_AND_SEND = ("get_messages", "send_message")
"""What the short form calls: the operations differ only in what they write."""

TARGETS: dict[str, Callable[[int], list[bytes]]] = {
    "another port": lambda port: [b"Location: http://127.0.0.1:%d/x" % port],
    "another name": lambda port: [b"Location: http://localhost:%d/x" % port],
    "https": lambda port: [b"Location: https://127.0.0.1:%d/x" % port],
    "no scheme": lambda port: [b"Location: //127.0.0.1:%d/x" % port],
    "user info": lambda port: [b"Location: http://service.example@127.0.0.1:%d/x" % port],
    "a path of the same host": lambda _: [b"Location: /elsewhere"],
    "two at once": lambda port: [b"Location: /elsewhere", b"Location: http://127.0.0.1:%d/x" % port],
    "a refresh": lambda port: [b"Refresh: 0; url=http://127.0.0.1:%d/x" % port, b"Content-Location: /elsewhere"],
}


@dataclass
class SecondHost:
    """A port that takes whatever comes and counts it."""

    connections: int = 0
    received: int = 0
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __enter__(self) -> SecondHost:
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._count)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with visitor, contextlib.suppress(OSError):
                visitor.settimeout(0.2)
                self.received += len(visitor.recv(65536))


class Redirector:
    """A service that answers everything with one redirect; the token endpoint only if it is told to."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.status = b""
        self.tokens = True
        self.elsewhere = self.answered = 0

    def serve(self, peer: Peer) -> None:
        while True:
            peer.ask()
            request = peer.visit.processed.pop()
            peer.visit.received.clear()
            self.elsewhere += b"/elsewhere" in request.partition(b"\r\n")[0]
            if self.tokens and request.startswith(b"POST /oauth/token "):
                peer.socket.sendall(answer(TOKEN_ANSWER))
                continue
            self.answered += 1
            # A body that confirms a send: nobody may take that for a success either.
            body = b'{"status":"SUCCESS","access_token":"x","token_type":"Bearer","expires_in":60}'
            peer.socket.sendall(answer(body, status=self.status, headers=self.lines))


def measure(run: Run, *, connect: Connect = opened) -> Figure:
    """Redirect every call of every protocol in every way, and the token request too.

    Args:
        run: how.
        connect: makes the clients.
    """
    figure = Figure("redirects: nothing of a request reaches the second host", run.seed)
    redirector = Redirector()
    calls = run.of(READ_AND_SEND, tuple(CALLS), tuple(CALLS))
    cells = succeeded = wrong = 0
    with SecondHost() as second, ScriptedServer((redirector.serve,)) as service:
        origin = f"http://127.0.0.1:{service.port}"
        for protocol in (*PROTOCOLS, "json, at the token endpoint"):
            redirector.tokens = protocol in PROTOCOLS
            with Patient(settings_at(protocol.partition(",")[0], origin, timeout=5), connect) as patient:
                for status in STATUSES:
                    for target, lines in TARGETS.items():
                        redirector.status, redirector.lines = status, lines(second.port)
                        for operation in calls:
                            cells += 1
                            before = redirector.answered
                            verdict = _verdict(patient, operation)
                            succeeded += verdict is None
                            # Nothing that redirects says whether the request was carried out before. Without a
                            # token none was sent.
                            expected = Delivery.UNKNOWN if redirector.tokens else Delivery.NOT_SENT
                            if verdict is not expected or redirector.answered == before:
                                wrong += 1
                                figure.examples.append(f"{protocol} {operation} {status!r} {target}: {verdict}")
        reached, taken = second.connections, second.received
        followed = _requests_follows(redirector, origin, second)
    figure.counts = {
        "cells (codes x targets x protocols x operations)": cells,
        "calls that counted as success": succeeded,
        "calls with another verdict than expected": wrong,
        "connections at the second host": reached,
        "bytes at the second host": taken,
        "requests to another path of the same host": redirector.elsewhere,
        "control: bytes that requests takes there": followed,
    }
    figure.targets = {
        f"at least {200 * len(calls):,} cells": cells >= 200 * len(calls),
        "no connection, no byte, no other path": not (reached or taken or redirector.elsewhere),
        "no redirect counts as success": succeeded == 0,
        "every verdict is the expected one": wrong == 0,
        "the control does follow": followed > 0,
    }
    return figure


def _verdict(patient: Patient, operation: str) -> Delivery | None:
    try:
        patient.call(operation)
    except AfilnetError as error:
        return error.delivery
    return None


def _requests_follows(redirector: Redirector, origin: str, second: SecondHost) -> int:
    redirector.status, redirector.lines = STATUSES[3], TARGETS["another port"](second.port)
    before = second.received
    with contextlib.suppress(requests.RequestException):
        requests.post(f"{origin}/api/http/", data={"password": "x" * 8}, timeout=5)
    return second.received - before
