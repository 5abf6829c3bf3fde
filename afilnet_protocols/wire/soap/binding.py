"""Binds the six operations to a WSDL by looking at it.

The vendor's description is not public, so nothing is taken for granted: there may be one operation per method, in any
letter case, with or without ``chat`` before it, or a single operation that takes ``class`` and ``method``; its style
may be document or rpc, its use literal or encoded, its version SOAP 1.1 or 1.2.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Set
from functools import lru_cache

import msgspec
from lxml import etree

from afilnet_protocols.catalogue import CLASS, OPERATIONS, Operation
from afilnet_protocols.patterns import late
from afilnet_protocols.process.undivided import undivided
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.soap.binary_types import binary_types
from afilnet_protocols.wire.soap.bound_operation import Binding, BoundOperation
from afilnet_protocols.wire.soap.described import SOAP_11, Described, Port
from afilnet_protocols.wire.soap.description import plain_wsdl
from afilnet_protocols.wire.soap.description.needed_types import missing_in
from afilnet_protocols.wire.soap.description.schema_nodes import Unusual
from afilnet_protocols.wire.soap.description.wsdl import read, unusable
from afilnet_protocols.wire.soap.namespaces import WSDL
from afilnet_protocols.wire.soap.not_usable import LacksCredentials, NotUsable
from afilnet_protocols.wire.soap.parameters import parameters_of, takes_any_method, told_within
from afilnet_protocols.wire.soap.shape import shape_of

_Reader = Callable[[etree._Element], Iterable[Port]]
"""Reads the ports of a description."""

_ATTRIBUTE = late(r"The attribute (?:\{.*\})?(\S+) is not valid")
"""How zeep says that it lacks one."""

_INCOMPLETE = "a part of it is missing or refers to what is not there"


@lru_cache(maxsize=16)
def bind(wsdl: bytes, charset: str | None = None) -> Binding:
    """Bind the catalogue's operations to a WSDL; done once per process for the same bytes.

    Args:
        wsdl: the description.
        charset: the encoding that HTTP names, if it came that way and HTTP names one.

    Raises:
        ConfigurationError: it cannot be used, or lacks an operation or a parameter; the text names what is missing.
    """
    tree, described = read(wsdl, charset), _Document(wsdl, charset)
    # zeep knows more descriptions than are read without it, and is to say why one cannot be used.
    with contextlib.suppress(Unusual, NotUsable, RecursionError):
        try:
            return _first(_ports(tree, plain_wsdl.ports), binary_types(tree))
        except LacksCredentials:
            return _first(described.ports_with_headers(plain_wsdl.ports), binary_types(tree))
    return bind_by_zeep(tree, described)


class _Document(msgspec.Struct, frozen=True):
    """A description as it came; few have credentials in headers, and need more than what was read of it."""

    wsdl: bytes
    charset: str | None

    def ports_with_headers(self, ports: _Reader) -> Iterable[Port]:
        from afilnet_protocols.wire.soap.description.credential_headers import ports_with_headers

        return ports_with_headers(self.wsdl, self.charset, lambda tree: _ports(tree, ports))

    def told_header(self) -> str:
        from afilnet_protocols.wire.soap.description.headers_wanted import told_header

        return told_header(self.wsdl, self.charset)


def bind_by_zeep(tree: etree._Element, described: _Document | None = None) -> Binding:
    """Bind the catalogue's operations to a WSDL as zeep reads it, whatever it says.

    Args:
        tree: the document, which is changed.
        described: the description that it was read from, whose headers may hold the credentials if bodies do not.

    Raises:
        ConfigurationError: it cannot be used; see :func:`bind`.
    """
    undivided.load("afilnet_protocols.wire.soap.description.zeep_wsdl")
    from afilnet_protocols.wire.soap.description import zeep_wsdl

    binary, missing, problem = binary_types(tree), missing_in(tree), ""
    try:
        return _first(_ports(tree, zeep_wsdl.ports), binary, check=_can_be_written)
    except LacksCredentials as error:
        problem = str(error)
        if described is not None:
            with contextlib.suppress(Exception):  # the body's problem is the one to tell
                return _first(described.ports_with_headers(zeep_wsdl.ports), binary, check=_can_be_written)
            problem += described.told_header()
    except NotUsable as error:
        problem = str(error)
    except Exception:  # noqa: BLE001 -- zeep reveals what a bad description lacks by whatever its internals raise
        problem = _INCOMPLETE
    if missing:
        problem = f"it leads to {missing[0]} and does not hold that"
    # Names in a description may hold anything, and errors are written to logs.
    shown = "".join(character if character.isprintable() else "?" for character in problem[:300])
    raise unusable(shown)


def _ports(tree: etree._Element, ports: _Reader) -> Iterable[Port]:
    operations = [
        (port_type.get("name"), operation.get("name"))
        for port_type in tree.iterchildren(f"{{{WSDL}}}portType")
        for operation in port_type.iterchildren(f"{{{WSDL}}}operation")
    ]
    if len(set(operations)) == len(operations):
        return ports(tree)
    from afilnet_protocols.wire.soap.description.overloads import (
        ports_with_overloads,  # few descriptions have such operations
    )

    return ports_with_overloads(tree, ports)


def _first(
    ports: Iterable[Port],
    binary: Mapping[str, str],
    check: Callable[[str, BoundOperation], None] = lambda *_: None,
) -> Binding:
    """Bind to the first port that has what calls need.

    Args:
        ports: the ports.
        binary: the description's own names for base64Binary and hexBinary.
        check: raises ``NotUsable`` for a method that is bound and cannot be used all the same.

    Raises:
        NotUsable: none has; the text says what the first of them lacks.
        Unusual: calls need what only zeep can write.
    """
    problems = list[NotUsable]()
    met: list[str] = []
    for port in ports:
        met += [fold(each.name).removeprefix(CLASS) for each in port.operations]
        try:
            operations = {item.method: _bind(item, port, binary) for item in OPERATIONS}
            for method, bound in operations.items():
                check(method, bound)
        except NotUsable as error:
            problems.append(error)
        except Unusual:
            raise
        except Exception:  # noqa: BLE001 -- zeep reveals what a bad description lacks by whatever its internals raise
            problems.append(NotUsable(_INCOMPLETE))
        else:
            return Binding(port.address, port.envelope, operations)
    if len(problems) > 1 and sorted(met) == sorted(item.method for item in OPERATIONS):
        raise NotUsable(f"its operations are spread over {len(problems)} ports, and calls go to one that has them all")
    raise problems[0] if problems else NotUsable("it has no SOAP port")


def _can_be_written(method: str, bound: BoundOperation) -> None:
    """See that a request can be written: what zeep wants in it that is not among its elements shows only then."""
    wanted = f"something in a request of {method}, such as an attribute or a choice"
    try:
        if bound.write_whole(dict.fromkeys(bound.names, "x")):
            return
    except Exception as error:  # noqa: BLE001 -- zeep says so by whatever its internals raise
        if named := _ATTRIBUTE.match(str(error)):
            wanted = f"the attribute {named[1]} in a request of {method}"
    raise NotUsable(f"it wants {wanted}, of which nothing is known")


def _bind(wanted: Operation[object], port: Port, binary: Mapping[str, str]) -> BoundOperation:
    operation = _find(wanted, port.operations)
    parameters = parameters_of(wanted, operation)
    headers = _headers(operation, port.envelope)
    if operation.answer is None or operation.result is None:
        raise NotUsable(f"its operation {operation.name} does not say what one element its request or answer holds")
    return BoundOperation(
        names=parameters.names,
        fixed=parameters.fixed,
        headers=headers,
        answer=operation.answer,
        shape=shape_of(operation.result),
        serialize=operation.serialize,
        rpc=operation.rpc,
        encoded=operation.encoded,
        written=parameters.written,
        binary=binary,
        spelled=parameters.spelled,
    )


def _find(wanted: Operation[object], operations: tuple[Described, ...]) -> Described:
    for spelling in (CLASS + wanted.method, wanted.method):
        found = [item for item in operations if fold(item.name) == spelling]
        if found:
            return _meant(wanted, found)
    generic = [item for item in operations if takes_any_method(item)]
    if len({item.name for item in generic}) == 1:
        return _meant(wanted, generic)
    within = [told_within(item, ["class", "method"]) for item in operations]
    raise NotUsable(
        f"it lacks the operation {wanted.method}, and has no single operation that takes class and method instead"
        f"{next(filter(None, within), '')}"
    )


def _meant(wanted: Operation[object], found: list[Described]) -> Described:
    """Return the one operation that is meant: of several that have one name, the only one that a call can be made of.

    Of several such the one is meant that takes whatever the others do and more, as only it can say all of a call.
    """
    other = next((each.name for each in found if each.name != found[0].name), None)
    if other is not None:
        raise NotUsable(f"{found[0].name} and {other} may both be the operation {wanted.method}")
    usable, problems = list[tuple[Described, Set[str]]](), list[str]()
    for each in found if len(found) > 1 else ():
        try:
            usable.append((each, parameters_of(wanted, each).names.keys()))
        except NotUsable as error:
            problems.append(str(error))
    widest = [each for each, names in usable if all(names > other or each is it for it, other in usable)]
    if usable and not widest:
        raise NotUsable(
            f"it has {len(found)} operations of the name {found[0].name}, and {len(usable)} of them take what "
            f"{wanted.method} needs: leave the one that is meant in the description"
        )
    if problems and not usable:
        raise NotUsable(f"of its {len(found)} operations of the name {found[0].name} none can be used: {problems[0]}")
    return (widest or found)[0]


def _headers(operation: Described, envelope: str) -> tuple[tuple[str, str], ...]:
    """Return the headers that name the action (SOAP 1.1 §6.1.1; SOAP 1.2 Part 2 §6.5.3)."""
    action = operation.action
    if not all("\x20" <= character < "\x7f" and character not in '"\\' for character in action):
        raise NotUsable(f"the soapAction of its operation {operation.name} cannot stand in an HTTP header")
    if envelope == SOAP_11:
        return (("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", f'"{action}"'))
    parameter = f'; action="{action}"' if action else ""
    return (("Content-Type", f"application/soap+xml; charset=utf-8{parameter}"),)
