"""The elements of zeep's groups, and which of them may be absent because another one of a choice is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from lxml import etree
from zeep import xsd

from afilnet_protocols.wire.soap.namespaces import XSD


class Found(msgspec.Struct, frozen=True):
    """An element of a group.

    Attributes:
        element: zeep's own.
        is_chosen: whether it is one of a choice, so that it may be absent.
        choice: which choice that is, if one of it must be there.
    """

    element: Any
    is_chosen: bool = False
    choice: int | None = None


def keep_what_may_be_empty(tree: etree._Element) -> None:
    """Write at each choice whether it may be empty: zeep takes whatever element is in one for one that may be absent.

    Args:
        tree: the root of a description; it is changed.
    """
    for choice in tree.iter(f"{{{XSD}}}choice"):
        if any(child.get("minOccurs") == "0" for child in choice):
            choice.set("minOccurs", "0")


def elements_in(part: Any, around: Found | None = None, *, needed: bool = True) -> list[Found]:
    """Return the elements of a group.

    Args:
        part: the group, or an element.
        around: what is known of whatever stands in it.
        needed: whether what the group stands in must be there.
    """
    known = around or Found(None)
    if isinstance(part, xsd.Element):
        return [Found(part, known.is_chosen, known.choice)]
    needed = needed and part.min_occurs != 0
    if isinstance(part, xsd.Choice) and not known.is_chosen:
        known = Found(None, True, id(part) if needed and not _may_be_empty(part) else None)
    return [found for each in _parts_of(part) for found in elements_in(each, known, needed=needed)]


def _parts_of(part: Any) -> Iterable[Any]:
    if isinstance(part, xsd.Group):
        return (part.child,)
    return part if isinstance(part, Iterable) else ()


def _may_be_empty(part: Any) -> bool:
    if not part.min_occurs:
        return True
    if isinstance(part, xsd.Element | xsd.Any):
        return False
    if isinstance(part, xsd.Choice):
        return any(not isinstance(each, xsd.Element) and _may_be_empty(each) for each in part)
    return all(map(_may_be_empty, _parts_of(part)))
