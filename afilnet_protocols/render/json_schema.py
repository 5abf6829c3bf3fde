"""JSON Schema 2020-12 of the requests, answers and errors of every operation, as JSON and as form fields."""

from __future__ import annotations

import json
from collections.abc import Iterable

from afilnet_protocols.catalogue import (
    CLASS,
    ERROR_CODES,
    MISSING_COMPULSORY_PARAM,
    OPERATIONS,
    VENDOR_PAGE,
    Field,
    Kind,
    Operation,
    Parameter,
)
from afilnet_protocols.render import about

Schema = dict[str, object]
"""A JSON Schema, or any other JSON object."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"

CREDENTIALS: dict[str, Schema] = {
    "user": {"type": "string", "minLength": 1, "description": "User or e-mail of the account."},
    "password": {"type": "string", "minLength": 1, "format": "password", "description": "Password of the account."},
}
"""The two members that HTTP requests have and JSON and Basic requests have not."""

_HERE = "#/$defs/"


def render() -> str:
    """Return the schema as a document: a request or an answer of JSON, and every part of them by name."""
    document: Schema = {
        "$schema": DIALECT,
        "$id": "urn:afilnet:chat:json",
        "title": "Afilnet chat: requests and answers",
        "description": f"{about.JSON} Source of what is documented: {VENDOR_PAGE}",
        "anyOf": [{"$ref": f"{_HERE}request"}, {"$ref": f"{_HERE}reply"}],
        "$defs": definitions(_HERE),
    }
    return dumps(document)


def dumps(document: Schema) -> str:
    """Return a document as text, two blanks a level, with a newline at the end."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def definitions(place: str) -> dict[str, Schema]:
    """Return all schemas by name.

    For each method: ``.request`` (JSON and Basic), ``.form`` (HTTP: with user and password), ``.item`` (reads only),
    ``.success``, ``.error`` and ``.reply``; and ``request``, ``form``, ``reply`` and ``error`` for any method.

    Args:
        place: where the definitions stand, as the beginning of a reference, such as ``#/$defs/``.
    """
    named: dict[str, Schema] = {
        "request": _any_method(place, "request", about.JSON),
        "form": _any_method(place, "form", "Documented: the fields of an HTTP request."),
        "reply": _any_method(place, "reply", about.ENVELOPE),
        "error": _error("The answer of a call that was refused.", ERROR_CODES, place),
        "other_code": {
            "type": "string",
            "pattern": "^[A-Z][A-Z0-9_]*$",
            "description": f"{about.OPEN_CODES} This form of them is assumed.",
        },
    }
    for operation in OPERATIONS:
        method = operation.method
        named[f"{method}.request"] = _request(operation, {})
        named[f"{method}.form"] = _request(operation, CREDENTIALS)
        if operation.fields:
            named[f"{method}.item"] = _item(operation)
        named[f"{method}.success"] = _success(operation, place)
        codes = [error.code for error in operation.errors]
        named[f"{method}.error"] = _error(about.errors(operation), codes, place)
        named[f"{method}.reply"] = {
            "oneOf": [{"$ref": f"{place}{method}.success"}, {"$ref": f"{place}{method}.error"}],
        }
    return named


def parameter(item: Parameter) -> Schema:
    """Return the schema of a parameter's value."""
    schema: Schema = {"type": "string", "description": about.parameter(item)}
    if item.values:
        schema["enum"] = list(item.values)
    elif item.kind is Kind.URL:
        schema["format"] = "uri"
    elif item.compulsory:
        # Assumed: an empty value counts as missing.
        schema["minLength"] = 1
        schema["description"] = f"{about.parameter(item)} Assumed: empty is {MISSING_COMPULSORY_PARAM.code}."
    return schema


def _request(operation: Operation[object], credentials: dict[str, Schema]) -> Schema:
    properties: dict[str, Schema] = {
        "class": {"const": CLASS, "description": "Class to which the request is made."},
        "method": {"const": operation.method, "description": "Method of the class."},
        **credentials,
        **{item.wire: parameter(item) for item in operation.parameters},
    }
    optional = {item.wire for item in operation.parameters if not item.compulsory}
    return {
        "type": "object",
        "description": about.operation(operation),
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _success(operation: Operation[object], place: str) -> Schema:
    properties: Schema = {"status": {"const": "SUCCESS"}}
    if operation.fields:
        items: Schema = {"type": "array", "items": {"$ref": f"{place}{operation.method}.item"}}
        properties["result"] = {"type": "object", "properties": {"list": items}, "required": ["list"]}
    else:
        properties["result"] = {
            "description": "Not documented for this method: absent, or anything that is not the answer of another one.",
            "not": {"type": "object", "required": ["list"]},
        }
    required = ["status", "result"] if operation.fields else ["status"]
    return {"type": "object", "description": about.ENVELOPE, "properties": properties, "required": required}


def _item(operation: Operation[object]) -> Schema:
    return {
        "type": "object",
        "description": "Documented: the names of the fields. Further fields are possible.",
        "properties": {item.wire: _field(operation.record, item) for item in operation.fields},
        "required": [item.wire for item in operation.fields],
    }


def _field(record: type | None, item: Field) -> Schema:
    words = about.field(record, item)
    if item.kind is Kind.ID:
        return {"type": ["string", "integer"], "description": words}
    if item.kind is Kind.FLAG:
        return {"type": "boolean", "description": words}
    if item.kind is Kind.TIMESTAMP:
        return {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$", "description": words}
    return {"type": "string", "description": words}


def _error(words: str, codes: Iterable[str], place: str) -> Schema:
    documented: list[Schema] = [{"const": code, "description": about.error(ERROR_CODES[code])} for code in codes]
    return {
        "type": "object",
        "description": words,
        "properties": {
            "status": {"const": "ERROR"},
            "error": {"anyOf": [*documented, {"$ref": f"{place}other_code"}]},
        },
        "required": ["status", "error"],
    }


def _any_method(place: str, part: str, words: str) -> Schema:
    return {
        "description": words,
        "anyOf": [{"$ref": f"{place}{operation.method}.{part}"} for operation in OPERATIONS],
    }
