"""The JSON envelope: what GET, POST, Basic, JSON and the generic SOAP style answer with."""

from __future__ import annotations

import json

import msgspec

from afilnet_protocols.dialects import Dialect
from afilnet_protocols.sandbox.protocols.speech import Node, Rows, Tree, tree
from afilnet_protocols.sandbox.server.exchange import HttpAnswer
from afilnet_protocols.sandbox.state.call import Outcome

_PREFIXES = {"none": b"", "bom": b"\xef\xbb\xbf", "blank_lines": b"\r\n\r\n"}


def answer(
    outcome: Outcome, dialect: Dialect, *, status: int | None = None, headers: tuple[tuple[str, str], ...] = ()
) -> HttpAnswer:
    """Return an outcome as an answer of HTTP.

    Args:
        outcome: the outcome.
        dialect: how the service speaks.
        status: the HTTP status, if it is not the usual one of such an outcome.
        headers: further headers.
    """
    if status is None:
        status = 200 if outcome.error is None else dialect.json_error_http
    body = _PREFIXES[dialect.json_prefix] + encode(outcome, dialect)
    return HttpAnswer(status, body, dialect.json_content_type, headers)


def encode(outcome: Outcome, dialect: Dialect) -> bytes:
    """Write an outcome.

    By default in the form of the vendor's samples, upper case and without blanks; that a send has no ``result`` is
    assumed ("No additional values will be sent to you").
    """
    said = _plain(tree(outcome, dialect), dialect)
    if dialect.json_layout == "compact" and dialect.json_escapes == "none":
        return msgspec.json.encode(said)
    text = json.dumps(
        said,
        ensure_ascii=dialect.json_escapes in ("unicode", "php"),
        separators=(",", ":") if dialect.json_layout == "compact" else None,
        indent=4 if dialect.json_layout == "pretty" else None,
    )
    return (text.replace("/", "\\/") if dialect.json_escapes in ("slashes", "php") else text).encode()


def _plain(node: Node | Tree, dialect: Dialect) -> object:
    """Return a tree as JSON has it."""
    if isinstance(node, Rows):
        match dialect.lists_form:
            case "object":
                return {str(number): row for number, row in enumerate(node.rows)} if node.rows else []
            case "gaps":
                return {str(2 * number + 1): row for number, row in enumerate(node.rows)} if node.rows else []
        return node.rows
    if isinstance(node, dict):
        return {name: _plain(inner, dialect) for name, inner in node.items()}
    return node
