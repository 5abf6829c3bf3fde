"""The XML Schema of the SOAP messages: one type per enumeration and per answer, one pair of elements per operation."""

from __future__ import annotations

from collections.abc import Sequence

from afilnet_protocols.catalogue import ERROR_CODES, OPERATIONS, Kind, Operation, Parameter
from afilnet_protocols.render import about
from afilnet_protocols.render.markup import document, element, prose
from afilnet_protocols.vocabulary import FileType, Platform

NAMESPACE = "urn:afilnet:chat"
"""The namespace of all elements and types (assumed)."""

FAULT = "ChatFault"
"""The element inside a SOAP fault's detail (assumed)."""

CREDENTIALS = (("user", "User or e-mail of the account."), ("password", "Password of the account."))
"""The elements that come first in every request, and what they hold."""

_PARAMETER_TYPES = {Kind.FLAG: "xs:boolean", Kind.PLATFORM: "tns:Platform", Kind.FILE_TYPE: "tns:FileType"}
# Answers may name a platform that is not known today, so that type is closed for requests only.
_FIELD_TYPES = {Kind.FLAG: "xs:boolean", Kind.TIMESTAMP: "tns:Timestamp"}


def render() -> str:
    """Return the schema as a document of its own."""
    return document(schema(*types(), *elements()))


def schema(*contents: str) -> str:
    """Return a schema element for our namespace with these components."""
    names = {
        "xmlns:xs": "http://www.w3.org/2001/XMLSchema",
        "xmlns:tns": NAMESPACE,
        "targetNamespace": NAMESPACE,
        # What stands inside the wrapper elements has no namespace.
        "elementFormDefault": "unqualified",
    }
    return element("xs:schema", names, _note(about.SOAP), *contents)


def types() -> list[str]:
    """Return the named types: enumerations, timestamp, and the answer of each operation that has one."""
    return [
        _enumeration("Platform", "Documented: the platforms of a channel.", [(value, "") for value in Platform]),
        _enumeration("FileType", "Documented: the types of a file.", [(value, "") for value in FileType]),
        _enumeration("Success", "The status of every answer that is not a fault.", [("SUCCESS", "")]),
        _enumeration(
            "ErrorCode",
            f"The documented error codes. {about.OPEN_CODES}",
            [(error.code, about.error(error)) for error in ERROR_CODES.values()],
        ),
        element(
            "xs:simpleType",
            {"name": "Timestamp"},
            _note(f"Form: {about.TIMESTAMP}"),
            element(
                "xs:restriction",
                {"base": "xs:string"},
                element("xs:pattern", {"value": "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"}),
            ),
        ),
        *(part for operation in OPERATIONS if operation.fields for part in _answer_types(operation)),
    ]


def elements() -> list[str]:
    """Return the request and response element of each operation, and the fault's."""
    wrappers = [wrapper for operation in OPERATIONS for wrapper in (_request(operation), _response(operation))]
    return [*wrappers, _fault()]


def parameter_type(parameter: Parameter) -> str:
    """Return the name of the type of a parameter."""
    return _PARAMETER_TYPES.get(parameter.kind, "xs:string")


def local(name: str, kind: str, words: str = "", *, optional: bool = False) -> str:
    """Return the declaration of an element inside a wrapper."""
    attributes = {"name": name, "type": kind}
    if optional:
        attributes["minOccurs"] = "0"
    return element("xs:element", attributes, *_notes(words))


def wrapper(name: str, words: str, contents: Sequence[str]) -> str:
    """Return a global element that holds a sequence of others."""
    return element("xs:element", {"name": name}, *_notes(words), _sequence_type("", contents))


def _request(operation: Operation[object]) -> str:
    words = f"{about.operation(operation)} {about.errors(operation)}"
    credentials = [local(name, "xs:string", note) for name, note in CREDENTIALS]
    parameters = [
        local(item.wire, parameter_type(item), about.parameter(item), optional=not item.compulsory)
        for item in operation.parameters
    ]
    return wrapper(operation.method, words, [*credentials, *parameters])


def _response(operation: Operation[object]) -> str:
    contents = [local("status", "tns:Success")]
    if operation.fields:
        contents.append(local("result", f"tns:{operation.method}Result"))
    return wrapper(f"{operation.method}Response", "", [*contents, _anything()])


def _fault() -> str:
    words = f"The detail of a fault. The code is one of tns:ErrorCode, or another: {about.OPEN_CODES}"
    return wrapper(FAULT, words, [local("error", "xs:string")])


def _answer_types(operation: Operation[object]) -> list[str]:
    method = operation.method
    fields = [
        local(item.wire, _FIELD_TYPES.get(item.kind, "xs:string"), about.field(operation.record, item))
        for item in operation.fields
    ]
    items = element(
        "xs:element", {"name": "item", "type": f"tns:{method}Item", "minOccurs": "0", "maxOccurs": "unbounded"}
    )
    return [
        _sequence_type(f"{method}Item", [*fields, _anything()]),
        _sequence_type(f"{method}List", [items]),
        _sequence_type(f"{method}Result", [local("list", f"tns:{method}List")]),
    ]


def _anything() -> str:
    """Return the place for fields to come.

    It stands after compulsory elements only, so a reader always knows which declaration an element belongs to
    (XML Schema 1.0 part 1, unique particle attribution).
    """
    occurs = {"namespace": "##any", "processContents": "lax", "minOccurs": "0", "maxOccurs": "unbounded"}
    return element("xs:any", occurs)


def _sequence_type(name: str, contents: Sequence[str]) -> str:
    return element("xs:complexType", {"name": name} if name else {}, element("xs:sequence", {}, *contents))


def _enumeration(name: str, words: str, values: Sequence[tuple[str, str]]) -> str:
    members = [element("xs:enumeration", {"value": value}, *_notes(note)) for value, note in values]
    restriction = element("xs:restriction", {"base": "xs:string"}, *members)
    return element("xs:simpleType", {"name": name}, _note(words), restriction)


def _notes(words: str) -> list[str]:
    return [_note(words)] if words else []


def _note(words: str) -> str:
    return element("xs:annotation", {}, prose("xs:documentation", words, {"xml:lang": "en"}))
