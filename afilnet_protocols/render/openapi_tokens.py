"""The part of OpenAPI that describes how tokens are had, given back, and announced. All of it is assumed."""

from __future__ import annotations

from afilnet_protocols.render.json_schema import Schema

FORM = "application/x-www-form-urlencoded"

_TEXT: Schema = {"type": "string"}
_CLIENT: dict[str, Schema] = {
    "client_id": {**_TEXT, "description": "Only if the client does not authenticate by Basic."},
    "client_secret": {**_TEXT, "format": "password", "description": "Only with client_id."},
}
_SCOPE: Schema = {**_TEXT, "description": "What the token is to be good for."}

_GRANTS: dict[str, dict[str, Schema]] = {
    "client_credentials": {},
    "password": {"username": _TEXT, "password": {**_TEXT, "format": "password"}},
    "refresh_token": {"refresh_token": _TEXT},
}
"""The grants (RFC 6749 §4.4, §4.3, §6), and what each one needs."""


def paths() -> dict[str, Schema]:
    """Return what stands under each path."""
    return {
        "/oauth/token": {
            "post": {
                "operationId": "token",
                "summary": "Get an OAuth 2.0 token",
                "description": "Assumed: a token endpoint as in RFC 6749 §3.2.",
                "security": [{}, {"basic": []}],
                "requestBody": _form("token.request"),
                "responses": _responses("A token (RFC 6749 §5.1).", "token.success"),
            }
        },
        "/oauth/revoke": {
            "post": {
                "operationId": "revoke",
                "summary": "Give an OAuth 2.0 token back",
                "description": "Assumed: a revocation endpoint as in RFC 7009 §2.",
                "security": [{}, {"basic": []}],
                "requestBody": _form("token.revocation"),
                "responses": _responses("The token is not valid, or no longer (RFC 7009 §2.2).", None),
            }
        },
        "/.well-known/oauth-authorization-server": {
            "get": {
                "operationId": "metadata",
                "summary": "Where tokens are had, and how",
                "description": "Assumed: metadata as in RFC 8414 §3.",
                "responses": {"200": _content("The metadata.", "token.metadata")},
            }
        },
    }


def schemas() -> dict[str, Schema]:
    """Return the schemas by name; each name begins with ``token.``."""
    token: dict[str, Schema] = {
        "access_token": {**_TEXT, "minLength": 1},
        "token_type": {**_TEXT, "pattern": "^[Bb]earer$"},
        "expires_in": {"type": "integer", "minimum": 0, "description": "How long the token is valid, in seconds."},
        "refresh_token": _TEXT,
        "scope": _TEXT,
    }
    address: Schema = {**_TEXT, "format": "uri"}
    metadata: dict[str, Schema] = {
        "issuer": address,
        "token_endpoint": address,
        "revocation_endpoint": address,
        "grant_types_supported": {"type": "array", "items": {"enum": list(_GRANTS)}},
    }
    return {
        "token.request": {"oneOf": [_grant(name) for name in _GRANTS]},
        "token.success": _object(token, "access_token", "token_type"),
        "token.error": _object({"error": {**_TEXT, "minLength": 1}, "error_description": _TEXT}, "error"),
        "token.revocation": _object({"token": _TEXT, "token_type_hint": _TEXT, **_CLIENT}, "token"),
        "token.metadata": _object(metadata, *metadata),
    }


def _grant(name: str) -> Schema:
    needed = _GRANTS[name]
    return _object({"grant_type": {"const": name}, **needed, "scope": _SCOPE, **_CLIENT}, "grant_type", *needed)


def _object(properties: dict[str, Schema], *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


def _form(name: str) -> Schema:
    return {"required": True, "content": {FORM: {"schema": _reference(name)}}}


def _responses(words: str, schema: str | None) -> Schema:
    challenge: Schema = {"schema": {"type": "string"}}
    return {
        "200": _content(words, schema) if schema else {"description": words},
        "400": _content("Refused (RFC 6749 §5.2).", "token.error"),
        "401": {
            **_content("The client was refused (RFC 6749 §5.2).", "token.error"),
            "headers": {"WWW-Authenticate": challenge},
        },
        "4XX": {"$ref": "#/components/responses/malformed"},
    }


def _content(words: str, schema: str) -> Schema:
    return {"description": words, "content": {"application/json": {"schema": _reference(schema)}}}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
