"""`Relay`: stands on this machine between a client and a live service, to be looked at and to lose what is to be lost.

What it answers itself never reaches the service: codes that are armed, tokens that are dead, sends that may not leave.
What it forwards goes over the library's own transport, under the profile's own rules for TLS, proxies and addresses.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from afilnet_protocols.conformance.targets.recorder import UNREADABLE, Tap
from afilnet_protocols.conformance.targets.relayed_call import RelayedCall, call_of, outcome_of, refusal
from afilnet_protocols.conformance.targets.target import NotShownError
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.sandbox.server.exchange import HttpAnswer, HttpRequest
from afilnet_protocols.transport import Transport
from afilnet_protocols.transport.outgoing import OURS
from afilnet_protocols.wire import Request

_NOT_RETURNED = frozenset({"connection", "content-length", "content-encoding", "transfer-encoding", "keep-alive"})
_DEAD = HttpAnswer(
    401, b'{"error": "invalid_token"}', "application/json", (("WWW-Authenticate", 'Bearer error="invalid_token"'),)
)
_SECONDS = 30.0

STOPPED = "NOT_FORWARDED"
"""The code of the relay's own answer to a send that may not leave."""

Permit = Callable[[RelayedCall], None]
"""Raises :class:`NotShownError` for a send that may not leave."""


class Relay:
    """A relay in front of a service's addresses. A context manager.

    Args:
        routes: what stands behind each path: the protocol, or ``token`` for a token endpoint, and the real address.
        transport: carries what is forwarded.
        permit: asked before a send leaves.
        authentic: whether a request carries the account's credentials; a send without them is none.
        shows_dead: whether a call with a dead token goes to the service, with one that it never gave out, so that the
            service says itself what it says to such; it is answered here otherwise.
        certificate: a file with a certificate and its key, for those who reach the relay over TLS.
    """

    def __init__(
        self,
        routes: Mapping[str, tuple[str, str]],
        transport: Transport,
        *,
        permit: Permit,
        authentic: Callable[[HttpRequest], bool],
        certificate: Path,
        shows_dead: bool = False,
    ) -> None:
        self._routes, self._transport = dict(routes), transport
        self._permit, self._authentic, self._shows_dead = permit, authentic, shows_dead
        self.tap = Tap()
        self.stopped: NotShownError | None = None
        """Why what is played now cannot be shown."""
        self.forwarded = 0
        """How many requests have gone to the service."""
        self._endpoints = {
            path: self.tap.around(self._serve, calls=kind != "token") for path, (kind, _) in routes.items()
        }
        self._lock = threading.Lock()
        self._codes: list[str] = []
        self._arrived: list[RelayedCall] = []
        self._tokens: dict[str, str] = {}
        self._used: set[str] = set()
        self._servers = [_server(self, None), _server(self, certificate)]

    def __enter__(self) -> Relay:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._transport.close()

    @property
    def plain_url(self) -> str:
        """Its own address without TLS."""
        return f"http://127.0.0.1:{self._servers[0].server_address[1]}"

    @property
    def tls_url(self) -> str:
        """Its own address with TLS, under a certificate that nobody trusts by default."""
        return f"https://127.0.0.1:{self._servers[1].server_address[1]}"

    def clear(self) -> None:
        """Begin anew: no journal, no codes, nothing lost, nothing stopped."""
        with self._lock:
            self._arrived.clear()
            self._codes.clear()
            self._used.clear()
            self.stopped = None
        self.tap.clear()

    def arm(self, code: str) -> None:
        """Answer the next call with a code, here."""
        self._codes.append(code)

    def kill_tokens(self) -> None:
        """Make dead, here, every token that was given out."""
        with self._lock:
            self._tokens.clear()

    def tokens_used(self) -> int:
        """Return with how many tokens calls were made since it was cleared."""
        return len(self._used)

    def journal(self) -> list[RelayedCall]:
        """Return the calls that arrived since it was cleared, oldest first."""
        with self._lock:
            return list(self._arrived)

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request, from here or from the service."""
        endpoint = self._endpoints.get(request.path)
        return HttpAnswer(404, b"nothing is relayed there") if endpoint is None else endpoint(request)

    def _serve(self, request: HttpRequest) -> HttpAnswer:
        kind, address = self._routes[request.path]
        if kind == "token":
            return self._token(request, address)
        call = call_of(request, "http-get" if kind == "http-post" and request.method == "GET" else kind)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if kind == "json":
            with self._lock:
                token = self._tokens.get(bearer)
                self._used |= {bearer} if token is not None else set()
            if token is None and not self._shows_dead:
                return _DEAD
            token = token or f"never-given-{secrets.token_urlsafe(16)}"
            request.headers["authorization"] = f"Bearer {token}"
        if self._codes:
            code = self._codes.pop(0)
            return self._noted(call, refusal(call, request, code))
        if call.sends and (kind == "json" or self._authentic(request)):
            try:
                self._permit(call)
            except NotShownError as reason:
                self.stopped = reason
                # An answer like others: a client that met many lost ones would rest, and fail what comes after.
                return refusal(call, request, STOPPED)
        return self._noted(call, self._forwarded(request, address))

    def _noted(self, call: RelayedCall, answer: HttpAnswer) -> HttpAnswer:
        with self._lock:
            self._arrived.append(RelayedCall(call.protocol, call.operation, call.arguments, outcome_of(answer)))
        return answer

    def _token(self, request: HttpRequest, address: str) -> HttpAnswer:
        """Forward a token request, and give a name of our own for the token, which can die here."""
        answer = self._forwarded(request, address)
        with contextlib.suppress(ValueError, RecursionError):
            document = json.loads(answer.body)
            if isinstance(document, dict) and isinstance(document.get("access_token"), str):
                alias = f"relayed-{secrets.token_urlsafe(16)}"
                with self._lock:
                    self._tokens[alias] = document["access_token"]
                body = json.dumps({**document, "access_token": alias}).encode()
                return HttpAnswer(answer.status, body, answer.content_type, answer.headers)
        return answer

    def _forwarded(self, request: HttpRequest, address: str) -> HttpAnswer:
        query = urlsplit(request.target).query
        url = f"{address}{'&' if '?' in address else '?'}{query}" if query else address
        headers = tuple((name, value) for name, value in request.headers.items() if name not in OURS)
        self.forwarded += 1
        try:
            reply = self._transport.exchange(
                Request(request.method, url, headers, request.body), deadline=Deadline(_SECONDS), reuse=False
            )
        except AfilnetError as error:
            self.stopped = NotShownError(f"the service could not be asked ({type(error).__name__}): {error}")
            return UNREADABLE
        kept = tuple((n, v) for n, v in reply.headers.items() if n not in _NOT_RETURNED and n != "content-type")
        return HttpAnswer(reply.status, reply.body, reply.headers.get("content-type", ""), kept)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: whoever breaks off in the middle of TLS is everyday here."""


def _server(relay: Relay, certificate: Path | None) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._relay()

        def do_POST(self) -> None:
            self._relay()

        def _relay(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            answer = relay.answer(
                HttpRequest(
                    method=self.command,
                    scheme="http" if certificate is None else "https",
                    path=unquote(urlsplit(self.path).path),
                    target=self.path,
                    query=urlsplit(self.path).query.encode(),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                )
            )
            self.send_response(answer.status)
            for name, value in (("Content-Type", answer.content_type), *answer.headers):
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = _Quiet(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server


def addresses_of(urls: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the path of each address with its kind and the address, whose query goes with every request."""
    for kind, path in paths_of(urls).items():
        yield unquote(path), (kind, urls[kind])


def paths_of(urls: Mapping[str, str]) -> Mapping[str, str]:
    """Return under which path the relay has each address, as it is written, by what is spoken there.

    It is the address's own, unless that of another host, or with another query, has it already.
    """
    found: dict[str, str] = {}
    for kind, url in urls.items():
        path = urlsplit(url).path or "/"
        found[kind] = f"/{kind}{path}" if unquote(path) in map(unquote, found.values()) else path
    return found
