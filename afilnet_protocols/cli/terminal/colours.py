"""Colours of a terminal, and whether it is to have any."""

from __future__ import annotations

import os
from typing import TextIO

from afilnet_protocols.cli.terminal.streams import is_screen

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
"""Select Graphic Rendition (ECMA-48 §8.3.117)."""


def has_colours(stream: TextIO) -> bool:
    """Whether a stream is a terminal that is to have colours: not with NO_COLOR, nor on one that calls itself dumb."""
    return is_screen(stream) and not os.environ.get("NO_COLOR")


def coloured(text: str, style: str) -> str:
    """Return a text in a style, such as ``bold red``; without a style, as it is."""
    codes = ";".join(_CODES[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text
