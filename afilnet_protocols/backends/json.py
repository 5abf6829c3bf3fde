"""`json`: flat JSON objects under an OAuth 2.0 bearer token. The only protocol that can reach level ``high``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.backends.base import WireBackend, required, transport_for
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.oauth.guard import Word, heard
from afilnet_protocols.oauth.outliving import GRACE
from afilnet_protocols.oauth.provider import TokenProvider
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.waiting import Steps, run
from afilnet_protocols.wire import Reply, Request
from afilnet_protocols.wire.json import JsonCodec

if TYPE_CHECKING:
    from afilnet_protocols.security.report import SecurityReport


class JsonBackend(WireBackend):
    """Speaks POST ``json_url`` with ``Authorization: Bearer`` (RFC 6750 §2.1); the layout of the body is assumed."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, JsonCodec(required(settings, "json_url")), transport_for(settings))
        self._tokens = TokenProvider(settings, self._transport)

    def security_report(self) -> SecurityReport:
        from afilnet_protocols.security.report import SecurityReport  # few processes ask

        token = self._tokens.token
        return SecurityReport.of(
            self._settings,
            self._transport.evidence,
            token_lifetime=None if token is None or token.weakness else token.lifetime,
            token_weakness="" if token is None else token.weakness,
        )

    def close(self) -> None:
        super().close()
        run(self.finishing(), Deadline(GRACE))

    def finishing(self) -> Steps[None]:
        return self._tokens.finishing()

    def obtain_token(self, seconds: float) -> None:
        """Have an access token ready for the next call.

        Raises:
            AfilnetError: as for :meth:`.TokenProvider.getting`.
        """
        self._tokens.get(Deadline(seconds))

    def _exchange(self, request: Request, deadline: Deadline, *, reuse: bool) -> Steps[Reply]:
        token = yield from self._tokens.getting(deadline.helping())
        reply, refused = yield from self._tried(token, request, deadline, reuse=reuse)
        if refused:
            # Once, for each token costs its endpoint.
            other = yield from self._tokens.getting(deadline.helping())
            if other != token:
                reply, _ = yield from self._tried(other, request, deadline, reuse=reuse, again=True)
        return reply

    def _tried(
        self, token: Secret, request: Request, deadline: Deadline, *, reuse: bool, again: bool = False
    ) -> Steps[tuple[Reply, bool]]:
        """Exchange with a token; return the answer, and whether to try again with another.

        A 401 proves that nothing was done, so even a send may be repeated. A 403 does not: intermediaries judge answers
        by it too. A send is left with what it says, and only the next call gets another token.
        """
        reply = yield from super()._exchange(_bearing(request, token.reveal()), deadline, reuse=reuse)
        word = heard(reply)
        if word is Word.TAKEN:
            self._tokens.accepted(token)
        elif word is Word.REFUSED:
            return reply, self._tokens.refused(token, again=again)
        elif word is Word.FORBIDDEN:
            return reply, self._tokens.refused(token, forbidden=True, again=again) and reuse
        elif word is Word.DOUBTED:
            self._tokens.refused(token, forbidden=True, again=again)
        return reply, False


def _bearing(request: Request, token: str) -> Request:
    """Return a request with its token in the header, and nowhere else (RFC 6750 §2.3)."""
    return request.with_header("Authorization", f"Bearer {token}")
