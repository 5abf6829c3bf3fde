"""What the server is put together from. A server with a known defect is the same with one part exchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from afilnet_protocols.dialects import Dialect
from afilnet_protocols.dialects.soap import SOAP_STYLES, SoapStyle
from afilnet_protocols.render import openapi, wsdl
from afilnet_protocols.sandbox.control import endpoint as control
from afilnet_protocols.sandbox.protocols import tokens
from afilnet_protocols.sandbox.protocols.basic import BasicEndpoint
from afilnet_protocols.sandbox.protocols.http import HttpEndpoint
from afilnet_protocols.sandbox.protocols.json import JsonEndpoint
from afilnet_protocols.sandbox.protocols.soap import DocumentEndpoint, GenericEndpoint, RpcEndpoint, SoapEndpoint
from afilnet_protocols.sandbox.protocols.soap_style_endpoint import StyleEndpoint
from afilnet_protocols.sandbox.protocols.soap_xml import SOAP_11, SOAP_12
from afilnet_protocols.sandbox.server.app import App
from afilnet_protocols.sandbox.server.exchange import JSON, Endpoint, HttpAnswer, HttpRequest, only
from afilnet_protocols.sandbox.state.service import Service

if TYPE_CHECKING:
    from afilnet_protocols.sandbox.controlled import Controlled
    from afilnet_protocols.sandbox.server.wire_log import WireLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """The service and the endpoints, each as the class to use: ``Components(service=ServiceThatForgets)`` is a mutant.

    Attributes:
        service: the operations.
        http: ``/api/http/``.
        basic: ``/api/basic/``.
        json: ``/api/json/``.
        document: ``/api/soap/``, unless the dialect has another style.
        rpc: ``/api/soap/rpc/``.
        generic: ``/api/soap/generic/``.
        styles: ``/api/soap/NAME/``, by name.
        around: wraps every endpoint, by path; as it is by default.
    """

    service: type[Service] = Service
    http: type[HttpEndpoint] = HttpEndpoint
    basic: type[BasicEndpoint] = BasicEndpoint
    json: type[JsonEndpoint] = JsonEndpoint
    document: type[DocumentEndpoint] = DocumentEndpoint
    rpc: type[RpcEndpoint] = RpcEndpoint
    generic: type[GenericEndpoint] = GenericEndpoint
    styles: Mapping[str, SoapStyle] = field(default_factory=lambda: SOAP_STYLES)
    around: Callable[[str, Endpoint], Endpoint] = lambda path, endpoint: endpoint


def build(components: Components, sandbox: Controlled, service: Service, issued: tokens.Tokens, wires: WireLog) -> App:
    """Put the application together."""
    return App(
        endpoints(components, service, issued),
        prefix="/_sandbox",
        rest=control.application(sandbox),
        faults=service.faults,
        token_path=tokens.TOKEN_PATH,
        wires=wires,
    )


def endpoints(components: Components, service: Service, issued: tokens.Tokens) -> dict[str, Endpoint]:
    """Return what serves each path, in the service's dialect."""
    by_path: dict[str, Endpoint] = {
        **at_slashless(service.dialect, "/api/http/", components.http(service)),
        "/api/basic/": components.basic(service),
        "/api/json/": components.json(service, issued),
        "/api/soap/": soap_endpoint(components, service),
        "/api/soap/rpc/": components.rpc(service, wsdl.render_rpc),
        "/api/soap/generic/": components.generic(service, wsdl.render_generic),
        **{f"/api/soap/{name}/": StyleEndpoint(service, style) for name, style in components.styles.items()},
        tokens.TOKEN_PATH: issued.serve_token,
        tokens.REVOCATION_PATH: issued.serve_revocation,
        tokens.METADATA_PATH: issued.serve_metadata,
        "/openapi.json": _openapi,
    }
    return {path: components.around(path, endpoint) for path, endpoint in by_path.items()}


def soap_endpoint(components: Components, service: Service) -> SoapEndpoint:
    """Return what speaks SOAP as the service's dialect says."""
    dialect = service.dialect
    version = SOAP_12 if dialect.soap_version == "1.2" else SOAP_11
    match dialect.soap_style:
        case "wrapped":
            return components.document(service, wsdl.render, version)
        case "rpc":
            return components.rpc(service, wsdl.render_rpc, version)
        case "generic":
            return components.generic(service, wsdl.render_generic, version)
    return StyleEndpoint(service, SOAP_STYLES[dialect.soap_style], version)


def at_slashless(dialect: Dialect, path: str, endpoint: Endpoint) -> dict[str, Endpoint]:
    """Return what serves a path, and the same without its last slash, as the dialect says."""
    bare = path.rstrip("/")

    def elsewhere(request: HttpRequest) -> HttpAnswer:
        return HttpAnswer(301, b"", headers=(("Location", f"{request.origin}{path}"),))

    match dialect.http_slashless:
        case "redirect":
            return {path: endpoint, bare: elsewhere}
        case "served":
            return {path: endpoint, bare: endpoint}
    return {path: endpoint}


@lru_cache(maxsize=16)
def _describe(base_url: str) -> bytes:
    return openapi.render(base_url).encode()


def _openapi(request: HttpRequest) -> HttpAnswer:
    only(request, "GET")
    return HttpAnswer(200, _describe(request.origin), JSON)
