"""OpenAPI 3.1 of everything that answers JSON: HTTP GET and POST, Basic, JSON with OAuth 2.0, and the token."""

from __future__ import annotations

from afilnet_protocols.catalogue import CLASS, GET_LIMIT, OPERATIONS, VENDOR_PAGE, Parameter
from afilnet_protocols.render import about
from afilnet_protocols.render import openapi_tokens as tokens
from afilnet_protocols.render.json_schema import CREDENTIALS, DIALECT, Schema, definitions, dumps, parameter

SERVICE = "https://www.afilnet.com"
"""Where the HTTP and Basic interfaces are (documented)."""

NOWHERE = "https://afilnet.invalid"
"""Stands for the addresses of JSON and of its tokens, which are not public (RFC 2606 §2)."""

_PLACE = "#/components/schemas/"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def render(base_url: str | None = None) -> str:
    """Return the description as JSON.

    Args:
        base_url: where one server, such as the sandbox, serves all of it. Without it, the documented address of the
            service, and for JSON and tokens an address that reaches nobody.
    """
    elsewhere = [] if base_url else [{"url": NOWHERE, "description": "Not public. " + about.JSON}]
    document: Schema = {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": "Afilnet chat",
            "version": "1",
            "description": (
                f"HTTP and Basic are documented by the vendor ({VENDOR_PAGE}), their answers are described as the "
                f"sandbox of afilnet-protocols gives them. {about.ENVELOPE}\n\nJSON and tokens: {about.JSON}"
            ),
        },
        "servers": [{"url": base_url or SERVICE}],
        "paths": {
            "/api/http/": {"get": _http_get(), "post": _http_post()},
            "/api/basic/": {"get": _basic_get(), "post": _basic_post()},
            "/api/json/": {**_servers(elsewhere), "post": _json()},
            **{path: {**_servers(elsewhere), **item} for path, item in tokens.paths().items()},
        },
        "components": {
            "schemas": {**definitions(_PLACE), **tokens.schemas()},
            "responses": {
                "reply": _content("The envelope; also for calls that were refused.", _reference("reply")),
                "unauthorized": {
                    **_content("The credentials are missing or were refused (assumed).", _reference("error")),
                    "headers": {"WWW-Authenticate": _CHALLENGE},
                },
                "malformed": {
                    "description": "A request that is no request of this interface; in words (assumed).",
                    "content": {"text/plain": {"schema": {"type": "string"}}},
                },
            },
            "securitySchemes": _security_schemes(base_url or NOWHERE),
        },
    }
    return dumps(document)


_CHALLENGE: Schema = {"required": True, "schema": {"type": "string", "minLength": 1}}


def _http_get() -> Schema:
    return {
        "operationId": "http_get",
        "summary": "Call a method by HTTP GET",
        "description": f"Documented. The whole address is limited to about {GET_LIMIT} characters.",
        "parameters": [*_class_and_method(), *(_query(key, CREDENTIALS[key]) for key in CREDENTIALS), *_parameters()],
        "responses": _responses(),
    }


def _http_post() -> Schema:
    return {
        "operationId": "http_post",
        "summary": "Call a method by HTTP POST",
        "description": "Documented. The vendor's samples for Node write the same fields into the query instead.",
        "requestBody": _form("form"),
        "responses": _responses(),
    }


def _basic_get() -> Schema:
    return {
        "operationId": "basic_get",
        "summary": "Call a method by HTTP GET with Basic credentials",
        "description": f"Documented. The whole address is limited to about {GET_LIMIT} characters.",
        "security": [{"basic": []}],
        "parameters": [*_class_and_method(), *_parameters()],
        "responses": _responses(unauthorized=True),
    }


def _basic_post() -> Schema:
    return {
        "operationId": "basic_post",
        "summary": "Call a method by HTTP POST with Basic credentials",
        "description": "Documented.",
        "security": [{"basic": []}],
        "requestBody": _form("request"),
        "responses": _responses(unauthorized=True),
    }


def _json() -> Schema:
    return {
        "operationId": "json",
        "summary": "Call a method by JSON with an OAuth 2.0 token",
        "description": about.JSON,
        "security": [{"oauth": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _by_method("request")}}},
        "responses": _responses(unauthorized=True),
    }


def _security_schemes(base_url: str) -> Schema:
    flow: Schema = {"tokenUrl": f"{base_url}/oauth/token", "scopes": {}}
    return {
        "basic": {"type": "http", "scheme": "basic", "description": "User and password of the account, as UTF-8."},
        "oauth": {"type": "oauth2", "description": about.JSON, "flows": {"clientCredentials": flow}},
    }


def _class_and_method() -> list[Schema]:
    methods = [operation.method for operation in OPERATIONS]
    words = " ".join(f"{operation.method}: {about.operation(operation)}" for operation in OPERATIONS)
    return [
        _query("class", {"const": CLASS, "type": "string"}),
        _query("method", {"enum": methods, "type": "string", "description": words}),
    ]


def _parameters() -> list[Schema]:
    """Return the parameters of all methods; none is compulsory for each of them."""
    users: dict[str, list[str]] = {}
    found: dict[str, Parameter] = {}
    for operation in OPERATIONS:
        for item in operation.parameters:
            found.setdefault(item.wire, item)
            users.setdefault(item.wire, []).append(f"{operation.method}: {about.parameter(item)}")
    return [
        {**_query(name, {**parameter(item), "description": " ".join(users[name])}), "required": False}
        for name, item in found.items()
    ]


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "required": True, "schema": schema}


def _form(part: str) -> Schema:
    return {"required": True, "content": {kind: {"schema": _by_method(part)} for kind in _FORMS}}


def _by_method(part: str) -> Schema:
    mapping = {operation.method: f"{_PLACE}{operation.method}.{part}" for operation in OPERATIONS}
    return {
        "oneOf": [{"$ref": reference} for reference in mapping.values()],
        "discriminator": {"propertyName": "method", "mapping": mapping},
    }


def _responses(*, unauthorized: bool = False) -> Schema:
    responses: Schema = {"200": {"$ref": "#/components/responses/reply"}}
    if unauthorized:
        responses["401"] = {"$ref": "#/components/responses/unauthorized"}
    responses["4XX"] = {"$ref": "#/components/responses/malformed"}
    return responses


def _content(words: str, schema: Schema) -> Schema:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _reference(name: str) -> Schema:
    return {"$ref": f"{_PLACE}{name}"}


def _servers(servers: list[dict[str, str]]) -> Schema:
    return {"servers": servers} if servers else {}
