"""What a description says, as far as calls need it: ports, operations, and the types of what they take and give.

Two readers fill it in: :mod:`~afilnet_protocols.wire.soap.description.plain_wsdl` and, for what is unusual,
:mod:`~afilnet_protocols.wire.soap.description.zeep_wsdl`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from lxml import etree

from afilnet_protocols.catalogue import OPERATIONS

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"

INSIDE = "/"
"""What stands between the key of an object and that of a text in it."""

IN_HEADER = " in the header"
"""How the key of a SOAP header ends: no name of an element does."""

CREDENTIALS = ("user", "password")
WHICH = ("class", "method")
"""What says which method is called, where one operation takes any."""

KNOWN = frozenset(item.wire for operation in OPERATIONS for item in operation.parameters)
"""The parameters of all methods, which an operation takes that any method may be called by."""

MEANT = KNOWN.union(CREDENTIALS, WHICH)
"""The names that say something here: which of two texts of such a name is meant, nobody could tell."""

OF_RECORDS = frozenset(field.wire for operation in OPERATIONS for field in operation.fields)
"""The fields of all records."""

Serialize = Callable[[Mapping[str, str]], etree._Element]
"""Makes the envelope of a request from texts by their keys, and those of the objects that they stand in."""


class Text(msgspec.Struct, frozen=True):
    """How a text is written.

    Attributes:
        collapse: whether blanks around it do not count.
        binary: ``base64Binary`` or ``hexBinary`` if it is written so.
        name: the type of XML Schema that it is of, or is derived from.
        own: the description's own name for its type, in Clark notation, if that enumerates texts.
        among: the texts that its type enumerates, if it does.
    """

    collapse: bool = False
    binary: str | None = None
    name: str = "string"
    own: str | None = None
    among: tuple[str, ...] = ()


class Kind(msgspec.Struct, eq=False):
    """A type. Types may hold themselves, so one is made first and filled in afterwards.

    Attributes:
        text: how its text is written, if it is one of texts, with or without attributes.
        is_complex: whether it is a complex type.
        fields: the elements that it may hold, directly or inside groups.
        is_row: whether they are all that it says, one after the other, each at most once.
        items: the type of its members, whatever these are called, if it is an array (SOAP 1.1 §5.4.2).
        unusual: whether an element of it may be more than its reader can write.
        abstract: whether an element of it has to say of what other type it is (XML Schema Part 1 §3.4.2).
    """

    text: Text | None = None
    is_complex: bool = False
    fields: list[Field] = msgspec.field(default_factory=list)
    is_row: bool = False
    items: Kind | None = None
    unusual: bool = False
    abstract: bool = False


class Field(msgspec.Struct, eq=False):
    """An element as a type declares it.

    Attributes:
        name: its name, without a namespace.
        namespace: the namespace that it is in, if it is in one.
        kind: its type.
        key: what the description's reader calls it, when a request is written.
        optional: whether it may be absent.
        nillable: whether it may be ``xsi:nil``.
        multiple: whether it may stand several times.
        value: the text that it has where nothing else is said: its ``fixed`` or its ``default``.
        choice: the number of a choice in its type, of which one must be there, if it is one of that.
    """

    name: str
    namespace: str | None
    kind: Kind
    key: str
    optional: bool = False
    nillable: bool = False
    multiple: bool = False
    value: str | None = None
    choice: int | None = None


class Described(msgspec.Struct, frozen=True, eq=False):
    """An operation of a port.

    Attributes:
        name: its name.
        action: its ``soapAction``; empty if it has none.
        rpc: whether its style is rpc.
        encoded: whether the use of its requests is encoded (SOAP 1.1 §5).
        parameters: what a request may hold; nothing if that is not a row of elements.
        answer: the name of the one element that the body of an answer must hold, if requests and answers hold one.
        result: the type of that element.
        serialize: makes the envelope of a request.
    """

    name: str
    action: str
    rpc: bool
    encoded: bool
    parameters: tuple[Field, ...]
    answer: str | None
    result: Kind | None
    serialize: Serialize


class Port(msgspec.Struct, frozen=True, eq=False):
    """A port that speaks SOAP.

    Attributes:
        address: where it says that it listens; ``None`` if it does not say.
        envelope: the namespace of its envelopes, that of SOAP 1.1 or 1.2.
        operations: its operations.
    """

    address: str | None
    envelope: str
    operations: tuple[Described, ...]
