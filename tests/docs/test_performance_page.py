"""What the page on performance says of missed bounds is what its table says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.benchmarks.page import END

pytestmark = pytest.mark.smoke

PAGE = (Path(__file__).parents[2] / "docs/performance.md").read_text("utf-8")


def missed(page: str) -> list[str]:
    """Return the figures of the bounds that the table says are missed."""
    rows = [line.split(" | ") for line in page.partition(END)[0].splitlines() if "**missed**" in line]
    told = [zip(row[-2].split("<br>"), row[-1].rstrip(" |").split("<br>"), strict=True) for row in rows]
    return [figure.group(1) for row in told for bound, end in row if end == "**missed**" and (figure := of(bound))]


def of(bound: str) -> re.Match[str] | None:
    return re.search(r": ([\d.]+)", bound)


def unexplained(page: str) -> list[str]:
    """Return the figures of missed bounds that the section about these does not name."""
    section = page.partition("\n## What is missed, and why\n")[2].partition("\n## ")[0]
    return [figure for figure in missed(page) if figure not in re.findall(r"\d+\.\d+", section)]


def test_every_bound_that_is_missed_is_explained_with_its_figure() -> None:
    assert len(missed(PAGE)) == PAGE.partition(END)[0].count("**missed**")
    assert unexplained(PAGE) == []


def test_sabotage_a_table_that_was_measured_anew_beside_old_words_is_found() -> None:
    figure = missed(PAGE)[0]
    assert set(unexplained(PAGE.replace(f": {figure} (", ": 9.87 ("))) == {"9.87"}
