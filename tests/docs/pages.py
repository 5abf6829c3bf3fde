"""Keeps the tables inside Markdown pages as they are rendered.

A page asks for a table between two comments; what stands between them is not written by hand::

    <!-- table: operations -->
    <!-- end -->

``python -m tests.docs.pages`` writes the tables of all pages of the reference.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.tables import TABLES

REFERENCE = Path(__file__).parents[2] / "docs/reference"

_PLACE = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill(text: str) -> str:
    """Return a page with all its tables as they are rendered.

    Raises:
        KeyError: the page asks for a table that does not exist.
    """
    return _PLACE.sub(lambda place: f"{place[1]}\n{TABLES[place[2]]()}\n\n{place[3]}", text)


def check(folder: Path) -> list[str]:
    """Return the names of the pages in a folder whose tables differ from what is rendered."""
    return [page.name for page in _pages(folder) if (text := page.read_text("utf-8")) != fill(text)]


def write(folder: Path) -> None:
    """Write the tables into all pages of a folder."""
    for page in _pages(folder):
        text = page.read_text("utf-8")
        page.write_text(fill(text), "utf-8")


def _pages(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.md"))


if __name__ == "__main__":
    write(REFERENCE)
