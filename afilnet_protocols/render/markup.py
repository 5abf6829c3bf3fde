"""Writes XML for people: elements on lines of their own, indented by two blanks."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

_WIDTH = 96

_NONE: Mapping[str, str] = {}


def element(name: str, attributes: Mapping[str, str] = _NONE, *children: str) -> str:
    """Return an element around other elements, each child a string that this module made."""
    head = _head(name, attributes)
    if not children:
        return f"<{head}/>"
    inside = textwrap.indent("\n".join(children), "  ")
    return f"<{head}>\n{inside}\n</{name}>"


def text(name: str, content: str, attributes: Mapping[str, str] = _NONE) -> str:
    """Return an element around text."""
    return f"<{_head(name, attributes)}>{escape(content)}</{name}>"


def prose(name: str, content: str, attributes: Mapping[str, str] = _NONE) -> str:
    """Return an element around sentences, which are broken into lines where they are long: blanks do not matter."""
    if len(content) <= _WIDTH:
        return text(name, content, attributes)
    return element(name, attributes, textwrap.fill(escape(content), _WIDTH, break_long_words=False))


def document(root: str) -> str:
    """Return a complete document, to be stored as UTF-8."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'


def _head(name: str, attributes: Mapping[str, str]) -> str:
    return " ".join([name, *(f"{key}={quoteattr(value)}" for key, value in attributes.items())])
