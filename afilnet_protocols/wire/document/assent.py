"""What tells of a deed in a document that is no success: a member or a sentence that something was sent, a status."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.document.markup import may_be_markup, told_in_markup
from afilnet_protocols.wire.document.meant import alone, apart, is_around, may_be_json, opened, plainly
from afilnet_protocols.wire.document.more_records import is_true, quantity
from afilnet_protocols.wire.document.refusal import says_nothing
from afilnet_protocols.wire.document.repeated import besides, may_repeat
from afilnet_protocols.wire.names import fold, inside
from afilnet_protocols.wire.strict_json import MAX_DEPTH

_DEEDS = frozenset(
    {"success", "successful", "succeeded", "issuccess", "issuccessful", "sent", "issent", "messagesent", "queued"}
    | {"accepted", "delivered", "partial", "partialsuccess", "sentcount", "totalsent", "numsent", "acceptedcount"}
    | {"exito", "enviado", "aceptado", "entregado", "enviados", "aceptados", "entregados"}
)
"""Names of members, folded, that tell that something was done if they are true, more than nought, or name somebody."""

_AGREED = ("ok", "success")
"""What they may hold besides, folded, though it says nothing where errors are named."""

_STATUSES = frozenset(
    {"status", "state", "outcome", "result", "messagestatus", "sendstatus", "deliverystatus", "resultstatus", "estado"}
    | {"response", "resultado", "delivery"}
)
_YES = frozenset({"success", "sent", "queued", "accepted", "delivered", "partial", "enviado", "aceptado", "entregado"})
"""What such a member holds, folded, if it tells that something was done. ``OK`` is none: so HTTP's own status is named
beside an error."""

_STAGE = late(r"(?:is|was|has(?:been)?|messages?|sms|total|num)?(sent|queued)(?:count|total)?")
"""How far a message is: what is queued is not sent yet, and what is sent at once was never queued."""

_DONE = late(
    r"\b(?:it|message|file|mensaje|archivo|fichero) "
    r"(?:(?:was|has been) (?:already |successfully )?(?:sent|delivered|queued)"
    r"|(?:ya )?(?:fue|ha sido|se ha) (?:enviado|entregado)|(?:sent|enviado) (?:without|but|anyway|sin|pero))\b",
    re.IGNORECASE,
)
_ALL = late(
    r"(?:(?:the|your|el|su|tu) )?(?:message|file|mensaje|archivo|fichero) (?:successfully )?"
    r"(?:sent|delivered|queued|enviado|entregado)(?: (?:successfully|ok|correctamente|con [eé]xito))?[.!]?",
    re.IGNORECASE,
)
"""How a text says so that says nothing else."""

_CLAUSE = late(r"[.,:;!()\u2013\u2014]|\b(?:but|pero)\b", re.IGNORECASE)
_NOT_SO = late(
    r"\b(?:no|not|nothing|none|never|neither|before|until|if|unless|when|whether|once|ning[uú]n\w*|antes|hasta|si|sin"
    r"|cuando)\b",
    re.IGNORECASE,
)
"""What before it in its clause makes it no statement."""

_LONGEST_SAID = 200
"""How much of a text is looked at, in characters."""


def assent_in(envelope: Mapping[str, object], sent: tuple[str, ...] | None = None) -> str:
    """Return where a document that is no success says that the call was carried out; empty if nothing does.

    Args:
        envelope: the document, as its protocol carried it.
        sent: what the call said, if it was a send and that was noted: the document may repeat it.
    """
    read = {name: _read(held, sent) for name, held in envelope.items()}
    told = (place for name, held in read.items() if (place := _assent(name, held)))
    said = (place for place, text in _texts(read) if says_done(text, sent))
    return next(told, "") or next(said, "")


def is_at_another_stage(folded: str, value: object, beside: Mapping[str, object]) -> bool:
    """Whether a member says that something was not sent, or not queued, and one beside it that it was the other.

    Args:
        folded: its name, folded.
        value: what it holds.
        beside: the members of the mapping that it stands in.
    """
    stage = _STAGE.fullmatch(folded)
    if stage is None or not says_nothing(value):
        return False
    others = ((_STAGE.fullmatch(fold(name)), held) for name, held in beside.items())
    return any(other is not None and other[1] != stage[1] and _names_any(held) for other, held in others)


def says_done(text: str, sent: tuple[str, ...] | None) -> bool:
    """Whether a text says in so many words that something was sent, and is not what was sent, repeated.

    Args:
        text: what an error says.
        sent: what the call said; if that was not noted, nothing is heard.
    """
    if sent is None:
        return False
    return _tells_of_done(besides(text, sent, _tells_of_done)) and not may_repeat(text, sent)


def _tells_of_done(text: str) -> bool:
    text = apart(plainly(text))[:_LONGEST_SAID]
    before = (_CLAUSE.split(text[: found.start()])[-1] for found in _DONE.finditer(text))
    return any(_NOT_SO.search(clause) is None for clause in before) or _ALL.fullmatch(text) is not None


def _read(value: object, sent: tuple[str, ...] | None, depth: int = 0) -> object:
    """Return a value with what texts of JSON hold, and deeds in those of XML, unless these repeat what was sent."""
    if isinstance(value, str) and may_be_markup(value):
        deeds = [{name: said} for name, said, _ in told_in_markup(value) if tells_of_a_deed(name, said)]
        return [value, *deeds] if deeds and not (sent is not None and may_repeat(value, sent)) else value
    if isinstance(value, str):
        # What may be said is looked for last: it takes the longest.
        is_sealed = not may_be_json(value) or depth >= MAX_DEPTH or (sent is not None and may_repeat(value, sent))
        inner = value if is_sealed else opened(value)
        return value if inner is value else _read(inner, sent, depth + 1)
    if isinstance(value, list):
        return [_read(item, sent, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {name: _read(held, sent, depth + 1) for name, held in value.items()}
    return value


def _texts(held: object, place: str = "", *, deeper: bool = True) -> Iterator[tuple[str, str]]:
    """Return the texts beside the status or in the result, and in what stands there: deeper is what others wrote."""
    for name, value in _members(held):
        here = inside(place, name)
        if isinstance(value, str):
            yield here, value
        elif deeper:
            yield from _texts(value, here, deeper=is_around(fold(name)))


def tells_of_a_deed(name: str, value: object) -> bool:
    """Whether a member tells that something was done."""
    folded = fold(name)
    if folded in _DEEDS:
        return _names_any(value)
    value = alone(value)
    return folded in _STATUSES and isinstance(value, str) and fold(plainly(value).rstrip("!")) in _YES


def _names_any(value: object) -> bool:
    held = alone(value)
    if isinstance(held, str) and fold(held.strip()) in _AGREED:
        return True
    if held is not value and says_nothing(held):
        return False
    return is_true(value) or quantity(value) > 0 or (isinstance(value, list | Mapping) and bool(value))


def _assent(name: str, held: object, above: str = "") -> str:
    place = inside(above, name)
    if tells_of_a_deed(name, held):
        return place
    return next((found for inner, value in _members(held) if (found := _assent(inner, value, place))), "")


def _members(held: object) -> Iterable[tuple[str, object]]:
    if isinstance(held, list):
        return ((str(number), item) for number, item in enumerate(held))
    return held.items() if isinstance(held, Mapping) else ()
