"""How a call travelled: the exchange with its secrets masked, beside what the service did and what a client is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.sandbox.controlled import Controlled
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.page import rosetta, snippets
from afilnet_protocols.sandbox.page.masking import MASK, masked, masked_headers
from afilnet_protocols.sandbox.page.traffic import outcome, protocol_of
from afilnet_protocols.sandbox.server.wire_log import Wire
from afilnet_protocols.vocabulary import Protocol

_LONGEST = 20_000
"""How much of a body is shown, in characters."""


@dataclass(frozen=True, slots=True)
class Half:
    """A request or an answer, as text without secrets."""

    first: str
    headers: list[tuple[str, str]]
    body: str


@dataclass(frozen=True, slots=True)
class Column:
    """The call as one protocol says it, its lines in pieces, and whether it came this way."""

    protocol: Protocol
    lines: list[list[rosetta.Piece]]
    curl: str
    came: bool


@dataclass(frozen=True, slots=True)
class Travelled:
    """All that is shown of one exchange."""

    wire: Wire
    protocol: str
    outcome: str
    at: str
    request: Half
    answer: Half | None
    told: list[str]
    columns: list[Column]
    python: str | None
    test: str | None


def travelled(wire: Wire, sandbox: Controlled) -> Travelled:
    """Return how an exchange travelled."""
    secrets = _secrets(sandbox)
    protocol = protocol_of(wire)
    operation = _operation(wire)
    columns: list[Column] = []
    told: snippets.Told | None = None
    user = (wire.arrival.user if wire.arrival is not None else None) or sandbox.user
    if operation is not None:
        arguments = _arguments(wire, operation)
        columns = _columns(operation, arguments, user, protocol, sandbox)
        told = _told(wire, operation, arguments, protocol, sandbox)
    return Travelled(
        wire=wire,
        protocol=protocol,
        outcome=outcome(wire),
        at=datetime.fromtimestamp(wire.began, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
        request=_request(wire, secrets),
        answer=_answer(wire, secrets),
        told=verdicts(wire, protocol),
        columns=columns,
        python=None if told is None else snippets.as_python(told, sandbox.base_url, sandbox.ca_file, user),
        test=None if told is None else snippets.as_pytest(told),
    )


def _secrets(sandbox: Controlled) -> list[str]:
    """Return what must not be shown; what is sent as one, as the credentials of Basic are, before its parts."""
    return [
        secret
        for account in sandbox.accounts()
        for secret in (f"{account.user}:{account.password}", account.password, account.client_secret)
    ]


def verdicts(wire: Wire, protocol: str) -> list[str]:
    """Return how a client that tells the truth ends this call: ``done``, or one of the words of its error."""
    kind = KINDS.get(wire.fault or "")
    if kind is not None and protocol in tuple(Protocol):
        return sorted(kind.truth(protocol, tls=wire.request.scheme == "https"))
    if wire.arrival is None:
        return []
    return ["done" if wire.arrival.outcome == "SUCCESS" else "rejected"]


def _operation(wire: Wire) -> Operation[object] | None:
    if wire.arrival is None or wire.arrival.operation is None:
        return None
    return catalogue.by_name(wire.arrival.operation)


def _arguments(wire: Wire, operation: Operation[object]) -> dict[str, str]:
    given: Mapping[str, str] = wire.arrival.arguments if wire.arrival is not None else {}
    return {each.wire: given[each.wire] for each in operation.parameters if each.wire in given}


def _columns(
    operation: Operation[object], arguments: dict[str, str], user: str, protocol: str, sandbox: Controlled
) -> list[Column]:
    said = rosetta.sayings(operation, arguments, user=user, password=MASK)
    return [
        Column(
            protocol=each.protocol,
            lines=[rosetta.marked(line, arguments) for line in each.lines],
            curl=snippets.as_curl(each, sandbox.base_url, sandbox.ca_file),
            came=each.protocol == protocol,
        )
        for each in said
    ]


def _told(
    wire: Wire, operation: Operation[object], arguments: dict[str, str], protocol: str, sandbox: Controlled
) -> snippets.Told:
    named = {each.name: arguments[each.wire] for each in operation.parameters if each.wire in arguments}
    place: dict[str, str] = {name: named[name] for name in ("platform", "platform_id", "destination") if name in named}
    needs = operation.name not in ("get_chat_channels", "get_chats", "send_message")
    refused = wire.arrival is not None and wire.arrival.outcome != "SUCCESS"
    before: tuple[Mapping[str, str], ...] = (
        ({**place, "message": "before"},) if needs and not refused and len(place) == 3 else ()
    )
    return snippets.Told(
        operation=operation,
        arguments=named,
        protocol=protocol,
        outcome=wire.arrival.outcome if wire.arrival is not None else None,
        fault=wire.fault,
        verdicts=frozenset(verdicts(wire, protocol)),
        before=tuple(before),
    )


def _request(wire: Wire, secrets: list[str]) -> Half:
    request = wire.request
    if wire.malformed:
        return Half(wire.malformed, [], _body(request.body, secrets))
    first = masked(f"{request.method} {request.target}", secrets)
    return Half(first, masked_headers(request.headers.items(), secrets), _body(request.body, secrets))


def _answer(wire: Wire, secrets: list[str]) -> Half | None:
    answer = wire.answer
    if answer is None:
        return None
    headers = [("content-type", answer.content_type), *answer.headers]
    return Half(f"HTTP/1.1 {answer.status}", masked_headers(headers, secrets), _body(answer.body, secrets))


def _body(body: bytes, secrets: list[str]) -> str:
    text = masked(body.decode("utf-8", "backslashreplace"), secrets)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
