"""From a SOAP envelope to the service's envelope ``{status, result | error}``, or to the Fault that it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from afilnet_protocols.wire.document.markup import refuses_in_markup
from afilnet_protocols.wire.document.refusal import is_refusal, refuses, refuses_a_send
from afilnet_protocols.wire.malformed import Malformed
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.soap.answers.reader import OF_RECORDS_ONLY, loose, read
from afilnet_protocols.wire.soap.answers.references import follow
from afilnet_protocols.wire.soap.bound_operation import BoundOperation
from afilnet_protocols.wire.soap.described import SOAP_11, SOAP_12
from afilnet_protocols.wire.soap.namespaces import XSD
from afilnet_protocols.wire.soap.strict_xml import ANSWER, NotStrictXml, parse
from afilnet_protocols.wire.soap.typed_text import mark
from afilnet_protocols.wire.strict_json import NotStrictJson, loads

_OF_THE_WAY = ("http://schemas.xmlsoap.org/", "http://docs.oasis-open.org/", "http://www.w3.org/")
"""How the namespaces begin of what standards put into a header."""

_NAMES_THE_RESULT = "{http://www.w3.org/2003/05/soap-rpc}result"
"""What says which part of an answer is what the procedure returned (SOAP 1.2 Part 2 §4.2.1), and nothing else."""

_SCHEMAS = tuple(f"{way}{{{XSD}}}schema" for way in ("", "*/", "*/*/"))
"""Where the schema of a DataSet may be: it stands beside its rows."""

_VERSIONS = {SOAP_11: "1.1", SOAP_12: "1.2"}

WRAPPERS = 4
"""How many elements may stand around the service's envelope: the answer's, its part, and two for good measure."""


def fault_in(tree: etree._Element) -> etree._Element | None:
    """Return the Fault of an envelope of either SOAP version, if it holds one; some write it without a namespace.

    Raises:
        Malformed: it is not an envelope with one body, or a reference in the Fault cannot be followed.
    """
    for namespace in (SOAP_11, SOAP_12):
        if tree.tag == f"{{{namespace}}}Envelope":
            first, *others = _content(tree, namespace)
            if first.tag not in (f"{{{namespace}}}Fault", "Fault"):
                return None
            follow(first, others)
            return first
    return None


def envelope_in(
    tree: etree._Element, namespace: str, operation: BoundOperation, *, odd: bool = False
) -> Mapping[str, object]:
    """Return the service's envelope that an answer holds.

    Args:
        tree: the SOAP envelope.
        namespace: the namespace that it must have.
        operation: the operation that it answers.
        odd: whether an envelope that is written as JSON may hold a name twice in one object.

    Raises:
        Malformed: it is not a SOAP envelope with one body that holds what the description says.
    """
    if tree.tag != f"{{{namespace}}}Envelope":
        raise Malformed(_of_another_version(etree.QName(tree).namespace, namespace))
    content = _content(tree, namespace)
    spaces = (None, namespace)
    # What an answer refers to may stand before it (SOAP 1.1 §5.6).
    named = [element for element in content if _is_named(element, operation.answer, spaces)]
    answer = named[0] if len(named) == 1 else content[0]
    follow(answer, [element for element in content if element is not answer])
    if not named:
        raise Malformed("its body holds another element than the description says")
    _drop_descriptions(answer)
    mark(answer, types=operation.binary, fields={})
    faults: list[str] = []
    value = read(answer, operation.shape, namespace)
    found = _held_by(answer, value, odd, faults)
    if found is None and faults:
        raise Malformed(f"a text in it is no strict JSON: {faults[0]}")
    if found is None:
        # Without a status, or with several, it may still tell that something was done.
        found = value if isinstance(value, dict) else {"return": value}
    refusals = _refusals_in_header(tree, namespace)
    return {**found, "header": refusals} if refusals else found


def _drop_descriptions(answer: etree._Element) -> None:
    """Take out of an answer what is about its parts: what names the result, and the schema that .NET's DataSet brings.

    The schema of a table without rows would be all that there is to read.
    """
    for described in [
        *answer.findall(_NAMES_THE_RESULT),
        *(each for path in _SCHEMAS for each in answer.findall(path)),
    ]:
        around = described.getparent()
        if around is not None and not (described.tail or "").strip():
            around.remove(described)


def _of_another_version(own: str | None, described: str) -> str:
    """Say what an envelope is that is not of the version that the description names."""
    if own not in _VERSIONS:
        return "it is not a SOAP envelope of the version that the description names"
    return (
        f"it is an envelope of SOAP {_VERSIONS[own]}, and the description says SOAP {_VERSIONS[described]}: set "
        f"soap_wsdl to a description of a port of SOAP {_VERSIONS[own]}, or have the service answer as it is asked"
    )


def _is_named(answer: etree._Element, described: str, spaces: tuple[str | None, ...]) -> bool:
    """Whether an answer has its name, in the description's namespace or one of these; in any, if that has none."""
    space, _, name = described.rpartition("}")
    own = etree.QName(answer)
    return own.localname == name and (not space or own.namespace in (*spaces, space.removeprefix("{")))


def _told_by_attributes(answer: etree._Element) -> dict[str, object]:
    """Return the attributes that tell of a refusal, and those that tell a status.

    They may be named after errors wherever they stand; others are about the call only where they are not a record's.
    Those of an empty element are read with its content.
    """
    refusals: dict[str, object] = {}
    others: list[tuple[etree._Element, str, str]] = []
    for element in answer.iter(etree.Element):
        for tag, value in element.attrib.items():
            folded = fold(name := etree.QName(str(tag)).localname)
            if is_refusal(folded, str(value)):
                refusals[name] = value
            elif tag == name and (folded == "status" or refuses(folded, str(value))):
                others.append((element, name, str(value)))
            elif tag == name and element is answer and refuses_a_send(folded, str(value)):
                refusals[name] = value
    around = {answer, *_around_records(answer)} if others else set()
    told = [(name, value) for element, name, value in others if element in around]
    # Of two of one name the one that refuses counts.
    return {**dict(sorted(told, key=lambda each: refuses(fold(each[0]), each[1]))), **refusals}


def _around_records(element: etree._Element) -> Iterator[etree._Element]:
    """Yield an element and those in it, without records and what stands in them."""
    named = [*map(str, element.attrib), *(etree.QName(child).localname for child in element)]
    if not any(fold(name) in OF_RECORDS_ONLY for name in named):
        yield element
        for child in element:
            yield from _around_records(child)


def _refusals_in_header(tree: etree._Element, namespace: str) -> dict[str, object]:
    """Return the parts of an envelope's header that tell of an error, or the action of one (WS-Addressing §4.4).

    What else stands in a header is about how a message travels, and changes nothing.
    """
    header = tree.find(f"{{{namespace}}}Header")
    if header is None:
        return {}
    told: dict[str, object] = {}
    for block in header.iterchildren(etree.Element):
        space, local = etree.QName(block).namespace or "", etree.QName(block).localname
        if local == "Fault":
            told |= {"error": "a fault"}
        if "addressing" in space and local == "Action":
            action = (block.text or "").strip()
            told |= {"error": "the action of a fault"} if action.lower().endswith("fault") else {}
        if not space.startswith(_OF_THE_WAY):
            told |= {
                name: said
                for element in block.iter(etree.Element)
                for tag, told_there in [*element.items(), (element.tag, "" if len(element) else element.text or "")]
                if refuses(fold(name := etree.QName(str(tag)).localname), said := str(told_there))
                or refuses_in_markup(said)
            }
    return told


def _content(tree: etree._Element, namespace: str) -> list[etree._Element]:
    """Return what the body holds: at least one element."""
    parts = list(tree)
    names = [part.tag for part in parts]
    body, header = f"{{{namespace}}}Body", f"{{{namespace}}}Header"
    if names not in ([body], [header, body]):
        raise Malformed("it is not an envelope with one body")
    content = list(parts[-1])
    if not content:
        raise Malformed("its body is empty")
    texts = [tree.text, parts[-1].text, *(part.tail for part in (*parts, *content))]
    if any(text and text.strip() for text in texts):
        raise Malformed("text stands among elements")
    return content


def _held_by(
    element: etree._Element, value: object, odd: bool, faults: list[str], wrappers: int = 0
) -> Mapping[str, object] | None:
    """Return the envelope in an element that reads as a value; its status may be an attribute of that element.

    What is found inside may be a record, which has a status of its own, or another envelope, which must say the same.
    """
    found = _find(value, odd, faults, wrappers)
    told = {fold(str(name)): str(said) for name, said in element.items()}
    is_record = found is not None and not OF_RECORDS_ONLY.isdisjoint(found)
    if _tells(told) and isinstance(value, dict) and "status" not in value:
        found = {**told, **value} if found is None or is_record or not _tells(found) else found
    attributes = _told_by_attributes(element)
    return {**found, f"attributes{wrappers or ''}": attributes} if found is not None and attributes else found


def _tells(envelope: Mapping[str, object]) -> bool:
    return str(envelope.get("status")).strip().lower() in ("success", "error")


def _find(value: object, odd: bool, faults: list[str], wrappers: int = 0) -> Mapping[str, object] | None:
    """Return the envelope in an answer: the mapping that has a status, or a text that holds one as JSON or XML.

    What stands beside it, or beside what it is wrapped in, becomes a member of it, to be looked through like the rest.
    Why a text that begins like an object of JSON is none is noted among the faults.
    """
    if wrappers > WRAPPERS:
        return None
    if isinstance(value, str):
        return envelope_in_text(value, odd, faults, wrappers)
    if not isinstance(value, dict):
        return None
    if "status" in value:
        return value
    found = {}
    for name, held in value.items():
        if (inner := _find(held, odd, faults, wrappers + 1)) is not None:
            found[name] = inner
    if len(found) != 1:
        return None
    ((name, envelope),) = found.items()
    beside = {other: held for other, held in value.items() if other != name and held not in (None, "", [])}
    return {**envelope, f"beside_{name}": beside} if beside else envelope


def envelope_in_text(text: str, odd: bool, faults: list[str], wrappers: int = 0) -> Mapping[str, object] | None:
    """Return the envelope that a text holds, as services write it that put a whole document into one string.

    Args:
        text: the text.
        odd: see :func:`envelope_in`.
        faults: where it is noted why a text that begins like an object of JSON is none.
        wrappers: how many elements stand around it.
    """
    try:
        return loads(text.encode(), twice=odd)
    except NotStrictJson as error:
        why = str(error)
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        faults.append(why)
    if not text.startswith("<"):
        return None
    try:
        document = parse(text.encode(), ANSWER, root=None)
    except NotStrictXml:
        return None
    return _held_by(document, loose(document), odd, faults, wrappers + 1)
