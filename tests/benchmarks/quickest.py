"""The quickest peers: C and Rust below Python, and a socket with a parser in C. What is missing is left out.

A client is asked for what ours is asked for: fields in, records' JSON out. So each writes its form in each call.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import socket
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.benchmarks.interleaved import Call
from tests.benchmarks.raw import context

Make = Callable[[str, bytes, dict[str, str], str], Call]

PARSED, PREPARED = "socket + httptools + json", "pycurl, one body for all"
PYCURL, HTTPR = "pycurl", "httpr"
LIMITS = (PARSED, PREPARED)
"""What writes no form: the body of the request is there before the first call."""


class _Answer:
    """What httptools tells of an answer."""

    def __init__(self) -> None:
        self.body = b""
        self.complete = False

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


def by_httptools(url: str, body: bytes, headers: dict[str, str], ca_file: str) -> Call:
    """Return a call that writes a request to a kept socket, has httptools parse the answer, and reads its JSON."""
    httptools = importlib.import_module("httptools")
    parts = urlsplit(url)
    connection: socket.socket = socket.create_connection((parts.hostname or "", parts.port or 0))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if parts.scheme == "https":
        connection = context(ca_file).wrap_socket(connection, server_hostname=parts.hostname)

    def call() -> object:
        lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        answer = _Answer()
        parser = httptools.HttpResponseParser(answer)
        while not answer.complete:
            parser.feed_data(connection.recv(65536))
        return json.loads(answer.body)

    return call


def by_pycurl(url: str, body: bytes, headers: dict[str, str], ca_file: str) -> Call:
    """Return a call over one handle of libcurl that is kept: the form is written, and the JSON of the answer read."""
    pairs = dict(parse_qsl(body.decode()))
    return _by_pycurl(url, lambda: urlencode(pairs), headers, ca_file)


def by_prepared_pycurl(url: str, body: bytes, headers: dict[str, str], ca_file: str) -> Call:
    """Return the same with the form as it is, given to libcurl before the first call."""
    return _by_pycurl(url, body, headers, ca_file)


def _by_pycurl(url: str, body: bytes | Callable[[], str], headers: dict[str, str], ca_file: str) -> Call:
    pycurl = importlib.import_module("pycurl")
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.CAINFO, ca_file)
    handle.setopt(pycurl.PROXY, "")
    handle.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers.items()])

    def call() -> object:
        content = io.BytesIO()
        handle.setopt(pycurl.WRITEDATA, content)
        handle.perform()
        return json.loads(content.getvalue())

    def written() -> object:
        handle.setopt(pycurl.POSTFIELDS, body())
        return call()

    if callable(body):
        return written
    handle.setopt(pycurl.POSTFIELDS, body)
    return call


def by_httpr(url: str, body: bytes, headers: dict[str, str], ca_file: str) -> Call:
    """Return a call by a client written in Rust: it writes the form, and reads the JSON of the answer."""
    client = importlib.import_module("httpr").Client(ca_cert_file=ca_file, http1_only=True)
    pairs = dict(parse_qsl(body.decode()))
    return lambda: client.post(url, data=pairs).json()


MAKERS: dict[str, tuple[str, Make]] = {
    PARSED: ("httptools", by_httptools),
    PREPARED: ("pycurl", by_prepared_pycurl),
    PYCURL: ("pycurl", by_pycurl),
    HTTPR: ("httpr", by_httpr),
}


def missing() -> list[str]:
    """Return why peers are left out: the packages that are not installed."""
    return [
        f"{package} is not installed"
        for package in dict.fromkeys(package for package, _ in MAKERS.values())
        if importlib.util.find_spec(package) is None
    ]


def installed(url: str, body: bytes, headers: dict[str, str], ca_file: str) -> dict[str, Call]:
    """Return the calls of the peers that are there."""
    return {
        name: make(url, body, headers, ca_file)
        for name, (package, make) in MAKERS.items()
        if importlib.util.find_spec(package) is not None
    }
