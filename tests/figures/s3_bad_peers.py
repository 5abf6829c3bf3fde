"""S3: whatever is wrong with the other side's TLS, no byte of a request is written."""

from __future__ import annotations

import contextlib
import functools
import ssl
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

from afilnet_protocols import AfilnetError, Delivery
from afilnet_protocols.transport.tls import context as tls
from tests.figures.figure import Figure, Run
from tests.figures.stage import Connect, opened
from tests.matrix import CALLS, PROTOCOLS, TOKEN_ANSWER, Patient, settings_at
from tests.transport.certificates import odd_context, server_context
from tests.transport.scripted import Script, ScriptedServer, answer, ask, say
from tests.transport.test_tls import BAD_CERTIFICATES, BAD_SPEAKERS
from tests.transport.wire import Authority

READ_AND_SEND = ("get_messages", "send_message")
"""What the short form calls: the operations differ only in what they write."""

WAYS = [*((each, False) for each in PROTOCOLS), ("json", True)]
"""Over which protocol a peer is met, and whether where tokens are given out."""

SLOW = {"silence", "half a record", "a dripped handshake", "garbage", "random bytes"}
"""Peers that say too little: a call waits for them until its time to connect is up."""


@dataclass
class BadPeer:
    """A server that must not be trusted, and the settings under which it must not be."""

    context: Callable[[Authority, Path], ssl.SSLContext] | None
    script: Script
    changes: dict[str, Any] = field(default_factory=dict)


def _good(authority: Authority, _: Path) -> ssl.SSLContext:
    return authority.server


def _tls_1_2(authority: Authority, _: Path) -> ssl.SSLContext:
    context = server_context(authority.ca.issue_cert("127.0.0.1"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _resembling(name: str) -> Callable[[Authority, Path], ssl.SSLContext]:
    return lambda authority, folder: odd_context(folder, authority.ca, hosts=[name])


OK = (ask, say(answer(b'{"status":"SUCCESS"}')))


def peers() -> dict[str, BadPeer]:
    """Return every kind of bad peer."""
    kinds = {name: BadPeer(context, OK) for name, context in BAD_CERTIFICATES.items()}
    kinds |= {
        name: BadPeer(None, script, {"connect_timeout": 0.02} if name in SLOW else {})
        for name, script in BAD_SPEAKERS.items()
    }
    kinds |= {f"a certificate for {name}": BadPeer(_resembling(name), OK) for name in ("*", "*.0.0.1", "127.0.0.1.x")}
    kinds["another key than the pinned one"] = BadPeer(_good, OK, {"pin_sha256": "0" * 64})
    kinds["TLS 1.2 where 1.3 is required"] = BadPeer(_tls_1_2, OK, {"require": ["tls13"]})
    kinds["the system's authorities only"] = BadPeer(_good, OK, {"ca_file": None})
    return kinds


@contextlib.contextmanager
def material() -> Iterator[tuple[Authority, Path]]:
    """Give an authority that the client trusts, and a folder for odd certificates."""
    with tempfile.TemporaryDirectory() as folder:
        ca, file = trustme.CA(), Path(folder) / "ca.pem"
        ca.cert_pem.write_to_path(str(file))
        yield Authority(ca, file, server_context(ca.issue_cert("127.0.0.1"))), Path(folder)


def measure(run: Run, *, connect: Connect = opened) -> Figure:
    """Make every call of every protocol to every kind of bad peer; in the short form, of one protocol after the other.

    Args:
        run: how.
        connect: makes the clients.
    """
    figure = Figure("TLS: no byte of a request is written to a peer that cannot prove who it is", run.seed)
    kinds, calls = peers(), run.of(READ_AND_SEND, tuple(CALLS), tuple(CALLS))
    cells = visited = written = wrong = 0
    protocols = set()
    with material() as (authority, folder):
        tokens = ScriptedServer((ask, say(answer(TOKEN_ANSWER))), tls=authority.server)
        with tokens:
            for number, (name, peer) in enumerate(kinds.items(), run.seed):
                context = None if peer.context is None else peer.context(authority, folder)
                for protocol, at_token in run.of([WAYS[number % len(WAYS)]], WAYS, WAYS):
                    met, bytes_written, verdicts = _meet(
                        peer, context, protocol, authority, tokens, calls, at_token=at_token, connect=connect
                    )
                    cells += len(calls)
                    protocols.add(protocol)
                    visited += met
                    written += bytes_written
                    bad = [verdict for verdict in verdicts if verdict is not Delivery.NOT_SENT]
                    wrong += len(bad)
                    if bad or bytes_written:
                        figure.examples.append(f"{name}, {protocol}: {bytes_written} bytes, {bad}")
        sabotaged = _without_verification(authority, folder, tokens)
    figure.counts = {
        "kinds of bad peer": len(kinds),
        "cells (peers x protocols and token endpoint x operations)": cells,
        "cells in which the peer was met": visited,
        "bytes of requests written": written,
        "verdicts other than not_sent": wrong,
        "control: bytes written without verification": sabotaged,
    }
    figure.targets = {
        f"at least 14 kinds of bad peer, on all five protocols and {len(calls)} operations": len(kinds) >= 14
        and protocols == set(PROTOCOLS)
        and cells >= len(calls) * len(kinds) * run.of(1, len(WAYS), len(WAYS)),
        "every peer was met": visited == cells,
        "no byte was written": written == 0,
        "every verdict is not_sent": wrong == 0,
        "a client without verification does write to them": sabotaged > 0,
    }
    return figure


def _meet(
    peer: BadPeer,
    context: ssl.SSLContext | None,
    protocol: str,
    authority: Authority,
    tokens: ScriptedServer,
    calls: Collection[str],
    *,
    at_token: bool,
    connect: Connect = opened,
) -> tuple[int, int, list[Delivery | None]]:
    """Make the calls to one peer: how often it was met, how many bytes it read of them, and the verdicts."""
    met, verdicts = 0, []
    with ScriptedServer(peer.script, tls=context) as server:
        bad, good = f"https://127.0.0.1:{server.port}", f"https://127.0.0.1:{tokens.port}"
        # The pin and the authority are those of the bad peer's settings, so its token has to come before.
        needs_token = protocol == "json" and not at_token
        changes = {"ca_file": str(authority.file), "timeout": 5.0, **peer.changes}
        origins = {"token_origin": good} if needs_token else {}
        origin = good if at_token else bad
        with Patient(settings_at(protocol, origin, **{"token_origin": bad} | origins, **changes), connect) as it:
            if needs_token:
                _give_token(it)
            for operation in calls:
                before = len(server.visits)
                verdicts.append(_verdict(it, operation))
                met += server.settle(functools.partial(_came, server, before))
        received = server.received
    # A peer that speaks no TLS reads the client's greeting, which is no request.
    is_request = any(mark in received for mark in (b"POST /", b"GET /", b"HTTP/1.1", b"password", b"Bearer"))
    return met, len(received) if context is not None or is_request else 0, verdicts


def _came(server: ScriptedServer, before: int) -> bool:
    return len(server.visits) > before


def _give_token(patient: Patient) -> None:
    """Put a token into a client, as if it had fetched it while its peers were good."""
    from afilnet_protocols.oauth.token import AccessToken
    from afilnet_protocols.security.secret import Secret

    provider = patient.made._tokens
    now = provider._clock()
    provider._token = AccessToken(secret=Secret("given"), expires_at=now + 3600, lifetime=3600)


def _verdict(patient: Patient, operation: str) -> Delivery | None:
    try:
        patient.call(operation)
    except AfilnetError as error:
        return error.delivery
    return None


def _without_verification(authority: Authority, folder: Path, tokens: ScriptedServer) -> int:
    """Return what a client whose guard was removed writes to a peer of an unknown authority."""
    real = tls.context_for

    def careless(options: Any) -> ssl.SSLContext:
        context = real(options)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    tls.context_for = careless
    # The gate is a guard of its own: it sees that nothing was verified, whatever the context let pass.
    from afilnet_protocols.security.gate import PolicyGate

    gate = PolicyGate.after_handshake
    PolicyGate.after_handshake = lambda *_: None  # type: ignore[method-assign] # that is the sabotage
    try:
        peer = BadPeer(BAD_CERTIFICATES["unknown authority"], OK)
        context = BAD_CERTIFICATES["unknown authority"](authority, folder)
        return _meet(peer, context, "http-post", authority, tokens, CALLS, at_token=False)[1]
    finally:
        tls.context_for, PolicyGate.after_handshake = real, gate  # type: ignore[method-assign] # and its end
