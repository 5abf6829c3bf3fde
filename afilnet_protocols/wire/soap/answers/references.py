"""References inside a SOAP body: an element that says only that it is the same as another one becomes a copy of it.

SOAP 1.1 §5.4.1 has ``id`` and ``href="#…"``, SOAP 1.2 Part 2 §3.1.5 ``enc:id`` and ``enc:ref``. They belong to the
encoded use, but PHP's server writes an object that it has written before as a reference in every style: the second of
two equal rows is ``<item href="#ref1"/>``. Axis 1 puts what is referred to beside the answer, as ``multiRef``; Delphi
may put it into the answer, beside the parts. .NET's DataContractSerializer has ``z:Id`` and ``z:Ref`` for objects, and
where references are to be kept for texts, too: the second message that reads the same is
``<message z:Ref="4" i:nil="true"/>``.

What is left to an attachment (``href="cid:…"``, XOP) is not read; where nobody reads it anyway, it does not matter.
"""

from __future__ import annotations

from typing import cast

import msgspec
from lxml import etree

from afilnet_protocols.wire.malformed import Malformed
from afilnet_protocols.wire.soap.answers.reader import is_read
from afilnet_protocols.wire.soap.namespaces import DATA_CONTRACTS, SOAP_12_ENCODING, SOAP_ENCODING, XSI
from afilnet_protocols.wire.soap.strict_xml import ANSWER

GROWTH = 64
"""How many times its own size an answer may become."""

_ID, _REF = f"{{{SOAP_12_ENCODING}}}id", f"{{{SOAP_12_ENCODING}}}ref"
_CONTRACT_ID, _CONTRACT_REF = f"{{{DATA_CONTRACTS}}}Id", f"{{{DATA_CONTRACTS}}}Ref"
_NIL = f"{{{XSI}}}nil"
"""What .NET says of a reference besides, which has no content of its own."""

_INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"

_SPACES = {"e": SOAP_12_ENCODING, "z": DATA_CONTRACTS}
_REFERRING = etree.XPath("descendant-or-self::*[@href or @e:ref or @z:Ref]", namespaces=_SPACES)
_IDENTIFIED = etree.XPath("descendant-or-self::*[@id or @e:id or @z:Id]", namespaces=_SPACES)

# Most answers have no attribute of these names at all; libxml2 tells that five times as fast as it finds elements.
_MAY_REFER = etree.XPath(
    "boolean(descendant-or-self::*/@*[local-name()='href' or local-name()='ref' or local-name()='Ref'])"
)

_Targets = dict[str, list[etree._Element]]

_TOO_LARGE = "its references make it too large"

_AROUND = 2
"""How many elements stand around an answer: the envelope and its body."""

_ELEMENT = 32
"""What an element counts beside its text: about what its tags take in a document."""


def follow(answer: etree._Element, others: list[etree._Element]) -> None:
    """Put what an answer refers to where it refers to it.

    Args:
        answer: the first element of the body.
        others: the elements after it: each must be referred to.

    Raises:
        Malformed: a reference leads nowhere, to two elements, to an attachment or in a circle, an element of the body
            belongs to nothing, or the answer becomes too large or too deep.
    """
    if any(_is_root(element) for element in others):
        raise Malformed("its body holds more than one answer")
    todo = _found(_REFERRING, answer) if _MAY_REFER(answer) else []
    if not todo and not others:
        return
    targets = _targets([answer, *others])
    expansion = _Expansion(targets)
    # Measured before anything is copied, so that what is too large costs nothing but its refusal.
    if expansion.of(answer).weight > min(GROWTH * sum(_weight(each) for each in (answer, *others)), ANSWER.size):
        raise Malformed(_TOO_LARGE)
    if any(expansion.reached.isdisjoint(element.iter()) for element in others):
        raise Malformed("its body holds more than one element")
    apart = _standing_apart(answer, expansion.reached)
    while todo:
        reference = todo.pop()
        target = _target(reference, targets)
        if target is not None:
            _become(reference, target)
            todo += _found(_REFERRING, reference)
    for each in apart:
        answer.remove(each)


class _Size(msgspec.Struct, frozen=True):
    """How large an element is with its references followed: what it holds, and how many levels it has."""

    weight: int
    height: int


class _Expansion:
    """Measures elements with their references followed, without following them. Each target is measured once."""

    def __init__(self, targets: _Targets) -> None:
        self._targets = targets
        self._known: dict[etree._Element, _Size] = {}
        self._under_way: set[etree._Element] = set()

    @property
    def reached(self) -> set[etree._Element]:
        """What was referred to so far."""
        return set(self._known)

    def of(self, element: etree._Element, depth: int = _AROUND) -> _Size:
        """Return the size of an element that stands at a depth.

        Raises:
            Malformed: a reference in it cannot be followed, leads in a circle, or leads too deep.
        """
        if depth >= ANSWER.depth:
            raise Malformed(_TOO_LARGE)
        target = _target(element, self._targets)
        if target is not None:
            return self._of_target(target, depth)
        inside = [self.of(child, depth + 1) for child in element]
        weight = _ELEMENT + len(element.text or "") + sum(size.weight for size in inside)
        return _Size(weight, 1 + max((size.height for size in inside), default=0))

    def _of_target(self, target: etree._Element, depth: int) -> _Size:
        if target in self._under_way:
            raise Malformed("its references lead in a circle")
        if target not in self._known:
            self._under_way.add(target)
            self._known[target] = self.of(target, depth + 1)
            self._under_way.remove(target)
        size = self._known[target]
        if depth + size.height > ANSWER.depth:
            raise Malformed(_TOO_LARGE)
        return size


def _found(path: etree.XPath, element: etree._Element) -> list[etree._Element]:
    return cast("list[etree._Element]", path(element))


def _targets(elements: list[etree._Element]) -> _Targets:
    found: _Targets = {}
    for element in elements:
        for each in _found(_IDENTIFIED, element):
            contract = each.get(_CONTRACT_ID)
            for name in (each.get("id") or each.get(_ID), contract and f"{_CONTRACT_ID}{contract}"):
                if name:
                    found.setdefault(name, []).append(each)
    return found


def _target(reference: etree._Element, targets: _Targets) -> etree._Element | None:
    """Return what an element refers to; ``None`` if its ``href`` is an attribute like any other."""
    contract = reference.get(_CONTRACT_REF)
    name = reference.get(_REF) or reference.get("href") or ""
    if contract is not None:  # identifiers of its own: they are numbers, and others may be, too
        name = f"{_CONTRACT_ID}{contract}"
    inside = name.startswith("#") or reference.get(_REF) is not None or contract is not None
    if len(reference) or (reference.text or "").strip():
        if inside:
            raise Malformed("an element refers to another one and has content of its own")
        return None
    if name.lower().startswith("cid:") and is_read(_field_of(reference)):
        raise Malformed("it refers to an attachment, which is not read: have the service write values in place")
    if not inside:
        return None
    found = targets.get(name.removeprefix("#"), [])
    if len(found) != 1:
        raise Malformed("it refers to what is not there" if not found else "it refers to two elements of one name")
    return found[0]


def _field_of(reference: etree._Element) -> etree._Element:
    """Return the field that is left to an attachment: what is around an ``xop:Include``, or else what refers to it."""
    around = reference.getparent()
    return around if reference.tag == _INCLUDE and around is not None else reference


def _become(reference: etree._Element, target: etree._Element) -> None:
    for name in ("href", _REF, *((_CONTRACT_REF, _NIL) if _CONTRACT_REF in reference.attrib else ())):
        if name in reference.attrib:
            del reference.attrib[name]
    for key, value in target.items():
        if key not in ("id", _ID, _CONTRACT_ID):
            reference.set(key, value)
    reference.text = target.text
    reference.extend(_copy(child) for child in target)


def _copy(element: etree._Element) -> etree._Element:
    """Return what ``copy.deepcopy`` does by asking the element, without loading ``copy`` at every start."""
    made: etree._Element = element.__deepcopy__({})  # type: ignore[attr-defined]
    return made


def _standing_apart(answer: etree._Element, reached: set[etree._Element]) -> list[etree._Element]:
    """Return what stands in an answer only to be referred to, as Delphi writes objects: they are no parts of it.

    Parts of rpc have no namespace (SOAP 1.1 §5.1), and what goes by a type's name instead has one.
    """
    apart = [each for each in answer if each in reached and "}" in str(each.tag)]
    parts = [each for each in answer if each not in apart]
    return apart if parts and not any("}" in str(each.tag) for each in parts) else []


def _is_root(element: etree._Element) -> bool:
    """Whether an element says that it is an answer of its own (SOAP 1.1 §5.6)."""
    return element.get(f"{{{SOAP_ENCODING}}}root") in ("1", "true")


def _weight(element: etree._Element) -> int:
    return sum(_ELEMENT + len(each.text or "") for each in element.iter())
