"""What a value of an answer is meant to be: without what a way of writing it has put around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeGuard

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.names import fold
from afilnet_protocols.wire.strict_json import NotStrictJson, value_of

ITEMS = ("item", "string", "value", "anytype", "element")
"""What XML calls the elements of a list of texts."""

_AROUND = frozenset({"result", "results", "data", "response", "content", "[]", *ITEMS})

_LONGEST = 1000
"""How much of a text is looked at, in characters."""

_TAG = late(
    r"</?(?:p|br|hr|b|i|u|em|strong|small|span|div|font|center|h[1-6]|ul|ol|li|a|pre|code)(?=[\s/>])[^<>]{0,200}>",
    re.IGNORECASE,
)
"""Those of HTML that say nothing: what else stands in such brackets may be what is said."""

_BEFORE = late(r"[^\w(\[{+-]+")
"""What may stand before a sentence: quotation marks, a mark of exclamation turned round, a sign of warning."""

_BEHIND = " \"'*\u00bb\u201d\u2019"
"""What may stand behind a sentence, as characters: quotation marks and stars."""

_JOINED = late(r"[A-Za-z]{2,}(?:[_-][A-Za-z]+)+|[A-Za-z][a-z]+(?:[A-Z][a-z]+)+")
_SEAM = late(r"[_-]|(?<=[a-z])(?=[A-Z])")


def plainly(text: str) -> str:
    """Return a text as it reads: without tags, references, marks around it and blanks that are not needed.

    XML is broken into lines where its writer likes, HTML comes from services that show it, and one letter with an
    accent may be written as two.
    """
    text = text.strip()[:_LONGEST]
    if text.isascii() and text.isalnum():
        return text
    if "&" in text:
        import html  # few answers hold such words

        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    if not text.isascii():
        import unicodedata

        text = unicodedata.normalize("NFKC", text)
    text = " ".join(text.split())
    bare = text.rstrip(_BEHIND)
    before = _BEFORE.match(bare)
    return (bare if before is None else bare[before.end() :]) or text


def is_around(folded: str) -> bool:
    """Whether a member of this name, folded, only stands around what an answer says, as ``data`` and ``0`` do."""
    return folded in _AROUND or folded.isdecimal()


def apart(text: str) -> str:
    """Return a word made of several as these, ``send_failed`` and ``sendFailed`` as ``send failed``; else the text."""
    return " ".join(_SEAM.split(text)) if _JOINED.fullmatch(text) is not None else text


def alone(value: object) -> object:
    """Return what a list of one holds, as JSON, PHP or XML writes it, if that is a single value; else the value."""
    held = value
    if isinstance(held, Mapping) and len(held) == 1 and fold(next(iter(held))) in ("0", *ITEMS):
        held = next(iter(held.values()))
    elif isinstance(held, list) and len(held) == 1:
        (held,) = held
    return value if isinstance(held, list | Mapping) else held


def may_be_json(value: object) -> TypeGuard[str]:
    """Whether a value is a text that begins as a JSON object or array does."""
    return isinstance(value, str) and value.lstrip()[:1] in ("{", "[")


def opened(value: object) -> object:
    """Return what a text holds that is a JSON object or array; any other value as it is."""
    if may_be_json(value):
        try:
            return value_of(value.strip())
        except NotStrictJson:
            pass
    return value
