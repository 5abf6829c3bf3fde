"""`/api/http/`: GET with a query; POST with a form, a multipart body, or a query and no body."""

from __future__ import annotations

from afilnet_protocols.sandbox.protocols import envelope, fields
from afilnet_protocols.sandbox.server.exchange import HttpAnswer, HttpRequest, only
from afilnet_protocols.sandbox.state.call import Call
from afilnet_protocols.sandbox.state.service import Service
from afilnet_protocols.vocabulary import Protocol


class HttpEndpoint:
    """The endpoint of ``http-get`` and ``http-post``: credentials are parameters."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, request: HttpRequest) -> HttpAnswer:
        """Serve one request."""
        only(request, "GET", "POST")
        given = fields.of_request(request, self._service.dialect)
        protocol = Protocol.HTTP_GET if request.method == "GET" else Protocol.HTTP_POST
        call = Call(protocol=protocol, fields=given, user=given.get("user"), password=given.get("password"))
        return envelope.answer(self._service.call(call), self._service.dialect)
