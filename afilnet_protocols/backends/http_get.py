"""`http-get`: everything, credentials included, in the address of a GET. Security level ``low`` at most."""

from __future__ import annotations

from afilnet_protocols.backends.base import WireBackend, required, secret, transport_for
from afilnet_protocols.settings import Settings
from afilnet_protocols.wire.form import FormCodec


class HttpGetBackend(WireBackend):
    """Speaks ``GET /api/http/?…`` (documented)."""

    goes_straight = True

    def __init__(self, settings: Settings) -> None:
        codec = FormCodec(
            f"{settings.base_url.rstrip('/')}/api/http/",
            in_query=True,
            user=required(settings, "user"),
            password=secret(settings, "password"),
            unique=settings.unique_get,
        )
        super().__init__(settings, codec, transport_for(settings))
