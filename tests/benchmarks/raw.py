"""The limits: what a call costs without a client: prepared bytes on a socket, `http.client`, urllib3, `HTTPAdapter`."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from tests.benchmarks.interleaved import Call


def context(ca_file: str) -> ssl.SSLContext:
    """Return a TLS context that trusts one authority."""
    return ssl.create_default_context(cafile=ca_file)


def raw_socket(url: str, body: bytes, headers: dict[str, str], ca_file: str) -> Call:
    """Return a call that writes prepared bytes and reads until the answer's length is reached."""
    parts = urlsplit(url)
    connection: socket.socket = socket.create_connection((parts.hostname or "", parts.port or 0))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if parts.scheme == "https":
        connection = context(ca_file).wrap_socket(connection, server_hostname=parts.hostname)
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    prepared = "\r\n".join([*lines, "", ""]).encode() + body

    def call() -> bytes:
        connection.sendall(prepared)
        answer = connection.recv(65536)
        head, _, content = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(content) < length:
            content += connection.recv(65536)
        return content

    return call


def by_http_client(url: str, body: bytes, headers: dict[str, str], ca_file: str) -> Call:
    """Return a call over one `http.client` connection that is kept."""
    connection = _http_client(url, context(ca_file))

    def call() -> bytes:
        connection.request("POST", urlsplit(url).path, body, headers)
        return connection.getresponse().read()

    return call


def by_new_http_client(url: str, body: bytes, headers: dict[str, str], ca_file: str) -> Call:
    """Return a call over a new `http.client` connection each, with one TLS context for all."""
    shared = context(ca_file)

    def call() -> bytes:
        connection = _http_client(url, shared)
        connection.request("POST", urlsplit(url).path, body, headers)
        answer = connection.getresponse().read()
        connection.close()
        return answer

    return call


def by_urllib3(url: str, body: bytes, headers: dict[str, str], ca_file: str) -> Call:
    """Return a call over a pool of urllib3."""
    pool = urllib3.PoolManager(ca_certs=ca_file)
    return lambda: pool.request("POST", url, body=body, headers=headers).data


def by_adapter(url: str, body: bytes, headers: dict[str, str], ca_file: str) -> Call:
    """Return a call by `HTTPAdapter.send` with one prepared request."""
    adapter = HTTPAdapter()
    prepared = requests.Request("POST", url, headers, data=body).prepare()
    return lambda: adapter.send(prepared, verify=ca_file).content


LIMITS: dict[str, Callable[[str, bytes, dict[str, str], str], Call]] = {
    "raw socket": raw_socket,
    "http.client": by_http_client,
    "urllib3 pool": by_urllib3,
    "HTTPAdapter.send": by_adapter,
}


def _http_client(url: str, shared: ssl.SSLContext) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=10, context=shared)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
