"""What a service may have put around a text in a conversation: who wrote it, lines of its own, HTML's tags.

Panels in which several people answer write ``*Juan:*`` before what each of them says, trial accounts and footers a line
behind it, and editors ``<p>`` around it. The text inside is then as it was sent.
"""

from __future__ import annotations

from collections.abc import Iterable

from afilnet_protocols.patterns import late
from afilnet_protocols.wire.document.alike import SHORTEST_CUT, Alike, kept_of

_LABEL = late(
    r"(?:[^\w\n]{0,2}[\[(][^\n\])]{1,60}[\])]|[^\w\n]{0,3}[^\n:\])>]{1,60}[:\])>])"
    r"(?!['^-]*[:()\[\]{}/\\|<>][\W_]*\Z)[*_~]{0,3}\s*"
)
"""A name before a text: ``Juan:``, ``*Juan:*``, ``[10:30]``, ``(Ventas)``; not what a smile at the end begins with."""

_MOST_LABELS = 2
"""How many names may stand before a text: a time as well."""

_TAG = late(r"</?[a-zA-Z][^<>]{0,200}>")
_MOST_LINES = 3
"""How many lines a service may have put before a text, or behind it."""


class Inside:
    """The texts of a conversation, without what may have been put around them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = [
            (text, kept_of(text) | (kept_of(_without_tags(text)) if "<" in text else set())) for text in texts
        ]
        self._around: set[str] = set()
        self._bare: set[str] = set()
        self._alike = Alike(())

    def may_hold(self, sent: str) -> bool:
        """Whether one of the texts, other than this one itself, may have it inside, changed or not."""
        # To take every text apart takes longer than to read it: few have the letters of the one that was sent.
        parts = {kept[:SHORTEST_CUT] for kept in kept_of(sent)}
        around = {text for text, shown in self._texts if any(part in each for each in shown for part in parts)} - {sent}
        if around != self._around:
            self._around = around
            self._bare = {each for text in around for each in without_additions(text)}
            self._alike = Alike(self._bare)
        return sent.strip() in self._bare or self._alike.may_hold(sent)


def without_additions(text: str) -> set[str]:
    """Return what may be left of a text without what was put around it."""
    left = {text, _without_tags(text)}
    for each in tuple(left):
        lines = each.strip().splitlines()
        for count in range(1, min(_MOST_LINES + 1, len(lines))):
            left |= {"\n".join(lines[count:]), "\n".join(lines[:-count])}
    for each in tuple(left):
        for _ in range(_MOST_LABELS):
            if label := _LABEL.match(each := each.lstrip()):
                left.add(each := each[label.end() :])
    return {each.strip() for each in left if each.strip()} - {text}


def _without_tags(text: str) -> str:
    return _TAG.sub("\n", text)
