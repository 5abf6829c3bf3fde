"""What tells of a success inside a refusal: a member that says that something was sent, a status that says yes."""

from __future__ import annotations

from collections.abc import Mapping

from afilnet_protocols.wire.more_records import is_true, quantity
from afilnet_protocols.wire.names import fold, inside

_DEEDS = frozenset(
    {"success", "successful", "succeeded", "issuccess", "issuccessful", "sent", "issent", "messagesent", "queued"}
    | {"accepted", "delivered", "partial", "partialsuccess", "sentcount", "totalsent", "numsent", "acceptedcount"}
    | {"exito", "enviado", "aceptado", "entregado", "enviados", "aceptados", "entregados"}
)
"""Names of members, folded, that tell that something was done if they are true, more than nought, or name somebody."""

_STATUSES = frozenset(
    {"status", "state", "outcome", "result", "messagestatus", "sendstatus", "deliverystatus", "resultstatus", "estado"}
    | {"response", "resultado", "delivery"}
)
_YES = frozenset({"success", "sent", "queued", "accepted", "delivered", "partial", "enviado", "aceptado", "entregado"})
"""What such a member holds, folded, if it tells that something was done. ``OK`` is none: so HTTP's own status is named
beside an error."""


def assent_in(envelope: Mapping[str, object]) -> str:
    """Return where in an error something says that the call was carried out; empty if nothing does.

    Args:
        envelope: the error, as its protocol carried it.
    """
    # Another spelling of the status may well contradict it.
    return next((place for name, held in envelope.items() if name != "status" and (place := _assent(name, held))), "")


def tells_of_a_deed(name: str, value: object) -> bool:
    """Whether a member tells that something was done.

    Args:
        name: its name.
        value: what it holds.
    """
    folded = fold(name)
    if folded in _DEEDS:
        return is_true(value) or quantity(value) > 0 or (isinstance(value, list | Mapping) and bool(value))
    return folded in _STATUSES and isinstance(value, str) and fold(value.strip()) in _YES


def _assent(name: str, held: object, above: str = "") -> str:
    place = inside(above, name)
    if tells_of_a_deed(name, held):
        return place
    members = enumerate(held) if isinstance(held, list) else held.items() if isinstance(held, Mapping) else ()
    return next((found for inner, value in members if (found := _assent(str(inner), value, place))), "")
