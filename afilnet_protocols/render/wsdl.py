"""The WSDL 1.1 descriptions that the sandbox serves, for SOAP 1.1 over HTTP.

Three shapes, because nobody outside knows which one the vendor's service has: document/literal wrapped (the one that is
published in ``schemas/``), rpc/encoded with one operation per method, and a generic one whose single operation takes
the names of class and method.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from afilnet_protocols.catalogue import CLASS, OPERATIONS, Operation, Parameter
from afilnet_protocols.render import about, xsd
from afilnet_protocols.render.markup import document, element, prose

ADDRESS = "https://afilnet.invalid/api/soap/"
"""The address in the published description. The real one is not public, so this one can reach nobody (RFC 2606 §2)."""

GENERIC_OPERATION = "call"
"""The one operation of the generic shape."""

_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"


def render(address: str = ADDRESS) -> str:
    """Return the document/literal wrapped description."""
    return _at(address, _document())


@functools.cache
def _document() -> str:
    messages = [
        *(_element_message(name) for item in OPERATIONS for name in (item.method, f"{item.method}Response")),
        _element_message(xsd.FAULT, part="fault"),
    ]
    return _definitions(
        types=[*xsd.types(), *xsd.elements()],
        messages=messages,
        operations=[_port_operation(item.method, _words(item), fault=xsd.FAULT) for item in OPERATIONS],
        style="document",
        bindings=[_binding_operation(item.method, {"use": "literal"}, fault=xsd.FAULT) for item in OPERATIONS],
    )


def render_rpc(address: str = ADDRESS) -> str:
    """Return the rpc/encoded description: parameters are typed parts, and an error is an answer with status ERROR.

    Parts cannot be left out, so an optional parameter that is not given is an empty string.
    """
    return _at(address, _rpc())


@functools.cache
def _rpc() -> str:
    body = {"use": "encoded", "namespace": xsd.NAMESPACE, "encodingStyle": _ENCODING}
    return _definitions(
        types=xsd.types(),
        messages=[message for item in OPERATIONS for message in _rpc_messages(item)],
        operations=[_port_operation(item.method, _words(item)) for item in OPERATIONS],
        style="rpc",
        bindings=[_binding_operation(item.method, body) for item in OPERATIONS],
    )


def render_generic(address: str = ADDRESS) -> str:
    """Return the generic description: one operation for all methods, which answers the JSON envelope as a string."""
    return _at(address, _generic())


@functools.cache
def _generic() -> str:
    name = GENERIC_OPERATION
    names = [("class", f"The class: {CLASS}."), ("method", f"One of {', '.join(item.method for item in OPERATIONS)}.")]
    compulsory = [xsd.local(key, "xs:string", words) for key, words in (*names, *xsd.CREDENTIALS)]
    optional = [
        xsd.local(item.wire, "xs:string", f"{item.about}. {_allowed(item)}".rstrip(), optional=True)
        for item in _all_parameters()
    ]
    answer = xsd.local("return", "xs:string", f"The envelope of the HTTP interface, as JSON. {about.ENVELOPE}")
    words = " ".join(f"{item.method}: {_words(item)}" for item in OPERATIONS)
    return _definitions(
        types=[xsd.wrapper(name, "", [*compulsory, *optional]), xsd.wrapper(f"{name}Response", "", [answer])],
        messages=[_element_message(name), _element_message(f"{name}Response")],
        operations=[_port_operation(name, words)],
        style="document",
        bindings=[_binding_operation(name, {"use": "literal"})],
    )


def _at(address: str, description: str) -> str:
    """Return a description for another address: all else is always the same, and is written once."""
    return description.replace(f"location={quoteattr(ADDRESS)}", f"location={quoteattr(address)}")


def _definitions(
    *,
    types: Sequence[str],
    messages: Sequence[str],
    operations: Sequence[str],
    style: str,
    bindings: Sequence[str],
) -> str:
    soap = {"style": style, "transport": "http://schemas.xmlsoap.org/soap/http"}
    names = {
        "xmlns:wsdl": "http://schemas.xmlsoap.org/wsdl/",
        "xmlns:soap": "http://schemas.xmlsoap.org/wsdl/soap/",
        "xmlns:xs": "http://www.w3.org/2001/XMLSchema",
        "xmlns:tns": xsd.NAMESPACE,
        "targetNamespace": xsd.NAMESPACE,
        "name": "AfilnetChat",
    }
    port = element(
        "wsdl:port",
        {"name": "ChatPort", "binding": "tns:ChatBinding"},
        element("soap:address", {"location": ADDRESS}),
    )
    return document(
        element(
            "wsdl:definitions",
            names,
            prose("wsdl:documentation", about.SOAP),
            element("wsdl:types", {}, xsd.schema(*types)),
            *messages,
            element("wsdl:portType", {"name": "ChatPortType"}, *operations),
            element(
                "wsdl:binding",
                {"name": "ChatBinding", "type": "tns:ChatPortType"},
                element("soap:binding", soap),
                *bindings,
            ),
            element("wsdl:service", {"name": "ChatService"}, port),
        )
    )


def _element_message(name: str, *, part: str = "parameters") -> str:
    return element("wsdl:message", {"name": name}, element("wsdl:part", {"name": part, "element": f"tns:{name}"}))


def _rpc_messages(operation: Operation[object]) -> list[str]:
    method = operation.method
    request = [(name, "xs:string") for name, _ in xsd.CREDENTIALS]
    request += [(item.wire, xsd.parameter_type(item)) for item in operation.parameters]
    response = [("status", "xs:string"), ("error", "xs:string")]
    if operation.fields:
        response.append(("result", f"tns:{method}Result"))
    return [_typed_message(method, request), _typed_message(f"{method}Response", response)]


def _typed_message(name: str, parts: Sequence[tuple[str, str]]) -> str:
    lines = [element("wsdl:part", {"name": part, "type": kind}) for part, kind in parts]
    return element("wsdl:message", {"name": name}, *lines)


def _port_operation(name: str, words: str, *, fault: str | None = None) -> str:
    faults = [element("wsdl:fault", {"name": fault, "message": f"tns:{fault}"})] if fault else []
    return element(
        "wsdl:operation",
        {"name": name},
        prose("wsdl:documentation", words),
        element("wsdl:input", {"message": f"tns:{name}"}),
        element("wsdl:output", {"message": f"tns:{name}Response"}),
        *faults,
    )


def _binding_operation(name: str, body: dict[str, str], *, fault: str | None = None) -> str:
    content = element("soap:body", body)
    faults = []
    if fault:
        faults.append(element("wsdl:fault", {"name": fault}, element("soap:fault", {"name": fault, "use": "literal"})))
    return element(
        "wsdl:operation",
        {"name": name},
        element("soap:operation", {"soapAction": f"{xsd.NAMESPACE}#{name}"}),
        element("wsdl:input", {}, content),
        element("wsdl:output", {}, content),
        *faults,
    )


def _words(operation: Operation[object]) -> str:
    return f"{about.operation(operation)} {about.errors(operation)}"


def _all_parameters() -> list[Parameter]:
    """Return the parameters of all operations, each wire name once, in the catalogue's order."""
    found: dict[str, Parameter] = {}
    for operation in OPERATIONS:
        for parameter in operation.parameters:
            found.setdefault(parameter.wire, parameter)
    return list(found.values())


def _allowed(parameter: Parameter) -> str:
    return f"One of {', '.join(parameter.values)}." if parameter.values else ""
