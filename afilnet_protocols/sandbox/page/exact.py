"""Text as HTML that shows it exactly: every character stays what it is, and those that nobody sees can be shown."""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

_UNSEEN = re.compile(
    r"[\s\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_SIGNS = {" ": "·", "\t": "→", "\n": "↵", "\r": "␍", "\u00a0": "⍽"}


def exact(text: str) -> Markup:
    """Return a text as HTML.

    A carriage return is written as a character reference, for a parser of HTML turns a bare one into a newline
    (HTML §13.2.3.5). What nobody sees stands in an element of its own, which a style sheet can give a sign.
    """
    pieces: list[str] = []
    end = 0
    for found in _UNSEEN.finditer(text):
        pieces.append(str(escape(text[end : found.start()])))
        pieces.append(f'<span class="unseen" data-sign="{escape(sign(found[0]))}">{_written(found[0])}</span>')
        end = found.end()
    pieces.append(str(escape(text[end:])))
    return Markup("".join(pieces))  # noqa: S704 - every piece is escaped above


def sign(character: str) -> str:
    """Return what stands for a character that nobody sees: a sign, or its code point in brackets."""
    return _SIGNS.get(character, f"[U+{ord(character):04X}]")


def named(text: str) -> str:
    """Return a text in which controls of direction are shown by name, for where there are no elements (a title)."""
    return "".join(sign(each) if unicodedata.category(each) in ("Cc", "Cf") else each for each in text)


def _written(character: str) -> str:
    # NUL and the like cannot be written in HTML at all; the service takes none of them.
    if character == "\r":
        return "&#13;"
    return str(escape(character))
