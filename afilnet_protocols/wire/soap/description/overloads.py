"""Operations of one name in a port type (WSDL 1.1 §2.4.5), each of which is read as if it had the name alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy

import msgspec
from lxml import etree

from afilnet_protocols.wire.soap.described import Port
from afilnet_protocols.wire.soap.description.needed import is_one_of_the_six
from afilnet_protocols.wire.soap.namespaces import WSDL, local_of
from afilnet_protocols.wire.soap.not_usable import NotUsable

_MOST = 8
"""How many operations of one name are told from one another."""

_SIDES = {"input": "Request", "output": "Response"}
"""The messages of an operation, and what follows its name in theirs, if these are not said (WSDL 1.1 §2.4.5)."""

_Ways = dict[tuple[str, str], list[etree._Element]]
"""Several operations of one name, by the names of their port type and their own, in the order of the port type."""


def ports_with_overloads(tree: etree._Element, read: Callable[[etree._Element], Iterable[Port]]) -> Iterator[Port]:
    """Yield the ports of a description with all operations of one name, where most readers know the last one only.

    Args:
        tree: the document.
        read: reads the ports of one in which no two operations of a port type have one name; it may change it.

    Raises:
        NotUsable: it is not said which operation of a binding is which one of its port type, or there are too many.
    """
    most = max((len(ways) for ways in _overloaded(tree).values()), default=1)
    if most == 1:
        yield from read(tree)
        return
    each_alone = [list(read(_with_one(tree, number))) for number in range(most)]
    for port, *others in zip(*each_alone, strict=True):
        operations = [operation for each in (port, *others) for operation in each.operations]
        yield msgspec.structs.replace(port, operations=tuple(operations))


def _overloaded(tree: etree._Element) -> _Ways:
    found, bound = _operations(tree, "portType", "name"), _operations(tree, "binding", "type")
    several = {key: ways for key, ways in found.items() if len({_messages(each) for each in ways}) > 1}
    return {key: ways for key, ways in several.items() if _are_told_apart(ways, bound.get(key, ()))}


def _operations(tree: etree._Element, holder: str, port_type: str) -> _Ways:
    """Return the operations of port types or bindings, gathered at once: a description may have thousands."""
    found: _Ways = {}
    for each in tree.iterchildren(f"{{{WSDL}}}{holder}"):
        of = local_of(each.get(port_type))
        for operation in each.iterchildren(f"{{{WSDL}}}operation"):
            found.setdefault((of, operation.get("name", "")), []).append(operation)
    return found


def _are_told_apart(ways: list[etree._Element], bound: Iterable[etree._Element]) -> bool:
    """Whether it is said which one a binding means. Of operations that no call may be made of, nobody has to know."""
    try:
        if len(ways) > _MOST:
            raise NotUsable(f"it has {len(ways)} operations of the name {ways[0].get('name')}")
        # Of one binding, two that mean one operation say of neither which it is.
        places = [(operation.getparent(), _place(operation, ways)) for operation in bound]
        if len(set(places)) < len(places):
            raise _untold(ways)
    except NotUsable:
        if is_one_of_the_six(ways[0]):
            raise
        return False
    return True


def _with_one(tree: etree._Element, number: int) -> etree._Element:
    """Return a description with the operations that have this place among those of their name, counted from 0."""
    changed = deepcopy(tree)
    overloaded = _overloaded(changed)
    for holder in changed.iterchildren(f"{{{WSDL}}}portType", f"{{{WSDL}}}binding"):
        is_binding = holder.tag == f"{{{WSDL}}}binding"
        port_type = local_of(holder.get("type")) if is_binding else holder.get("name", "")
        for operation in list(holder.iterchildren(f"{{{WSDL}}}operation")):
            ways = overloaded.get((port_type, operation.get("name", "")))
            find = _place if is_binding else _index
            if (0 if ways is None else find(operation, ways)) != number:
                holder.remove(operation)
    return changed


def _index(operation: etree._Element, ways: list[etree._Element]) -> int:
    return ways.index(operation)


def _place(bound: etree._Element, ways: list[etree._Element]) -> int:
    """Return which operation of a port type one of a binding is, by the names of its messages.

    Where it says none, they have those of WSDL 1.1 §2.4.5, if that tells which one it is: .NET's older services name
    the messages of all operations of one name but the first.
    """
    said = {tag: name for tag in _SIDES if (name := _name(bound, tag))}
    found = [place for place, each in enumerate(ways) if all(_called(each, tag) == said[tag] for tag in said)]
    if len(found) > 1:
        found = [place for place in found if all(_called(ways[place], tag) == _called(bound, tag) for tag in _SIDES)]
    if len(found) != 1:
        raise _untold(ways)
    return found[0]


def _untold(ways: list[etree._Element]) -> NotUsable:
    return NotUsable(
        f"it has {len(ways)} operations of the name {ways[0].get('name')}, and the names of their messages do not "
        "say which one of them its binding means"
    )


def _called(operation: etree._Element, tag: str) -> str:
    """Return what a message of an operation is called, whether that is said or not."""
    return _name(operation, tag) or f"{operation.get('name')}{_SIDES[tag]}"


def _name(operation: etree._Element, tag: str) -> str | None:
    side = operation.find(f"{{{WSDL}}}{tag}")
    return None if side is None else side.get("name")


def _messages(operation: etree._Element) -> tuple[str | None, ...]:
    """Return what an operation takes and gives, which says in what it differs from others of its name."""
    sides = [operation.find(f"{{{WSDL}}}{tag}") for tag in _SIDES]
    return tuple(None if side is None else side.get("message") for side in sides)
