"""Whether an answer says in a sentence, and not by a code, that the token is no longer good. No I/O.

Many guards in use have no code for that and choose their status freely: Starlette's answers 400 ``Signature has
expired``, and what is written by hand 400 ``Invalid token.``, 500 ``jwt expired`` or 200
``{"status": "Token is Expired"}``. Words prove nothing, so they only have the next call use another token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.names import fold

_NAMES = frozenset(
    {"status", "message", "msg", "error", "errmsg", "errormessage", "errordescription", "description", "detail"}
    | {"details", "title", "reason", "fault", "faultstring", "errors", "hint"}
)
"""The names, folded, of what holds a sentence about an error, or a document with one."""

_DEEPEST = 4
_MOST = 4
"""How many members of a list are looked at."""

_LONGEST = 300
"""How much of a sentence is looked at, in characters."""

_ITSELF = r"\b(?:(?:access|auth|bearer|id|oauth|refresh|session)_)?(?:token|jwt|signature)\b"
_DEAD = (
    r"\b(?:expired|invalid|revoked|malformed|inactive|blacklisted|no longer valid"
    r"|not (?:be )?(?:valid|verified|validated|decoded|active|recogni[sz]ed|found)"
    r"|(?:validation|verification) (?:has )?failed|failed (?:to verify|to validate|validation|verification))\b"
)
_BETWEEN = r"[^.:;,<>{}\[\]\"\r\n]{0,40}?"
_SAYS_SO = late(rf"{_ITSELF}{_BETWEEN}{_DEAD}|{_DEAD}{_BETWEEN}{_ITSELF}", re.IGNORECASE)

_OTHER_TOKENS = late(
    r"\b(?:unexpected|device|push|page|cursor|continuation|csrf|xsrf|registration|bot|captcha|template|upload)[ _-]?"
    r"token\b",
    re.IGNORECASE,
)
"""What else is called a token: of a parser, a telephone, a list, a form, a channel."""


def say_it_is_dead(document: Mapping[str, object]) -> bool:
    """Return whether a sentence of an error document says that a token is no longer good."""
    return any(map(says_it_is_dead, sentences(document)))


def says_it_is_dead(text: str) -> bool:
    """Return whether a text says that a token is no longer good: it has expired, or is not valid."""
    return _SAYS_SO.search(_OTHER_TOKENS.sub("", text)) is not None


def sentences(value: object, depth: int = 0) -> Iterator[str]:
    """Yield the texts that stand where sentences do."""
    if isinstance(value, str):
        yield value[:_LONGEST]
    elif depth == _DEEPEST:
        return
    elif isinstance(value, list):
        for item in value[:_MOST]:
            yield from sentences(item, depth + 1)
    elif isinstance(value, Mapping):
        for name, held in value.items():
            if fold(name) in _NAMES:
                yield from sentences(held, depth + 1)
