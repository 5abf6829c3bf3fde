"""What a client was told, beside what the service did: the verdicts that are true, and one that is not."""

from __future__ import annotations

from afilnet_protocols import catalogue
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS
from afilnet_protocols.sandbox.page.traffic import protocol_of
from afilnet_protocols.sandbox.server.wire_log import Wire, WireLog
from afilnet_protocols.vocabulary import Protocol


def true_verdicts(wire: Wire) -> list[str]:
    """Return how a client that tells the truth ends this call: ``done``, or one of the words of its error."""
    protocol = protocol_of(wire)
    kind = KINDS.get(wire.fault or "")
    if kind is not None and protocol in tuple(Protocol):
        return sorted(kind.truth(protocol, tls=wire.request.scheme == "https"))
    if wire.arrival is None:
        return []
    return ["done" if wire.arrival.outcome == "SUCCESS" else "rejected"]


def contradiction(wires: WireLog, wire: Wire) -> str:
    """Return how the report about a send contradicts what the service did in all its attempts; empty if it does not.

    To say ``unknown`` is never wrong. Of a read nothing can be wrong: whatever it did, it changed nothing.
    """
    reported = wires.reported(wire)
    arrival = wire.arrival
    operation = None if arrival is None or arrival.operation is None else catalogue.by_name(arrival.operation)
    if reported is None or operation is None or operation.record is not None:
        return ""
    attempts = [each for each in wires.all() if each.call_id == wire.call_id]
    carried_out = any(each.arrival is not None and each.arrival.outcome == "SUCCESS" for each in attempts)
    if reported.verdict == "done" and not carried_out:
        return "the service did not do it"
    if reported.verdict in ("rejected", "not_sent") and carried_out:
        return "the service did it"
    return ""
