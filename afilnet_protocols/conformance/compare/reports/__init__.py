"""Reports of a comparison: one HTML page, Markdown, JUnit XML and JSON, each for whoever decides about a change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from afilnet_protocols.conformance.compare.reports import junit, markdown, page
from afilnet_protocols.conformance.compare.reports.account import Account
from afilnet_protocols.conformance.report_forms import write_report
from afilnet_protocols.errors import ConfigurationError


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
    """Write a comparison down, as each of :data:`FORMS` that is wanted; folders that are missing are made.

    Raises:
        ConfigurationError: a file cannot be written; the others are.
    """
    reasons = []
    for form, file in wanted:
        try:
            write_report(FORMS[form](account), file)
        except ConfigurationError as error:
            reasons.append(str(error))
    if reasons:
        raise ConfigurationError("\n- ".join(reasons))
