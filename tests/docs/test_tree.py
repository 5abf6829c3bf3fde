"""The tree in the tour of the architecture is the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.smoke

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/five-minutes.md").read_text("utf-8")
# Not worth a line on the page: what every package has.
USUAL = {"__init__.py", "__main__.py", "__pycache__", "py.typed", "schemas"}


def test_the_tour_names_every_part_of_the_package_and_nothing_else() -> None:
    named = {name.rstrip("/") for name in re.findall(r"^[├└]── (\S+)", PAGE, re.MULTILINE)}

    assert named == {path.name for path in (ROOT / "afilnet_protocols").iterdir()} - USUAL


def test_the_tour_names_only_files_that_exist() -> None:
    for name in re.findall(r"`((?:\w+/)+\w*(?:\.py)?)`", PAGE):
        assert (ROOT / "afilnet_protocols" / name).exists() or (ROOT / name).exists(), name
