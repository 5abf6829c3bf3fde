"""`Settings`: everything that a client is told, frozen. Where the values come from is in :mod:`.sources`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Unpack, cast

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.levels import Level
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings.declared import Declared, declare
from afilnet_protocols.settings.fields import Kind, SettingField
from afilnet_protocols.settings.validation import check
from afilnet_protocols.settings.value_faults import Misfit
from afilnet_protocols.suggestion import quoted
from afilnet_protocols.vocabulary import AnyProtocol, Protocol

if TYPE_CHECKING:
    from afilnet_protocols.settings.overrides import SettingsOverrides

DEFAULT_BASE_URL = "https://www.afilnet.com"

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""The signatures of ``private_key_jwt`` (RFC 7518 §3.1, RFC 8037 §3.1)."""

_WITH_PASSWORD = (Protocol.HTTP_GET, Protocol.HTTP_POST, Protocol.BASIC, Protocol.SOAP)


class Settings(Declared):
    """The settings of one client.

    Plain strings are accepted for every secret and enum. All of it is checked here, before anything is sent. Each
    setting is declared here and nowhere else (see :mod:`.fields`).

    Attributes:
        protocol: ``http-get``, ``http-post``, ``basic``, ``soap``, ``json``, or the name of an installed backend.
        base_url: the service's address for ``http-get``, ``http-post`` and ``basic``.
        user: the account's user or e-mail address.
        password: the account's password.
        http_verb: the verb that ``basic`` uses: ``POST`` or ``GET``.
        unique_get: whether each request over GET carries a parameter ``_`` that never repeats, so that no cache answers
            it from an earlier one; that the service passes over it is assumed.
        soap_wsdl: the interface description that ``soap`` binds to: a file, or an ``https`` address.
        soap_wsdl_sha256: the SHA-256 of that description, in hexadecimal; pins it.
        soap_endpoint: where SOAP requests go; without it, the address inside a WSDL file.
        json_url: where ``json`` requests go.
        token_url: the OAuth 2.0 token endpoint of ``json``.
        client_id: the OAuth 2.0 client identifier.
        client_secret: the OAuth 2.0 client secret.
        scope: the OAuth 2.0 scope to ask for, if any.
        grant: the OAuth 2.0 grant: ``client_credentials``, ``refresh_token``, or ``password`` with
            ``allow_legacy_grant``.
        refresh_token: the OAuth 2.0 refresh token that the grant ``refresh_token`` begins with; one that the service
            gives in its place is kept beside ``token_cache``, and without that setting in memory only.
        token_auth: how the client proves itself to the token endpoint: ``basic``, ``basic-raw`` for a server that does
            not decode what ``basic`` encodes, ``body``, ``private_key_jwt`` or ``mtls``.
        client_key: for ``private_key_jwt``, the client's private key in PEM.
        client_key_id: the name under which the authorization server knows that key (``kid``), if it has one.
        client_key_algorithm: how that key signs, such as ``PS256``; without it, the usual way of such a key.
        assertion_audience: whom ``private_key_jwt`` addresses (``aud``); without it, the token endpoint.
        token_cache: a file in which processes share their access token; none by default.
        token_lifetime: for a token endpoint that does not say how long its tokens live, how long that is, in seconds.
        resource: the addresses of the services that the token is for, where the server wants to know (RFC 8707).
        audience: whom the token is for, where the server wants to know it by this name.
        token_parameters: further parameters of the token request, each as ``name=value``; never a secret.
        allow_legacy_grant: permits the ``password`` grant, which caps the security level at ``medium``.
        issuer: the OAuth 2.0 authorization server; where ``token_url`` is not set, its metadata names it (RFC 8414).
        minimum_security: the lowest security level that a call may have.
        require: further guarantees by name, such as ``tls13`` or ``token_lifetime<=900``.
        ca_file: a PEM file of the certificate authorities to trust instead of the system's.
        pin_sha256: the SHA-256 of the server's public key (SPKI), in hexadecimal.
        client_cert: a PEM file with the client's certificate and key.
        tls_resumption: whether a TLS handshake may go on with an earlier one of the same client, at most an hour old;
            meanwhile the server's certificate is not looked at again. Each send still has a connection of its own.
        proxy: the address of an HTTP proxy to use; no proxy is ever taken from the environment.
        proxy_user: the user that the proxy wants to know, if any.
        proxy_password: that user's password.
        timeout: how long a call may take in all, in seconds.
        connect_timeout: how long making a connection may take, in seconds, within ``timeout``.
        delivery: ``at_most_once``, ``reconcile`` or ``at_least_once``.
        settle: for ``reconcile``, how long the service may go on with a send whose answer was lost, in seconds.
        max_connections: how many calls of one client may be under way at once; the others wait, each no longer than its
            deadline. Without it as many as there are.
        odd_records: what becomes of a record that cannot be read: ``refuse`` the list that it stands in, naming it, or
            ``skip`` it, with a note on the list that is returned.
        service_timezone: the IANA name of the time zone that the service's times are in; makes timestamps aware.

    Raises:
        ConfigurationError: the settings cannot work; names every setting that has to change, and how.
    """

    protocol: AnyProtocol = declare(Kind.WORD, default=Protocol.HTTP_POST, values=tuple(Protocol), open_ended=True)
    base_url: str = declare(Kind.URL, default=DEFAULT_BASE_URL)
    user: str | None = declare(Kind.TEXT, default=None, needed_by=_WITH_PASSWORD)
    password: Secret | str | None = declare(Kind.SECRET, default=None, needed_by=_WITH_PASSWORD)
    http_verb: str = declare(Kind.WORD, default="POST", values=("POST", "GET"))
    unique_get: bool = declare(Kind.FLAG, default=True)
    soap_wsdl: str | None = declare(Kind.FILE_OR_URL, default=None, needed_by=(Protocol.SOAP,))
    soap_wsdl_sha256: str | None = declare(Kind.DIGEST, default=None)
    soap_endpoint: str | None = declare(Kind.URL, default=None)
    json_url: str | None = declare(Kind.URL, default=None, needed_by=(Protocol.JSON,))
    token_url: str | None = declare(Kind.URL, default=None, needed_by=(Protocol.JSON,))
    client_id: str | None = declare(Kind.TEXT, default=None, needed_by=(Protocol.JSON,))
    client_secret: Secret | str | None = declare(Kind.SECRET, default=None, needed_by=(Protocol.JSON,))
    scope: str | None = declare(Kind.TEXT, default=None)
    grant: str = declare(
        Kind.WORD, default="client_credentials", values=("client_credentials", "refresh_token", "password")
    )
    refresh_token: Secret | str | None = declare(Kind.SECRET, default=None)
    token_auth: str = declare(
        Kind.WORD, default="basic", values=("basic", "basic-raw", "body", "private_key_jwt", "mtls")
    )
    client_key: Secret | str | None = declare(Kind.SECRET, default=None)
    client_key_id: str | None = declare(Kind.TEXT, default=None)
    client_key_algorithm: str | None = declare(Kind.WORD, default=None, values=ALGORITHMS)
    assertion_audience: str | None = declare(Kind.TEXT, default=None)
    token_cache: str | None = declare(Kind.NEW_FILE, default=None)
    token_lifetime: float | None = declare(Kind.SECONDS, default=None)
    resource: tuple[str, ...] = declare(Kind.NAMES, default=())
    audience: str | None = declare(Kind.TEXT, default=None)
    token_parameters: tuple[str, ...] = declare(Kind.NAMES, default=())
    allow_legacy_grant: bool = declare(Kind.FLAG, default=False)
    issuer: str | None = declare(Kind.URL, default=None)
    minimum_security: str = declare(Kind.WORD, default="medium", values=tuple(level.word for level in Level))
    require: tuple[str, ...] = declare(Kind.NAMES, default=())
    ca_file: str | None = declare(Kind.FILE, default=None)
    pin_sha256: str | None = declare(Kind.DIGEST, default=None)
    client_cert: str | None = declare(Kind.FILE, default=None)
    tls_resumption: bool = declare(Kind.FLAG, default=False)
    proxy: str | None = declare(Kind.URL, default=None)
    proxy_user: str | None = declare(Kind.TEXT, default=None)
    proxy_password: Secret | str | None = declare(Kind.SECRET, default=None)
    timeout: float = declare(Kind.SECONDS, default=30.0)
    connect_timeout: float = declare(Kind.SECONDS, default=10.0)
    delivery: str = declare(Kind.WORD, default="at_most_once", values=("at_most_once", "reconcile", "at_least_once"))
    settle: float = declare(Kind.SECONDS, default=5.0)
    max_connections: int | None = declare(Kind.COUNT, default=None)
    odd_records: str = declare(Kind.WORD, default="refuse", values=("refuse", "skip"))
    service_timezone: str | None = declare(Kind.TEXT, default=None)

    def __init__(self, **given: Unpack[SettingsOverrides]) -> None:
        values = wrap_secrets(given)
        # First of all: a traceback with local variables asks for the repr, however early it is.
        for setting in FIELDS:
            object.__setattr__(self, setting.name, values.get(setting.name, setting.default))
        refuse_unknown(values, "Settings")
        check(FIELDS, {setting.name: getattr(self, setting.name) for setting in FIELDS})
        for name, value in self._normal():
            object.__setattr__(self, name, value)

    def __setstate__(self, state: SettingsOverrides) -> None:
        """Check what a copy or a pickle holds, which may be of an earlier version."""
        type(self).__init__(self, **state)

    @property
    def over_get(self) -> bool:
        """Whether calls travel in the address of a GET, which caches answer and servers on the way repeat."""
        return self.protocol == Protocol.HTTP_GET or (self.protocol == Protocol.BASIC and self.http_verb == "GET")

    def but(self, **changes: Unpack[SettingsOverrides]) -> Settings:
        """Return the same settings with some of them changed, checked again.

        Args:
            changes: the settings that are to be other than in these.

        Raises:
            ConfigurationError: a name is no setting, or the changed settings cannot work.
        """
        values = wrap_secrets(changes)
        kept = {setting.name: getattr(self, setting.name) for setting in FIELDS if setting.name not in values}
        return Settings(**kept, **values)  # type: ignore[arg-type]  # kept values are of the right types

    def _normal(self) -> Iterator[tuple[str, object]]:
        """Yield the values that are kept in another form than the one they may be given in."""
        for setting in FIELDS:
            value = getattr(self, setting.name)
            if setting.kind is Kind.NAMES:
                yield setting.name, tuple(value)
            elif setting.kind is Kind.DIGEST and value is not None:
                yield setting.name, value.lower()
            elif setting.kind is Kind.SECONDS and value is not None:
                yield setting.name, float(value)
        if self.protocol in tuple(Protocol):
            yield "protocol", Protocol(self.protocol)


FIELDS: tuple[SettingField, ...] = Settings.declared
"""Every setting, in the order of :class:`Settings`."""

_SHOWN = frozenset(setting.name for setting in FIELDS if not setting.secret)


def wrap_secrets(values: SettingsOverrides | dict[str, object]) -> dict[str, object]:
    """Turn secrets among the values into :class:`~afilnet_protocols.security.secret.Secret`, in place, and addresses.

    Tracebacks may print local variables: a function that is given settings by keyword wraps them first. A text under a
    name that is no setting is wrapped too, since a secret's name may have been misspelt; and so is what stands behind
    the host in an address, where a secret may have been written by mistake.

    Returns:
        The same dictionary.
    """
    given = cast("dict[str, object]", values)
    for name in [name for name, value in given.items() if isinstance(value, str) and name not in _SHOWN]:
        given[name] = Secret(cast("str", given[name]))
    for setting in FIELDS:
        value = given.get(setting.name)
        if setting.secret and not isinstance(value, Secret | Misfit | None):
            given[setting.name] = Misfit(type(value).__name__)
        elif value is not None:
            given[setting.name] = setting.wrapped(value)
    return given


def check_given(given: object) -> None:
    """Refuse what can be no settings, as early as it is given: some of those who take it look at it much later.

    Raises:
        ConfigurationError: it is something else, such as a client, or a name that is empty.
    """
    if given == "" and isinstance(given, str):
        raise ConfigurationError(
            "the name of the profile is empty: give one, or leave it out for the one of AFILNET_PROFILE or the default"
        )
    if not (given is None or isinstance(given, str | Settings)):
        raise ConfigurationError(
            f"settings are a Settings(…), the name of a profile or nothing, not {type(given).__name__}; "
            "single ones are given by name, such as protocol=…"
        )


_BEHIND_A_PROFILE = ("keyword argument", "arguments")
"""What settings by name are called where the name of a profile may stand before them."""


def refuse_unknown(names: Iterable[str], where: str, *, beside: Iterable[str] | None = None) -> None:
    """Refuse a name that is no setting.

    Args:
        names: the names.
        where: where they were given, for the message.
        beside: what else could be given there by name, and may have been meant.

    Raises:
        ConfigurationError: suggests the name that was probably meant.
    """
    known = [setting.name for setting in FIELDS]
    for name in names:
        if name not in known:
            from afilnet_protocols.settings.foreign_names import hint  # only a mistake needs it

            meant = hint(name, [*known, *(beside or ())])
            if name == "profile" and where in _BEHIND_A_PROFILE:
                meant = "the name of a profile stands first, without a keyword"
            raise ConfigurationError(f"unknown setting {quoted(name)} ({where}): {meant}")
