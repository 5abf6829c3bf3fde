"""What descriptions may say in several ways, said in one before anybody reads them.

zeep loses what a type has from a group when another one extends it; neither reader knows groups of attributes, elements
that stand for others, unions of words, or choices and rows of parameters that may stand several times. Loaded where a
description has any of these.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from lxml import etree

from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.soap.described import MEANT
from afilnet_protocols.wire.soap.description.schema_nodes import Unusual, is_abstract, occurs
from afilnet_protocols.wire.soap.description.unions import enumerate_unions
from afilnet_protocols.wire.soap.namespaces import XML, XSD
from afilnet_protocols.wire.soap.not_usable import NotUsable

_X = f"{{{XSD}}}"
_TYPES = frozenset(f"{_X}{name}" for name in ("complexType", "extension", "restriction"))
_MOST = 20_000
"""How many attributes of groups are written out, in all types: which of these calls need is not known yet."""

_MOST_STEPS = 100
"""How many groups of attributes may be in one, and through how many elements one stands for another."""

_Named = dict[str, etree._Element]
"""Global components by their names in Clark notation."""


def say_in_one_way(schemas: Iterable[etree._Element]) -> None:
    """Let schemas say what they say in ways that both readers know.

    Args:
        schemas: the roots of all schemas of a description; they are changed.

    Raises:
        NotUsable: they have more groups of attributes than anybody needs.
    """
    every = list(schemas)
    _follow_attributes(every)
    _follow_substitutes(every)
    enumerate_unions(every)
    for schema in every:
        for group in list(schema.iter(f"{_X}group")):
            around = group.getparent()
            if around is not None and around.tag in _TYPES:
                _put_into_a_row(group)
        for choice in schema.iter(f"{_X}choice"):
            with contextlib.suppress(Unusual):
                _settle_choice(choice)
        for row in schema.iter(f"{_X}sequence"):
            if "maxOccurs" in row.attrib:
                with contextlib.suppress(Unusual):
                    _settle_row(row)


def _put_into_a_row(group: etree._Element) -> None:
    """Let a group that is all of a type be a part of its row."""
    group.tag = f"{_X}sequence"
    etree.SubElement(group, f"{_X}group", ref=group.attrib.pop("ref", ""))


def _settle_choice(choice: etree._Element) -> None:
    """Let a choice of one be a row, and one that is made several times, too, or else be made once.

    It becomes a row where all that there is may be chosen. What is then written is among what the description allows:
    each at most once, in its order. One that has to be made several times is a row of what must all be there, or stays
    as it is if it holds anything that calls do. zeep leaves a choice out that is made several times.
    """
    inside = [each for each in choice if each.tag != f"{_X}annotation"]
    least, most = occurs(choice)
    if len(inside) == 1:
        choice.tag = f"{_X}sequence"
        return
    if most == 1:
        return
    is_meant = any(_local(each) in MEANT for each in choice.iter(f"{_X}element"))
    is_row = least <= len(inside) and (most == 0 or most >= len(inside)) and (least != 1 or is_meant)
    if is_row and all(each.tag == f"{_X}element" for each in inside):
        for each in inside if least <= 1 else ():
            each.set("minOccurs", "0")
        choice.tag = f"{_X}sequence"
        choice.attrib.pop("minOccurs", "")
        choice.attrib.pop("maxOccurs", "")
    elif least <= 1 or not is_meant:
        choice.attrib.pop("maxOccurs", "")


def _settle_row(row: etree._Element) -> None:
    """Let a row of parameters that may stand several times, one for each message of a call, stand once."""
    is_meant = any(_local(each) in MEANT for each in row.iterchildren(f"{_X}element"))
    if is_meant and occurs(row)[0] <= 1:
        del row.attrib["maxOccurs"]


def _local(element: etree._Element) -> str:
    """Return the name of an element, folded, whether it is declared there or referred to."""
    return fold(element.get("name") or element.get("ref", "").rpartition(":")[2])


def _follow_attributes(schemas: list[etree._Element]) -> None:
    """Write attributes that must be there in the place of what refers to them."""
    attributes = _globals(schemas, "attribute")
    groups = {name: _held(group, attributes) for name, group in _globals(schemas, "attributeGroup").items()}
    required: dict[str, list[_Attribute]] = {}
    written = 0
    for schema in schemas:
        own = schema.get("targetNamespace", "")
        for holder in schema.iter(*_TYPES):
            for node in list(holder.iterchildren(f"{_X}attributeGroup", f"{_X}attribute")):
                name, is_group = _named(node, "ref"), node.tag == f"{_X}attributeGroup"
                if is_group and name not in required:
                    required[name] = list(_required(name, groups))
                for attribute, space, qualified in required[name] if is_group else _referred(node, attributes):
                    _add(holder, attribute, "" if space == own else space, qualified=qualified and space != "")
                    written += 1
            if written > _MOST:
                raise NotUsable(f"its groups of attributes have more than {_MOST} that must be there")


_Attribute = tuple[dict[str, str], str, bool]
"""An attribute that must be there: what it says, its namespace, and whether it is written with that."""

_Group = tuple[list[_Attribute], list[str]]
"""The attributes of a group that must be there, and the names of the groups in it."""


def _held(group: etree._Element, attributes: _Named) -> _Group:
    held, inside = list[_Attribute](), set[str]()
    for node in group:
        if node.tag == f"{_X}attributeGroup":
            inside.add(_named(node, "ref"))
        elif "ref" in node.attrib:
            held += _referred(node, attributes)
        elif node.get("use") == "required":
            schema = next(node.iterancestors(f"{_X}schema"))
            form = node.get("form", schema.get("attributeFormDefault", ""))
            held.append(
                (_said(node, node.get("name", ""), node), schema.get("targetNamespace", ""), form == "qualified")
            )
    return held, sorted(inside)


def _required(first: str, groups: dict[str, _Group]) -> Iterator[_Attribute]:
    """Yield the attributes of a group that must be there, and those of groups in it."""
    todo, seen = [first], set[str]()
    while todo:
        name = todo.pop()
        if name not in seen and name in groups:
            held, inside = groups[name]
            yield from held
            todo += inside
        seen.add(name)
        if len(seen) > _MOST_STEPS:
            raise NotUsable(f"its groups of attributes have more than {_MOST_STEPS} in them")


def _referred(node: etree._Element, attributes: _Named) -> Iterator[_Attribute]:
    name = _named(node, "ref")
    space, _, local = name.removeprefix("{").rpartition("}")
    if node.get("use") == "required" and local != "arrayType":  # which says what an array holds
        yield _said(node, local, attributes.get(name)), space, True


def _said(node: etree._Element, name: str, declared: etree._Element | None) -> dict[str, str]:
    """Return what is said of an attribute, whose declaration may be in a document that nobody needs but for it."""
    said = {"name": name, "use": "required"}
    fixed = node.get("fixed", None if declared is None else declared.get("fixed"))
    return said if fixed is None else {**said, "fixed": fixed}


def _add(around: etree._Element, attribute: dict[str, str], space: str, *, qualified: bool) -> None:
    """Add an attribute to a type; what kind of text it is does not matter.

    Args:
        around: the type.
        attribute: what the attribute says.
        space: its namespace, if that is another one than that of the schema. XML Schema lets no attribute be declared
            there but by a reference; zeep takes the prefix of a name as that of a reference.
        qualified: whether it is written with its namespace.
    """
    if not qualified:
        etree.SubElement(around, f"{_X}attribute", {**attribute, "form": "unqualified"})
        return
    known = next((prefix for prefix, each in around.nsmap.items() if prefix and each == space), None)
    prefix = "xml" if space == XML else known or "attribute"
    name = f"{prefix}:{attribute['name']}" if space else attribute["name"]
    spaces = {prefix: space} if space and not known and space != XML else None
    etree.SubElement(around, f"{_X}attribute", {**attribute, "name": name, "form": "qualified"}, nsmap=spaces)


def _follow_substitutes(schemas: list[etree._Element]) -> None:
    """Let references to what has to be replaced (XML Schema Part 1 §3.3.6) lead to the one element that replaces it.

    If there is none, or several, nobody knows what to write: it is no text any more.
    """
    heads = {name: node for name, node in _globals(schemas, "element").items() if is_abstract(node)}
    if not heads:
        return
    substitutes: dict[str, list[str]] = {}
    for name, node in _globals(schemas, "element").items():
        substitutes.setdefault(_named(node, "substitutionGroup"), []).append(name)
    only = {head: found for head in heads if (found := _only_concrete(head, heads, substitutes))}
    for schema in schemas:
        for node in list(schema.iter(f"{_X}element")):
            found = only.get(_named(node, "ref"))
            if found is not None:
                _refer(node, found)
    for node in heads.values():
        node[:] = [etree.Element(f"{_X}complexType")]


def _refer(node: etree._Element, name: str) -> None:
    """Let a reference lead to an element of any namespace, also one that has no prefix where the reference stands."""
    space, _, local = name.removeprefix("{").rpartition("}")
    prefix = next((prefix for prefix, each in node.nsmap.items() if prefix and each == space), None)
    around = node.getparent()
    if prefix is None and space and node.nsmap.get(None) != space and around is not None:
        prefix = "substitute"
        said = {str(key): str(value) for key, value in node.items()}
        known, node = node, etree.Element(node.tag, said, nsmap={prefix: space})
        around.replace(known, node)
    node.set("ref", f"{prefix}:{local}" if prefix else local)


def _only_concrete(head: str, heads: _Named, substitutes: dict[str, list[str]]) -> str | None:
    """Return the one element that may stand for another one, by however many steps; ``None`` if that is not known."""
    found, todo, seen = list[str](), [head], set[str]()
    while todo and len(found) < 2 and len(seen) < _MOST_STEPS:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            found += [] if name in heads else [name]
            todo += substitutes.get(name, ())
    return found[0] if len(found) == 1 and not todo else None


def _globals(schemas: list[etree._Element], kind: str) -> _Named:
    return {
        f"{{{schema.get('targetNamespace', '')}}}{node.get('name')}": node
        for schema in schemas
        for node in schema.iterchildren(f"{_X}{kind}")
    }


def _named(node: etree._Element, attribute: str) -> str:
    """Return the name that an attribute says, in Clark notation; one without a namespace has an empty one."""
    prefix, _, local = node.get(attribute, "").rpartition(":")
    space = XML if prefix == "xml" else node.nsmap.get(prefix or None)
    return f"{{{space or ''}}}{local}"
