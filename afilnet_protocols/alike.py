"""Whether a conversation may show a text that was sent otherwise than it was sent.

No vendor page says that a text is kept as it is. Services and the platforms behind them trim and join blanks, write
HTML's references, lose what their database cannot hold (emoji, accents), take UTF-8 for Latin-1, decode what was not
encoded, or cut what is long. So a text that is not there as it was sent is only absent if none that is there may be it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from afilnet_protocols.patterns import late

_REST = late(r"(?:<br ?/?>|[^a-z0-9])+", re.ASCII)
_SHORTEST_CUT = 60
"""How much of a text must be there before it counts as one that was cut, in letters and digits."""


class Alike:
    """The texts of a conversation, by what is kept of a text whatever becomes of it: its letters and digits of ASCII.

    Args:
        texts: what is shown.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._shown: dict[str, set[str]] = {}
        for text in texts:
            for kept in _kept(text):
                self._shown.setdefault(kept, set()).add(text)

    def may_hold(self, sent: str) -> bool:
        """Whether one of the texts, other than this one itself, may be what became of it.

        Args:
            sent: the text that was sent.
        """
        return any(
            self._shown.get(each, _NO_TEXT) - {sent} for kept in _kept(sent) for each in (kept, *_beginnings(kept))
        )


_NO_TEXT: set[str] = set()


def _beginnings(kept: str) -> Iterable[str]:
    return (kept[:end] for end in range(_SHORTEST_CUT, len(kept)))


def _kept(text: str) -> set[str]:
    """Return a text's letters and digits of ASCII: without those beyond ASCII, and with these in plain letters."""
    if text.isascii() and "&" not in text and "%" not in text and "+" not in text:
        return {_REST.sub("", text.lower())}
    import html  # few sends are looked for, and fewer are not there as they were sent
    import unicodedata
    from urllib.parse import unquote_plus

    written = {text, html.unescape(text), html.unescape(html.unescape(text)), unquote_plus(text)}
    plain = {unicodedata.normalize("NFKD", each) for each in written}
    return {_REST.sub("", each.lower()) for each in (*written, *plain)}
