"""The tree in the tour of the architecture is the tree."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.smoke

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/five-minutes.md").read_text("utf-8")
# Not worth a line on the page: what every package has.
USUAL = {"__init__.py", "__main__.py", "__pycache__", "py.typed", "schemas"}

TOP = {
    *("afilnet_protocols", "docs", "findings", "schemas", "tests"),
    *(".ci", ".github", ".gitignore", "LICENSE", "README.md", "pyproject.toml"),
}
"""What stands at the top of the repository."""


def left_over(files: list[str]) -> set[str]:
    """Return what stands at the top and does not belong there."""
    return {file.partition("/")[0] for file in files} - TOP


def test_nothing_is_left_over_at_the_top() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert left_over(kept.splitlines()) == set()


def test_sabotage_what_a_program_left_at_the_top_is_found() -> None:
    assert left_over(["README.md", "tests/tables.py", "None.lock"]) == {"None.lock"}


def test_the_tour_names_every_part_of_the_package_and_nothing_else() -> None:
    named = {name.rstrip("/") for name in re.findall(r"^[├└]── (\S+)", PAGE, re.MULTILINE)}

    assert named == {path.name for path in (ROOT / "afilnet_protocols").iterdir()} - USUAL
