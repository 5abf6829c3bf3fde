"""The JSON Schema of ``afilnet.toml``, for editors that complete and check TOML."""

from __future__ import annotations

from afilnet_protocols.render.about import plain
from afilnet_protocols.render.json_schema import DIALECT, Schema, dumps
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.fields import Kind, SettingField
from afilnet_protocols.settings.profile_file import EXTENDS, MIGRATION
from afilnet_protocols.settings.value_faults import LONGEST, MOST

_TEXT: Schema = {"type": "string", "minLength": 1}
_DIGEST = "^[0-9A-Fa-f]{64}$"

_REFERENCES = {
    "env": "The name of the environment variable that holds the secret.",
    "file": "The file that holds the secret; only its owner may be able to read it.",
    "keyring": "The entry of the system's keyring that holds the secret, as service/user.",
    "command": "The command, with its arguments, that prints the secret.",
    "credential": "The name of the systemd credential that holds the secret.",
}
"""Where a secret may be found, and what to write for each place."""


def render() -> str:
    """Return the schema as a document."""
    return dumps(
        {
            "$schema": DIALECT,
            "$id": "urn:afilnet:settings",
            "title": "afilnet.toml",
            "description": "Settings of afilnet-protocols: one table of settings per profile.",
            "type": "object",
            "properties": {
                "default_profile": {**_TEXT, "description": "The profile that is used where none is named."},
                "profiles": {"type": "object", "additionalProperties": {"$ref": "#/$defs/profile"}},
            },
            "additionalProperties": False,
            "$defs": {"profile": _profile(), "secret": _secret()},
        }
    )


def _profile() -> Schema:
    return {
        "type": "object",
        "properties": {
            EXTENDS: {**_TEXT, "description": "The profile of this file that this one builds on."},
            MIGRATION: {"type": "object", "description": "How this profile moves to another protocol."},
            **{field.name: _setting(field) for field in FIELDS},
        },
        "additionalProperties": False,
    }


def _setting(field: SettingField) -> Schema:
    schema: Schema = {"description": _words(field), **_kind(field)}
    if field.default not in (None, ()):
        schema["default"] = field.default
    return schema


def _words(field: SettingField) -> str:
    words = plain(field.about).rstrip(".")
    return f"{words}; needed by {', '.join(field.needed_by)}." if field.needed_by else f"{words}."


def _kind(field: SettingField) -> Schema:
    match field.kind:
        case Kind.WORD if field.open_ended:
            return {"anyOf": [{"enum": list(field.values)}, _TEXT]}
        case Kind.WORD:
            return {"enum": list(field.values)}
        case Kind.SECRET:
            return {"$ref": "#/$defs/secret"}
        case Kind.DIGEST:
            return {"type": "string", "pattern": _DIGEST}
        case Kind.SECONDS:
            return {"type": "number", "exclusiveMinimum": 0, "maximum": int(LONGEST)}
        case Kind.COUNT:
            return {"type": "integer", "minimum": 1, "maximum": MOST}
        case Kind.FLAG:
            return {"type": "boolean"}
        case Kind.NAMES:
            return {"type": "array", "items": _TEXT}
        case Kind.URL:
            return {"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}
        case Kind.TEXT | Kind.FILE | Kind.FILE_OR_URL | Kind.NEW_FILE:
            return _TEXT


def _secret() -> Schema:
    places: list[Schema] = []
    for name, words in _REFERENCES.items():
        form = {"type": "array", "items": _TEXT, "minItems": 1} if name == "command" else _TEXT
        value: Schema = {**form, "description": words}
        places.append({"properties": {name: value}, "required": [name], "additionalProperties": False})
    return {
        "description": "A secret, or better the place where it is kept.",
        "anyOf": [_TEXT, {"type": "object", "oneOf": places}],
    }
