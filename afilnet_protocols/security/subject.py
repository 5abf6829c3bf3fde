"""`Subject`: the part of the settings that the policy judges. Settings import this package, not the other way round."""

from __future__ import annotations

import typing

from afilnet_protocols.security.secret import Secret


class Subject(typing.Protocol):
    """What the policy reads of :class:`~afilnet_protocols.Settings`, where each field is documented."""

    @property
    def protocol(self) -> str: ...  # noqa: D102 - documented in Settings, as all of these
    @property
    def base_url(self) -> str: ...  # noqa: D102
    @property
    def password(self) -> Secret | str | None: ...  # noqa: D102
    @property
    def soap_wsdl(self) -> str | None: ...  # noqa: D102
    @property
    def soap_wsdl_sha256(self) -> str | None: ...  # noqa: D102
    @property
    def soap_endpoint(self) -> str | None: ...  # noqa: D102
    @property
    def json_url(self) -> str | None: ...  # noqa: D102
    @property
    def token_url(self) -> str | None: ...  # noqa: D102
    @property
    def issuer(self) -> str | None: ...  # noqa: D102
    @property
    def client_secret(self) -> Secret | str | None: ...  # noqa: D102
    @property
    def refresh_token(self) -> Secret | str | None: ...  # noqa: D102
    @property
    def proxy_password(self) -> Secret | str | None: ...  # noqa: D102
    @property
    def grant(self) -> str: ...  # noqa: D102
    @property
    def token_auth(self) -> str: ...  # noqa: D102
    @property
    def allow_legacy_grant(self) -> bool: ...  # noqa: D102
    @property
    def minimum_security(self) -> str: ...  # noqa: D102
    @property
    def require(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def ca_file(self) -> str | None: ...  # noqa: D102
    @property
    def pin_sha256(self) -> str | None: ...  # noqa: D102
    @property
    def client_cert(self) -> str | None: ...  # noqa: D102


def long_lived(settings: Subject) -> tuple[Secret, ...]:
    """Return the secrets among settings: what no URL may hold above the level ``low``."""
    given = (settings.password, settings.client_secret, settings.refresh_token, settings.proxy_password)
    return tuple(each if isinstance(each, Secret) else Secret(each) for each in given if each)
