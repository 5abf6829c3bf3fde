"""What a description says that calls need: everything else is taken out of it before anybody makes sense of it.

Descriptions hold ports for other transports, bindings without SOAP, headers, Faults, policies, extensions of the
service's makers, and whole schemas that belong to other operations. None of that changes what is sent or how an answer
is read, and much of it is unusual, or refers to documents that are not there.
"""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from afilnet_protocols.catalogue import CLASS, OPERATIONS
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.soap.description.needed_types import reduce_types
from afilnet_protocols.wire.soap.description.policies import Policies
from afilnet_protocols.wire.soap.namespaces import (
    MIME_WSDL,
    SOAP_12_WSDL,
    SOAP_WSDL,
    WSDL,
    XSD,
    local_name_of,
    local_of,
    namespace_of,
)
from afilnet_protocols.wire.soap.not_usable import NotUsable

_SOAP = (SOAP_WSDL, SOAP_12_WSDL)
_OVER_HTTP = "http://schemas.xmlsoap.org/soap/http"
_TRANSPORTS = {
    _OVER_HTTP: _OVER_HTTP,
    "http://www.w3.org/2003/05/soap/bindings/HTTP": "http://www.w3.org/2003/05/soap/bindings/HTTP/",
    "": _OVER_HTTP,
}
"""SOAP over HTTP by its names without a slash at the end, and as it is called here; none at all means it, too."""

_OF_SOAP = frozenset(f"{{{space}}}{name}" for space in _SOAP for name in ("binding", "operation", "body", "address"))
_OF_WSDL = frozenset(
    f"{{{WSDL}}}{name}"
    for name in (
        *("types", "message", "part", "portType", "binding", "operation", "input", "output", "service", "port"),
        "import",
    )
)
_METHODS = frozenset(item.method for item in OPERATIONS)


def reduce(tree: etree._Element) -> None:
    """Take out of a description what calls do not need.

    Args:
        tree: its root, which is changed. What cannot be made sense of is left for whoever reads it.

    Raises:
        NotUsable: all ports that have the operations demand, by their policies, what is not done here.
    """
    parts = _Parts(tree)
    parts.leave_soap_over_http()
    parts.leave_what_demands_nothing()
    parts.leave_tls()
    _drop_extensions(tree)
    _leave_the_six(tree)
    has_parts = _drop_unnamed(tree)
    has_types = reduce_types(tree)
    if has_parts and has_types:
        _keep(tree, lambda node: node.tag != f"{{{WSDL}}}import")


class _Parts:
    """The parts of a description, by kind and name; of those that have one name, the last, as zeep has it."""

    def __init__(self, tree: etree._Element) -> None:
        self._tree = tree
        self._named = {(local_name_of(node), node.get("name", "")): node for node in tree if _is_wsdl(node)}
        self._sides = {
            (port_type.get("name", ""), operation.get("name", ""), local_name_of(side), of): side.get("message")
            for port_type in tree.iterchildren(f"{{{WSDL}}}portType")
            for operation in port_type.iterchildren(f"{{{WSDL}}}operation")
            for side in operation.iterchildren(f"{{{WSDL}}}input", f"{{{WSDL}}}output")
            for of in (None, side.get("name"))  # by which operations of one name are told (WSDL 1.1 §2.4.5)
        }

    def _ports(self) -> list[etree._Element]:
        return _ports_of(self._tree)

    def leave_soap_over_http(self) -> None:
        """Leave the bindings of SOAP over HTTP, with the bodies of their messages, and the ports of these."""
        usable: dict[str, str] = {}
        for binding in list(self._tree.iterchildren(f"{{{WSDL}}}binding")):
            space = _space_of(binding)
            if space is None:
                self._tree.remove(binding)
                continue
            usable[binding.get("name", "")] = space
            for operation in binding.iterchildren(f"{{{WSDL}}}operation"):
                for side in operation.iterchildren(f"{{{WSDL}}}*"):
                    name = local_of(binding.get("type")), operation.get("name", ""), local_name_of(side)
                    message = self._sides.get((*name, side.get("name")), self._sides.get((*name, None)))
                    self._leave_body(side, self._named.get(("message", local_of(message))))
        for port in self._ports():
            space = usable.get(local_of(port.get("binding")))
            if space is not None:
                _settle_address(port, space)
            elif self._named.get(("binding", local_of(port.get("binding")))) is not None:
                _remove(port)

    def _leave_body(self, side: etree._Element, message: etree._Element | None) -> None:
        """Leave of a message what is in the body of its envelope: no headers (WSDL 1.1 §3.7), and no attachments."""
        beside = {each.get("part") for each in side.iterdescendants(f"{{{MIME_WSDL}}}content")}
        if message is not None:
            headers = side.iterchildren(*(f"{{{space}}}header" for space in _SOAP))
            beside |= {each.get("part") for each in headers if local_of(each.get("message")) == message.get("name")}
        for body in list(side.iterdescendants(*(f"{{{space}}}body" for space in _SOAP))):
            if "namespace" in body.attrib and not body.get("namespace"):
                del body.attrib["namespace"]
            if body.getparent() is not side:  # in a message with attachments (WSDL 1.1 §5.4)
                side.append(body)
            parts = [] if message is None else list(message.iterchildren(f"{{{WSDL}}}part"))
            inside = set(body.get("parts", "").split())
            # gSOAP names a part "Body" that there is not.
            is_said = bool(inside) and inside <= {part.get("name") for part in parts}
            for part in parts:
                if part.get("name") in beside or (is_said and part.get("name") not in inside):
                    _remove(part)

    def leave_what_demands_nothing(self) -> None:
        """Leave the ports whose policies demand nothing that is not done here."""
        policies = Policies(self._tree, self._named)
        demands = {port: policies.demanded_at(port) for port in self._ports()}
        free = [port for port, demanded in demands.items() if not demanded]
        if not any(self._has_the_six(port) for port in free):
            for port, demanded in demands.items():
                if demanded and (self._has_the_six(port) or not free):
                    raise NotUsable(
                        f"its port {port.get('name')} demands {' and '.join(demanded)}, which is not done here: ask "
                        "for a port without that; if the service answers without it, too, make a file that does not "
                        "say so with 'afilnet wsdl bundle URL -o FILE --without-policies' (URL may be a file), and "
                        "set soap_wsdl to the file"
                    )
        for port, demanded in demands.items():
            if demanded:
                _remove(port)

    def leave_tls(self) -> None:
        """Leave no port at an address without TLS where another one of the same port type has it.

        Nothing is put elsewhere: lxml drops prefixes that names in attributes need when it moves a node.
        """
        ports = self._ports()
        secured = {self._port_type_of(port) for port in ports if not _is_without_tls(port)}
        for port in ports:
            if _is_without_tls(port) and self._port_type_of(port) in secured:
                _remove(port)

    def _port_type_of(self, port: etree._Element) -> str:
        binding = self._named.get(("binding", local_of(port.get("binding"))))
        return "" if binding is None else local_of(binding.get("type"))

    def _has_the_six(self, port: etree._Element) -> bool:
        binding = self._named.get(("binding", local_of(port.get("binding"))))
        return binding is not None and _methods_of(binding) >= _METHODS


def _space_of(binding: etree._Element) -> str | None:
    """Return the namespace of SOAP's own elements in a binding, if it is one over HTTP."""
    for space in _SOAP:
        own = next(binding.iterchildren(f"{{{space}}}binding"), None)
        if own is not None:
            transport = _TRANSPORTS.get(own.get("transport", "").rstrip("/"))
            if transport is None:
                return None
            own.set("transport", transport)
            return space
    return None


def _is_without_tls(port: etree._Element) -> bool:
    address = next(port.iterchildren(f"{{{SOAP_WSDL}}}address", f"{{{SOAP_12_WSDL}}}address"), None)
    return address is None or not address.get("location", "").lower().startswith("https:")


def _settle_address(port: etree._Element, space: str) -> None:
    """Let an address be of the version of its port."""
    for address in list(port.iterchildren(*(f"{{{each}}}address" for each in _SOAP))):
        address.tag = f"{{{space}}}address"


def _drop_extensions(tree: etree._Element) -> None:
    """Take out what is neither WSDL's nor SOAP's own: Faults, headers, documentation, and extensions of all kinds."""
    for node in list(tree):
        if node.tag == f"{{{WSDL}}}types":
            _keep(node, lambda child: child.tag == f"{{{XSD}}}schema")
        else:
            for each in list(node.iter(etree.Element)):
                _keep(each, _is_needed)
    _keep(tree, _is_needed)


def _is_needed(node: etree._Element) -> bool:
    return node.tag in _OF_SOAP or node.tag in _OF_WSDL


def _leave_the_six(tree: etree._Element) -> None:
    """Leave the six operations, where all are there by their names: one that takes any method has a name of its own."""
    whole = {
        port_type.get("name", "")
        for port_type in tree.iterchildren(f"{{{WSDL}}}portType")
        if _methods_of(port_type) >= _METHODS
    }
    for holder in tree.iterchildren(f"{{{WSDL}}}portType", f"{{{WSDL}}}binding"):
        name = holder.get("name", "") if local_name_of(holder) == "portType" else local_of(holder.get("type"))
        if name in whole:
            _keep(holder, lambda node: node.tag != f"{{{WSDL}}}operation" or is_one_of_the_six(node))


def is_one_of_the_six(operation: etree._Element) -> bool:
    """Whether an operation is named like a method of the catalogue."""
    return _method_of(operation) in _METHODS


def _methods_of(node: etree._Element) -> set[str]:
    return {_method_of(each) for each in node.iterchildren(f"{{{WSDL}}}operation")}


def _method_of(operation: etree._Element) -> str:
    return fold(operation.get("name", "")).removeprefix(CLASS)


def _drop_unnamed(tree: etree._Element) -> bool:
    """Take out the parts that no port leads to, and say whether all that ports lead to is there."""
    ports = _ports_of(tree)
    bindings, has_bindings = _drop_others(tree, "binding", [port.get("binding") for port in ports])
    types, has_types = _drop_others(tree, "portType", [binding.get("type") for binding in bindings])
    sides = [
        side.get("message")
        for each in types
        for operation in each.iterchildren(f"{{{WSDL}}}operation")
        for side in operation
    ]
    _, has_messages = _drop_others(tree, "message", sides)
    return bool(ports) and has_bindings and has_types and has_messages


def _drop_others(tree: etree._Element, kind: str, names: list[str | None]) -> tuple[list[etree._Element], bool]:
    """Leave the parts of a kind that are named, and say whether all of these are there."""
    wanted = {local_of(name) for name in names}
    _keep(tree, lambda node: node.tag != f"{{{WSDL}}}{kind}" or node.get("name") in wanted)
    found = list(tree.iterchildren(f"{{{WSDL}}}{kind}"))
    return found, wanted <= {node.get("name") for node in found}


def _ports_of(tree: etree._Element) -> list[etree._Element]:
    services = tree.iterchildren(f"{{{WSDL}}}service")
    return [port for service in services for port in service.iterchildren(f"{{{WSDL}}}port")]


def _is_wsdl(node: etree._Element) -> bool:
    return namespace_of(node) == WSDL


def _keep(node: etree._Element, wanted: Callable[[etree._Element], bool]) -> None:
    for child in list(node):
        if not wanted(child):
            node.remove(child)


def _remove(node: etree._Element) -> None:
    around = node.getparent()
    if around is not None:
        around.remove(node)
