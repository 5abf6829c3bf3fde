"""The tree in the tour of the architecture is the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.smoke

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/five-minutes.md").read_text("utf-8")
QUESTIONS = (ROOT / "docs/where-things-are.md").read_text("utf-8")
# Not worth a line on the page: what every package has.
USUAL = {"__init__.py", "__main__.py", "__pycache__", "py.typed", "schemas"}


def test_the_tour_names_every_part_of_the_package_and_nothing_else() -> None:
    named = {name.rstrip("/") for name in re.findall(r"^[├└]── (\S+)", PAGE, re.MULTILINE)}

    assert named == {path.name for path in (ROOT / "afilnet_protocols").iterdir()} - USUAL


def missing(page: str) -> list[str]:
    """Return the files and folders that a page names and that are not there."""
    named = re.findall(r"`((?:\w+/)+\w*(?:\.py)?)`", page)
    return [name for name in named if not ((ROOT / "afilnet_protocols" / name).exists() or (ROOT / name).exists())]


@pytest.mark.parametrize("page", [PAGE, QUESTIONS], ids=["tour", "questions"])
def test_a_page_about_the_tree_names_only_files_that_exist(page: str) -> None:
    assert missing(page) == []


def test_a_file_that_went_is_missed() -> None:
    assert missing("see `wire/json.py`, `wire/gone.py` and `gone/`") == ["wire/gone.py", "gone/"]
