"""The JSON Schema of the JSON report, made from its own types, and the file that ships it."""

from __future__ import annotations

import json
import types
import typing
from importlib import resources

from afilnet_protocols.conformance.reports.document import FORMAT, VERSION, Document
from afilnet_protocols.conformance.results.outcome import ExitCode, Outcome
from afilnet_protocols.docstring import docstring

FILE = resources.files(__package__).joinpath("report.schema.json")
"""The schema as it ships."""

_PLAIN: dict[str, object] = {"description": "whatever JSON can hold: the canonical form of an outcome, or a part of it"}
_SCALARS: dict[object, str] = {str: "string", int: "integer", float: "number", bool: "boolean", types.NoneType: "null"}


def schema() -> dict[str, object]:
    """Return the schema of the report, in JSON Schema 2020-12."""
    definitions: dict[str, object] = {}
    _of(Document, definitions)
    root = typing.cast("dict[str, object]", definitions.pop("Document"))
    members = typing.cast("dict[str, object]", root["properties"])
    members["format"] = {"const": FORMAT}
    members["version"] = {"const": VERSION}
    result = typing.cast("dict[str, dict[str, object]]", definitions["ResultData"])
    result["properties"]["outcome"] = {"enum": [outcome.value for outcome in Outcome]}
    verdict = typing.cast("dict[str, dict[str, object]]", definitions["VerdictData"])
    verdict["properties"]["exit_code"] = {"enum": [code.value for code in ExitCode]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:afilnet-protocols:conformance-report:{VERSION}",
        "title": "What a conformance run found",
        **root,
        "$defs": definitions,
    }


def render() -> str:
    """Return the schema as text, as :data:`FILE` holds it."""
    return json.dumps(schema(), indent=2) + "\n"


def _of(kind: object, definitions: dict[str, object]) -> dict[str, object]:
    """Return the schema of a type; structures go to the definitions."""
    if kind in _SCALARS:
        return {"type": _SCALARS[kind]}
    if isinstance(kind, type) and typing.is_typeddict(kind):
        return _structure(kind, definitions)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return {"type": "array", "items": _of(arguments[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(arguments[1], definitions)}
    if arguments and all(argument in _SCALARS for argument in arguments):
        return {"type": [_SCALARS[argument] for argument in arguments]}
    return _PLAIN


def _structure(kind: type, definitions: dict[str, object]) -> dict[str, object]:
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}
        members = {name: _of(hint, definitions) for name, hint in typing.get_type_hints(kind).items()}
        definitions[kind.__name__] = {
            "description": docstring(kind).strip(),
            "type": "object",
            "properties": members,
            "required": list(members),
        }
    return {"$ref": f"#/$defs/{kind.__name__}"}
