"""What an answer says in words: under which names, how it says that there is nothing, and what is said in no words."""

from __future__ import annotations

import re
from typing import TypeGuard

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.document.meant import plainly
from afilnet_protocols.wire.document.refusal import says_nothing

PROSE = late(
    r"message|msg|info(?:rmation)?|details?|description|notes?|notice|hint|text|reason|cause|explanation|comment|title"
    r"|mensaje|informacion|detalles?|descripcion|notas?|aviso|texto|motivo|causa|razon|warnings?|advertencias?"
    r"|href|url|uri|location|redirect(?:url|uri|to)?"
)
"""Names of what is said in the place of a list that is not there: a text for people, or where something else is."""

CONTENT = ("text", "texto", "title", "comment")
"""Those under which what was sent may be repeated, besides the name that it was sent by."""

_NONE_THERE = late(
    r"(?:(?:there (?:are|is) |you have )?(?:no|0|zero)|no hay|sin|ning[uú]n)(?P<part> new| unread)? "
    r"(?:messages?|chats?|conversations?|channels?|results?|records?|rows?|items?|entries"
    r"|mensajes?|conversaci[oó]n(?:es)?|canal(?:es)?|resultados?|registros?)"
    r"(?P<parte> nuevos?| sin leer)?(?: (?:were )?found| yet| encontrad[oa]s?)?"
    r"|(?:nothing|none)(?: was)? found|empty(?: list| result)?|vac[ií][oa]",
    re.IGNORECASE,
)
"""How a text says that there is nothing, and says nothing else; of what is new or unread alone, in a ``part``."""

_NO_WORDS = late(
    r"true|[+-]?[0-9]+(?:[.,][0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.,]+ ?(?:[Zz]|UTC|GMT|[+-][0-9:]+)?",
    re.ASCII | re.IGNORECASE,
)
"""What says nothing in words: a flag or a number, for XML has them as texts, and when an answer was written."""


def says_none(text: str, *, of_unread: bool) -> bool:
    """Whether a text says that there is none of what was asked for, and says nothing else.

    Args:
        text: the text.
        of_unread: whether what is unread was asked for; nothing new may leave what is old.
    """
    said = _NONE_THERE.fullmatch(plainly(text).rstrip(".!"))
    return said is not None and (of_unread or not (said["part"] or said["parte"]))


def holds_a_text(value: object) -> TypeGuard[str]:
    """Whether a value is a text that says something, and no number, flag or moment."""
    if not isinstance(value, str) or says_nothing(value):
        return False
    text = value.strip(" \t\r\n[]{}")
    return text != "" and _NO_WORDS.fullmatch(text) is None


def is_in_words(value: object) -> TypeGuard[str]:
    """The same, in letters."""
    return holds_a_text(value) and any(map(str.isalpha, value))
