"""What the nodes of a schema say, where they say it as most do: names, qualified names, how often something stands."""

from __future__ import annotations

import re

from lxml import etree

from afilnet_protocols.wire.soap.namespaces import XSD

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_TIMES = re.compile(r"[0-9]{1,9}")
_SCHEMA = f"{{{XSD}}}"
_LENGTH = len(_SCHEMA)
_ONCE = (None, None)


class Unusual(ValueError):
    """A description says something that is not known here, or is not complete."""


def tag_of(node: etree._Element) -> str:
    """Return the name of an element of XML Schema, without its namespace.

    Raises:
        Unusual: it is of another namespace.
    """
    tag = str(node.tag)
    name = tag[_LENGTH:]
    if not tag.startswith(_SCHEMA) or "}" in name:
        raise Unusual(name)
    return name


def only(nodes: list[etree._Element]) -> etree._Element:
    """Return the one node that there is.

    Raises:
        Unusual: there is none, or there are several.
    """
    if len(nodes) != 1:
        raise Unusual("more than one content")
    return nodes[0]


def after_annotation(node: etree._Element) -> list[etree._Element]:
    """Return the children after the annotation that may stand before them.

    Raises:
        Unusual: there is another one.
    """
    children = list(node)
    found = children[1:] if children and tag_of(children[0]) == "annotation" else children
    if any(tag_of(child) == "annotation" for child in found):
        raise Unusual("an annotation in an unusual place")
    return found


def base_of(step: etree._Element) -> str:
    """Return the name of the type that a derivation builds upon, in Clark notation.

    Raises:
        Unusual: it is no extension and no restriction.
    """
    if tag_of(step) not in ("extension", "restriction"):
        raise Unusual(tag_of(step))
    return qname(step, "base")


def occurs(node: etree._Element) -> tuple[int, int]:
    """Return how often something must stand, and how often it may; 0 for any number.

    Raises:
        Unusual: it says so otherwise than by numbers, or may not stand at all.
    """
    said = node.get("minOccurs"), node.get("maxOccurs")
    if said == _ONCE:
        return 1, 1
    least, most = (each if each is not None else "1" for each in said)
    if _TIMES.fullmatch(least) is None or (most != "unbounded" and (_TIMES.fullmatch(most) is None or int(most) == 0)):
        raise Unusual(f"{least}, {most}")
    return int(least), 0 if most == "unbounded" else int(most)


def name_of(node: etree._Element) -> str:
    """Return the ``name`` of a node.

    Raises:
        Unusual: it has none, or one beyond ASCII.
    """
    name = node.get("name", "")
    if _NAME.fullmatch(name) is None:
        raise Unusual(name)
    return name


def qname(node: etree._Element, attribute: str = "", *, value: str | None = None, space: str | None = None) -> str:
    """Return what a qualified name in an attribute means, in Clark notation (XML Schema Part 2 §3.2.18).

    Args:
        node: the element.
        attribute: the name of the attribute.
        value: the name itself, where it is not all that the attribute says.
        space: the namespace of a name without a prefix; ``None`` for the default one.

    Raises:
        Unusual: there is no such attribute, or its prefix stands for nothing.
    """
    written = (node.get(attribute, "") if value is None else value).strip()
    prefix, colon, name = written.rpartition(":")
    namespace = node.nsmap.get(prefix or None) if colon or space is None else space
    if not namespace or _NAME.fullmatch(name) is None or prefix == "xml" or (colon and not prefix):
        raise Unusual(written)
    return f"{{{namespace}}}{name}"
