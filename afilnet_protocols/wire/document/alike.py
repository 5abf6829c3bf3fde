"""Whether a conversation may show a text that was sent otherwise than it was sent.

No vendor page says that a text is kept as it is. Services and the platforms behind them trim and join blanks, write
HTML's references, lose what their database cannot hold (emoji, accents, whole alphabets), take UTF-8 for Latin-1,
decode what was not encoded, escape twice, or cut what is long. So a text that is not there as it was sent is only
absent if none that is there may be it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from afilnet_protocols.patterns import late

_REST = late(r"(?:<br ?/?>|[^a-z0-9])+", re.ASCII)
SHORTEST_CUT = 60
"""How much of a text must be there before it counts as one that was cut, in letters and digits."""

_EMOJI = late("[\u2600-\u27bf\ufe0f\U00010000-\U0010ffff]")
"""What only a store has that has every alphabet."""

_CUT = ("\u2026", "...")
_ESCAPE = late(r"\\(?:u([0-9a-fA-F]{4})|[bfnrt])")
"""A character of a text that was written as JSON twice."""


class Alike:
    """The texts of a conversation, by what is kept of a text whatever becomes of it: its letters and digits of ASCII.

    Of a text that has none of these, either its own letters are kept or none at all.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._shown: dict[str, set[str]] = {}
        for text in texts:
            for kept in kept_of(text):
                self._shown.setdefault(kept, set()).add(text)
        self._lengths = sorted({len(kept) for kept in self._shown if len(kept) >= SHORTEST_CUT})

    def may_hold(self, sent: str) -> bool:
        """Whether one of the texts, other than this one itself, may be what became of it."""
        kept = kept_of(sent)
        if any(self._others(sent, each) for whole in kept - {""} for each in (whole, *self._beginnings(whole))):
            return True
        return "" in kept and _is_among(sent, self._others(sent, ""))

    def _beginnings(self, kept: str) -> Iterable[str]:
        # Of the lengths that are shown: a long text has as many others as it is long.
        return (kept[:length] for length in self._lengths if length < len(kept))

    def _others(self, sent: str, kept: str) -> set[str]:
        return self._shown.get(kept, set()) - {sent}


def is_cut(shown: str, text: str) -> bool:
    """Whether what is shown is the beginning of a text, and says itself that it is cut."""
    begins = shown.strip()
    end = next((end for end in _CUT if begins.endswith(end)), "")
    kept = begins.removesuffix(end).rstrip()
    return "" not in (end, kept) and text.strip().startswith(kept)


def _is_among(sent: str, shown: set[str]) -> bool:
    """Whether a text without letters of ASCII is among others that show none either."""
    own = {letters for each in (sent, *_misread(sent)) for letters in _letters(each)}
    if any(_letters(sent)):
        # What shows an emoji has lost no letters.
        shown = {text for text in shown if any(_letters(text)) or not _EMOJI.search(text)}
    for letters in (letters for text in shown for letters in _letters(text)):
        if not letters or letters in own:
            return True
        if len(letters) >= SHORTEST_CUT and any(each.startswith(letters) for each in own):
            return True
    return False


def _misread(text: str) -> Iterable[str]:
    return (text.encode("utf-8", "replace").decode(coding, "ignore") for coding in ("latin-1", "cp1252"))


def kept_of(text: str) -> set[str]:
    """Return a text's letters and digits of ASCII: without those beyond ASCII, and with these in plain letters."""
    if text.isascii() and not any(mark in text for mark in "&%+\\"):
        return {_REST.sub("", text.lower())}
    import unicodedata  # few sends are looked for, and fewer are not there as they were sent

    written = _written(text)
    plain = {unicodedata.normalize("NFKD", each) for each in written}
    return {_REST.sub("", each.lower()) for each in (*written, *plain)}


def _letters(text: str) -> set[str]:
    """Return a text's letters and digits of any alphabet, but for those that take four bytes."""
    import unicodedata

    plain = (unicodedata.normalize("NFKD", each).casefold() for each in _written(text))
    return {"".join(each for each in text if each.isalnum() and each <= "\uffff") for text in plain}


def _written(text: str) -> set[str]:
    """Return what a text may be written for."""
    import html
    from urllib.parse import unquote_plus

    unescaped = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", text)
    return {text, html.unescape(text), html.unescape(html.unescape(text)), unquote_plus(text), unescaped}
