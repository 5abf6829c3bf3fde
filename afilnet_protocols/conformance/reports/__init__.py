"""Reports of a run: JUnit XML, JSON with a schema, Markdown, one HTML page and a badge, all of the same document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from afilnet_protocols.conformance.report_forms import write_report
from afilnet_protocols.conformance.reports import badge, junit, markdown, page
from afilnet_protocols.conformance.reports.document import Document, as_json

KINDS: Mapping[str, Callable[[Document], str]] = {
    "junit": junit.render,
    "json": as_json,
    "md": markdown.render,
    "html": page.render,
    "svg": badge.render,
}
"""The kinds of reports, and what renders each from the document."""


def write(document: Document, kind: str, file: Path) -> None:
    """Write a report of one of the :data:`KINDS`; folders that are missing are made.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    write_report(KINDS[kind](document), file)
