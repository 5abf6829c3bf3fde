"""`basic`: form pairs without credentials, which travel in the ``Authorization`` header."""

from __future__ import annotations

from binascii import b2a_base64

from afilnet_protocols.backends.base import WireBackend, required, secret, transport_for
from afilnet_protocols.deadline import Deadline
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.waiting import Steps
from afilnet_protocols.wire import Reply, Request
from afilnet_protocols.wire.form import FormCodec


class BasicBackend(WireBackend):
    """Speaks GET or POST ``/api/basic/`` (documented), with the header sent at once, in UTF-8 (RFC 7617 §2.1)."""

    goes_straight = True

    def __init__(self, settings: Settings) -> None:
        codec = FormCodec(
            f"{settings.base_url.rstrip('/')}/api/basic/", in_query=settings.over_get, unique=settings.unique_get
        )
        super().__init__(settings, codec, transport_for(settings))
        self._credentials = _basic(required(settings, "user"), secret(settings, "password"))

    def _exchange(self, request: Request, deadline: Deadline, *, reuse: bool) -> Steps[Reply]:
        return super()._exchange(self._authorized(request), deadline, reuse=reuse)

    def _authorized(self, request: Request) -> Request:
        return request.with_header("Authorization", self._credentials.reveal())


def _basic(user: str, password: Secret) -> Secret:
    pair = f"{user}:{password.reveal()}".encode()
    return Secret(f"Basic {b2a_base64(pair, newline=False).decode('ascii')}")
