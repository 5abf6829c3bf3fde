"""What reports of a run and of a comparison share: texts as each form can hold them, and the way into a file."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.suggestion import LONGEST_PATH, named

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def in_markdown(text: str) -> str:
    """Return a text in which nothing is markup and that stays on its line."""
    flat = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|" else letter for letter in flat)


def in_xml(text: str) -> str:
    """Return a text as XML can hold it: what it cannot is spelled out."""
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def section(name: str, title: str, content: str, tools: str = "") -> str:
    """Return a section of a page; the title is plain text, the rest is HTML."""
    return (
        f'<section class="card" id="{name}" aria-labelledby="{name}-title">'
        f'<div class="head"><h2 id="{name}-title">{escape(title)}</h2>{tools}</div>{content}</section>'
    )


def write_report(text: str, file: Path) -> None:
    """Write a report, and make the folders that are missing.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    problem = ""
    # A lone surrogate, which no encoding has, is spelled out.
    written = text.encode("utf-8", "backslashreplace")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(written)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    if problem:
        raise ConfigurationError(
            f"the report {named(file, LONGEST_PATH)} cannot be written: {problem}; name another file"
        )
