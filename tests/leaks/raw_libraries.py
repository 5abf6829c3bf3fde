"""The control of the leak hunt: eight places at which the libraries below us show a secret, each made to do so."""

from __future__ import annotations

import contextlib
import http.client
import logging
from collections.abc import Callable, Iterator
from unittest import mock

import oauthlib.oauth2
import requests
import requests_oauthlib
import zeep

from afilnet_protocols.security import log_cover
from tests.leaks.scanner import Leak, Scanner, sinks_of, watching
from tests.matrix import WSDL
from tests.transport.scripted import Peer, ScriptedServer, answer

Site = Callable[[str, str], None]


def _url(origin: str, secret: str) -> str:
    return f"{origin}/api/http/?{requests.models.RequestEncodingMixin._encode_params({'password': secret})}"


def connection_error(_: str, secret: str) -> None:
    requests.get(_url("http://127.0.0.1:1", secret), timeout=5)


def http_error(origin: str, secret: str) -> None:
    requests.get(_url(f"{origin}/500", secret), timeout=5).raise_for_status()


def urllib3_debug(origin: str, secret: str) -> None:
    requests.get(_url(origin, secret), timeout=5)


def zeep_debug(origin: str, secret: str) -> None:
    client = zeep.Client(str(WSDL))
    service = client.create_service(next(iter(client.wsdl.bindings)), f"{origin}/soap")
    with contextlib.suppress(Exception):
        service["Chat.GetChatChannels"](user="u", password=secret)


def _session(secret: str, *, scope: str) -> requests_oauthlib.OAuth2Session:
    client = oauthlib.oauth2.BackendApplicationClient("client", scope=scope)
    del secret
    return requests_oauthlib.OAuth2Session(client=client)


def requests_oauthlib_debug(origin: str, secret: str) -> None:
    with mock.patch.dict("os.environ", {"OAUTHLIB_INSECURE_TRANSPORT": "1"}):
        _session(secret, scope="chat").fetch_token(f"{origin}/token", client_secret=secret, include_client_id=True)


def token_updated(origin: str, secret: str) -> None:
    with mock.patch.dict("os.environ", {"OAUTHLIB_INSECURE_TRANSPORT": "1"}):
        token = {"access_token": "old", "refresh_token": "r", "token_type": "Bearer", "expires_at": 1.0}
        session = requests_oauthlib.OAuth2Session(
            "client", token=token, auto_refresh_url=f"{origin}/token?echo={secret}", auto_refresh_kwargs={}
        )
        session.get(f"{origin}/x")


def debuglevel(origin: str, secret: str) -> None:
    with mock.patch.object(http.client.HTTPConnection, "debuglevel", 1):
        host = origin.partition("://")[2]
        connection = http.client.HTTPConnection(host, timeout=5)
        connection.set_debuglevel(1)
        connection.request("POST", "/", f"password={secret}")
        connection.getresponse().read()
        connection.close()


def wrapped(_: str, secret: str) -> None:
    try:
        requests.get(_url("http://127.0.0.1:1", secret), timeout=5)
    except requests.RequestException:
        # The usual way to replace an error: what it replaced stays within reach.
        raise RuntimeError("the call failed") from None


SITES: dict[str, tuple[Site, str]] = {
    "ConnectionError of requests": (connection_error, "str"),
    "HTTPError of requests": (http_error, "str"),
    "urllib3 at DEBUG": (urllib3_debug, "log records"),
    "zeep at DEBUG": (zeep_debug, "log records"),
    "requests_oauthlib at DEBUG": (requests_oauthlib_debug, "log records"),
    "TokenUpdated of requests_oauthlib": (token_updated, "__dict__"),
    "debuglevel of http.client": (debuglevel, "stdout"),
    "the error that an error replaced": (wrapped, "reachable objects"),
}
"""Each place, and the sink in which the secret must be found there."""


def _serve(peer: Peer) -> None:
    while True:
        peer.ask()
        request = peer.visit.processed.pop()
        peer.visit.received.clear()
        line = request.partition(b"\r\n")[0]
        if line.startswith(b"POST /token"):
            echoed = line.partition(b"echo=")[2].partition(b" ")[0].decode() or "granted"
            document = f'{{"access_token":"{echoed}","token_type":"Bearer","expires_in":60}}'
            peer.socket.sendall(answer(document.encode(), headers=[b"Content-Type: application/json"]))
        else:
            peer.socket.sendall(answer(b"{}", status=b"500 No" if b"/500" in line else b"200 OK"))


@contextlib.contextmanager
def _unfiltered() -> Iterator[None]:
    """Take our filter away from the libraries' loggers: the control shows what they do by themselves."""
    taken = []
    for name in log_cover.LOGGERS:
        logger = logging.getLogger(name)
        taken.append((logger, logger.filters[:]))
        logger.filters[:] = []
    try:
        yield
    finally:
        for logger, filters in taken:
            logger.filters[:] = filters


def found(secret: str) -> dict[str, list[Leak]]:
    """Let every place leak, and return what the scanner finds there."""
    scanner = Scanner({"secret": secret})
    leaks: dict[str, list[Leak]] = {}
    with ScriptedServer((_serve,)) as server, _unfiltered():
        for name, (leak, sink) in SITES.items():
            with watching() as watch:
                sinks: dict[str, bytes] = {}
                try:
                    leak(f"http://127.0.0.1:{server.port}", secret)
                except Exception as error:
                    sinks = sinks_of(error, most=None)
                sinks |= watch.drain()
            leaks[name] = scanner.scan({sink: sinks.get(sink, b"")})
    return leaks
