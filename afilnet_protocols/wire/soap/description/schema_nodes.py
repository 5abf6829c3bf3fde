"""What the nodes of a schema say, where they say it as most do: names, qualified names, how often something stands."""

from __future__ import annotations

from lxml import etree

from afilnet_protocols.wire.soap.namespaces import XSD

_DIGITS = "0123456789"
_BEGIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
_GO_ON = f"{_BEGIN}{_DIGITS}.-"
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


def base_of(step: etree._Element) -> str:
    """Return the name of the type that a derivation builds upon, in Clark notation.

    Raises:
        Unusual: it is no extension and no restriction.
    """
    if tag_of(step) not in ("extension", "restriction"):
        raise Unusual(tag_of(step))
    return qname(step, "base")


def is_abstract(node: etree._Element) -> bool:
    """Whether a type or an element cannot stand for itself."""
    return node.get("abstract", "").strip() in ("true", "1")


def is_enumerated(simple_type: etree._Element) -> bool:
    """Whether a simple type names the texts that there are of it."""
    return simple_type.find(f"{_SCHEMA}restriction/{_SCHEMA}enumeration") is not None


def occurs(node: etree._Element) -> tuple[int, int]:
    """Return how often something must stand, and how often it may; 0 for any number.

    Raises:
        Unusual: it says so otherwise than by numbers, or may not stand at all.
    """
    said = node.get("minOccurs"), node.get("maxOccurs")
    if said == _ONCE:
        return 1, 1
    least, most = (each if each is not None else "1" for each in said)
    if not is_number(least) or (most != "unbounded" and (not is_number(most) or int(most) == 0)):
        raise Unusual(f"{least}, {most}")
    return int(least), 0 if most == "unbounded" else int(most)


def name_of(node: etree._Element) -> str:
    """Return the ``name`` of a node.

    Raises:
        Unusual: it has none, or one beyond ASCII.
    """
    name = node.get("name", "")
    if not is_name(name):
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
    if not namespace or not is_name(name) or prefix == "xml" or (colon and not prefix):
        raise Unusual(written)
    return f"{{{namespace}}}{name}"


def is_name(text: str) -> bool:
    """Whether a text is a name of ASCII: a letter or ``_``, and then these, digits, ``.`` and ``-``."""
    return text != "" and text[0] in _BEGIN and not text.strip(_GO_ON)


def is_number(text: str) -> bool:
    """Whether a text is a number of one to nine digits."""
    return 0 < len(text) < 10 and not text.strip(_DIGITS)
