"""Which two values of a dialect can meet: those that shape one answer of one protocol.

Told by the sandbox's writers: what changes no byte of an answer does not shape it, and two values that write the same
bytes over SOAP are one there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from afilnet_protocols.catalogue import GET_CHAT_CHANNELS, GET_CHATS, GET_MESSAGES, SEND_MESSAGE
from afilnet_protocols.dialects import DIMENSIONS, Dialect
from afilnet_protocols.dialects.soap import SOAP_STYLES
from afilnet_protocols.sandbox.protocols import envelope
from afilnet_protocols.sandbox.protocols.soap import DocumentEndpoint, GenericEndpoint, RpcEndpoint, SoapEndpoint
from afilnet_protocols.sandbox.protocols.soap_style_endpoint import StyleEndpoint
from afilnet_protocols.sandbox.state.call import Item, Outcome
from tests.dialects.generated import made

Value = tuple[str, object]
Item_ = tuple[object, ...]

VALUES: dict[str, list[object]] = {
    dimension.name: [value.value for value in dimension.values if not value.refused] for dimension in DIMENSIONS
}

STYLE, VERSION = "soap.style", "soap.version"

EVERY = frozenset({"channels", "empty", "one", "two", "send", "error", "refused"})

BESIDE: dict[str, frozenset[str]] = {
    "json.prefix": EVERY,
    "json.content_type": EVERY,
    "json.error_http": frozenset({"error", "refused"}),
    "basic.refusal": frozenset({"refused"}),
    "lists.messages": frozenset({"two"}),
    "lists.chats": frozenset({"two"}),
    "lists.empty_channel": frozenset({"empty", "error"}),
    "lists.unknown_chat": frozenset({"empty", "error"}),
    "records.message_ids": frozenset({"one", "two"}),
    "records.ids": frozenset({"channels", "one", "two"}),
    "unread.reading": frozenset({"empty", "one"}),
    "checks.order": frozenset({"error"}),
    "checks.parameters": frozenset({"error"}),
    # What the client never asks for, or asks for in one way: each value is spoken, beside whatever.
    **{name: frozenset() for name in VALUES if name.startswith("http.")},
    "basic.get": frozenset(),
}
"""Which answers the dimensions shape that stand beside the writers; ``refused`` is the 401 of Basic."""

_OVER_HTTP_ONLY = ("json.prefix", "json.content_type", "json.error_http", "basic.refusal")


def _outcomes() -> dict[str, tuple[str, Outcome]]:
    def row(number: int) -> Item:
        where = {"platformid": "100", "platform": "whatsapp", "destination": "34600000000", "messageid": str(number)}
        return {**where, "message": "ñ/😀", "sent": number == 2, "status": "sent", "datetime": "2026-01-02 03:04:05"}

    channel: Item = {"platformid": "100", "platform": "whatsapp", "name": "ñ/"}
    return {
        "channels": (GET_CHAT_CHANNELS.method, Outcome(operation=GET_CHAT_CHANNELS, items=[channel, channel])),
        "empty": (GET_CHATS.method, Outcome(operation=GET_CHATS, items=[])),
        "one": (GET_MESSAGES.method, Outcome(operation=GET_MESSAGES, items=[row(1)])),
        "two": (GET_MESSAGES.method, Outcome(operation=GET_MESSAGES, items=[row(1), row(2)])),
        "send": (SEND_MESSAGE.method, Outcome(operation=SEND_MESSAGE)),
        "error": (GET_CHATS.method, Outcome(error="CHAT_NOT_FOUND")),
    }


def _endpoints(dialect: Dialect) -> Iterator[tuple[str, SoapEndpoint]]:
    service: Any = SimpleNamespace(dialect=dialect)
    yield "wrapped", DocumentEndpoint(service, str)
    yield "rpc", RpcEndpoint(service, str)
    yield "generic", GenericEndpoint(service, str)
    for name, style in SOAP_STYLES.items():
        yield name, StyleEndpoint(service, style)


@cache
def spoken(name: str, value: object) -> Mapping[str, Mapping[str, bytes]]:
    """Return what is written for each answer if one value is not the default: in JSON, and in each style of SOAP."""
    dialect = made({name: value})
    assert dialect is not None
    outcomes = _outcomes()
    found = {"json": {kind: envelope.encode(outcome, dialect) for kind, (_, outcome) in outcomes.items()}}
    for style, endpoint in _endpoints(dialect):
        found[style] = {
            kind: (endpoint.refuse(outcome.error, method) if outcome.error else endpoint.succeed(method, outcome)).body
            for kind, (method, outcome) in outcomes.items()
        }
    return found


@cache
def shapes(name: str, face: str) -> frozenset[str]:
    """Return which answers a dimension shapes, in JSON or in a style of SOAP."""
    if name in BESIDE:
        return frozenset() if face != "json" and name in _OVER_HTTP_ONLY else BESIDE[name]
    usual = spoken(name, VALUES[name][0])[face]
    changed = {
        kind for value in VALUES[name] for kind, written in spoken(name, value)[face].items() if written != usual[kind]
    }
    return frozenset(changed | ({"refused"} if "error" in changed and face == "json" else set()))


@cache
def over_soap(style: object, name: str, value: object) -> object:
    """Return what a value is over a style of SOAP: the first that writes the same; itself, if it stands beside that."""
    if not shapes(name, str(style)):
        return None
    same = (each for each in VALUES[name] if spoken(name, each)[str(style)] == spoken(name, value)[str(style)])
    return value if name in BESIDE else next(same)


@cache
def meeting(one: Value, other: Value) -> Item_ | None:
    """Return what has to be tried for two values; ``None`` if they never meet, or cannot be spoken at once."""
    if made(dict((one, other))) is None:
        return None
    if {one[0], other[0]} == {STYLE, VERSION}:
        return (one, other)
    for (name, value), (second, further) in ((one, other), (other, one)):
        if name in (STYLE, VERSION):
            same = over_soap(value if name == STYLE else "wrapped", second, further)
            return None if same is None else (name, value, second, same)
    return (one, other) if shapes(one[0], "json") & shapes(other[0], "json") else None
