"""What the documents say in words: descriptions read from docstrings, and where each statement comes from."""

from __future__ import annotations

import inspect
import re

from afilnet_protocols.catalogue import ErrorCode, Field, Kind, Operation, Parameter
from afilnet_protocols.records import Message

SOAP = (
    "Assumed: the vendor says that the service speaks SOAP, but publishes no description of it. This one describes "
    "what the sandbox of afilnet-protocols serves. Operations, parameters, fields and error codes are documented by "
    "the vendor; names, namespace, structure and faults in XML are assumed."
)
"""The provenance of everything that describes SOAP."""

JSON = (
    "Assumed: the vendor says that the service speaks JSON with OAuth 2.0, but publishes neither its addresses nor its "
    "form. This describes what the sandbox of afilnet-protocols serves: a POST of one flat object, answered by the "
    "envelope of the HTTP interface."
)
"""The provenance of everything that describes JSON with OAuth 2.0."""

ENVELOPE = (
    "The members status, result and error, and the list inside result, are documented. Observed in the vendor's own "
    "libraries: the upper case of SUCCESS and ERROR. Assumed: whether an id is a number or a string (both are allowed "
    "here), that an empty list is an empty array, and that sends answer nothing that matters."
)
"""The provenance of the answers."""

TIMESTAMP = (
    "yyyy-mm-dd hh:mm:ss: documented for dates in requests, assumed for answers. The time zone is not documented."
)
"""The provenance of the form of timestamps."""

OPEN_CODES = "Other codes than the documented ones are possible."
"""Why error codes are not a closed set."""

_ENTRY = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)
_ROLE = re.compile(r":\w+:`~?(?:[\w.]+\.)?(\w+)`")


def attributes(kind: type) -> dict[str, str]:
    """Return what the docstring of a class says about each attribute, as plain text, by name."""
    _, _, section = (inspect.getdoc(kind) or "").partition("\nAttributes:\n")
    return {name: plain(words) for name, words in _ENTRY.findall(section)}


def plain(words: str) -> str:
    """Return the words of a docstring on one line, without its marks."""
    return " ".join(_ROLE.sub(r"\1", words).replace("``", "").split())


def operation(item: Operation[object]) -> str:
    """Return one sentence on an operation and its source."""
    return f"{item.about} ({item.provenance}: {item.source})."


def parameter(item: Parameter) -> str:
    """Return one sentence on a parameter: the vendor's description, and whether it is compulsory."""
    return f"{item.about} ({'compulsory' if item.compulsory else 'optional'})."


def field(record: type | None, item: Field) -> str:
    """Return what is known about a field of an answer."""
    if item.kind is Kind.TIMESTAMP:
        return f"Form: {TIMESTAMP}"
    words = attributes(record).get(item.name, "") if record else ""
    # A conversation is told by its last message, and its docstring refers to that of a message.
    return attributes(Message)[item.name] if words == "see Message." else words


def errors(item: Operation[object]) -> str:
    """Return the documented error codes of an operation in one sentence."""
    return f"Documented error codes: {', '.join(error.code for error in item.errors)}. {OPEN_CODES}"


def error(item: ErrorCode) -> str:
    """Return the vendor's description of a code as a sentence."""
    return f"{item.about}."
