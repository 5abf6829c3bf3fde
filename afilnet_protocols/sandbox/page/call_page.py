"""How a call travelled: the exchange with its secrets masked, beside what the service did and what a client is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from afilnet_protocols import catalogue
from afilnet_protocols.catalogue import Operation
from afilnet_protocols.sandbox.controlled import Controlled
from afilnet_protocols.sandbox.page import rosetta, snippets
from afilnet_protocols.sandbox.page.masking import MASK, masked, masked_headers
from afilnet_protocols.sandbox.page.pytest_snippet import as_pytest
from afilnet_protocols.sandbox.page.traffic import outcome, protocol_of
from afilnet_protocols.sandbox.page.verdicts import contradiction, true_verdicts
from afilnet_protocols.sandbox.server.wire_log import Reported, Wire, WireLog
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
    reported: Reported | None
    contradiction: str
    columns: list[Column]
    python: str | None
    test: str | None


def travelled(wire: Wire, sandbox: Controlled, wires: WireLog) -> Travelled:
    """Return how an exchange travelled."""
    secrets = _secrets(sandbox)
    protocol = protocol_of(wire)
    operation = _operation(wire)
    columns: list[Column] = []
    python = None
    user = (wire.arrival.user if wire.arrival is not None else None) or sandbox.user
    if operation is not None:
        arguments = _arguments(wire, operation)
        columns = _columns(operation, arguments, user, protocol, sandbox)
        python = snippets.as_python(
            operation,
            {each.name: arguments[each.wire] for each in operation.parameters if each.wire in arguments},
            protocol=protocol,
            base_url=sandbox.base_url,
            ca_file=sandbox.ca_file,
            user=user,
        )
    return Travelled(
        wire=wire,
        protocol=protocol,
        outcome=outcome(wire),
        at=datetime.fromtimestamp(wire.began, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
        request=_request(wire, secrets),
        answer=_answer(wire, secrets),
        told=true_verdicts(wire),
        reported=wires.reported(wire),
        contradiction=contradiction(wires, wire),
        columns=columns,
        python=python,
        test=as_pytest(wire),
    )


def _secrets(sandbox: Controlled) -> list[str]:
    """Return what must not be shown; what is sent as one, as the credentials of Basic are, before its parts."""
    return [
        secret
        for account in sandbox.accounts()
        for secret in (f"{account.user}:{account.password}", account.password, account.client_secret)
    ]


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
