"""Builds of this library that do as their environment says: what S5 has to find, each by itself."""

from __future__ import annotations

import base64
import logging
import netrc
import os
import ssl
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from afilnet_protocols.backends.basic import BasicBackend
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth import shared_file
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings, near_miss, profiles, sources
from afilnet_protocols.transport import Transport, TransportOptions
from afilnet_protocols.transport.options import read_proxy
from afilnet_protocols.transport.tls import context as tls
from afilnet_protocols.waiting import Steps
from afilnet_protocols.wire import Reply, Request


def _proxies() -> None:
    """Go through the proxy that a variable names, as requests and urllib do."""
    asked = TransportOptions.of

    def of(settings: Settings) -> TransportOptions:
        found = urllib.request.getproxies()
        address = found.get("https") or found.get("http") or found.get("all")
        return asked(settings) if not address else msgspec.structs.replace(asked(settings), proxy=read_proxy(address))

    TransportOptions.of = of  # type: ignore[method-assign, assignment] # the sabotage


def _bundles() -> None:
    """Take the authorities that a variable names instead of those of the settings, as requests may."""
    made = tls.context_for

    def context_for(options: TransportOptions) -> ssl.SSLContext:
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        return made(msgspec.structs.replace(options, ca_file=bundle) if bundle else options)

    _make_contexts_by(context_for)


def _authorities() -> None:
    """Trust whom OpenSSL trusts by itself: the file or the folder that a variable names."""
    tls.trust_system = ssl.SSLContext.set_default_verify_paths


def _key_log() -> None:
    """Write the keys of every session to the file that a variable names, as ``create_default_context`` does."""
    made = tls.context_for

    def context_for(options: TransportOptions) -> ssl.SSLContext:
        context = made(options)
        if "SSLKEYLOGFILE" in os.environ:
            context.keylog_filename = os.environ["SSLKEYLOGFILE"]
        return context

    _make_contexts_by(context_for)


def _make_contexts_by(context_for: Callable[[TransportOptions], ssl.SSLContext]) -> None:
    tls.context_for = context_for  # type: ignore[attr-defined] # the sabotage


def _netrc() -> None:
    """Take user and password from ``.netrc`` if the host stands there, as requests does."""
    sent = BasicBackend._exchange

    def exchange(self: BasicBackend, request: Request, deadline: Deadline, *, reuse: bool) -> Steps[Reply]:
        named = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")  # noqa: PTH111 - as requests does it
        found = netrc.netrc(named).authenticators("127.0.0.1") if os.path.exists(named) else None  # noqa: PTH110 - same
        if found is not None:
            pair = f"{found[0]}:{found[2]}".encode()
            self._credentials = Secret(f"Basic {base64.b64encode(pair).decode()}")
        return sent(self, request, deadline, reuse=reuse)

    BasicBackend._exchange = exchange  # type: ignore[method-assign] # the sabotage


def _verbose() -> None:
    """Write to the log what is sent, where somebody listens at DEBUG level."""
    sent = Transport.exchanging

    def exchange(self: Transport, request: Request, **limits: Any) -> Steps[Reply]:
        logging.getLogger("wire").debug("%s %s %r %r", request.method, request.url, request.headers, request.body)
        return sent(self, request, **limits)

    Transport.exchanging = exchange  # type: ignore[method-assign] # the sabotage


def _open_cache() -> None:
    """Leave the rights of the token's file to the umask."""
    real = os.open

    class Lax:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def open(self, path: str, flags: int, mode: int = 0o777) -> int:
            del mode
            return real(path, flags, 0o666)

    shared_file.os = Lax()  # type: ignore[attr-defined] # the sabotage


def _current_folder() -> None:
    """Read the settings file that lies where one stands, as many programs do."""
    searched = sources.search

    def search(*given: Any, cwd: Path, **more: Any) -> profiles.Search:
        return searched(*given, **{**more, "cwd": cwd, "user_folder": cwd})

    sources.search = search  # type: ignore[attr-defined] # the sabotage


def _relative_home() -> None:
    """Take the user's folder from a variable as it stands, be it relative."""
    profiles.config_folder = lambda name: Path(os.environ.get("XDG_CONFIG_HOME", "")) / "afilnet"


def _every_variable() -> None:
    """Have every variable that begins with our prefix be one of ours."""
    near_miss.near_miss = lambda name, known, guards: "USER"


OBEDIENCE: dict[str, Callable[[], None]] = {
    "proxies": _proxies,
    "bundles": _bundles,
    "authorities": _authorities,
    "key log": _key_log,
    ".netrc": _netrc,
    "debug level": _verbose,
    "umask": _open_cache,
    "current folder": _current_folder,
    "relative folder of the user": _relative_home,
    "every variable": _every_variable,
}
"""What each build obeys, and what builds it."""
