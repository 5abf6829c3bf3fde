"""The traffic of the last minutes in figures: calls by protocol, outcomes, latencies, and points of small plots."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from afilnet_protocols.sandbox.protocols.tokens import TOKEN_PATH
from afilnet_protocols.sandbox.server.wire_log import Wire
from afilnet_protocols.vocabulary import Protocol

WAYS = (*Protocol, "token", "malformed", "other")
"""What an exchange can be: a call of a protocol, a request for a token, what is no request of HTTP, any other."""

MINUTES = 5
_BARS = 30
_WIDE, _HIGH = 300, 60


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a plot, in the plot's own units (300 wide, 60 high)."""

    x: float
    y: float
    width: float
    height: float
    calls: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What one protocol, or the token endpoint, has seen.

    Attributes:
        name: the protocol, or another of :data:`WAYS`.
        calls: how many exchanges.
        outcomes: how many of each outcome, the most frequent first.
        median: the middle of the service's times, in milliseconds.
        slowest: the longest of them.
        bars: how many exchanges, over the last minutes.
    """

    name: str
    calls: int
    outcomes: list[tuple[str, int]]
    median: float
    slowest: float
    bars: list[Bar]


def protocol_of(wire: Wire) -> str:
    """Return the protocol of an exchange, or what else it is: one of :data:`WAYS`."""
    if wire.malformed:
        return "malformed"
    if wire.arrival is not None:
        return wire.arrival.protocol
    if wire.request.path == TOKEN_PATH:
        return "token"
    path = wire.request.path
    if path == "/api/http/":
        return Protocol.HTTP_GET if wire.request.method == "GET" else Protocol.HTTP_POST
    for protocol in (Protocol.BASIC, Protocol.SOAP, Protocol.JSON):
        if path.startswith(f"/api/{protocol}/"):
            return protocol
    return "other"


def outcome(wire: Wire) -> str:
    """Return how an exchange ended: what the service did, the fault that it met, or the status of its answer."""
    if wire.fault is not None:
        return wire.fault
    if wire.malformed:
        return wire.malformed
    if wire.arrival is not None:
        return wire.arrival.outcome
    return str(wire.answer.status) if wire.answer is not None else "-"


def summaries(wires: Sequence[Wire]) -> list[Summary]:
    """Return the figures of every protocol, of token requests, and of what is neither, if there is any."""
    now = time.time()
    found = []
    for name in WAYS:
        mine = [wire for wire in wires if protocol_of(wire) == name and now - wire.began < 60 * MINUTES]
        if mine or name not in ("malformed", "other"):
            times = [1000 * wire.seconds for wire in mine] or [0.0]
            counted = Counter(map(outcome, mine)).most_common(6)
            found.append(Summary(str(name), len(mine), counted, statistics.median(times), max(times), _bars(mine, now)))
    return found


def _bars(wires: Sequence[Wire], now: float) -> list[Bar]:
    span = 60 * MINUTES / _BARS
    counted = Counter(min(_BARS - 1, int((now - wire.began) / span)) for wire in wires)
    most = max(counted.values(), default=1)
    wide = _WIDE / _BARS
    return [
        Bar(
            round(_WIDE - (ago + 1) * wide, 1),
            round(_HIGH * (1 - calls / most), 1),
            wide - 1,
            _HIGH * calls / most,
            calls,
        )
        for ago, calls in sorted(counted.items())
    ]
