"""Reports of a comparison: one HTML page, Markdown, JUnit XML and JSON, each for whoever decides about a change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from afilnet_protocols.conformance.compare.reports import junit, markdown, page
from afilnet_protocols.conformance.compare.reports.account import Account
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.suggestion import LONGEST_PATH, named


def as_json(account: Account) -> str:
    """Return a comparison for programs."""
    return json.dumps(account.as_data(), indent=1) + "\n"


FORMS: Mapping[str, Callable[[Account], str]] = {
    "html": page.render,
    "md": markdown.render,
    "junit": junit.render,
    "json": as_json,
}
"""What a comparison can be written as, and what renders each."""


def write_reports(account: Account, wanted: Iterable[tuple[str, Path]]) -> None:
    """Write a comparison down.

    Args:
        account: what is told of it.
        wanted: as what (one of :data:`FORMS`), and where to; folders that are missing are made.

    Raises:
        ConfigurationError: a file cannot be written; the others are.
    """
    reasons = []
    for form, file in wanted:
        # A lone surrogate, which no encoding has, is spelled out.
        written = FORMS[form](account).encode("utf-8", "backslashreplace")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(written)
        except OSError as error:
            why = error.strerror or type(error).__name__
            reasons.append(f"the report {named(file, LONGEST_PATH)} cannot be written: {why}; name another file")
    if reasons:
        raise ConfigurationError("\n- ".join(reasons))
