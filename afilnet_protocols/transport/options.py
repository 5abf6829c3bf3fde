"""`TransportOptions`: what the transport needs to know of the settings, checked and frozen."""

from __future__ import annotations

import os
from binascii import b2a_base64

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.patterns import late
from afilnet_protocols.security.safe_repr import PartlyShown
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.settings.private_file import kept_path
from afilnet_protocols.transport.address import Origin, parse_origin
from afilnet_protocols.transport.limits import Limits

_PIN = late(r"[0-9a-f]{64}")


class Proxy(PartlyShown, frozen=True):
    """An HTTP proxy that the settings name.

    Attributes:
        origin: where it listens.
        authorization: the value of ``Proxy-Authorization``, if it wants one.
    """

    _shown = ("origin",)

    origin: Origin
    authorization: Secret | None = None


class TransportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a client's connections are made.

    Attributes:
        ca_file: a PEM file of the certificate authorities to trust instead of the system's.
        pin_sha256: the SHA-256 of the server's SubjectPublicKeyInfo, 64 lower-case hexadecimal digits.
        client_cert: a PEM file with the client's certificate and its unencrypted key.
        proxy: the HTTP proxy that every connection goes through.
        resume: whether a TLS handshake may go on with an earlier one of the same client.
        connect_timeout: how long making a connection may take, in seconds: name, TCP, proxy and TLS together.
        limits: how much of an answer is read.
        keep_seconds: how long an idle connection may be reused. Below five, because that is when Apache closes them.
        keep_most: how many idle connections are kept for each origin, if so many calls were under way at once.
    """

    ca_file: str | None = None
    pin_sha256: str | None = None
    client_cert: str | None = None
    proxy: Proxy | None = None
    resume: bool = False
    connect_timeout: float = 10.0
    limits: Limits = msgspec.field(default_factory=Limits)
    keep_seconds: float = 4.0
    keep_most: int = 256

    def __post_init__(self) -> None:
        for name in ("ca_file", "client_cert"):
            path = getattr(self, name)
            if path is not None and not os.path.isfile(path):
                raise ConfigurationError(f"the setting {name} names no file that can be read")
        if self.pin_sha256 is not None and not _PIN.fullmatch(self.pin_sha256):
            raise ConfigurationError("the setting pin_sha256 must be 64 hexadecimal digits, without colons")

    @classmethod
    def of(cls, settings: Settings) -> TransportOptions:
        """Take what concerns the transport from a client's settings.

        Raises:
            ConfigurationError: one of them cannot work.
        """
        proxy = None if settings.proxy is None else read_proxy(settings.proxy)
        if isinstance(proxy, ConfigurationError):
            try:
                raise proxy
            finally:
                del proxy  # or its own frame keeps it
        if proxy is not None and settings.proxy_user is not None:
            proxy = Proxy(proxy.origin, _basic(settings.proxy_user, settings.proxy_password))
        return cls(
            ca_file=None if settings.ca_file is None else kept_path(settings.ca_file),
            pin_sha256=None if settings.pin_sha256 is None else settings.pin_sha256.lower(),
            client_cert=None if settings.client_cert is None else kept_path(settings.client_cert),
            proxy=proxy,
            resume=settings.tls_resumption,
            connect_timeout=settings.connect_timeout,
        )


def read_proxy(url: str) -> Proxy | ConfigurationError:
    """Read the address of a proxy: ``http://host:port``, with ``user:password@`` if it wants them, percent-encoded.

    In the settings, the user and the password stand apart: an address is shown, a password never.

    Returns:
        The proxy, or the error to raise where ``url`` is out of sight.
    """
    credentials, at, rest = url.partition("://")[2].rpartition("@")
    origin = parse_origin(f"http://{rest}") if url.lower().startswith("http://") else None
    if origin is None:
        return ConfigurationError(
            "the setting proxy must be http://host:port, with proxy_user and proxy_password beside it where it wants "
            "them; TLS to the proxy itself is not supported"
        )
    return Proxy(origin, _authorization(credentials) if at else None)


def _authorization(credentials: str) -> Secret:
    from urllib.parse import unquote  # few addresses of proxies hold a password

    user, _, password = credentials.partition(":")
    return _basic(unquote(user), Secret(unquote(password)))


def _basic(user: str, password: Secret | str | None) -> Secret:
    text = password.reveal() if isinstance(password, Secret) else password or ""
    pair = f"{user}:{text}".encode("utf-8", "replace")
    return Secret(f"Basic {b2a_base64(pair, newline=False).decode('ascii')}")
