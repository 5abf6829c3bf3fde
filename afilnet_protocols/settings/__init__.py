"""`Settings`: everything that a client is told, frozen. Where the values come from is in :mod:`.sources`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from afilnet_protocols.security.secret import Secret
from afilnet_protocols.vocabulary import Protocol

DEFAULT_BASE_URL = "https://www.afilnet.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one client.

    Plain strings are accepted for every secret and enum. All of it is checked here, before anything is sent.

    Attributes:
        protocol: ``http-get``, ``http-post``, ``basic``, ``soap``, ``json``, or the name of an installed backend.
        base_url: the service's address for ``http-get``, ``http-post`` and ``basic``.
        user: the account's user or e-mail address.
        password: the account's password.
        http_verb: the verb that ``basic`` uses: ``POST`` or ``GET``.
        soap_wsdl: the interface description that ``soap`` binds to: a file, or an ``https`` address.
        soap_wsdl_sha256: the SHA-256 of that description, in hexadecimal; pins it.
        soap_endpoint: where SOAP requests go; without it, the address inside a WSDL file.
        json_url: where ``json`` requests go.
        token_url: the OAuth 2.0 token endpoint of ``json``.
        client_id: the OAuth 2.0 client identifier.
        client_secret: the OAuth 2.0 client secret.
        scope: the OAuth 2.0 scope to ask for, if any.
        grant: the OAuth 2.0 grant: ``client_credentials``, or ``password`` with ``allow_legacy_grant``.
        token_auth: how the client proves itself to the token endpoint: ``basic``, ``body`` or ``mtls``.
        token_cache: a file in which processes share their access token; none by default.
        allow_legacy_grant: permits the ``password`` grant, which caps the security level at ``medium``.
        issuer: the OAuth 2.0 authorization server; where ``token_url`` is not set, its metadata names it (RFC 8414).
        minimum_security: the lowest security level that a call may have.
        require: further guarantees by name, such as ``tls13`` or ``token_lifetime<=900``.
        ca_file: a PEM file of the certificate authorities to trust instead of the system's.
        pin_sha256: the SHA-256 of the server's public key (SPKI), in hexadecimal.
        client_cert: a PEM file with the client's certificate and key.
        proxy: the address of an HTTP proxy to use; no proxy is ever taken from the environment.
        timeout: how long a call may take in all, in seconds.
        connect_timeout: how long making a connection may take, in seconds, within ``timeout``.
        delivery: ``at_most_once``, ``reconcile`` or ``at_least_once``.
        service_timezone: the IANA name of the time zone that the service's times are in; makes timestamps aware.
    """

    protocol: Protocol | str = Protocol.HTTP_POST
    base_url: str = DEFAULT_BASE_URL
    user: str | None = None
    password: Secret | str | None = None
    http_verb: str = "POST"
    soap_wsdl: str | None = None
    soap_wsdl_sha256: str | None = None
    soap_endpoint: str | None = None
    json_url: str | None = None
    token_url: str | None = None
    client_id: str | None = None
    client_secret: Secret | str | None = None
    scope: str | None = None
    grant: str = "client_credentials"
    token_auth: str = "basic"  # noqa: S105 - the name of a method, not a password
    token_cache: str | None = None
    allow_legacy_grant: bool = False
    issuer: str | None = None
    minimum_security: str = "medium"
    require: Sequence[str] = ()
    ca_file: str | None = None
    pin_sha256: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    timeout: float = 30.0
    connect_timeout: float = 10.0
    delivery: str = "at_most_once"
    service_timezone: str | None = None

    def __post_init__(self) -> None:
        for name in ("password", "client_secret"):
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, Secret(value))


class SettingsOverrides(TypedDict, total=False):
    """The keyword arguments of :func:`~afilnet_protocols.connect`: every field of :class:`Settings`."""

    protocol: Protocol | str
    base_url: str
    user: str
    password: Secret | str
    http_verb: str
    soap_wsdl: str
    soap_wsdl_sha256: str
    soap_endpoint: str
    json_url: str
    token_url: str
    client_id: str
    client_secret: Secret | str
    scope: str
    grant: str
    token_auth: str
    token_cache: str
    allow_legacy_grant: bool
    issuer: str
    minimum_security: str
    require: Sequence[str]
    ca_file: str
    pin_sha256: str
    client_cert: str
    proxy: str
    timeout: float
    connect_timeout: float
    delivery: str
    service_timezone: str
