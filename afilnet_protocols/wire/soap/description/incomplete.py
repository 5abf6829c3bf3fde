"""What of a description is not complete, so that zeep would leave it out: it is taken out before zeep sees it.

zeep says so by a warning for each message and operation, which would end up on a user's standard error, or, where
warnings are errors, in the place of the error that says what is missing.
"""

from __future__ import annotations

from lxml import etree

from afilnet_protocols.wire.soap.description.needed_types import Name, led_to, named_by
from afilnet_protocols.wire.soap.namespaces import WSDL


def drop_incomplete(tree: etree._Element) -> None:
    """Take out the messages that lead to what is not there, and the operations that lack a message or a declaration.

    Args:
        tree: the root of a description that is complete in itself; it is changed.
    """
    missing = led_to(tree)[1]
    space = tree.get("targetNamespace")
    messages: set[str] = set()
    for message in _children(tree, "message"):
        if missing.isdisjoint(_named_in(message)):
            messages.add(_name(message, "name", space))
        else:
            tree.remove(message)
    declared: dict[str, set[str | None]] = {}
    for port_type in _children(tree, "portType"):
        for operation in _children(port_type, "operation"):
            sides = [side for side in operation.iterchildren(etree.Element) if "message" in side.attrib]
            if any(_name(side, "message", space) not in messages for side in sides):
                port_type.remove(operation)
        names = {operation.get("name") for operation in _children(port_type, "operation")}
        declared[_name(port_type, "name", space)] = names
    for binding in _children(tree, "binding"):
        known = declared.get(_name(binding, "type", space))
        if known is None:
            continue
        for operation in _children(binding, "operation"):
            if operation.get("name") not in known:
                binding.remove(operation)


def _children(node: etree._Element, kind: str) -> list[etree._Element]:
    return list(node.iterchildren(f"{{{WSDL}}}{kind}"))


def _named_in(message: etree._Element) -> list[Name]:
    parts = _children(message, "part")
    return [name for part in parts for kind in ("element", "type") for name in named_by(part, kind, kind)]


def _name(node: etree._Element, attribute: str, space: str | None) -> str:
    """Return a name of a part of this description in Clark notation; without a prefix it is in its namespace."""
    prefix, _, local = (node.get(attribute) or "").strip().rpartition(":")
    return f"{{{node.nsmap.get(prefix) if prefix else space}}}{local}"
