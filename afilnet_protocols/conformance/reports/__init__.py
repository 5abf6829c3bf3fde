"""Reports of a run: JUnit XML, JSON with a schema, Markdown, one HTML page and a badge, all of the same document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from afilnet_protocols.conformance.reports import badge, junit, markdown, page
from afilnet_protocols.conformance.reports.document import Document, as_json
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.suggestion import LONGEST_PATH, named

KINDS: Mapping[str, Callable[[Document], str]] = {
    "junit": junit.render,
    "json": as_json,
    "md": markdown.render,
    "html": page.render,
    "svg": badge.render,
}
"""The kinds of reports, and what renders each from the document."""


def write(document: Document, kind: str, file: Path) -> None:
    """Write a report.

    Args:
        document: what the run found.
        kind: one of :data:`KINDS`.
        file: where to; folders that are missing are made.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    problem = ""
    # A lone surrogate, which no encoding has, is spelled out.
    written = KINDS[kind](document).encode("utf-8", "backslashreplace")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(written)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    if problem:
        raise ConfigurationError(
            f"the report {named(file, LONGEST_PATH)} cannot be written: {problem}; name another file"
        )
