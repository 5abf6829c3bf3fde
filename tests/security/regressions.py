"""Known weaknesses of clients like this one, each as a check, and the removal of the guard that keeps it out.

A check passes on the library as it is and fails without the guard. Numbers are those of the weakness elsewhere; where
a weakness has none, it is a trap of a library below us or a rule of this one.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import importlib.metadata
import json
import logging
import os
import pickle
import re
import ssl
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import requests
from packaging.version import Version

from afilnet_protocols import AfilnetError, InvalidFileUrlError, Secret, Settings, catalogue
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import ConfigurationError, SecurityPolicyError
from afilnet_protocols.oauth import token as token_module
from afilnet_protocols.oauth.refusal import Asked
from afilnet_protocols.oauth.token import Terms, read_token
from afilnet_protocols.security import endpoints, file_url, gate, log_cover, log_filter, policy, redaction
from afilnet_protocols.security.file_url import check_file_url
from afilnet_protocols.settings import private_file
from afilnet_protocols.transport import Transport, TransportOptions, address, dial, outgoing
from afilnet_protocols.transport.adapter import Answer, TransportAdapter
from afilnet_protocols.transport.answers import coding
from afilnet_protocols.transport.tls import context as tls_module
from afilnet_protocols.waiting import Steps
from afilnet_protocols.wire import Reply, Request, strict_json
from afilnet_protocols.wire.document import record
from afilnet_protocols.wire.json_envelope import read_document
from afilnet_protocols.wire.soap import strict_xml
from afilnet_protocols.wire.soap.answers import answer as soap_answer
from afilnet_protocols.wire.soap.codec import SoapCodec
from afilnet_protocols.wire.soap.description import wsdl
from tests.figures.s3_bad_peers import material
from tests.matrix import PASSWORD, TOKEN, TOKEN_ANSWER, WSDL, Patient, settings_at
from tests.time_limit import HANGS
from tests.transport.certificates import odd_context, server_context
from tests.transport.scripted import Peer, ScriptedServer, answer, ask, say
from tests.transport.wire import Authority
from tests.wire.soap import hostile_xml

OK = answer(b'{"status":"SUCCESS","result":{"list":[]}}')


@dataclass(frozen=True)
class Regression:
    """One weakness: what it was called, what it was, a check that it is not here, and the removal of its guard."""

    name: str
    about: str
    check: Callable[[], None]
    sabotage: Callable[[], AbstractContextManager[object]]


# Redirects


def _following(transport: Transport, request: Request, *, deadline: Deadline, reuse: bool) -> Steps[Reply]:
    """Exchange as a client does that follows redirects and brings cookies back."""
    reply = yield from _EXCHANGE(transport, request, deadline=deadline, reuse=reuse)
    if "set-cookie" in reply.headers:
        _JAR["cookie"] = reply.headers["set-cookie"]
    elif _JAR:
        brought = request.with_header("Cookie", _JAR.pop("cookie"))
        return (yield from _EXCHANGE(transport, brought, deadline=deadline, reuse=reuse))
    if 300 <= reply.status < 400:
        there = msgspec.structs.replace(request, url=reply.headers["location"])
        return (yield from _EXCHANGE(transport, there, deadline=deadline, reuse=reuse))
    return reply


_EXCHANGE = Transport.exchanging
_JAR: dict[str, str] = {}


def _follow() -> AbstractContextManager[object]:
    return mock.patch.object(Transport, "exchanging", _following)


@contextlib.contextmanager
def _with_cookies() -> Iterator[None]:
    with _follow(), mock.patch.object(outgoing, "OURS", outgoing.OURS - {"cookie"}):
        yield


def _redirected(protocol: str, status: bytes, needle: bytes) -> Callable[[], None]:
    """Check that a second host never sees something of a call that a first one redirects."""

    def check() -> None:
        with ScriptedServer((ask, say(OK))) as second:
            location = b"Location: http://127.0.0.1:%d/x" % second.port

            def redirect(peer: Peer) -> None:
                while True:
                    peer.ask()
                    is_token = peer.visit.processed.pop().startswith(b"POST /oauth/token ")
                    peer.socket.sendall(
                        answer(TOKEN_ANSWER) if is_token else answer(b"", status=status, headers=[location])
                    )

            with (
                ScriptedServer((redirect,)) as first,
                contextlib.suppress(AfilnetError),
                Patient(settings_at(protocol, f"http://127.0.0.1:{first.port}")) as patient,
            ):
                patient.call("send_message")
            assert needle not in second.received

    return check


def _session_redirect() -> None:
    with ScriptedServer((ask, say(OK))) as second:
        location = b"Location: http://127.0.0.1:%d/x" % second.port
        moved = answer(b"", status=b"307 Moved", headers=[location])
        transport = Transport(TransportOptions())
        with ScriptedServer((ask, say(moved))) as first, requests.Session() as session:
            TransportAdapter(transport).isolate(session)
            session.post(first.url(), data={"password": "x"}, timeout=5)
        assert second.visits == []


def _description_redirect() -> None:
    with ScriptedServer((ask, say(answer(WSDL.read_bytes())))) as second:
        location = b"Location: http://127.0.0.1:%d/x" % second.port
        with ScriptedServer((ask, say(answer(b"", status=b"302 Found", headers=[location])))) as first:
            origin = f"http://127.0.0.1:{first.port}"
            with contextlib.suppress(AfilnetError), Patient(settings_at("soap", origin, soap_wsdl=f"{origin}/wsdl")):
                pass
        assert second.visits == []


def _cookies() -> None:
    with_cookie = answer(b'{"status":"SUCCESS"}', headers=[b"Set-Cookie: session=1"])
    with ScriptedServer((ask, say(with_cookie)), (ask, say(OK)), (ask, say(OK))) as server:
        with Patient(settings_at("http-post", f"http://127.0.0.1:{server.port}")) as patient:
            for _ in range(2):
                patient.call("send_message")
        assert b"cookie:" not in server.received.lower()


# Environment


def _netrc() -> None:
    with tempfile.TemporaryDirectory() as folder, ScriptedServer((ask, say(OK))) as server:
        netrc = Path(folder) / "netrc"
        netrc.write_text("machine 127.0.0.1 login stranger password elsewhere\n")
        netrc.chmod(0o600)
        transport = Transport(TransportOptions())
        with mock.patch.dict(os.environ, {"NETRC": str(netrc)}), requests.Session() as session:
            TransportAdapter(transport).isolate(session)
            session.get(server.url(), headers={"Authorization": "Bearer ours"}, timeout=HANGS)
        assert b"authorization: bearer ours" in server.received.lower()


def _trusting_isolate() -> AbstractContextManager[object]:
    def isolate(self: TransportAdapter, session: requests.Session) -> None:
        session.mount("http://", self)

    return mock.patch.object(TransportAdapter, "isolate", isolate)


def _proxy_variables() -> None:
    with ScriptedServer((ask, say(OK))) as proxy, ScriptedServer((ask, say(OK))) as server:
        named = {"HTTP_PROXY": proxy.url(""), "http_proxy": proxy.url("")}
        settings = settings_at("http-get", f"http://127.0.0.1:{server.port}")
        with mock.patch.dict(os.environ, named), Patient(settings) as patient:
            patient.call("get_chat_channels")
        assert proxy.visits == []


def _proxy_of_environment() -> AbstractContextManager[object]:
    real = TransportOptions.of.__func__  # type: ignore[attr-defined] # of a class method

    def of(cls: type[TransportOptions], settings: Settings) -> TransportOptions:
        from afilnet_protocols.transport.options import read_proxy

        return msgspec.structs.replace(real(cls, settings), proxy=read_proxy(os.environ["HTTP_PROXY"]))

    return mock.patch.object(TransportOptions, "of", classmethod(of))


def _key_log() -> None:
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"SSLKEYLOGFILE": f"{folder}/keys"}):
        assert tls_module.context_for(TransportOptions()).keylog_filename is None


def _authorities_of_environment() -> None:
    with material() as (authority, _), mock.patch.dict(os.environ, {"SSL_CERT_FILE": str(authority.file)}):
        _refused_peer(authority.server, authority, ca_file=None)


# TLS


def _refused_peer(context: ssl.SSLContext, authority: Authority, **changes: Any) -> None:
    """Check that nothing is written to a peer."""
    with ScriptedServer((ask, say(OK)), tls=context) as server:
        changes = {"ca_file": str(authority.file), "timeout": 5.0, **changes}
        settings = settings_at("http-post", f"https://127.0.0.1:{server.port}", **changes)
        with Patient(settings) as patient, contextlib.suppress(AfilnetError):
            patient.call("send_message")
        assert server.received == b""


def _bad_peer(make: Callable[[Authority, Path], ssl.SSLContext], **changes: Any) -> Callable[[], None]:
    def check() -> None:
        with material() as (authority, folder):
            _refused_peer(make(authority, folder), authority, **changes)

    return check


def _tls_1_1(authority: Authority, _: Path) -> ssl.SSLContext:
    import warnings

    context = server_context(authority.ca.issue_cert("127.0.0.1"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def _tls_1_2(authority: Authority, _: Path) -> ssl.SSLContext:
    context = server_context(authority.ca.issue_cert("127.0.0.1"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


@contextlib.contextmanager
def _careless(change: Callable[[ssl.SSLContext], object]) -> Iterator[None]:
    """Change every TLS context, and take away the gate, which is a guard of its own."""
    real = tls_module.context_for

    def make(options: TransportOptions) -> ssl.SSLContext:
        context = real(options)
        change(context)
        return context

    with mock.patch.object(tls_module, "context_for", make), mock.patch.object(gate.PolicyGate, "after_handshake"):
        yield


def _no_chain(context: ssl.SSLContext) -> None:
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


def _no_name(context: ssl.SSLContext) -> None:
    context.check_hostname = False


def _common_name(context: ssl.SSLContext) -> None:
    context.hostname_checks_common_name = True
    context.check_hostname = False


def _old_versions(context: ssl.SSLContext) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")


# Addresses and texts


def _refuses(use: Callable[[], object], *kinds: type[Exception]) -> Callable[[], None]:
    """Check that something is refused by an error of ours."""

    expected = kinds or (AfilnetError,)

    def check() -> None:
        try:
            use()
        except expected:
            return
        raise AssertionError("it was accepted")

    return check


def _lines_in_address() -> None:
    assert isinstance(address.read("http://127.0.0.1/a HTTP/1.1\r\nX: y"), ConfigurationError)


def _long_address() -> None:
    assert endpoints.faults("base_url", "https://" + "a@" * 500_000 + "example.com")
    assert len(endpoints.faults("base_url", "https://" + "a" * 1_000_000)) == 1
    # Beyond the longest one it does not matter how long it is.
    short, long = (min(_spent("https://" + "a@" * count) for _ in range(5)) for count in (10_000, 500_000))
    assert long < 10 * short


def _spent(url: str) -> float:
    """Return the work that refusing an address takes, in seconds of the processor."""
    import time

    begun = time.thread_time()
    for _ in range(50):
        endpoints.faults("base_url", url)
    return time.thread_time() - begun


def _log_lines() -> None:
    assert len(redaction.shown("one\r\ntwo\x1b[31m\u202e").splitlines()) == 1
    assert "\x1b" not in redaction.shown("\x1b[31m")


# Answers


def _token(body: dict[str, object], status: int = 200) -> Callable[[], object]:
    good = {"access_token": "x" * 20, "token_type": "Bearer", "expires_in": 3600}
    document = {name: value for name, value in (good | body).items() if value is not ...}
    reply = Reply(status, {}, json.dumps(document).encode())
    terms = Terms(scope="chat", longest=3600, strict=True)
    return lambda: read_token(reply, asked_at=0.0, asked=Asked(), terms=terms)


def _strict(document: bytes) -> Callable[[], object]:
    return lambda: strict_json.loads(document)


def _plain_decoder() -> AbstractContextManager[object]:
    return mock.patch.object(strict_json, "_decoder", return_value=json.JSONDecoder())


def _soap(inside: bytes) -> Callable[[], object]:
    def read() -> object:
        codec = SoapCodec(WSDL.read_bytes(), endpoint=None, user="u", password=Secret("p" * 9))
        return codec.decode(catalogue.SEND_MESSAGE, Reply(200, {}, inside))

    return read


def _xml(inside: str = "", before: str = "", envelope: str = "") -> Callable[[], object]:
    document = hostile_xml.answer(inside=inside, before=before, envelope=envelope).encode()
    return lambda: strict_xml.parse(document, strict_xml.ANSWER, root="Envelope")


def _limits(**changes: int) -> Callable[[], AbstractContextManager[object]]:
    return lambda: mock.patch.object(strict_xml, "ANSWER", msgspec.structs.replace(strict_xml.ANSWER, **changes))


@contextlib.contextmanager
def _without_scan() -> Iterator[None]:
    with mock.patch.object(strict_xml, "scan"):
        yield


_TWO_BODIES = hostile_xml.answer().replace(
    "</e:Body>",
    '<c:sendmessageResponse xmlns:c="urn:afilnet:chat"><status>ERROR</status></c:sendmessageResponse></e:Body>',
)


def _first_only() -> AbstractContextManager[object]:
    real = soap_answer._content
    return mock.patch.object(soap_answer, "_content", lambda tree, namespace: real(tree, namespace)[:1])


def _include_elsewhere() -> object:
    include = '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/>'
    text = WSDL.read_text().replace("<types>", f"{include}<types>", 1)
    assert include in text
    return wsdl.read(text.encode())


def _packed(size: int, *names: bytes) -> Callable[[], object]:
    """Return a call that is answered with a body that is compressed once for each name."""

    def call() -> object:
        body = _gzip(size)
        for _ in names[1:]:
            body = gzip.compress(body)
        reply = answer(body, headers=[b"Content-Encoding: " + b", ".join(names)])
        with ScriptedServer((ask, say(reply))) as server, _transport() as transport:
            request = Request("GET", server.url())
            return transport.exchange(request, deadline=Deadline(5), reuse=True)

    return call


@contextlib.contextmanager
def _transport() -> Iterator[Transport]:
    transport = Transport(TransportOptions())
    yield transport
    transport.close()


@functools.cache
def _gzip(size: int) -> bytes:
    """Return so many zeros, compressed: a bomb takes a while to pack."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(bytes(size)) + packer.flush()


@contextlib.contextmanager
def _unlimited() -> Iterator[None]:
    def keep(self: Any, piece: bytes) -> None:
        self._unpacked.write(piece)

    def hand_on(self: Any, layer: object, pieces: Iterator[bytes], number: int) -> None:
        for piece in pieces:
            self._take(piece, number)

    with mock.patch.object(coding.Body, "_keep", keep), mock.patch.object(coding.Body, "_hand_on", hand_on):
        yield


# Secrets


def _in_request_line() -> None:
    settings = Settings(user="u", password=PASSWORD)
    for line in (b"GET /?password=x HTTP/1.1", b"GET /?x=pa55-w%C3%B6rd%2F%26%2Bnever+shown HTTP/1.1"):
        try:
            gate.PolicyGate(settings).before_send(line)
        except SecurityPolicyError:
            continue
        raise AssertionError("it was let through")


@contextlib.contextmanager
def _blind_gate() -> Iterator[None]:
    with (
        mock.patch.object(gate.PolicyGate, "_names_secret", return_value=False),
        mock.patch.object(gate.PolicyGate, "_spells_secret", return_value=False),
    ):
        yield


def _pickled() -> None:
    try:
        data = pickle.dumps(Secret("a secret that is long"))
    except TypeError:
        return
    raise AssertionError(f"it was pickled to {len(data)} bytes")


def _logged() -> None:
    secret, logger, seen = Secret("a secret of ours"), logging.getLogger("urllib3.connectionpool"), []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    handler, level = Keep(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        with log_cover.log_cover.held():
            logger.debug("GET /?password=%s", secret.reveal())
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert seen
    assert "a secret of ours" not in seen[0]


def _readable_file() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "secret"
        path.write_text("a secret in a file")
        path.chmod(0o644)
        _refuses(lambda: private_file.read_private(path, named_by="x"))()


def _token_in_header_only() -> None:
    with ScriptedServer((ask, say(answer(TOKEN_ANSWER))), (ask, say(OK))) as server:
        with Patient(settings_at("json", f"http://127.0.0.1:{server.port}")) as patient:
            patient.call("send_message")
        call = server.processed[-1]
    head, _, body = call.partition(b"\r\n\r\n")
    assert TOKEN.encode() not in head.partition(b"\r\n")[0] + body
    assert PASSWORD.encode() not in call


def _token_in_address() -> AbstractContextManager[object]:
    from afilnet_protocols.backends import json as backend

    return mock.patch.object(
        backend, "_bearing", lambda request, token: msgspec.structs.replace(request, url=f"{request.url}?t={token}")
    )


# Versions


def _at_least(package: str, floor: str) -> Callable[[], None]:
    def check() -> None:
        assert Version(importlib.metadata.version(package)) >= Version(floor)
        project = Path(__file__).parents[2] / "pyproject.toml"
        declared = re.search(rf'"{package}>=([0-9.]+)', project.read_text("utf-8"))
        assert declared is not None
        assert Version(declared[1]) >= Version(floor)

    return check


def _older() -> AbstractContextManager[object]:
    return mock.patch.object(importlib.metadata, "version", return_value="0.1")


def _set(where: object, name: str, value: object) -> Callable[[], AbstractContextManager[object]]:
    return lambda: mock.patch.object(where, name, value)


_HALF = b'{"status":"SUCCESS","result":{"list":[{"platformid":"1","platform":"whatsapp","name":"\\ud800"}]}}'
_EVERYTHING = re.compile(r"(?s)(http)://([^/]*?)(?::([0-9]+))?(/.*?)?(?:\?(.*))?")
_NEVER = re.compile(r"(?!)")
_PUBLIC = file_url.ipaddress.IPv4Address("8.8.8.8")
_EVIL = '<!DOCTYPE e:Envelope [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
_MANY = " ".join(f'a{number}="x"' for number in range(100))
_DEEP = "<x>" * 100 + "</x>" * 100


def regressions() -> tuple[Regression, ...]:
    """Return all of them."""
    return (
        Regression(
            "CVE-2018-18074",
            "requests kept Authorization over a redirect",
            _redirected("basic", b"302 Found", b"uthorization"),
            _follow,
        ),
        Regression(
            "CVE-2014-1829",
            "requests sent Authorization to the redirected host",
            _redirected("json", b"301 Moved", TOKEN.encode()),
            _follow,
        ),
        Regression(
            "CVE-2023-45803",
            "urllib3 kept the body over a 303",
            _redirected("http-post", b"303 See Other", b"password"),
            _follow,
        ),
        Regression(
            "CVE-2025-50181",
            "urllib3 redirected though it was told not to",
            _redirected("http-get", b"307 Moved", b"GET"),
            _follow,
        ),
        Regression(
            "CVE-2023-32681",
            "requests sent proxy credentials over a redirect; ours follows none",
            _session_redirect,
            _set(Answer, "is_redirect", requests.Response.is_redirect),
        ),
        Regression(
            "redirected description", "zeep follows a redirect to another description", _description_redirect, _follow
        ),
        Regression(
            "CVE-2023-43804", "urllib3 kept Cookie over a redirect; ours keeps none at all", _cookies, _with_cookies
        ),
        Regression(
            "CVE-2024-47081",
            "requests took credentials from .netrc, in place of the given ones",
            _netrc,
            _trusting_isolate,
        ),
        Regression(
            "proxy variables",
            "requests shows whole addresses to the proxy that a variable names",
            _proxy_variables,
            _proxy_of_environment,
        ),
        Regression(
            "SSLKEYLOGFILE",
            "urllib3 and ssl write session keys to a file",
            _key_log,
            lambda: mock.patch.object(tls_module, "context_for", side_effect=lambda _: ssl.create_default_context()),
        ),
        Regression(
            "SSL_CERT_FILE",
            "ssl takes authorities from the environment",
            _authorities_of_environment,
            lambda: mock.patch.object(tls_module, "trust_system", lambda context: context.set_default_verify_paths()),
        ),
        Regression(
            "CVE-2024-35195",
            "verification that was switched off once stayed off",
            _bad_peer(lambda authority, folder: odd_context(folder, None)),
            lambda: _careless(_no_chain),
        ),
        Regression(
            "CVE-2021-28363",
            "urllib3 did not check the name of a host",
            _bad_peer(lambda authority, folder: odd_context(folder, authority.ca, hosts=["other.example"])),
            lambda: _careless(_no_name),
        ),
        Regression(
            "a common name",
            "old clients take a common name for a host name",
            _bad_peer(lambda authority, _: server_context(authority.ca.issue_cert(common_name="127.0.0.1"))),
            lambda: _careless(_common_name),
        ),
        Regression(
            "TLS 1.1", "old versions are broken (RFC 8996)", _bad_peer(_tls_1_1), lambda: _careless(_old_versions)
        ),
        Regression(
            "TLS 1.3 required",
            "a downgrade to TLS 1.2",
            _bad_peer(_tls_1_2, require=["tls13"]),
            _set(gate, "needs_tls13", lambda _: False),
        ),
        Regression(
            "pinned key",
            "a certificate of a trusted authority that is not the service's",
            _bad_peer(lambda authority, _: authority.server, pin_sha256="0" * 64),
            _set(dial.Dialer, "_compare", lambda *_: None),
        ),
        Regression(
            "CVE-2019-11236",
            "urllib3 let line ends in an address become headers",
            _lines_in_address,
            _set(address, "URL", _EVERYTHING),
        ),
        Regression(
            "CVE-2021-33503",
            "urllib3 spent minutes on a long address",
            _long_address,
            _set(endpoints, "LONGEST_ADDRESS", 10**9),
        ),
        Regression(
            "OAUTHLIB_INSECURE_TRANSPORT",
            "a variable lets oauthlib use plain http",
            _refuses(lambda: Settings(user="u", password="p" * 9, token_url="http://tokens.example/t")),
            _set(endpoints, "is_loopback", lambda _: True),
        ),
        Regression(
            "CVE-2022-0391",
            "urllib.parse drops line ends from addresses",
            _refuses(lambda: check_file_url("https://example.com/\n#x"), InvalidFileUrlError),
            _set(file_url, "_UNSAFE", _NEVER),
        ),
        Regression(
            "CVE-2023-24329",
            "urllib.parse strips leading blanks, so that filters do not fit",
            _refuses(lambda: check_file_url("https://example.com/a b"), InvalidFileUrlError),
            _set(file_url, "_UNSAFE", _NEVER),
        ),
        Regression(
            "numbers as hosts",
            "an address such as https://2130706433/ is this machine",
            _refuses(lambda: check_file_url("https://2130706433/"), InvalidFileUrlError),
            _set(file_url, "_ipv4", lambda _: _PUBLIC),
        ),
        Regression(
            "forged log lines",
            "text of the service that begins a line of its own",
            _log_lines,
            _set(redaction, "_visible", lambda character: character),
        ),
        Regression(
            "CVE-2020-10735",
            "Python spent seconds on a number of many digits",
            _refuses(_strict(b'{"a":' + b"9" * 4000 + b"}"), ValueError),
            _plain_decoder,
        ),
        Regression(
            "a name twice",
            "the json module takes the last of two statuses",
            _refuses(_strict(b'{"status":"ERROR","status":"SUCCESS"}'), ValueError),
            _plain_decoder,
        ),
        Regression(
            "NaN",
            "the json module reads what is not JSON",
            _refuses(_strict(b'{"expires_in":NaN}'), ValueError),
            _plain_decoder,
        ),
        Regression(
            "a lone surrogate",
            "the json module reads text that nothing can write",
            _refuses(lambda: read_document(catalogue.GET_CHAT_CHANNELS, Reply(200, {}, _HALF))),
            _set(record, "has_half", lambda _: False),
        ),
        Regression(
            "deep nesting",
            "the json module fails with RecursionError, or worse",
            _refuses(_strict(b'{"a":' * 80 + b"1" + b"}" * 80), ValueError),
            _set(strict_json, "MAX_DEPTH", 10**9),
        ),
        Regression(
            "CVE-2003-1564",
            "entities that expand without end",
            _refuses(_xml(before='<!DOCTYPE e:Envelope [<!ENTITY a "b">]>'), ValueError),
            _without_scan,
        ),
        Regression("CVE-2013-1664", "external entities", _refuses(_xml(before=_EVIL), ValueError), _without_scan),
        Regression(
            "processing instructions",
            "zeep lets them through",
            _refuses(_xml(inside="<?php exit; ?>"), ValueError),
            _without_scan,
        ),
        Regression(
            "many attributes",
            "zeep takes minutes for 100,000 attributes",
            _refuses(_xml(envelope=f" {_MANY}"), ValueError),
            _limits(attributes=10**6),
        ),
        Regression(
            "deep XML", "elements nested without end", _refuses(_xml(inside=_DEEP), ValueError), _limits(depth=10**6)
        ),
        Regression(
            "two answers", "zeep takes the first of two bodies", _refuses(_soap(_TWO_BODIES.encode())), _first_only
        ),
        Regression(
            "forbid_external",
            "zeep before 4.3.3 ignored it: a description takes in a file",
            _refuses(_include_elsewhere),
            _set(wsdl, "_refuse", lambda references: None),
        ),
        Regression(
            "CVE-2025-66471",
            "urllib3 unpacked a bomb in full",
            _refuses(_packed(100_000_000, b"gzip")),
            _unlimited,
        ),
        Regression(
            "CVE-2025-66418",
            "urllib3 unpacked a chain of any length",
            _refuses(_packed(2, b"gzip", b"gzip", b"gzip")),
            _set(coding, "_MOST_LAYERS", 9),
        ),
        Regression(
            "no expires_in",
            "oauthlib takes a token without an end for one that never ends",
            _refuses(_token({"expires_in": ...}), SecurityPolicyError),
            _set(token_module, "_lifetime", lambda *_: (1, "")),
        ),
        Regression(
            "a wider scope",
            "oauthlib raises a bare Warning",
            _refuses(_token({"scope": "chat admin"}), SecurityPolicyError),
            _set(token_module, "_scope", lambda *_: (frozenset(), "")),
        ),
        Regression(
            "a blank in a token",
            "oauthlib believes a token that would break the header",
            _refuses(_token({"access_token": "a\r\nX: y"}), ConfigurationError),
            _set(token_module, "sound_token", lambda _: True),
        ),
        Regression(
            "a long life",
            "a token that outlives the policy",
            _refuses(_token({"expires_in": 10**6}), SecurityPolicyError),
            _set(token_module, "_lifetime", lambda *_: (1, "")),
        ),
        Regression("RFC 6750 §2.3", "a token in an address", _token_in_header_only, _token_in_address),
        Regression(
            "password grant",
            "RFC 9700 §2.4: it must not be used",
            _refuses(
                lambda: policy.check_settings(
                    settings_at(
                        "json", "https://a.example", grant="password", allow_legacy_grant=True, minimum_security="high"
                    )
                )
            ),
            _set(policy, "check_assessment", lambda *_: None),
        ),
        Regression("a secret in a request line", "logs of servers and proxies keep it", _in_request_line, _blind_gate),
        Regression(
            "a pickled secret",
            "caches and queues keep it",
            _pickled,
            _set(Secret, "__reduce__", lambda _: (str, ("x",))),
        ),
        Regression(
            "DEBUG logs",
            "urllib3, zeep and requests-oauthlib log what they send",
            _logged,
            _set(log_filter.RedactingFilter, "filter", lambda *_: True),
        ),
        Regression(
            "a readable file",
            "others on the machine read the secret",
            _readable_file,
            _set(private_file, "refuse_if_exposed", lambda *_, **__: None),
        ),
        Regression(
            "CVE-2026-25645", "requests before 2.33 unpacked files carelessly", _at_least("requests", "2.33.0"), _older
        ),
        Regression("CVE-2026-44432", "urllib3 before 2.7 unpacked too much", _at_least("urllib3", "2.7.0"), _older),
        Regression("CVE-2026-41066", "lxml before 6.1 read local files", _at_least("lxml", "6.1.0"), _older),
        Regression(
            "CVE-2022-36087",
            "oauthlib before 3.2.1 spent minutes on an address",
            _at_least("oauthlib", "3.2.1"),
            _older,
        ),
        Regression("zeep 4.3.3", "zeep before it fetched what it was forbidden to", _at_least("zeep", "4.3.3"), _older),
    )
