"""Binds the six operations to a WSDL by looking at it.

The vendor's description is not public, so nothing is taken for granted: there may be one operation per method, in any
letter case, with or without ``chat`` before it, or a single operation that takes ``class`` and ``method``; its style
may be document or rpc, its use literal or encoded, its version SOAP 1.1 or 1.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from lxml import etree
from zeep import xsd
from zeep.ns import SOAP_ENV_11, SOAP_ENV_12
from zeep.wsdl.bindings import Soap11Binding, Soap12Binding

from afilnet_protocols.catalogue import CLASS, OPERATIONS, Operation
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.safe_repr import PartlyShown
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.soap.reader import Shape, shape_of
from afilnet_protocols.wire.soap.template import Template, template
from afilnet_protocols.wire.soap.types import Text
from afilnet_protocols.wire.soap.wsdl import SOAP_ENCODING, XSI, Description, NotUsable, load

_CREDENTIALS = ("user", "password")


class BoundOperation(PartlyShown, frozen=True, eq=False):
    """One operation of the catalogue, as a WSDL describes it.

    Attributes:
        names: for each wire name that the description knows, how it spells it.
        fixed: what is always sent: class and method, and an empty text for what must not be left out.
        headers: the HTTP headers of a request.
        answer: the name of the element that the body of an answer must hold.
        shape: how that element is described.
        described: zeep's view of the operation.
        rpc: whether its style is rpc.
        encoded: whether its use is encoded (SOAP 1.1 §5).
        binary: the description's own names for base64Binary and hexBinary, and which of them each is.
    """

    _shown = ("names", "fixed", "headers", "answer", "rpc", "encoded")

    names: Mapping[str, str]
    fixed: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    answer: str
    shape: Shape
    described: Any
    rpc: bool
    encoded: bool
    binary: Mapping[str, str] = msgspec.field(default_factory=dict)
    # Not part of what it is; two operations are never compared, so that nothing has to leave it out.
    templates: dict[tuple[str, ...], Template | None] = msgspec.field(default_factory=dict)

    def write(self, values: Mapping[str, str]) -> bytes:
        """Write a request: into the template that zeep wrote for the same names, or if there is none, by zeep.

        Args:
            values: credentials and arguments by wire name; each must be in ``names``.
        """
        names = tuple(values)
        if names not in self.templates:
            self.templates[names] = template(self.write_by_zeep, names)
        known = self.templates[names]
        written = None if known is None else known.fill(values)
        return self.write_by_zeep(values) if written is None else written

    def write_by_zeep(self, values: Mapping[str, str]) -> bytes:
        """Write a request as zeep serializes it; see :meth:`write`."""
        arguments = {**self.fixed, **{self.names[name]: value for name, value in values.items()}}
        envelope: etree._Element = self.described.input.serialize(**arguments).content
        if self.encoded:
            _mark_encoded(envelope, {element.name: element.type.binary for element in _elements(self.described)})
        return etree.tostring(envelope, encoding="utf-8", xml_declaration=True)


class Binding(msgspec.Struct, frozen=True):
    """How one port of a WSDL carries the operations.

    Attributes:
        address: where the port says that it listens; ``None`` if it does not say.
        envelope: the namespace of the SOAP envelope.
        operations: the bound operations by wire name of the method.
    """

    address: str | None
    envelope: str
    operations: Mapping[str, BoundOperation]


@lru_cache(maxsize=16)
def bind(wsdl: bytes, charset: str | None = None) -> Binding:
    """Bind the catalogue's operations to a WSDL; done once per process for the same bytes.

    Args:
        wsdl: the description.
        charset: the encoding that HTTP names, if it came that way and HTTP names one.

    Raises:
        ConfigurationError: it cannot be used, or lacks an operation or a parameter; the text names what is missing.
    """
    description = load(wsdl, charset)
    problems = []
    for port in _ports(description):
        try:
            return _bind_port(description, port)
        except NotUsable as error:
            problems.append(str(error))
        except Exception:  # noqa: BLE001 -- zeep reveals what a bad description lacks by whatever its internals raise
            problems.append("a part of it is missing or refers to what is not there")
    problem = problems[0] if problems else "it has no SOAP port"
    # Names in a description may hold anything, and errors are written to logs.
    shown = "".join(character if character.isprintable() else "?" for character in problem[:300])
    raise ConfigurationError(f"soap_wsdl: the description cannot be used: {shown}")


def _ports(description: Description) -> Iterator[Any]:
    for service in description.document.services.values():
        for port in service.ports.values():
            if isinstance(port.binding, Soap11Binding | Soap12Binding):
                yield port


def _bind_port(description: Description, port: Any) -> Binding:
    operations = list(port.binding._operations.values())
    bound = {item.method: _bind(description, item, operations) for item in OPERATIONS}
    return Binding(
        address=(port.binding_options or {}).get("address"),
        envelope=SOAP_ENV_11 if isinstance(port.binding, Soap11Binding) else SOAP_ENV_12,
        operations=bound,
    )


def _bind(description: Description, wanted: Operation[object], operations: list[Any]) -> BoundOperation:
    operation = _find(wanted, operations)
    parameters = _parameters(operation)
    compulsory = (*_CREDENTIALS, *(item.wire for item in wanted.parameters if item.compulsory))
    missing = [name for name in compulsory if name not in parameters]
    if missing:
        raise NotUsable(f"its operation {operation.name} lacks the parameter {', '.join(missing)} of {wanted.method}")
    optional = [item.wire for item in wanted.parameters if not item.compulsory]
    rpc = operation.style == "rpc"
    return BoundOperation(
        names={name: parameters[name].attr_name for name in (*compulsory, *optional) if name in parameters},
        fixed=_fixed(wanted, {name: found for name, found in parameters.items() if name not in compulsory}),
        headers=_headers(operation),
        answer=_answer(operation, rpc=rpc),
        shape=shape_of(operation.output.body),
        described=operation,
        rpc=rpc,
        encoded=(etree.QName(operation.binding.name).localname, operation.name) in description.encoded,
        binary=description.binary,
    )


def _fixed(wanted: Operation[object], parameters: dict[str, Any]) -> dict[str, str]:
    """Return what is always sent: class and method, and an empty text for a parameter that must not be left out."""
    # A generic operation takes the parameters of all methods.
    known = {item.wire for operation in OPERATIONS for item in operation.parameters}
    constants = {"class": CLASS, "method": wanted.method}
    fixed: dict[str, str] = {}
    for name, element in parameters.items():
        if name in constants:
            fixed[element.attr_name] = constants[name]
        elif not element.is_optional and not element.nillable:
            if name not in known:
                raise NotUsable(f"it wants {element.name} for {wanted.method}, of which nothing is known")
            fixed[element.attr_name] = ""
    return fixed


def _find(wanted: Operation[object], operations: list[Any]) -> Any:
    for spelling in (CLASS + wanted.method, wanted.method):
        found = [item for item in operations if fold(item.name) == spelling]
        if len(found) > 1:
            raise NotUsable(f"{found[0].name} and {found[1].name} may both be the operation {wanted.method}")
        if found:
            return found[0]
    generic = [item for item in operations if {"class", "method"} <= {fold(each.name) for each in _elements(item)}]
    if len(generic) == 1:
        return generic[0]
    raise NotUsable(
        f"it lacks the operation {wanted.method}, and has no single operation that takes class and method instead"
    )


def _elements(operation: Any) -> list[Any]:
    """Return what a request may hold; nothing if it is not a row of elements."""
    body = operation.input.body if operation.input is not None else None
    kind = getattr(body, "type", None)
    found = kind.elements if isinstance(kind, xsd.ComplexType) else ()
    return [element for _, element in found if isinstance(element, xsd.Element)]


def _parameters(operation: Any) -> dict[str, Any]:
    """Return the parameters by folded name, to be written as text whatever their simple type is."""
    found: dict[str, Any] = {}
    for element in _elements(operation):
        name = fold(element.name)
        if name in found:
            raise NotUsable(f"its operation {operation.name} has two parameters that read {name}")
        if isinstance(element.type, xsd.ComplexType):
            if not element.is_optional:
                raise NotUsable(f"the parameter {element.name} of its operation {operation.name} is not a text")
            continue
        element.type = Text.of(element.type)
        found[name] = element
    return found


def _headers(operation: Any) -> tuple[tuple[str, str], ...]:
    """Return the headers that name the action (SOAP 1.1 §6.1.1; SOAP 1.2 Part 2 §6.5.3)."""
    action = operation.soapaction or ""
    if not all("\x20" < character < "\x7f" and character not in '"\\' for character in action):
        raise NotUsable(f"the soapAction of its operation {operation.name} cannot stand in an HTTP header")
    if isinstance(operation.binding, Soap11Binding):
        return (("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", f'"{action}"'))
    parameter = f'; action="{action}"' if action else ""
    return (("Content-Type", f"application/soap+xml; charset=utf-8{parameter}"),)


def _answer(operation: Any, *, rpc: bool) -> str:
    body = operation.output.body if operation.output is not None else None
    if body is None or operation.output._is_body_wrapped or operation.input._is_body_wrapped:
        raise NotUsable(f"its operation {operation.name} does not say what one element its request or answer holds")
    if not rpc:
        return str(body.qname.text)
    # Named after the operation by convention (SOAP 1.1 §7.1); zeep names it after the message.
    namespace = body.qname.namespace
    return f"{{{namespace}}}{operation.name}Response" if namespace else f"{operation.name}Response"


def _mark_encoded(envelope: etree._Element, binary: Mapping[str, str | None]) -> None:
    """Say that a request is encoded, and the types of its parts (SOAP 1.1 §5.1), as older services insist."""
    call = envelope[-1][0]
    call.set(f"{{{SOAP_ENV_11}}}encodingStyle", SOAP_ENCODING)
    for part in call:
        part.set(etree.QName(XSI, "type"), f"xsd:{binary.get(etree.QName(part).localname) or 'string'}")
