"""`SettingsOverrides`: the keyword arguments of :func:`~afilnet_protocols.connect`, for type checkers and editors.

A test holds it to :class:`~afilnet_protocols.Settings`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypedDict

from afilnet_protocols.security.secret import Secret
from afilnet_protocols.vocabulary import AnyProtocol


class SettingsOverrides(TypedDict, total=False):
    """Every setting, as it may be given by keyword."""

    protocol: AnyProtocol
    base_url: str
    user: str
    password: Secret | str
    http_verb: str
    unique_get: bool
    soap_wsdl: str | os.PathLike[str]
    soap_wsdl_sha256: str
    soap_endpoint: str
    json_url: str
    token_url: str
    client_id: str
    client_secret: Secret | str
    scope: str
    grant: str
    refresh_token: Secret | str
    token_auth: str
    client_key: Secret | str
    client_key_id: str
    client_key_algorithm: str
    assertion_audience: str
    token_cache: str | os.PathLike[str]
    token_lifetime: float
    resource: Sequence[str]
    audience: str
    token_parameters: Sequence[str]
    allow_legacy_grant: bool
    issuer: str
    minimum_security: str
    require: Sequence[str]
    ca_file: str | os.PathLike[str]
    pin_sha256: str
    client_cert: str | os.PathLike[str]
    tls_resumption: bool
    proxy: str
    proxy_user: str
    proxy_password: Secret | str
    timeout: float
    connect_timeout: float
    delivery: str
    settle: float
    max_connections: int
    odd_records: str
    service_timezone: str
