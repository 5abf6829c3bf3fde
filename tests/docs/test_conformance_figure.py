"""The README's figure on conformance is the one that is counted."""

from __future__ import annotations

import re
from pathlib import Path

from afilnet_protocols.conformance.cases.readme_figure import line

README = Path(__file__).parents[2] / "README.md"


def test_the_figure_in_the_readme_is_the_one_that_is_counted() -> None:
    found = re.search(r"<!-- conformance -->\n(.*)\n<!-- /conformance -->", README.read_text("utf-8"))

    assert found is not None
    assert found[1] == line(), "take the line that 'afilnet conformance figure' prints"
