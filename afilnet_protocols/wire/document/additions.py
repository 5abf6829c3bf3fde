"""What a service may have put around a text in a conversation: who wrote it, lines of its own, HTML's tags.

Panels in which several people answer write ``*Juan:*`` before what each of them says, trial accounts and footers a line
behind it, and editors ``<p>`` around it. The text inside is then as it was sent.
"""

from __future__ import annotations

from afilnet_protocols.patterns import late

_LABEL = late(r"[^\w\n]{0,3}[^\n:\])>]{1,60}[:\])>][*_~]{0,3}\s*")
"""A name before a text: ``Juan:``, ``*Juan:*``, ``[Bot]``, ``(Ventas)``."""

_TAG = late(r"</?[a-zA-Z][^<>]{0,200}>")
_MOST_LINES = 3
"""How many lines a service may have put before a text, or behind it."""


def without_additions(text: str) -> set[str]:
    """Return what may be left of a text without what was put around it."""
    left = {text, _TAG.sub("\n", text)} if "<" in text else {text}
    for each in tuple(left):
        lines = each.strip().splitlines()
        for count in range(1, min(_MOST_LINES + 1, len(lines))):
            left |= {"\n".join(lines[count:]), "\n".join(lines[:-count])}
    for each in tuple(left):
        label = _LABEL.match(each.lstrip())
        left |= {each.lstrip()[label.end() :]} if label else set()
    return {each.strip() for each in left if each.strip()} - {text}
