"""Failures of every kind, made on purpose: a service that repeats what it was told, and settings that cannot work."""

from __future__ import annotations

import base64
import json
import logging
import random
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, quote_plus, urlencode
from xml.sax.saxutils import escape

from afilnet_protocols import Outbox, Secret, Settings, connect
from afilnet_protocols.backends.base import transport_for
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.provider import TokenProvider
from tests.matrix import CALLS, CONVERSATION, PROTOCOLS, WSDL, Connect, Patient
from tests.transport.scripted import Gone, Peer, ScriptedServer, answer, cut, end, reset

_SPECIAL = "&+/%=<>\"' ñ€"


class Box:
    """The secrets of a run. It shows none of them, so that it may stand in any frame.

    Args:
        chance: where they come from.
    """

    def __init__(self, chance: random.Random) -> None:
        def word(alphabet: str, length: int = 24) -> str:
            return "".join(chance.choice(alphabet) for _ in range(length))

        plain = string.ascii_letters + string.digits
        self.password = word(plain + _SPECIAL).strip() + "xY7"
        self.client_secret = word(plain + _SPECIAL).strip() + "zQ9"
        self.access_token = word(plain + "-._~+/")
        self.refresh_token = word(plain + "-._~+/")
        self.proxy_password = word(plain + _SPECIAL).strip() + "wK3"

    def __repr__(self) -> str:
        return "<Box>"

    def names(self) -> dict[str, str]:
        """Return the secrets by name."""
        return dict(vars(self))

    def fields(self, protocol: str, origin: str, **changes: Any) -> dict[str, Any]:
        """Return settings of a protocol, by name, with all of the secrets that it takes."""
        return {
            "protocol": protocol,
            "base_url": origin,
            "user": "someone@example.com",
            "password": self.password,
            "soap_wsdl": str(WSDL),
            "soap_endpoint": f"{origin}/api/soap/",
            "json_url": f"{origin}/api/json/",
            "token_url": f"{origin}/oauth/token",
            "client_id": "client",
            "client_secret": self.client_secret,
            "minimum_security": "none",
            "timeout": 2.0,
            **changes,
        }

    def proxied(self, proxy: str) -> dict[str, Any]:
        """Return the settings of a proxy that wants to know who asks."""
        return {"proxy": proxy, "proxy_user": "me", "proxy_password": Secret(self.proxy_password)}


# What a service may answer


def _echoes(chance: random.Random, request: bytes, known: list[str]) -> str:
    """Return something that the service repeats of what it was told, in some spelling."""
    secret = chance.choice(known)
    spell = chance.choice(
        [
            str,
            quote,
            quote_plus,
            escape,
            repr,
            json.dumps,
            lambda text: base64.b64encode(f"me:{text}".encode()).decode(),
            lambda text: quote(quote(text, safe=""), safe=""),
            lambda text: text.encode().hex(),
            # What looks like an error code is the one part of an answer that a message repeats.
            lambda text: f"E_{text.encode().hex().upper()}",
            lambda _: request.decode("latin-1")[:4000],
            lambda _: request.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")[:4000],
        ]
    )
    return chance.choice(["", "denied for ", "x" * chance.randrange(220)]) + spell(secret)


def _line(text: str) -> bytes:
    return text.encode("utf-8", "replace").replace(b"\r", b" ").replace(b"\n", b" ")[:2000]


def _envelope(text: str) -> bytes:
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f"<e:Fault><faultcode>e:Client</faultcode><faultstring>{escape(text)}</faultstring><detail><error>"
        f"{escape(text)}</error></detail></e:Fault></e:Body></e:Envelope>"
    ).encode("utf-8", "replace")


Answer = Callable[[random.Random, str], bytes]

ANSWERS: tuple[Answer, ...] = (
    lambda _, text: answer(text.encode("utf-8", "replace"), status=b"500 Internal Server Error"),
    lambda _, text: answer(text.encode("utf-8", "replace"), headers=[b"Content-Type: text/html"]),
    lambda _, text: answer(json.dumps({"status": "ERROR", "error": text}).encode()),
    lambda _, text: answer(json.dumps({"status": "ERROR", "error": "CHAT_NOT_FOUND", "message": text}).encode()),
    lambda _, text: answer(json.dumps({"status": text}).encode()),
    lambda _, text: answer(json.dumps({"status": "SUCCESS", "result": {"list": [{"datetime": text}]}}).encode()),
    lambda _, text: answer(json.dumps({"status": "SUCCESS", "result": {"list": [text, 5]}}).encode()),
    lambda _, text: answer(json.dumps({text: text}).encode()[:-1]),
    lambda _, text: answer(json.dumps({"status": "ERROR", "error": "INCORRECT_USER_PASSWORD", "x": text}).encode()),
    lambda _, text: answer(_envelope(text), status=b"500 No", headers=[b"Content-Type: text/xml"]),
    lambda _, text: answer(_envelope(text)[:-9], headers=[b"Content-Type: text/xml"]),
    lambda chance, text: answer(
        b"", status=chance.choice([b"301 A", b"302 B", b"307 C"]), headers=[b"Location: http://x/?p=" + _line(text)]
    ),
    lambda _, text: answer(b"{}", status=b"401 No", headers=[b'WWW-Authenticate: Bearer error="' + _line(text) + b'"']),
    lambda _, text: answer(
        json.dumps({"error": "x", "a": text}).encode(),
        status=b"401 No",
        headers=[b'WWW-Authenticate: Bearer error="invalid_token"'],
    ),
    lambda _, text: answer(b"", status=b"429 Slow", headers=[b"Retry-After: " + _line(text)]),
    lambda _, text: answer(b"", status=b"400 " + _line(text)),
    lambda _, text: answer(b"", status=b"200 OK", headers=[b"Content-Encoding: " + _line(text)]),
    lambda _, text: answer(text.encode("utf-8", "replace"), headers=[b"Content-Encoding: gzip"]),
    lambda _, text: answer(b"", headers=[b"Content-Type: " + _line(text)]),
    lambda _, text: b"HTTP/1.1 " + _line(text) + b"\r\n\r\n",
    lambda _, text: _line(text) + b"\r\n\r\n",
    lambda _, text: b"HTTP/1.1 200 OK\r\n" + _line(text) + b"\r\n\r\n",
    lambda _, text: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + _line(text) + b"\r\n",
    lambda _, text: b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + _line(text),
    lambda _, text: b"HTTP/1.1 200 OK\r\nContent-Length: " + _line(text) + b"\r\n\r\n",
    lambda _, text: (
        b"HTTP/1.1 102 Wait\r\nX: " + _line(text) + b"\r\n\r\nHTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"
    ),
)

TOKENS: tuple[Callable[[Box, str], bytes], ...] = (
    lambda box, _: json.dumps({"access_token": box.access_token, "expires_in": "soon"}).encode(),
    lambda box, _: json.dumps({"access_token": box.access_token, "token_type": "mac", "expires_in": 9}).encode(),
    lambda box, _: json.dumps({"access_token": box.access_token, "token_type": "Bearer", "expires_in": 0}).encode(),
    lambda box, text: json.dumps({"access_token": box.access_token + text, "token_type": "Bearer"}).encode(),
    lambda box, text: json.dumps(
        {
            "access_token": box.access_token,
            "token_type": "Bearer",
            "expires_in": [text],
            "refresh_token": box.refresh_token,
        }
    ).encode(),
    lambda box, _: json.dumps({"access_token": box.access_token, "token_type": "Bearer", "expires_in": 9}).encode()[
        :-1
    ],
    lambda _, text: json.dumps({"error": "invalid_client", "error_description": text}).encode(),
    lambda _, text: json.dumps({"error": "invalid_scope", "error_uri": text}).encode(),
    lambda _, text: json.dumps({"error": text}).encode(),
)


class Echo:
    """A service that goes wrong in a new way each time, and repeats in it what it was told.

    Args:
        chance: chooses what goes wrong.
        box: what it knows.
    """

    def __init__(self, chance: random.Random, box: Box) -> None:
        self._chance, self._box = chance, box
        self.at_token = self.granting = False

    def _known(self) -> list[str]:
        """Return what the client may have told: a token it knows only once it has been given one."""
        told = [self._box.password, self._box.client_secret]
        return told if self.at_token or not self.granting else [*told, self._box.access_token, self._box.refresh_token]

    def serve(self, peer: Peer) -> None:
        """Play one connection."""
        while True:
            peer.ask()
            request = peer.visit.processed.pop()
            peer.visit.received.clear()
            text = _echoes(self._chance, request, self._known())
            if request.startswith(b"POST /oauth/token ") and not self.at_token:
                document = {"access_token": self._box.access_token, "token_type": "Bearer", "expires_in": 60}
                peer.socket.sendall(answer(json.dumps(document | {"refresh_token": self._box.refresh_token}).encode()))
                continue
            if self.at_token and self._chance.random() < 0.5:
                status = self._chance.choice([b"200 OK", b"200 OK", b"400 No", b"401 No", b"500 No"])
                peer.socket.sendall(answer(self._chance.choice(TOKENS)(self._box, text), status=status))
                continue
            ending = self._chance.random()
            if ending < 0.06:
                reset(peer)
            if ending < 0.12:
                cut(peer)
            peer.socket.sendall(self._chance.choice(ANSWERS)(self._chance, text))
            if ending < 0.3:
                end(peer)
            raise Gone


# What can go wrong before anything is sent

Mistake = Callable[[Box, str, str, Path], object]


def _written(box: Box, folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "afilnet.toml"
    path.write_text(text.replace("SECRET", box.password.replace("\\", "").replace('"', "")))
    path.chmod(mode)
    return path


def _from_file(box: Box, folder: Path, text: str, mode: int = 0o600) -> object:
    from afilnet_protocols.settings.sources import resolve

    path = _written(box, folder, text, mode)
    try:
        return resolve("a", {}, environ={"AFILNET_CONFIG": str(path)}, cwd=folder).settings
    finally:
        path.unlink()


def _from_environment(
    box: Box,
    folder: Path,
    protocol: str,
    name: str,
    text: Callable[[], str],
    overrides: Mapping[str, object] = MappingProxyType({}),
) -> object:
    from afilnet_protocols.settings.sources import resolve

    # Not a variable: the environment in clear must stand in our own frames only, where it is looked for.
    return resolve(
        None,
        overrides,
        environ={
            "AFILNET_PROTOCOL": protocol,
            "AFILNET_PASSWORD": box.password,
            "AFILNET_CLIENT_SECRET": box.client_secret,
            name: text(),
        },
        cwd=folder,
        user_folder=folder,
    ).settings


def _called(box: Box, protocol: str, origin: str, call: Callable[[Any], object], **changes: Any) -> object:
    with Patient(Settings(**box.fields(protocol, origin, **changes))) as patient:
        return call(patient.chat)


AT_TOKEN = "a token that is asked for without a call"

MISTAKES: dict[str, Mistake] = {
    "a misspelt setting": lambda box, p, o, _: connect(**box.fields(p, o), pasword=box.password),  # type: ignore[call-arg] # on purpose
    "a misspelt setting of Settings": lambda box, p, o, _: Settings(**box.fields(p, o), clientsecret=box.client_secret),  # type: ignore[call-arg] # on purpose
    "a password with a line end": lambda box, p, o, _: connect(**box.fields(p, o, password=box.password + "\n")),
    "a password as bytes": lambda box, p, o, _: connect(**box.fields(p, o, password=box.password.encode())),
    "a password in the address": lambda box, p, _, __: connect(
        **box.fields(p, f"https://me:{quote(box.password, safe='')}@a.example")
    ),
    "a password in a query": lambda box, p, _, __: connect(
        **box.fields(p, f"https://a.example/?x={quote(box.password, safe='')}")
    ),
    "a password in the path": lambda box, p, _, __: connect(
        **box.fields(p, f"https://a.example/{quote(box.password, safe='')}", minimum_security="low")
    ),
    "a password in the proxy": lambda box, p, o, _: connect(
        **box.fields(p, o, proxy=f"http://me:{quote(box.proxy_password, safe='')}@a.example")
    ),
    "a proxy that is not there": lambda box, p, o, _: _called(
        box,
        p,
        o,
        lambda chat: chat.get_chat_channels(),
        **box.proxied("http://127.0.0.1:1"),
    ),
    "a level that cannot be had": lambda box, p, o, _: connect(**box.fields(p, o, minimum_security="maximum")),
    "a refresh token without its grant": lambda box, _, o, __: connect(
        **box.fields("json", o, refresh_token=box.refresh_token)
    ),
    "a profile that is no TOML": lambda box, _, __, folder: _from_file(
        box, folder, '[profiles.a]\nuser = "u"\npassword = "SECRET\n'
    ),
    "a profile with an unknown key": lambda box, _, __, folder: _from_file(
        box, folder, '[profiles.a]\nuser = "u"\npasword = "SECRET"\n'
    ),
    "a profile that others can read": lambda box, _, __, folder: _from_file(
        box, folder, '[profiles.a]\nuser = "u"\npassword = "SECRET"\n', 0o644
    ),
    "a profile with another mistake": lambda box, _, __, folder: _from_file(
        box, folder, '[profiles.a]\nuser = "u"\npassword = "SECRET"\ntimeout = "soon"\n'
    ),
    "an address with a password in a profile": lambda box, _, __, folder: _from_file(
        box, folder, '[profiles.a]\nuser = "u"\npassword = "SECRET"\nbase_url = "https://u:SECRET@a.example"\n'
    ),
    "an address with a password in a variable": lambda box, p, _, folder: _from_environment(
        box, folder, p, "AFILNET_BASE_URL", lambda: f"https://me:{quote(box.password, safe='')}@a.example"
    ),
    "an unknown keyword beside an environment": lambda box, p, _, folder: _from_environment(
        box, folder, p, "AFILNET_USER", lambda: "somebody", {"usr": "x"}
    ),
    "an unknown variable": lambda box, p, _, folder: _from_environment(
        box, folder, p, "AFILNET_PASWORD", lambda: box.password
    ),
    "nobody listens": lambda box, p, _, __: _called(
        box, p, "http://127.0.0.1:1", lambda chat: chat.get_chat_channels()
    ),
    "TLS to a port without": lambda box, p, o, _: _called(
        box,
        p,
        o.replace("http:", "https:"),
        lambda chat: chat.send_message(**CONVERSATION, message="x"),
        minimum_security="low",
        connect_timeout=0.02,
    ),
    "a text that cannot be carried": lambda box, p, o, _: _called(
        box, p, o, lambda chat: chat.send_message(**CONVERSATION, message="\0")
    ),
    "a file address with a key in it": lambda box, p, o, _: _called(
        box,
        p,
        o,
        lambda chat: chat.send_file(
            **CONVERSATION, file_type="image", file_url=f"http://x/?sig={quote(box.access_token)}"
        ),
    ),
    "a file address with a key in it, of a file that is not sent": lambda box, p, o, _: _called(
        box,
        p,
        "http://127.0.0.1:1",
        lambda chat: chat.send_file(
            **CONVERSATION, file_type="image", file_url=f"https://a.example/?sig={quote(box.access_token)}"
        ),
    ),
    "a thumbnail address with a key in it": lambda box, p, o, _: _called(
        box,
        p,
        o,
        lambda chat: chat.send_file(
            **CONVERSATION,
            file_type="image",
            file_url=f"https://a.example/?sig={quote(box.access_token)}",
            thumb_url=f"https://10.0.0.1/?sig={quote(box.access_token)}",
        ),
    ),
    "a line in the log of a library below us": lambda box, p, o, _: _logged(box, p, o),
    "an outbox": lambda box, p, o, folder: _kept(box, p, o, folder),
    AT_TOKEN: lambda box, _, o, __: _token(box, o),
    "a closed client": lambda box, p, o, _: _closed(box, p, o),
    "no time": lambda box, p, o, _: _called(box, p, o, lambda chat: chat.get_chat_channels(), timeout=1e-6),
}
"""Mistakes by name, each made on a protocol against an address."""


def _closed(box: Box, protocol: str, origin: str) -> object:
    with Patient(Settings(**box.fields(protocol, origin))) as patient:
        patient.chat.close()
        return patient.chat.get_chat_channels()


LINES = (
    ("urllib3.connectionpool", '%s "GET /api/http/?%s HTTP/1.1" 200', lambda text: urlencode({"password": text})),
    ("urllib3.util.retry", "Incremented Retry for (url='/?%s'): %s", quote),
    ("zeep.transports", "HTTP Post to %s:\n%s", escape),
    ("requests_oauthlib.oauth2_session", "Request %s body was %s", lambda text: repr({"client_secret": text})),
    ("oauthlib.oauth2.rfc6749", "Fetched token from %s: %r", lambda text: {"access_token": text}),
)
"""What libraries below us write at DEBUG level: the logger, the line, and how it spells what was sent."""


def _logged(box: Box, protocol: str, origin: str) -> object:
    with Patient(Settings(**box.fields(protocol, origin))) as patient:
        for logger, line, spelled in LINES:
            logging.getLogger(logger).debug(line, origin, spelled(box.password))
        patient.chat.close()
        return patient.chat.get_chat_channels()


def _kept(box: Box, protocol: str, origin: str, folder: Path) -> object:
    """Send from an outbox, whose file stays: it holds what the service said of an entry."""
    settings = Settings(**box.fields(protocol, origin))
    with Outbox(folder / f"outbox-{protocol}.db", settings) as outbox:
        outbox.enqueue(**CONVERSATION, message="hola")
        outbox.run(limit=1)
        return outbox.retry(state="unknown")


def _token(box: Box, origin: str) -> object:
    settings = Settings(**box.fields("json", origin))
    with closing(transport_for(settings)) as transport:
        return TokenProvider(settings, transport).get(Deadline(2.0))


Job = tuple[str, Callable[[], object]]


def _dealt(chance: random.Random) -> Iterator[tuple[str, Mistake]]:
    """Yield mistakes without end, each once before one comes again."""
    deck = list(MISTAKES.items())
    while True:
        chance.shuffle(deck)
        yield from deck


def jobs(
    chance: random.Random, box: Box, folder: Path, *, batch: int, calls: bool = True, connect: Connect = connect
) -> Iterator[Job]:
    """Yield failures to be, each with its name, as many as asked for and a few more.

    Args:
        chance: chooses them.
        box: the secrets.
        folder: where profiles may be written.
        batch: how many.
        calls: whether there are calls too, or only mistakes.
        connect: makes the clients that are called.
    """
    echo = Echo(random.Random(chance.random()), box)
    with ScriptedServer((echo.serve,)) as server:
        origin = f"http://127.0.0.1:{server.port}"
        made, decks = 0, {protocol: _dealt(chance) for protocol in PROTOCOLS}
        while made < batch:
            for protocol in PROTOCOLS:
                name, mistake = next(decks[protocol])
                echo.at_token = echo.granting = name == AT_TOKEN
                yield f"{name}, {protocol}", _job(mistake, box, protocol, origin, folder)
                made += 1
                if not calls:
                    continue
                echo.granting = protocol == "json"
                echo.at_token = echo.granting and chance.random() < 0.4
                extra = chance.choice([{}, {"delivery": "reconcile", "settle": 0.001}]) if chance.random() < 0.2 else {}
                if protocol == "json" and chance.random() < 0.3:
                    extra |= {"grant": "refresh_token", "refresh_token": box.refresh_token}
                with Patient(Settings(**box.fields(protocol, origin, **extra)), connect) as patient:
                    for operation in (*CALLS, *CALLS):
                        yield f"{operation}, {protocol}", _call(patient, operation)
                made += 2 * len(CALLS)


def _job(mistake: Mistake, box: Box, protocol: str, origin: str, folder: Path) -> Callable[[], object]:
    return lambda: mistake(box, protocol, origin, folder)


def _call(patient: Patient, operation: str) -> Callable[[], object]:
    return lambda: patient.call(operation)
