"""`json`: flat JSON objects under an OAuth 2.0 bearer token. The only protocol that can reach level ``high``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from afilnet_protocols.backends.base import WireBackend, required, transport_for
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.settings import Settings
from afilnet_protocols.wire import Reply, Request
from afilnet_protocols.wire.json import JsonCodec

if TYPE_CHECKING:
    from afilnet_protocols.security.report import SecurityReport

_INVALID_TOKEN = re.compile(r"""\berror\s*=\s*"?invalid_token\b""")


class JsonBackend(WireBackend):
    """Speaks POST ``json_url`` with ``Authorization: Bearer`` (RFC 6750 §2.1); the layout of the body is assumed."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, JsonCodec(required(settings, "json_url")), transport_for(settings))
        self._tokens = TokenProvider(settings, self._transport)

    def security_report(self) -> SecurityReport:
        from afilnet_protocols.security.report import SecurityReport  # few processes ask

        token = self._tokens.token
        lifetime = None if token is None else token.lifetime
        return SecurityReport.of(self._settings, self._transport.evidence, token_lifetime=lifetime)

    def _exchange(self, request: Request, deadline: Deadline, *, reuse: bool) -> Reply:
        token = self._tokens.get(deadline.helping())
        reply = super()._exchange(_bearing(request, token.reveal()), deadline, reuse=reuse)
        if not _refuses_token(reply):
            return reply
        # A 401 is a refusal, so even a send may be repeated: once, for a new token that is refused too is no accident.
        token = self._tokens.renew(token, deadline.helping())
        return super()._exchange(_bearing(request, token.reveal()), deadline, reuse=reuse)


def _bearing(request: Request, token: str) -> Request:
    return request.with_header("Authorization", f"Bearer {token}")


def _refuses_token(reply: Reply) -> bool:
    """Say whether the answer asks for another token (RFC 6750 §3.1)."""
    return reply.status == 401 and bool(_INVALID_TOKEN.search(reply.headers.get("www-authenticate", "")))
