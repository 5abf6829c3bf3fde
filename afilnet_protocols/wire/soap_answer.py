"""From a SOAP envelope to the service's envelope ``{status, result | error}``, or to the Fault that it holds."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from afilnet_protocols.wire.soap_binding import BoundOperation
from afilnet_protocols.wire.soap_references import follow
from afilnet_protocols.wire.soap_text import Malformed, mark, text_of
from afilnet_protocols.wire.soap_types import read
from afilnet_protocols.wire.strict_json import NotStrictJson, loads

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"

_WRAPPERS = 4
"""How many elements may stand around the service's envelope: the answer's, its part, and two for good measure."""


def fault_in(tree: etree._Element) -> etree._Element | None:
    """Return the Fault of an envelope of either SOAP version, if it holds one.

    Raises:
        Malformed: it is not an envelope with one body, or a reference in the Fault cannot be followed.
    """
    for namespace in (SOAP_11, SOAP_12):
        if tree.tag == f"{{{namespace}}}Envelope":
            first, *others = _content(tree, namespace)
            if first.tag != f"{{{namespace}}}Fault":
                return None
            follow(first, others)
            return first
    return None


def envelope_in(tree: etree._Element, namespace: str, operation: BoundOperation) -> Mapping[str, object]:
    """Return the service's envelope that an answer holds.

    Args:
        tree: the SOAP envelope.
        namespace: the namespace that it must have.
        operation: the operation that it answers.

    Raises:
        Malformed: it is not a SOAP envelope with one body that holds what the description says.
        Exception: whatever zeep raises when the content does not fit the description.
    """
    if tree.tag != f"{{{namespace}}}Envelope":
        raise Malformed("it is not a SOAP envelope of the version that the description names")
    answer, *others = _content(tree, namespace)
    follow(answer, others)
    if answer.tag != operation.answer:
        raise Malformed("its body holds another element than the description says")
    mark(answer, types=operation.binary, fields={})
    error = _error_beside_status(answer)  # reading drops what the description does not know
    found = _find(read(answer, operation.reader))
    if found is None:
        raise Malformed("it holds no status")
    return found if error is None or found.get("error") else {**found, "error": error}


def _error_beside_status(answer: etree._Element) -> str | None:
    """Return the error that stands beside a status, whether the description knows of it or not."""
    for element in answer.iter("{*}error"):
        parent = element.getparent()
        if parent is not None and parent.find("{*}status") is not None and (element.text or "").strip():
            return text_of(element)
    return None


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


def _find(value: object, wrappers: int = 0) -> Mapping[str, object] | None:
    """Return the envelope in an answer: the mapping that has a status, or a text that holds one as JSON."""
    if isinstance(value, str):
        try:
            return loads(value.encode())
        except NotStrictJson:
            return None
    if not isinstance(value, dict) or wrappers > _WRAPPERS:
        return None
    if "status" in value:
        result = value.get("result")
        if isinstance(result, dict) and "list" in result:
            result["list"] = _items(result["list"])
        elif isinstance(result, str) and not result.strip():
            del value["result"]
        return value
    inner = [item for item in value.values() if item not in (None, "", [])]
    return _find(inner[0], wrappers + 1) if len(inner) == 1 else None


def _items(found: object) -> object:
    """Return the items of a list, whether ``list`` itself is repeated or holds them as repeated elements."""
    if isinstance(found, str) and not found.strip():
        return None
    if isinstance(found, list) and len(found) == 1 and _holder(found[0]) is not None:
        found = found[0]
    if not isinstance(found, dict) or not found:
        return found
    held = _holder(found)
    if held is None:
        return [found]
    return held if isinstance(held, list) else [held]


def _holder(value: object) -> object:
    """Return what a mapping holds that has a single field, and that one is no text: the items; else ``None``."""
    if isinstance(value, dict) and len(value) == 1:
        inner = next(iter(value.values()))
        return inner if isinstance(inner, dict | list) else None
    return None
