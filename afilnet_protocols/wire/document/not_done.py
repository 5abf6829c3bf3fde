"""How a text says that something was not sent: in so many words, or at once and in one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.document.meant import ITEMS, apart, plainly
from afilnet_protocols.wire.names import fold

_LONGEST_SAID = 200
"""How much of a text is looked at, in characters."""

FAILURES = (
    "failed|failure|rejected|refused|denied|undelivered|undeliverable|declined|discarded|bounced|fallido|rechazado"
    "|insufficient|insuficientes?"
)
"""What a failure is called, in English and in the vendor's own language."""

NONE_OF_THEM = (
    r"(?: code|\(s\))?\s*[:=(\u2013\u2014-]?\s*(?:0+|no|none|null|nil|false|n/a|ning[uú]n\w*)"
    r"(?=\s*(?:[.,;!)]|$|[(:\u2013\u2014-]\s*(?:ok|success|no error)))"
)
"""What after one of these says that there was none: ``Error: none``, ``Failed: 0, sent: 1``."""

_OTHERS = (
    r"(?:(?:delivery|read) )?(?:receipt|report|confirmation)s?|cop(?:y|ies)|acuses?|recibos?|copias?|confirmaci[oó]n"
)
"""What goes beside a message, and may well not go where the message does."""

_NO_OTHERS = rf"(?! (?:(?:an?|the|any|una?|el|la|ning[uú]n\w*) )?(?:{_OTHERS})\b)"
_BY_AND_BY = r"(?! (?:yet|so far|immediately|at once|right away|de inmediato|inmediatamente)\b)"
_NOT_DONE = late(
    r"\b(?:could|can|was|were|has|have|is|message|file)(?: ?not|n['\u2019]t) (?:be |been )?"
    rf"(?:sent|delivered|accepted|queued)\b{_BY_AND_BY}"
    rf"|\b(?:(?:could|did)(?: ?not|n['\u2019]t)|unable to) (?:send|deliver|queue)\b{_BY_AND_BY}{_NO_OTHERS}"
    r"|(?<!a[uú]n )(?<!todav[ií]a )\bno "
    r"(?:se ha|(?:se )?(?:pudo|pudimos|ha sido|(?:ha|hemos) podido|fue(?: posible)?))"
    r" (?:ser )?(?:enviado|enviar|entregado|entregar)\b(?! (?:a[uú]n|todav[ií]a)\b)"
    r"|^(?!(?:no|not|none|never|without|nothing|nobody|zero|if|unless|when|once|until|sin|ning[uú]n\w*|nada|nadie|cero"
    r"|si|cuando|hasta)\b)(?:(?:the|your|el|la|su|tu) )?(?:[^\W\d]+ )?"
    rf"(?:(?:was|is|has been|ha sido|fue) )?(?:error|{FAILURES})(?!{NONE_OF_THEM})"
    r"(?=$|\s*[:.,;!(\u2013\u2014-]| (?:to|by|at|because|due|code|credits?|balance|funds|por|al)\b| [0-9])",
    re.IGNORECASE,
)
"""How a text says that something was not done: anywhere in so many words, or at once and in one."""

_NOT_MORE = (
    rf"\b{_BY_AND_BY}(?! (?:again|twice|before|if|unless|until|when|a[uú]n|todav[ií]a|si|hasta|cuando)\b)"
    r"(?!\W+[1-9][0-9]* (?:queued|pending|en cola)\b)"
)
_NONE_DONE = late(
    rf"\b(?:message|file|it) (?:will not|won['\u2019]t) be (?:sent|delivered|queued){_NOT_MORE}"
    r"|^(?:(?:we|you|it) )?(?:can(?:not|['\u2019]t)|could not) (?:send|deliver)\b"
    rf"(?! (?:any )?more\b){_BY_AND_BY}{_NO_OTHERS}"
    r"|^(?:not|nothing|none of (?:the|your) (?:messages|files)"
    r"|(?:no|zero|0)(?: of [0-9]+|/[0-9]+)?(?: (?:message|file)s?)?)"
    rf" (?:(?:was|were|has been|have been) )?(?:sent|accepted){_NOT_MORE}"
    r"|\bsent to (?:0(?=\s*(?:/|of\b|[a-z]|$|[.,;]))|nobody\b|no one\b|no recipients?\b)"
    rf"|^(?:(?:el|su|tu) )?(?:(?:mensaje|archivo|fichero) )?no (?:enviado|entregado){_NOT_MORE}"
    rf"|(?<!a[uú]n )(?<!todav[ií]a )\bno se (?:envi[oó]|enviar[aá]|entreg[oó]){_NOT_MORE}{_NO_OTHERS}"
    rf"|^(?:0|cero|ning[uú]n)(?: de [0-9]+|/[0-9]+)? (?:mensaje|archivo|fichero)s?"
    rf" (?:(?:ha|han) sido |fue(?:ron)? )?(?:enviado|entregado)s?{_NOT_MORE}"
    r"|\b(?:sent|accepted|enviados|aceptados)\s*[:=]\s*0+(?=\s*(?:[.,;)]|$))(?!\W+(?:queued|pending|en cola)\W+[1-9])"
    r"|^(?:ha )?fall(?:[oó]|ado) (?:el env[ií]o|la entrega|al enviar)\b",
    re.IGNORECASE,
)
"""The same of what was not done at all: none of the messages, to nobody, or in fewer words; also in Spanish."""

_IF = late(
    r"\b(?:if|in case|unless|should|when|whether|si|cuando|en caso de que)\s+"
    r"(?:(?:it|they|this|that|one|any|an?|the|your|el|la|una?|su|tu)\s+)?(?:\w+\s+)?$",
    re.IGNORECASE,
)
"""What before these makes it the beginning of a condition: of what would be done then, not of what was."""

_OF_OTHERS = late(
    rf"\b(?:{_OTHERS})(?:[ -](?:e-?mail|sms|image|file))?\s+$|\b(?:messages|files) (?:that|which)\s+$"
    r"|(?:^|[.,;(]|\b(?:and|but)\b)\s*(?:0|no|none|zero)(?: of(?: the)?(?: [0-9]+)?)?(?: (?:message|file)s)?\s+$",
    re.IGNORECASE,
)
"""What before these makes it something that is said of what goes beside a message, of some in general, or of none."""

_KEPT = late(
    r"(?:[.,:;(\u2013\u2014-]|\b(?:and|but))\s*(?:(?:and|but) )?(?:(?:it )?(?:is|was|has been) )?"
    r"queued(?: (?:again|for (?:retry|delivery|later)))?(?=$|[.,;)])|\bwill (?:retry|be retried)\b",
    re.IGNORECASE,
)
"""What after these says that it is kept, and sent later."""

_EARLIER_IF = late(r"\b(?:if|unless|when|otherwise|si|cuando)\b", re.IGNORECASE)


def says_not_done(value: object) -> bool:
    """Whether a value is a text, or a list with one, that says in so many words that something was not sent."""
    if isinstance(value, Mapping) and len(value) == 1 and fold(next(iter(value))) in ITEMS:
        return says_not_done(next(iter(value.values())))  # as XML writes a list
    if isinstance(value, list):
        return any(map(says_not_done, value))
    if not isinstance(value, str):
        return False
    text = apart(plainly(value))[:_LONGEST_SAID]
    return any(
        condition.search(text, 0, found.start()) is None
        and _OF_OTHERS.search(text, 0, found.start()) is None
        and _KEPT.search(text, found.end()) is None
        for told, condition in ((_NOT_DONE, _IF), (_NONE_DONE, _EARLIER_IF))
        for found in told.finditer(text)
    )
